# SPDX-License-Identifier: Apache-2.0
"""Readers of large bodies: those that join late get everything, slow ones keep little memory."""

from __future__ import annotations

import os
import re
import socket
import struct
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from harness.hostilefiles import make
from harness.http1 import get
from harness.http2frames import WINDOW_UPDATE, Frames, frame, request
from harness.metrics import fault, total
from harness.procfs import resident_bytes
from harness.playlist import parse
from harness.program import Program
from harness.tools import need
from harness.uploads import TRANSPORTS, begin, curl, url
from harness.waiting import not_before, pause, wait_until

RELAY = ("--source", "relay", "--name", "studio", "--host", "127.0.0.1", "--http-port", "0")
MEGABYTE = 1_000_000
SIZE = 6 * MEGABYTE


def reader(program: Program, transport: str, path: str) -> subprocess.Popen[bytes]:
    """curl, which reads a body without a limit."""
    return subprocess.Popen(
        [need("curl", "HTTP/2 readers"), "-sS", "-m", "40", "-N", *TRANSPORTS[transport],
         url(program, transport, path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def read_exactly(process: subprocess.Popen[bytes], count: int, within: float) -> bytes:
    """The first `count` bytes that curl gets."""
    assert process.stdout is not None
    found = b""
    end = time.monotonic() + within
    while len(found) < count and time.monotonic() < end:
        piece = os.read(process.stdout.fileno(), min(1 << 16, count - len(found)))
        if not piece:
            break
        found += piece
    return found


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_reader_joins_a_long_open_upload(streamer: Callable[..., Program],
                                           transport: str) -> None:
    """12 MB of an upload exist: a new reader gets them, and the rest when it is uploaded."""
    program = streamer(*RELAY, "--https-port", "0", "--self-signed", defaults=False)
    body = os.urandom(12 * MEGABYTE)
    upload = begin(program, "/studio/long.m4s")
    upload.send(body)
    pause(1, "the upload arrives")
    process = reader(program, transport, "/studio/long.m4s")
    assert read_exactly(process, len(body), 20) == body
    upload.send(b"the end")
    assert upload.end() == 201
    rest, error = process.communicate(timeout=20)
    assert process.returncode == 0 and rest == b"the end", error
    assert fault(program, "slow") == 0


@pytest.mark.parametrize("transport", ["h1", "h2c"])
def test_a_reader_joins_a_long_open_segment(streamer: Callable[..., Program], tmp_path: Path,
                                            transport: str) -> None:
    """More than 4 MiB of the open segment exist: a new reader gets the whole segment."""
    film = make(tmp_path / "noise.ts", "-f", "lavfi", "-i",
                "nullsrc=s=640x360:r=30,geq=random(1)*255:128:128", "-t", "4", "-c:v", "libx264",
                "-preset", "ultrafast", "-qp", "36", "-g", "30", "-bf", "0")
    program = streamer("--input", str(film), "--loop", "--segment-duration", "4", "--max-gop", "4",
                       "--host", "127.0.0.1", "--http-port", "0", defaults=False)
    wait_until(lambda: get(program.port, "/live/video/playlist.m3u8", timeout=15).status == 200, 30,
               "a playlist")

    def open_segment() -> str:
        text = get(program.port, "/live/video/playlist.m3u8").text
        parts = re.findall(r'#EXT-X-PART:DURATION=([\d.]+)', text.rsplit("#EXTINF", 1)[-1])
        if not 2.5 < sum(map(float, parts)) < 3.3:
            return ""
        name, number = re.findall(r"^(segment(\d+)\.m4s)$", text, re.M)[-1]
        return name.replace(number, str(int(number) + 1).zfill(len(number)))

    name = wait_until(open_segment, 15, "2.5 s of an open segment", 0.05)
    process = reader(program, transport, f"/live/video/{name}")
    body, error = process.communicate(timeout=40)
    assert process.returncode == 0, (len(body), error)
    assert len(body) > 8 << 20, len(body)
    assert get(program.port, f"/live/video/{name}").body == body
    assert fault(program, "slow") == 0


def slow_reader(port: int, path: str) -> socket.socket:
    """A connection that asks for a file and does not read it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.connect(("127.0.0.1", port))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    return client


@pytest.mark.timeout(90)
@pytest.mark.parametrize("version", [1, 2])
def test_slow_readers_keep_little_memory(streamer: Callable[..., Program], version: int) -> None:
    """The files of 30 slow readers have left the window: memory stays within the budget."""
    program = streamer(*RELAY, "--relay-window", "12,60", "--max-past-media", "12", defaults=False)
    assert curl(program, "PUT", "/studio/warm.m4s", body=os.urandom(SIZE))[0] == 201
    assert curl(program, "PUT", "/studio/warm2.m4s", body=os.urandom(SIZE))[0] == 201
    before = resident_bytes(program.pid)
    clients: list[socket.socket] = []
    # A window of 0 bytes for each HTTP/2 stream, and a large one for the connection.
    frames = Frames(program.port, struct.pack(">HI", 4, 0))
    frames.send(frame(WINDOW_UPDATE, struct.pack(">I", 1 << 30)))
    most = 0.0
    for index in range(30):
        path = f"/studio/{index}.m4s"
        assert curl(program, "PUT", path, body=os.urandom(SIZE))[0] == 201
        if version == 1:
            clients.append(slow_reader(program.port, path))
        else:
            frames.send(request(path, 2 * index + 1))
        pause(0.15, "the budget is kept")
        most = max(most, total(program.port, "streamer_past_media_bytes"))
    grown = resident_bytes(program.pid) - before
    print(f"HTTP/{version}: {most / 1e6:.1f} MB of past media, memory {grown >> 20} MB more")
    # One file more until the excess is noticed.
    assert 0 < most <= 18 * MEGABYTE
    assert grown < 64 << 20
    assert fault(program, "past_media") >= 20
    # A client that reads is not concerned.
    assert len(get(program.port, "/studio/29.m4s").body) == SIZE
    for client in clients:
        client.close()
    frames.socket.close()
    wait_until(lambda: total(program.port, "streamer_past_media_bytes") == 0, 5, "no past media")
    wait_until(lambda: resident_bytes(program.pid) - before < 12 << 20, 20, "memory is given back")


def test_a_response_has_one_more_window_duration(streamer: Callable[..., Program]) -> None:
    """A file is kept for 10 s: a reader that has not read it 10 s later is cut."""
    program = streamer(*RELAY, "--relay-window", "12,10", "--stall-timeout", "600", defaults=False)
    assert curl(program, "PUT", "/studio/a.m4s", body=os.urandom(SIZE))[0] == 201
    client = slow_reader(program.port, "/studio/a.m4s")
    try:
        listed = [time.monotonic()]

        def has_left() -> bool:
            asked = time.monotonic()
            if total(program.port, "streamer_past_media_bytes") > MEGABYTE:
                return True
            listed.append(asked)
            return False

        wait_until(has_left, 30, "the file leaves the window")
        wait_until(lambda: fault(program, "slow") == 1, 30, "the reader is cut")
        # The window duration begins after the last time at which the file was in the window.
        not_before(listed[-1], 9.5, "the end of the second window duration")
        assert total(program.port, "streamer_past_media_bytes") == 0
    finally:
        client.close()


class Unread:
    """Connections over HTTP/2 whose responses are not read, and the memory of the program."""

    def __init__(self, program: Program) -> None:
        self.program, self.before = program, resident_bytes(program.pid)
        self.clients: list[Frames] = []
        self.most = 0

    def ask(self, requests: list[tuple[str, str, str]]) -> None:
        """Sends requests, each a path, a host and a filler, whose bodies cannot be sent."""
        frames = Frames(self.program.port, struct.pack(">HI", 4, 0))
        frames.send(frame(WINDOW_UPDATE, struct.pack(">I", 1 << 30)))
        for index, (path, host, filler) in enumerate(requests):
            fields = {f"x-{number}": filler for number in range(4)} if filler else {}
            frames.send(request(path, 2 * index + 1, host, **fields))
        self.clients.append(frames)
        self.look()

    def look(self) -> None:
        """Notes the memory."""
        self.most = max(self.most, resident_bytes(self.program.pid))

    def watch(self, seconds: float) -> None:
        """Notes the memory for some time."""
        for _ in range(round(seconds / 0.3)):
            pause(0.3, "the budget is kept")
            self.look()

    def check(self) -> None:
        """The memory of one client has a limit."""
        print(f"memory {self.most - self.before >> 20} MB more")
        assert self.most - self.before < 64 << 20

    def close(self) -> None:
        """Closes the connections."""
        for client in self.clients:
            client.socket.close()


@pytest.mark.timeout(90)
@pytest.mark.parametrize("case", ["hosts", "times", "heads"])
def test_unread_responses_keep_little_memory(server: Program, case: str) -> None:
    """10,000 responses over HTTP/2 are not read: an MPD for each Host, times, and large heads."""
    for path in ("/live/manifest.mpd", "/live/timestamps.json", "/health"):
        assert get(server.port, path, timeout=15).status == 200
    with closing(Unread(server)) as readers:
        for index in range(100):
            readers.ask([
                ("/live/manifest.mpd", f"h{index}-{number}.example", "") if case == "hosts" else
                ("/live/timestamps.json", "a", "") if case == "times" else
                ("/health", "a", "b" * 3500) for number in range(100)])
        readers.watch(3)
        readers.check()
        # Another client is not concerned.
        assert get(server.port, "/live/timestamps.json").status == 200


@pytest.mark.timeout(120)
def test_unread_clips_keep_little_memory(streamer: Callable[..., Program]) -> None:
    """2,000 clips of the whole window are requested and not read: few are made at a time, and
    another client gets its clip."""
    program = streamer("--resolution", "320x180", "--bitrate", "300", "--framerate", "60",
                       "--audio", "tone", "--playlist-length", "30", "--max-files", "32")
    wait_until(lambda: get(program.port, "/live/dvr.json", timeout=15).status == 200, 20, "times")
    def window() -> dict[str, float]:
        return get(program.port, "/live/dvr.json").json()

    wait_until(lambda: (times := window()).get("to", 0) - times.get("from", 0) >= 28, 80,
               "a full window", interval=0.5)
    times = window()
    begin, end = float(times["from"]) + 2, float(times["to"]) - 2
    path = f"/live/clip/{begin:.3f}--{end:.3f}.mp4"
    with closing(Unread(program)) as readers:
        for _ in range(20):
            readers.ask([(path, "a", "")] * 100)
        readers.watch(6)
        readers.check()
        found = get(program.port, f"/live/clip/{end - 3:.3f}--{end:.3f}.mp4", timeout=10)
        assert found.status == 200 and len(found.body) > 50_000, found.status


@pytest.mark.timeout(90)
def test_pipelined_requests_wait_for_the_client(server: Program) -> None:
    """100 connections send requests without end and read nothing: each keeps one response."""
    block = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n" * 2000
    before = resident_bytes(server.pid)
    clients: list[socket.socket] = []
    try:
        for _ in range(100):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", server.port))
            clients.append(client)
        for _ in range(10):
            for client in clients:
                client.setblocking(False)
                try:
                    client.send(block)
                except BlockingIOError:
                    pass
        pause(1, "the responses are queued")
        grown = resident_bytes(server.pid) - before
        print(f"memory {grown >> 20} MB more")
        assert grown < 32 << 20
    finally:
        for client in clients:
            client.close()


@pytest.mark.timeout(90)
def test_readers_of_the_archive_wait_for_room(streamer: Callable[..., Program],
                                              tmp_path: Path) -> None:
    """4,000 responses with segments of the archive are not read: memory stays within the budget,
    and a client that reads gets the whole segment after those that keep pieces are cut."""
    film = make(tmp_path / "noise.ts", "-f", "lavfi", "-i",
                "nullsrc=s=640x360:r=30,geq=random(1)*255:128:128", "-t", "4", "-c:v", "libx264",
                "-preset", "ultrafast", "-qp", "40", "-g", "30", "-bf", "0")
    program = streamer("--input", str(film), "--loop", "--playlist-length", "6", "--max-files", "8",
                       "--archive", str(tmp_path / "archive"), "--dvr", "1h", "--max-past-media",
                       "12", "--host", "127.0.0.1", "--http-port", "0", defaults=False)
    wait_until(lambda: get(program.port, "/live/video/playlist.m3u8", timeout=15).status == 200, 30,
               "a playlist")
    listed = get(program.port, "/live/video/playlist.m3u8").text
    path = "/live/video/" + re.findall(r"^(segment\d+\.m4s)$", listed, re.M)[-1]
    body = get(program.port, path).body
    assert len(body) > MEGABYTE
    number = int(path.rpartition("segment")[2].removesuffix(".m4s"))
    # Eight files are kept.
    wait_until(lambda: parse(get(program.port, "/live/video/playlist.m3u8").text).last_complete
               > number + 9, 40, "the segment leaves the window", interval=0.5)
    with closing(Unread(program)) as readers:
        for _ in range(40):
            readers.ask([(path, "a", "")] * 100)
            pause(0.1, "the threads of the archive take the requests")
        begun = time.monotonic()
        found, error = reader(program, "h2c", path).communicate(timeout=30)
        took = time.monotonic() - begun
        assert found == body, (len(found), error)
        readers.watch(3)
        print(f"a client that reads took {took:.1f} s")
        readers.check()
        assert fault(program, "past_media") > 0
