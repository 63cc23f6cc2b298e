# SPDX-License-Identifier: Apache-2.0
"""Streams are added and removed while others play: by a file that SIGHUP reloads, and by /api."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.configuration import stream, write
from harness.http1 import Response, Connection, Later, get
from harness.metrics import wait_held
from harness.ports import free_port
from harness.program import Program, run_to_end
from harness.sources import rtsp_server
from harness.tunein import fetch
from harness.waiting import pause, wait_until

TOKEN = "correct-horse-battery-staple"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def playlist(name: str) -> str:
    """Path of the Media Playlist of a stream."""
    return f"/{name}/video/playlist.m3u8"


def held_request(port: int, stream: str) -> Later:
    """A request for the segment after the open one."""
    last = fetch(port, path=playlist(stream)).segments[-1].msn
    return Later(port, f"{playlist(stream)}?_HLS_msn={last + 2}")


class Reader:
    """A viewer by blocking reload that records every fault."""

    def __init__(self, program: Program, name: str) -> None:
        self.program, self.path = program, playlist(name)
        self.faults: list[str] = []
        self.parts = 0
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
                    response = connection.get(f"{self.path}?_HLS_msn={msn}&_HLS_part={part}")
                    # A part that does not come in three target durations is 503.
                    if response.status != 200:
                        self.faults.append(f"{response.status} {response.text}")
                        return
                    new = parse(response.text)
                    if new.ended or new.segments[0].map_uri != first or new.last_part < (msn, part):
                        self.faults.append(f"not the stream of before: {response.text}")
                        return
                    if any(s.discontinuity or s.gap for s in new.segments):
                        self.faults.append("a discontinuity or a gap")
                    msn, part = new.last_part
                    self.parts += 1
        except Exception as error:  # recorded; stop() fails on it
            self.faults.append(repr(error))

    def stop(self) -> None:
        """Ends the viewer and checks its record."""
        self.running = False
        self.thread.join(10)
        assert not self.faults, self.faults
        assert self.parts > 10, self.parts


def hang_up(program: Program) -> None:
    """SIGHUP: the program reads the file again."""
    program.process.send_signal(signal.SIGHUP)


@pytest.mark.parametrize("setting", [
    {"congestion": "no-such-algorithm"}, {"jwtKey": "/nonexistent"},
    {"tlsCert": "/nonexistent", "tlsKey": "/nonexistent"}], ids=lambda setting: next(iter(setting)))
def test_a_reload_refuses_what_a_start_refuses(streamer: Callable[..., Program], tmp_path: Path,
                                               setting: dict[str, str]) -> None:
    """A program-wide setting that ends the next start is an error at SIGHUP; streams continue."""
    path = write(tmp_path, [stream("kept")])
    program = streamer("-c", str(path), defaults=False)
    first = fetch(program.port, path=playlist("kept"))
    good = json.loads(path.read_text())
    path.write_text(json.dumps({**good, **setting, "streams": [stream("kept"), stream("added")]}))
    hang_up(program)
    assert "all streams continue" in program.wait_logged("configuration", "not reloaded").message
    assert get(program.port, playlist("added")).status == 404
    assert fetch(program.port, path=playlist("kept")).segments[-1].msn >= first.segments[-1].msn
    path.write_text(json.dumps({**good, "streams": [stream("kept"), stream("added")]}))
    hang_up(program)
    program.wait_logged("live", stream="added", within=10)


@pytest.mark.timeout(90)
def test_sighup_changes_only_changed_streams(streamer: Callable[..., Program],
                                             tmp_path: Path) -> None:
    """SIGHUP adds, removes and restarts streams; viewers of the others notice nothing."""
    before = [stream("kept"), stream("removed"), stream("changed"), stream("idle", onDemand=True)]
    path = write(tmp_path, before)
    program = streamer("-c", str(path), defaults=False)
    port = program.port
    reader = Reader(program, "kept")
    first = fetch(port, path=playlist("changed"))
    at_removed = held_request(port, "removed")
    at_changed = held_request(port, "changed")
    wait_held(port, 3)
    write(tmp_path, [
        stream("kept"),
        stream("changed", bitrate=300),
        stream("added"),
        stream("idle", onDemand=True)
    ])
    hang_up(program)
    program.wait_logged("live", stream="added", within=10)
    assert fetch(port, path=playlist("added")).segments
    response = at_removed.result()
    assert response.status == 200 and "EXT-X-ENDLIST" in response.text
    wait_until(lambda: get(port, playlist("removed")).status == 404, 5, "404 of the removed stream")
    assert at_changed.result().status == 200, "the restarted stream answers held requests"
    second = fetch(port, path=playlist("changed"))
    assert not second.ended and second.segments[-1].msn >= first.segments[-1].msn
    assert second.segments[0].uri == f"segment{second.segments[0].msn}.m4s"
    program.check_logged("live", stream="changed", count=2)
    program.check_logged("live", stream="kept")
    assert not program.logged("live", stream="idle")

    # A wrong file changes nothing, and the log names the fault.
    (tmp_path / "streams.json").write_text('[{"stream": "kept", "bitrate": "lots"}]')
    hang_up(program)
    program.wait_logged("configuration", "[0].bitrate")
    assert fetch(port, path=playlist("added")).segments
    write(tmp_path, before, maxConnections=900)
    hang_up(program)
    # The log warns that a setting of the whole program needs a restart.
    wait_until(lambda: [e for e in program.logged("configuration") if e.level == "warning"], 5,
               "the warning")
    program.wait_logged("live", stream="removed", within=10)
    wait_until(lambda: get(port, playlist("added")).status == 404, 10, "404 of the new stream")
    reader.stop()


def post(port: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    """POST /api/streams."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    with Connection(port) as connection:
        fields = {**BEARER, **(headers or {}), "Content-Length": str(len(data))}
        lines = ["POST /api/streams HTTP/1.1", "Host: localhost"
                 ] + [f"{k}: {v}" for k, v in fields.items() if v]
        connection.send_raw(("\r\n".join(lines) + "\r\n\r\n").encode() + data)
        return connection.read("POST")


