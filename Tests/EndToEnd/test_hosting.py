# SPDX-License-Identifier: Apache-2.0
"""Streams that come and go while others play: the file read again on SIGHUP, and requests to /api/streams."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.configuration import stream, write
from harness.http1 import Answer, Connection, Later, get
from harness.labreport import report
from harness.program import Program, run_to_end
from harness.sources import rtsp_server, wait_for
from harness.supervisor import free_port
from harness.tunein import fetch

TOKEN = "correct-horse-battery-staple"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def playlist(name: str) -> str:
    """Path of a stream's playlist."""
    return f"/{name}/video/playlist.m3u8"


class Reader:
    """A viewer by blocking reload, who notes everything that is not as it should be."""

    def __init__(self, program: Program, name: str) -> None:
        self.program, self.path = program, playlist(name)
        self.faults: list[str] = []
        self.parts = 0
        self.longest = 0.0
        self.running = True
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            with Connection(self.program.port) as connection:
                from harness.playlist import parse
                now = parse(connection.get(self.path).text)
                first = now.segments[0].map_uri
                msn, part = now.last_part
                while self.running:
                    part += 1
                    asked = time.monotonic()
                    answer = connection.get(f"{self.path}?_HLS_msn={msn}&_HLS_part={part}")
                    self.longest = max(self.longest, time.monotonic() - asked)
                    if answer.status != 200:
                        self.faults.append(f"{answer.status} {answer.text}")
                        return
                    new = parse(answer.text)
                    if new.ended or new.segments[0].map_uri != first or new.last_part < (msn, part):
                        self.faults.append(f"not the stream of before: {answer.text}")
                        return
                    if any(s.discontinuity or s.gap for s in new.segments):
                        self.faults.append("a discontinuity or a gap")
                    msn, part = new.last_part
                    self.parts += 1
        except Exception as error:  # what the reader saw is the test's finding
            self.faults.append(repr(error))

    def stop(self) -> None:
        """Ends it and checks what it saw."""
        self.running = False
        self.thread.join(10)
        assert not self.faults, self.faults
        assert self.parts > 10 and self.longest < 3, (self.parts, self.longest)


def hang_up(program: Program) -> None:
    """SIGHUP: read the file again."""
    program.process.send_signal(signal.SIGHUP)


def logged(program: Program, text: str) -> bool:
    """Whether a line of the log has this text."""
    return any(text in line for line in program.log)


