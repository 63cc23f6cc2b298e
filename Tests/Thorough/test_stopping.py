# SPDX-License-Identifier: Apache-2.0
"""Stopping has limits: no source, encoder or unread log delays the end of a stream for long."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.http1 import Later, get
from harness.playlist import parse
from harness.ports import free_port
from harness.preload import preloaded
from harness.program import Program, launch, stop
from harness.rtmp import HOST, Publisher, rtmp_port
from harness.tools import ROOT, need, streamer_binary
from harness.waiting import pause, wait_until
from test_hostile_sources import H264, VIDEO, make

TOKEN = "0123456789abcdef"
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}
# Read in the server, since a process of its own would be killed; the name is resolved by
# libavformat, whose wait nothing ends (RTSP waits in its relay, which can be left).
SLOW = {"input": "rtmp://slow.example/live/x", "isolation": "none"}


@pytest.fixture(scope="module")
def slow_names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the name server does not answer."""
    library = tmp_path_factory.mktemp("preload") / "slowdns.so"
    subprocess.run([need("cc", "a name server that does not answer"), "-O2", "-Wall", "-Wextra",
                    "-Werror", "-shared", "-fPIC", "-o", str(library),
                    str(ROOT / "Tests/Preload/slowdns.c"), "-ldl"], check=True)
    return {"LD_PRELOAD": str(library)}


def two_streams(folder: Path, bad: dict[str, object], resolution: str = "160x90") -> Path:
    """A configuration of a stream of the test pattern and another one."""
    path = folder / "streams.json"
    path.write_text(json.dumps({
        "adminToken": TOKEN,
        "streams": [{"stream": "good", "testSrc": True, "resolution": resolution},
                    {"stream": "bad", **bad}]
    }))
    return path


def check_stop(program: Program) -> None:
    """Ends the program; the limit of 9 s would be logged, with status 1."""
    status = stop(program, within=30)
    assert status == 0, f"status {status}\n{program.log_text()}"
    assert not program.logged("stopped"), program.log_text()


def test_a_name_server_that_does_not_answer(streamer: Callable[..., Program], tmp_path: Path,
                                            slow_names: dict[str, str]) -> None:
    """SIGTERM ends the program within the limits, and the log names the thread that is left."""
    program = streamer("-c", str(two_streams(tmp_path, SLOW)),
                       "--host", "127.0.0.1", "--http-port", "0", defaults=False, env=slow_names)
    wait_until(lambda: get(program.port, "/good/playlist.m3u8").status == 200, 10, "a playlist")
    pause(0.5, "the input resolves the name")
    check_stop(program)
    program.wait_logged("thread-left", "input", stream="bad")


def test_all_limits_together_are_shorter_than_the_stop_limit(
        streamer: Callable[..., Program], tmp_path: Path, slow_names: dict[str, str]) -> None:
    """A publisher that stays, a thread that is left and a client that does not read: status 0."""
    program = streamer("-c", str(two_streams(tmp_path, SLOW, resolution="1280x720")), *HOST,
                       defaults=False, env=slow_names)
    wait_until(lambda: get(program.port, "/good/playlist.m3u8").status == 200, 10, "a playlist")
    with Publisher(rtmp_port(program)) as publisher, socket.socket() as reader:
        assert publisher.ask("cam", "any", capsEx=1) == b"NetStream.Publish.Start"
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", program.port))
        media = parse(get(program.port, "/good/video/playlist.m3u8").text)
        number = media.last_complete
        reader.sendall(b"".join(
            f"GET /good/video/segment{number}.m4s HTTP/1.1\r\nHost: h\r\n\r\n".encode()
            for _ in range(10)))
        pause(0.5, "the response fills the buffers")
        # Without a common limit 8.7 s here, and 9.7 s at most.
        check_stop(program)
    assert program.logged("reconnect-requested") and program.logged("thread-left", stream="bad")


def test_a_removal_does_not_block_other_requests(streamer: Callable[..., Program], tmp_path: Path,
                                                 slow_names: dict[str, str]) -> None:
    """While one stream cannot be stopped, others are added, and it is removed in time."""
    program = streamer("-c", str(two_streams(tmp_path, SLOW)),
                       "--host", "127.0.0.1", "--http-port", "0", defaults=False, env=slow_names)
    wait_until(lambda: get(program.port, "/good/playlist.m3u8").status == 200, 10, "a playlist")
    pause(0.5, "the input resolves the name")
    removal = Deletion(program.port, "/api/streams/bad")
    pause(0.2, "the removal has begun")
    added = post(program.port, {"stream": "new", "testSrc": True, "resolution": "160x90"})
    assert added == 201
    assert removal.response is None, "the addition waited for the removal"
    assert removal.status(30) == 204
    names = [stream["stream"] for stream in
             get(program.port, "/api/streams", headers=AUTHORIZATION).json()]
    assert "bad" not in names and {"good", "new"} <= set(names)
    check_stop(program)


