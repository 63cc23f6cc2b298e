# SPDX-License-Identifier: Apache-2.0
"""Streams with the same input share one connection and one decoder."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.continuity import Frame, check_one_stream, frames, lost, repeated
from harness.http1 import Connection, get
from harness.onesession import OneSession
from harness.ports import free_port
from harness.program import Program, children
from harness.recorder import Recording, record
from harness.sources import rtsp_server
from harness.tunein import fetch, next_segments
from harness.waiting import wait_until
from test_configuration import FAST_LL_STREAM, fast_ll
from test_isolation import ADMIN, is_online

KEY = {"Authorization": f"Bearer {ADMIN}"}
ENCODED = {"rendition": ["320x180@300", "160x90@100"], "preset": "ultrafast"}


@pytest.fixture
def source() -> Iterator[OneSession]:
    """A source with one session."""
    found = OneSession()
    yield found
    found.kill()


class Server:
    """A server of the given streams; SIGHUP replaces them."""

    def __init__(self, streamer: Callable[..., Program], folder: Path, *streams: dict[str, Any],
                 **options: Any) -> None:
        self.path = folder / "streams.json"
        self._write(*streams)
        self.program = streamer("-c", str(self.path), "--host", "127.0.0.1", "--http-port", "0",
                                "--admin-token", ADMIN, defaults=False, **options)
        self.port = self.program.port

    def _write(self, *streams: dict[str, Any]) -> None:
        self.path.write_text(json.dumps({"streams": streams}))

    def reload(self, *streams: dict[str, Any]) -> None:
        """Replaces the streams."""
        self._write(*streams)
        self.program.process.send_signal(signal.SIGHUP)

    def add(self, stream: dict[str, Any]) -> None:
        """Adds a stream by /api."""
        body = json.dumps(stream).encode()
        head = f"POST /api/streams HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        with Connection(self.port) as connection:
            fields = f"Authorization: {KEY['Authorization']}\r\n\r\n"
            connection.send_raw((head + fields).encode() + body)
            assert connection.read("POST").status == 201

    def remove(self, name: str) -> None:
        """Removes a stream by /api."""
        assert get(self.port, f"/api/streams/{name}", "DELETE", headers=KEY).status == 204

    def shared(self, stream: str) -> list[str]:
        """The streams at the connection of a stream, as /api/streams names them."""
        found = get(self.port, "/api/streams", headers=KEY).json()
        return next((one.get("sharedWith", []) for one in found if one["stream"] == stream), [])

    def online(self, *streams: str, within: float = 20) -> None:
        """Waits until the streams show their source."""
        for name in streams:
            wait_until(lambda name=name: is_online(self.port, name), within,
                       f"the source of {name}: {self.program.log_text()}")


def playlist(stream: str, rendition: str = "video") -> str:
    """The path of a playlist."""
    return f"/{stream}/{rendition}/playlist.m3u8"


def both(server: Server, seconds: float, *paths: str) -> list[Recording]:
    """Records streams at the same time."""
    found: dict[str, Recording] = {}
    threads = [threading.Thread(
        target=lambda path=path: found.__setitem__(path, record(server.port, seconds, path)))
        for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[path] for path in paths]


def of_source(found: Recording) -> list[Frame]:
    """The frames of the source; the slate before them is left out."""
    every = frames(found)
    first = next((i for i, frame in enumerate(every) if frame.clock is not None), len(every))
    return every[first:]


@pytest.mark.timeout(90)
@pytest.mark.parametrize("isolation", ["process", "none"])
def test_one_connection_serves_both(isolation: str, streamer: Callable[..., Program],
                                    tmp_path: Path, source: OneSession) -> None:
    """One stream is passed through, one is encoded with two renditions; no frame is lost."""
    common = {"input": source.url, "isolation": isolation}
    server = Server(streamer, tmp_path, {"stream": "a", **common},
                    {"stream": "b", "overlay": "{name}", "partDuration": 0.2, **ENCODED, **common})
    server.online("a", "b")
    assert server.shared("a") == ["b"] and server.shared("b") == ["a"]
    next_segments(server.port, 1, playlist("b", "90p"))
    recordings = both(server, 6, playlist("a"), playlist("b", "180p"))
    seen = [of_source(found) for found in recordings]
    for found, shown in zip(recordings, seen):
        check_one_stream(found)
        assert len(shown) > 100 and all(frame.clock is not None for frame in shown)
    clocks = [frame.clock or 0 for frame in seen[0]]
    assert {round((two - one) * 30) for one, two in zip(clocks, clocks[1:])} == {1}
    shown = seen[1]
    twice, missing = repeated(shown), lost(shown, 1 / 30)
    print(f"{isolation}: {len(shown)} frames, {twice} repeated, {missing} lost")
    assert twice <= len(shown) // 10 and missing <= len(shown) // 10
    # The streams agree when a frame was captured.
    captured = {frame.clock: frame.captured for frame in seen[0]}
    differences = sorted(abs(captured[frame.clock] - frame.captured)
                         for frame in seen[1] if frame.clock in captured)
    assert len(differences) > 80 and differences[len(differences) * 9 // 10] < 0.04, differences
    assert (source.accepted, source.refused, source.clients) == (1, 0, 1)
    assert len(children(server.program)) == (1 if isolation == "process" else 0)
    assert not server.program.logged("input-not-shared")


@pytest.mark.timeout(60)
def test_a_crash_restarts_both(streamer: Callable[..., Program], tmp_path: Path,
                               source: OneSession) -> None:
    """The process is killed: both streams continue in one new process, with one connection."""
    server = Server(streamer, tmp_path, {"stream": "a", "input": source.url},
                    {"stream": "b", "input": source.url, **ENCODED})
    server.online("a", "b")
    first = children(server.program)
    os.kill(first[0], signal.SIGSEGV)
    for name in ("a", "b"):
        server.program.wait_logged("source-crashed", "SIGSEGV", stream=name)
    wait_until(lambda: source.accepted == 2, 5, "a second connection")
    server.online("a", "b", within=5)
    wait_until(lambda: server.shared("a") == ["b"], 2, "the shared connection")
    second = children(server.program)
    assert len(second) == 1 and second != first
    assert (source.accepted, source.refused) == (2, 0)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("change", "words"), [
    ({"maxFrameSize": "1280x720"}, ["--max-frame-size"]),
    ({"isolation": "none"}, ["--isolation"]),
])
def test_other_settings_of_reading_need_another_connection(
        change: dict[str, str], words: list[str], streamer: Callable[..., Program],
        tmp_path: Path) -> None:
    """Two connections, and one line of the log names the setting."""
    source = OneSession(sessions=2)
    try:
        server = Server(streamer, tmp_path, {"stream": "a", "input": source.url},
                        {"stream": "b", "input": source.url, **change})
        server.online("a", "b")
        assert source.accepted == 2
        assert server.shared("a") == server.shared("b") == []
        server.program.check_logged("input-not-shared")
        server.program.wait_logged("input-not-shared", '"a"', *words, stream="b")
    finally:
        source.kill()


def connections(port: int) -> int:
    """The established TCP connections to a port of this machine."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[2].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


@pytest.mark.timeout(60)
def test_two_streams_of_a_fast_ll_file(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """The camera of two RTSP streams of Fast-ll's file has one session."""
    camera = free_port()
    source = rtsp_server(camera)
    rtsp = {**FAST_LL_STREAM, "type": "RTSP", "input": f"rtsp://127.0.0.1:{camera}/x"}
    low = {**rtsp, "stream": "low", "targetFps": "15", "intraInterval": "15",
           "qualities": {"video": [{"targetWidth": "320", "targetBitrate": "200"}]}}
    try:
        program = streamer(
            "-c", str(fast_ll(tmp_path, [{**rtsp, "stream": "high"}, low], port=str(free_port()))),
            defaults=False)
        for path in ("/high/manifest.mpd", "/low/manifest.mpd"):
            assert get(program.port, path, timeout=12).status == 200
        for name in ("high", "low"):
            wait_until(lambda name=name: is_online(program.port, name), 10, name)
        assert connections(camera) == 1
        assert fetch(program.port, path=playlist("low")).segments
    finally:
        source.kill()