@pytest.mark.timeout(90)
def test_read_again(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Added, removed and changed ones come, go and start anew; the others are not touched, nobody there is dropped."""
    before = [stream("stays"), stream("goes"), stream("changes"), stream("asleep", onDemand=True)]
    path = write(tmp_path, before)
    program = streamer("-c", str(path), defaults=False)
    port = program.port
    reader = Reader(program, "stays")
    first = fetch(port, path=playlist("changes"))
    at_goes = Later(
        port,
        f"{playlist('goes')}?_HLS_msn={fetch(port, path=playlist('goes')).segments[-1].msn + 2}")
    at_changes = Later(port, f"{playlist('changes')}?_HLS_msn={first.segments[-1].msn + 2}")
    time.sleep(0.3)
    write(tmp_path, [
        stream("stays"),
        stream("changes", bitrate=300),
        stream("comes"),
        stream("asleep", onDemand=True)
    ])
    hang_up(program)
    wait_for(lambda: logged(program, "comes: playable"), 10, "the new stream")
    assert fetch(port, path=playlist("comes")).segments
    answer = at_goes.result()
    assert answer.status == 200 and "EXT-X-ENDLIST" in answer.text, "who is held is told that it is over"
    wait_for(lambda: get(port, playlist("goes")).status == 404, 5, "404 of what has gone")
    assert at_changes.result(
    ).status == 200, "who is held at a stream that starts anew is answered by the new run"
    second = fetch(port, path=playlist("changes"))
    assert not second.ended and second.segments[-1].msn >= first.segments[-1].msn
    assert second.segments[0].uri == f"segment{second.segments[0].msn}.m4s"
    assert sum("changes: playable" in line for line in program.log) == 2
    assert sum("stays: playable" in line for line in program.log) == 1
    assert not logged(program, "asleep: playable")

    # A file that is wrong changes nothing, and the log says what is wrong.
    (tmp_path / "streams.json").write_text('[{"stream": "stays", "bitrate": "lots"}]')
    hang_up(program)
    wait_for(lambda: logged(program, "[0].bitrate"), 5, "a line on what is wrong")
    assert fetch(port, path=playlist("comes")).segments
    write(tmp_path, before, logFormat="json")
    hang_up(program)
    wait_for(lambda: logged(program, "taken over at the next start"), 5,
             "a line on what a start takes over")
    wait_for(
        lambda: logged(program, "goes: playable") and get(port, playlist("comes")).status == 404,
        10, "the file of before")
    reader.stop()


@pytest.mark.timeout(90)
def test_hlsjs_plays_on(streamer: Callable[..., Program], browser: Browser, hlsjs: Path,
                        tmp_path: Path) -> None:
    """hls.js plays one stream while others come and go."""
    path = write(tmp_path, [stream("stays", resolution="640x360"),
                            stream("goes")], hlsjs=str(hlsjs))
    program = streamer("-c", str(path), defaults=False)
    with viewer(browser) as view:
        view.open(program.url("/stays/?player=hlsjs"))
        view.wait_playing()
        time.sleep(4)
        begun = time.time() * 1000
        for round in range(3):
            write(tmp_path, [stream("stays", resolution="640x360"),
                             stream(f"comes{round}")], hlsjs=str(hlsjs))
            hang_up(program)
            wait_for(lambda: logged(program, f"comes{round}: playable"), 10, "the new stream")
            time.sleep(1)
        time.sleep(2)
        found = report(view.data(), since=begun)
        print(json.dumps({key: found[key] for key in ("glass_to_glass_ms", "stalls", "frames")}))
        assert len(found["stalls"]) <= 1, found
        bad = [line for line in view.bad_responses if "favicon" not in line]
        assert not bad, bad


def post(port: int, body: Any, headers: dict[str, str] | None = None) -> Answer:
    """POST /api/streams."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    with Connection(port) as connection:
        fields = {**BEARER, **(headers or {}), "Content-Length": str(len(data))}
        lines = ["POST /api/streams HTTP/1.1", "Host: x"
                 ] + [f"{k}: {v}" for k, v in fields.items() if v]
        connection.send_raw(("\r\n".join(lines) + "\r\n\r\n").encode() + data)
        return connection.read("POST")


def test_requests(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Streams are added, listed and removed by requests; nobody else notices, and SIGHUP leaves them alone."""
    path = write(tmp_path, [stream("stays")], adminToken=TOKEN, preset="ultrafast")
    program = streamer("-c", str(path), defaults=False)
    port = program.port
    reader = Reader(program, "stays")
    camera = free_port()
    source = rtsp_server(camera)
    try:
        added = post(
            port, {"stream": "guest", "name": "A guest", "input": f"rtsp://127.0.0.1:{camera}/x"})
        assert added.status == 201 and added.headers["location"] == "/api/streams/guest", added.text
        assert added.json()["stream"] == "guest" and added.json()["name"] == "A guest"
        assert fetch(port, path=playlist("guest")).segments
        listed = get(port, "/api/streams", headers=BEARER).json()
        assert [(s["stream"], s["state"]) for s in listed] == [("stays", "live"), ("guest", "live")]
        assert get(port, "/api/streams/guest",
                   headers=BEARER).json()["renditions"][0]["width"] == 640
        assert post(port, {"stream": "guest"}).status == 409
        # Fast-ll's form, and on demand.
        assert post(
            port, {"name": "n", "stream": "fast", "type": "GEN", "onDemand": "true"}).status == 201
        assert get(port, "/api/streams/fast", headers=BEARER).json()["state"] == "idle"
        hang_up(program)
        time.sleep(1)
        assert fetch(port, path=playlist("guest")).segments
        held = Later(
            port,
            f"{playlist('guest')}?_HLS_msn={fetch(port, path=playlist('guest')).segments[-1].msn + 2}"
        )
        time.sleep(0.3)
        gone = get(port, "/api/streams/guest", "DELETE", headers=BEARER)
        assert gone.status == 204
        assert "EXT-X-ENDLIST" in held.result().text
        assert get(port, playlist("guest")).status == 404
        assert get(port, "/api/streams/guest", "DELETE", headers=BEARER).status == 404
        reader.stop()
    finally:
        source.kill()
    assert TOKEN not in "\n".join(program.log)


@pytest.mark.parametrize(("body", "status", "text"), [
    (b"{", 400, "line 1"),
    (b"", 400, "line 1"),
    ([1], 400, "an object"),
    ({}, 400, "stream: is missing"),
    ({"stream": "a/b"}, 400, "stream"),
    ({"stream": "x", "bitrate": "lots"}, 400, "bitrate"),
    ({"stream": "x", "input": "/etc/passwd"}, 400, "input"),
    ({"stream": "x", "input": "file:///etc/passwd"}, 400, "input"),
    ({"stream": "x", "input": "-"}, 400, "input"),
    ({"stream": "x", "input": "concat:a|b"}, 400, "input"),
    ({"stream": "x", "device": "/etc/passwd"}, 400, "device"),
    ({"stream": "x", "device": "/dev/video/../../etc/passwd"}, 400, "device"),
    ({"stream": "x", "audio": "file:'|id',raw"}, 400, "audio"),
    ({"stream": "x", "audio": "hw:0'"}, 400, "audio"),
    (b"x" * 100_000, 413, "too large"),
])
def test_requests_refused(body: Any, status: int, text: str, admin: Program) -> None:
    """What is no stream, or names what a request may not: one line that says so, and nothing is added."""
    answer = post(admin.port, body)
    assert answer.status == status and text in answer.text and answer.text.count(
        "\n") == 1, answer.text
    assert len(get(admin.port, "/api/streams", headers=BEARER).json()) == 1


@pytest.mark.parametrize(("given", "status"), [("", 401), ("Basic eA==", 401),
                                               ("Bearer wrong", 403)])
def test_without_the_token(given: str, status: int, admin: Program) -> None:
    """401 without a token, 403 with another; for every method."""
    headers = {"Authorization": given} if given else {}
    assert post(admin.port, {"stream": "x"}, {"Authorization": given}).status == status
    assert get(admin.port, "/api/streams", headers=headers).status == status
    assert get(admin.port, "/api/streams/live", "DELETE", headers=headers).status == status
    assert get(admin.port, playlist("live")).status == 200


def test_a_token_that_is_too_short() -> None:
    """It is refused, and not shown."""
    status, lines = run_to_end(["--admin-token", "short-one"])
    assert status == 2 and len(
        lines) == 1 and "--admin-token" in lines[0] and "short-one" not in lines[0]


@pytest.fixture(scope="module")
def admin(binary: Path) -> Any:
    """A streamer with an administrator's token."""
    from harness.program import start, stop
    program = start(["--resolution", "320x180", "--admin-token", TOKEN])
    yield program
    assert stop(program) == 0
    assert TOKEN not in "\n".join(program.log)