def test_api_adds_and_removes_streams(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """/api adds, lists and removes streams; others are not disturbed, and SIGHUP keeps them."""
    path = write(tmp_path, [stream("kept")], adminToken=TOKEN, preset="ultrafast")
    program = streamer("-c", str(path), defaults=False)
    port = program.port
    reader = Reader(program, "kept")
    camera = free_port()
    source = rtsp_server(camera)
    try:
        added = post(
            port, {"stream": "guest", "name": "A guest", "input": f"rtsp://127.0.0.1:{camera}/x"})
        assert added.status == 201 and added.headers["location"] == "/api/streams/guest", added.text
        assert added.json()["stream"] == "guest" and added.json()["name"] == "A guest"
        assert fetch(port, path=playlist("guest")).segments
        listed = get(port, "/api/streams", headers=BEARER).json()
        assert [(s["stream"], s["state"]) for s in listed] == [("kept", "live"), ("guest", "live")]
        assert get(port, "/api/streams/guest",
                   headers=BEARER).json()["renditions"][0]["width"] == 640
        assert post(port, {"stream": "guest"}).status == 409
        # The keys of Fast-ll, and on demand.
        assert post(
            port, {"name": "n", "stream": "fast", "type": "GEN", "onDemand": "true"}).status == 201
        assert get(port, "/api/streams/fast", headers=BEARER).json()["state"] == "idle"
        hang_up(program)
        pause(1, "a reload must not remove streams of /api")
        assert fetch(port, path=playlist("guest")).segments
        held = held_request(port, "guest")
        wait_held(port, 2)
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
    ({}, 400, "stream"),
    ({"stream": "a/b"}, 400, "stream"),
    ({"stream": "x", "bitrate": "lots"}, 400, "bitrate"),
    ({"stream": "x", "inptu": "rtsp://h/x"}, 400, 'inptu: unknown key; did you mean "input"?'),
    ({"stream": "x"}, 400, "has no source"),
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
def test_api_refuses_what_is_no_stream(body: Any, status: int, text: str, admin: Program) -> None:
    """Invalid streams, and keys that a request must not set: one line, and nothing is added."""
    response = post(admin.port, body)
    assert response.status == status and text in response.text and response.text.count(
        "\n") == 1, response.text
    assert len(get(admin.port, "/api/streams", headers=BEARER).json()) == 1


@pytest.mark.parametrize(("given", "status"), [("", 401), ("Basic eA==", 401),
                                               ("Bearer wrong", 403)])
def test_api_requires_the_token(given: str, status: int, admin: Program) -> None:
    """401 without a token, 403 with another token, for every method."""
    headers = {"Authorization": given} if given else {}
    assert post(admin.port, {"stream": "x"}, {"Authorization": given}).status == status
    assert get(admin.port, "/api/streams", headers=headers).status == status
    assert get(admin.port, "/api/streams/live", "DELETE", headers=headers).status == status
    assert get(admin.port, playlist("live")).status == 200


def test_short_token_is_refused_and_not_shown() -> None:
    """A token that is too short is refused and not printed."""
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