class Deletion(Later):
    """A DELETE in its own thread."""

    def __init__(self, port: int, path: str) -> None:
        super().__init__(port, path, AUTHORIZATION)

    def _run(self) -> None:
        port, path, headers, timeout = self.arguments
        try:
            self.response = get(port, path, "DELETE", headers, timeout)
        except Exception as error:  # raised by result()
            self.error = error

    def status(self, timeout: float) -> int:
        """The status of the response."""
        return self.result(timeout).status


def post(port: int, stream: dict[str, object]) -> int:
    """Adds a stream; the status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request("POST", "/api/streams", json.dumps(stream), AUTHORIZATION)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("ending", ["signal", "end-of-streams"])
def test_a_disk_that_stalls(streamer: Callable[..., Program], tmp_path: Path,
                            ending: str) -> None:
    """The thread of the access log is left and named; also without a signal the program ends."""
    library = tmp_path / "stalleddisk.so"
    subprocess.run([need("cc", "a disk that stalls"), "-O2", "-Wall", "-Wextra", "-Werror",
                    "-shared", "-fPIC", "-o", str(library),
                    str(ROOT / "Tests/Preload/stalleddisk.c"), "-ldl"], check=True)
    movie = make(tmp_path / "movie.ts", *VIDEO, "-t", "2", *H264)
    source = ["--input", str(movie), "--isolation", "none"]
    if ending == "signal":
        source = ["--test-src"]
    program = streamer(*source, "--host", "127.0.0.1", "--http-port", "0", "--segment-duration",
                       "1", "--window-size", "6", "--access-log", str(tmp_path / "a.stalled"),
                       defaults=False, env={"LD_PRELOAD": str(library)})
    wait_until(lambda: get(program.port, "/live/playlist.m3u8").status == 200, 10, "a playlist")
    if ending == "signal":
        check_stop(program)
    else:
        assert program.process.wait(30) == 0, program.log_text()
    # The log is a text beside an access log.
    assert 'the thread "access-log" does not end' in program.log_text()


def test_an_end_that_does_not_return(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """The time limit of the end (`ProgramLoop.limitStop`) ends the program with status 1."""
    program = streamer("--test-src", "--host", "127.0.0.1", "--http-port", "0", "--resolution",
                       "160x90", defaults=False, env=preloaded("endlessend", tmp_path))
    wait_until(lambda: get(program.port, "/live/playlist.m3u8").status == 200, 20, "a playlist")
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(60) == 1, program.log_text()
    assert "ended 9 s after the signal: a thread still runs" in program.log_text()


@pytest.mark.parametrize("flags", [
    ["--segment-duration", "20", "--framerate", "120", "--resolution", "640x360"],
    ["--segment-duration", "20", "--resolution", "1920x1080", "--preset", "medium"],
], ids=["120-frames", "slow-preset"])
def test_during_the_prefill(flags: list[str]) -> None:
    """SIGTERM while the window is filled ends the program at once."""
    program = launch(flags)
    assert program.listening.wait(20), program.log_text()
    check_stop(program)
    assert not program.logged("live"), "the window was filled"


def test_standard_error_that_is_not_read(tmp_path: Path) -> None:
    """A full pipe blocks neither the streams nor the end of the program."""
    reading, writing = os.pipe()
    configuration = two_streams(tmp_path, {"input": "http://127.0.0.1:9/x", "name": "x"})
    port = free_port()
    process = subprocess.Popen(
        [str(streamer_binary()), "-c", str(configuration), "--host", "127.0.0.1", "--http-port",
         str(port), "--log-level", "debug"], stderr=writing, stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL)
    try:
        # The pipe is full before the program logs more.
        os.set_blocking(writing, False)
        try:
            while True:
                os.write(writing, b"x" * 4096)
        except BlockingIOError:
            os.set_blocking(writing, True)
        os.close(writing)
        wait_until(lambda: _status(port, "/good/playlist.m3u8") == 200, 15, "a playlist")
        for _ in range(20):
            post(port, {"stream": "good", "testSrc": True})
        assert _status(port, "/good/playlist.m3u8") == 200
        process.send_signal(signal.SIGTERM)
        # The limit of 9 s has status 1.
        assert process.wait(30) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(5)
        os.close(reading)


def _status(port: int, path: str) -> int:
    try:
        return get(port, path, timeout=5).status
    except OSError:
        return 0


def test_a_second_signal_ends_at_once(streamer: Callable[..., Program], tmp_path: Path,
                                      slow_names: dict[str, str]) -> None:
    """A second SIGTERM does not wait for anything."""
    program = streamer("-c", str(two_streams(tmp_path, SLOW)),
                       "--host", "127.0.0.1", "--http-port", "0", defaults=False, env=slow_names)
    wait_until(lambda: get(program.port, "/good/playlist.m3u8").status == 200, 10, "a playlist")
    pause(0.5, "the input resolves the name")
    program.process.send_signal(signal.SIGTERM)
    pause(0.3, "the program is stopping")
    assert program.process.poll() is None
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(10) == 1
    program.check_logged("stopped", "by a second signal")
