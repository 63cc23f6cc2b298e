# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 as nghttp, h2load and Chromium see it, and the limits that each have a flag."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from fetch_hlsjs import script_flags
from harness.browser import viewer
from harness.http2frames import GOAWAY, HEADERS, RST_STREAM, SETTINGS, Frames, frame, request
from harness.http1 import Closed, Connection, get
from harness.labreport import plays_well, report
from harness.metrics import total
from harness.playlist import parse
from harness.procfs import descriptors
from harness.program import Program, start, stop
from harness.tools import need
from harness.tunein import PLAYLIST, align

SECONDS = 5
MANY = ["--max-streams", "500", "--max-held-requests", "500", "--stall-timeout", "3"]


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A streamer that an edge may put hundreds of requests on one connection of."""
    state = str(tmp_path_factory.mktemp("state"))
    program = start([
        "--resolution", "640x360", "--bitrate", "1000", "--https-port", "0", "--self-signed", *MANY,
        *script_flags()
    ], env={"XDG_STATE_HOME": state})
    program.secure_url("/")
    yield program
    assert stop(program) == 0, program.log_text()


def tool(name: str, *arguments: str, timeout: float = 20) -> str:
    """What a counterpart prints; its failure is a failure."""
    done = subprocess.run([need(name, "HTTP/2 by nghttp2's clients"), *arguments],
                          capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


def fault(program: Program, reason: str) -> float:
    """How often something was refused or ended for this reason."""
    return total(program.port, "streamer_connection_faults_total", reason=reason)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nghttp(scheme: str, secure: Program) -> None:
    """Playlist and segment on one connection, with a priority each; the playlist's bytes come first."""
    base = f"http://127.0.0.1:{secure.port}" if scheme == "http" else secure.secure_url("")
    segment = parse(get(secure.port, PLAYLIST).text).segments[-3]
    out = tool("nghttp", "-nv", "--no-dep", f"{base}/live/video/{segment.uri}", f"{base}{PLAYLIST}")
    assert out.count(":status: 200") == 2 and "priority: u=1" in out and "priority: u=3" in out
    assert "SETTINGS_MAX_CONCURRENT_STREAMS(0x03):500" in out and "(0x09):1" in out
    first = re.search(r"recv DATA frame <length=\d+, flags=0x\d\d, stream_id=(\d+)>", out)
    playlist = re.search(r"recv \(stream_id=(\d+)\) content-type: application/vnd.apple.mpegurl",
                         out)
    assert first and playlist and first.group(1) == playlist.group(1)


def test_hundreds_of_held_requests_on_one_connection(secure: Program) -> None:
    """Four hundred blocking reloads on two connections: held, then all answered."""
    parent = align(secure.port, 1).last_part[0]
    out = tool("h2load", "-n", "400", "-c", "2", "-m", "200",
               secure.secure_url(f"{PLAYLIST}?_HLS_msn={parent + 1}&_HLS_part=1"))
    assert "400 done, 400 succeeded, 0 failed" in out and "400 2xx" in out, out
    assert float(re.search(r"finished in ([\d.]+)(ms|s)",
                           out).group(1)) > 0.2  # type: ignore[union-attr]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_hundreds_of_readers_of_an_open_segment(scheme: str, secure: Program) -> None:
    """Three hundred streams of one connection read a segment while it is made: each gets all of it."""
    base = f"http://127.0.0.1:{secure.port}" if scheme == "http" else secure.secure_url("")
    number = align(secure.port, 1).last_part[0] + 1
    path = f"/live/video/segment{number}.m4s"
    out = tool("h2load", "-n", "300", "-c", "1", "-m", "300", base + path)
    assert "300 succeeded, 0 failed" in out and "300 2xx" in out, out
    size = len(get(secure.port, path).body)
    assert int(re.search(r"\((\d+)\) data", out).group(1)) == 300 * size  # type: ignore[union-attr]


@pytest.mark.parametrize("arguments", [("-m", "20", "http"), ("-m", "20", "https"),
                                       ("--h1", "https")], ids=["h2c", "h2", "h1-tls"])
def test_h2load(arguments: tuple[str, ...], secure: Program) -> None:
    """A few thousand requests without an error."""
    *options, scheme = arguments
    base = f"http://127.0.0.1:{secure.port}" if scheme == "http" else secure.secure_url("")
    part = parse(get(secure.port, PLAYLIST).text).segments[-2].parts[0].uri
    out = tool("h2load", "-n", "2000", "-c", "10", *options, f"{base}/live/video/{part}")
    assert "2000 succeeded, 0 failed, 0 errored" in out and "2000 2xx" in out, out


def test_conditional_over_both(secure: Program) -> None:
    """What has an ETag is left out for who has it already (RFC 9110 §13.1.2)."""
    segment = parse(get(secure.port, PLAYLIST).text).segments[-3]
    for path in (f"/live/video/{segment.uri}", f"/live/video/{segment.parts[0].uri}",
                 f"/live/video/{segment.map_uri}", PLAYLIST + "?_HLS_msn=1", "/"):
        tag = get(secure.port, path).headers["etag"]
        assert tag.startswith('"') and tag.endswith('"')
        answer = get(secure.port, path, headers={"If-None-Match": tag})
        if answer.status != 304:  # a playlist may be newer by now
            assert path.startswith(PLAYLIST) and answer.headers["etag"] != tag
            continue
        assert answer.body == b"" and answer.headers[
            "etag"] == tag and "cache-control" in answer.headers
        written = subprocess.run([
            "curl", "-sk", "--http2", "-w", "%{http_code} %{size_download}", "-H",
            f"If-None-Match: {tag}",
            secure.secure_url(path)
        ], capture_output=True, text=True)
        assert written.stdout == "304 0" or path.startswith(PLAYLIST)
    part = get(
        secure.port, f"/live/video/{segment.uri}", headers={
            "Range": "bytes=0-9", "If-Range": get(secure.port,
                                                  f"/live/video/{segment.uri}").headers["etag"]
        })
    assert part.status == 206 and len(part.body) == 10
    zipped = get(secure.port, PLAYLIST + "?_HLS_msn=1", headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["etag"] != get(secure.port, PLAYLIST + "?_HLS_msn=1").headers["etag"]


PAGES = {"hlsjs": "/?player=hlsjs", "frames": "/?player=frames"}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("player", PAGES)
def test_plays_over_h2(player: str, browser: Browser, secure: Program, hlsjs: object) -> None:
    """hls.js and our own player play in Chromium over HTTPS, and the browser says that all of it came by h2.

    How many frames are shown is not judged here: that is the machine's, not the protocol's. One retry.
    """
    for _ in (1, 2):
        with viewer(browser) as view:
            view.open(secure.secure_url(PAGES[player]))
            view.wait_playing()
            view.watch(2 + SECONDS)
            entries: list[dict[str, Any]] = view.page.evaluate(
                "() => performance.getEntriesByType('resource').map(e => ({name: e.name, by: e.nextHopProtocol}))"
            )
            found = report(view.data(), warm_up=2, opened=view.opened)
        media = [entry for entry in entries if "/live/" in entry["name"] and entry["by"]]
        assert len(media) > 3 and {entry["by"] for entry in media} == {"h2"}, entries
        wrong = [why for why in plays_well(found, SECONDS) if "frames were shown" not in why]
        if not wrong:
            return
    raise AssertionError(f"{wrong}\n{json.dumps(found, indent=1)}")


def test_rapid_reset(secure: Program) -> None:
    """More than two hundred streams opened and reset: GOAWAY ENHANCE_YOUR_CALM; others do not notice."""
    held = align(secure.port, 1).last_part[0] + 1
    before = fault(secure, "rapid_reset")
    with Frames(secure.port) as bad, Frames(secure.port) as good:
        for i in range(250):
            stream = 2 * i + 1
            try:
                bad.send(
                    request(f"{PLAYLIST}?_HLS_msn={held}", stream) +
                    frame(RST_STREAM, b"\0\0\0\x08", stream=stream))
            except ConnectionError:
                break
        assert bad.next(GOAWAY).error == 11
        good.send(request("/health", 1))
        assert good.next(HEADERS).stream == 1
    assert fault(secure, "rapid_reset") == before + 1


def test_three_hundred_that_do_not_read(secure: Program) -> None:
    """Three hundred streams with a closed window, and clients that do not read: small and gone in time."""
    segment = f"/live/video/{parse(get(secure.port, PLAYLIST).text).segments[-2].uri}"
    before = descriptors(secure.pid)
    clients = []
    for _ in range(10):
        client = Frames(secure.port, settings=b"\0\x04" + (0).to_bytes(4, "big"),
                        receive_buffer=4096)
        client.send(b"".join(request(segment, 2 * i + 1) for i in range(30)))
        clients.append(client)
    assert get(secure.port, "/health").status == 200
    for client in clients:
        assert client.next(RST_STREAM).error == 11
        client.socket.close()
    assert fault(secure, "stalled") >= 10
    deadline = time.monotonic() + 4
    while descriptors(secure.pid) > before + 3:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_end_of_the_stream_over_h2(streamer, tmp_path: Path) -> None:
    """SIGTERM: what is held is answered with the end, idle connections hear GOAWAY, exit status 0."""
    program = streamer("--resolution", "320x180", "--https-port", "0", "--self-signed",
                       env={"XDG_STATE_HOME": str(tmp_path)})
    address = program.secure_url(f"{PLAYLIST}?_HLS_msn={align(program.port, 1).last_part[0] + 1}")
    seen: list[str] = []
    reader = threading.Thread(target=lambda: seen.append(tool("nghttp", "-v", address)))
    reader.start()
    with Frames(program.port) as idle:
        deadline = time.monotonic() + 2
        while total(program.port, "streamer_held_requests") < 1:
            assert time.monotonic() < deadline, "nothing is held"
        program.process.send_signal(signal.SIGTERM)
        assert idle.next(GOAWAY).error == 0
    reader.join(8)
    assert seen and "#EXT-X-ENDLIST" in seen[0], seen
    assert program.process.wait(8) == 0


@pytest.fixture(scope="module")
def strict() -> Iterator[Program]:
    """A streamer with every limit as low as it goes."""
    program = start([
        "--resolution", "320x180", "--max-connections", "8", "--max-head-bytes", "1500",
        "--max-head-fields", "10", "--max-uri-bytes", "200", "--head-timeout", "0.5",
        "--idle-timeout", "1", "--hold-timeout", "0.3", "--max-held-requests", "3", "--max-streams",
        "7"
    ])
    yield program
    stop(program)


LIMITS = {
    "uri": (f"GET /{'a' * 300} HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    "head": (f"GET / HTTP/1.1\r\nHost: a\r\nX: {'a' * 1500}\r\n\r\n", 431),
    "fields": ("GET / HTTP/1.1\r\nHost: a\r\n" + "X: a\r\n" * 12 + "\r\n", 431),
    "slow head": ("GET / HTTP/1.1\r\nHost: a\r\n", 408),
    "expectation": ("GET /health HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n", 417),
    "continue": (
        "POST /health HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n",
        405),
}


@pytest.mark.parametrize("name", LIMITS)
def test_limits(name: str, strict: Program) -> None:
    """Each limit has its flag and its answer; the next client does not notice."""
    text, status = LIMITS[name]
    with Connection(strict.port, timeout=5) as connection:
        connection.send_raw(text.encode())
        assert connection.read().status == status
    assert get(strict.port, "/health").status == 200


def test_hold_timeout(strict: Program) -> None:
    """A hold ends after --hold-timeout with 503 and Retry-After."""
    parent = parse(get(strict.port, PLAYLIST).text).last_part[0]
    answer = get(strict.port, f"{PLAYLIST}?_HLS_msn={parent + 1}")
    assert answer.status == 503 and answer.headers["retry-after"] == "1" and 0.2 < answer.held < 1.5


def test_idle_timeout(strict: Program) -> None:
    """An idle connection is closed after --idle-timeout."""
    with Connection(strict.port, timeout=5) as connection:
        assert connection.get("/health").status == 200
        begun = time.monotonic()
        assert connection.socket.recv(10) == b""
        assert 0.8 < time.monotonic() - begun < 3.5


def test_max_connections(strict: Program) -> None:
    """Connections above --max-connections get 503 with Retry-After; those that are there go on."""
    deadline = time.monotonic() + 5
    statuses: list[int] = []
    while 503 not in statuses:
        assert time.monotonic() < deadline
        connections = [Connection(strict.port, timeout=5) for _ in range(12)]
        statuses = []
        for connection in connections:
            try:
                answer = connection.get("/health")
                statuses.append(answer.status)
                assert answer.status == 200 or answer.headers["retry-after"] == "1"
            except (Closed, ConnectionError, socket.timeout):
                statuses.append(0)
        for connection in connections:
            connection.close()
    assert statuses.count(200) >= 1
    time.sleep(2.5)
    assert get(strict.port, "/health").status == 200


def test_streams_of_h2_limits(strict: Program) -> None:
    """--max-streams is told in SETTINGS; above --max-held-requests a request gets 429."""
    with Frames(strict.port) as client:
        settings = client.next(SETTINGS).payload
        assert b"\0\x03\0\0\0\x07" in settings
        held = parse(get(strict.port, PLAYLIST).text).last_part[0] + 1
        client.send(b"".join(request(f"{PLAYLIST}?_HLS_msn={held}", 2 * i + 1) for i in range(4)))
        assert client.next(HEADERS).stream == 7, "the fourth is refused at once"
    assert fault(strict, "held_requests") >= 1
