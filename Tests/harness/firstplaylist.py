# SPDX-License-Identifier: Apache-2.0
"""The first playlist of a passed-through input, beside the key frames that its sender has drawn."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from harness.frames import clocks_of
from harness.http1 import Connection
from harness.playlist import parse
from harness.ports import free_port
from harness.program import Program, launch, stop
from harness.sources import Source, ffmpeg_sender, rtsp_server
from harness.supervisor import is_bound
from harness.tunein import PLAYLIST
from harness.waiting import wait_until

KINDS = ["udp", "stdin", "http", "rtsp", "rtmp", "srt caller", "srt listener"]
LATENCY = 120
BASE = "/live/video/"


@dataclass
class FirstPlaylist:
    """The first playlist; seconds since 1970."""

    arrived: float
    """When its first byte arrived at a client that waited for it."""
    first_key: float
    """The burned clock of the first frame in it."""
    second_key: float
    """The burned clock of the next key frame."""
    whole: bool
    """Whether the frames from the first to the second key frame follow one another."""


@contextmanager
def running(kind: str, *flags: str, group: int = 30) -> Iterator[tuple[Program, Source]]:
    """A streamer and its source, which starts with a key frame when it is connected."""
    port = free_port()
    ts = ["-f", "mpegts"]
    srt = f"latency={LATENCY * 1000}"
    listening = {"srt caller": [*ts, f"srt://127.0.0.1:{port}?mode=listener&{srt}"],
                 "rtmp": ["-f", "flv", "-listen", "1", f"rtmp://127.0.0.1:{port}/live/x"],
                 "http": [*ts, "-listen", "1", f"http://127.0.0.1:{port}/x.ts"]}
    calling = {"udp": [*ts, f"udp://127.0.0.1:{port}?pkt_size=1316"],
               "srt listener": [*ts, f"srt://127.0.0.1:{port}?{srt}"]}
    url = {"srt listener": f"srt://127.0.0.1:{port}?mode=listener&{srt}",
           "srt caller": f"srt://127.0.0.1:{port}?{srt}", "stdin": "-",
           "rtsp": f"rtsp://127.0.0.1:{port}/x", "rtmp": f"rtmp://127.0.0.1:{port}/live/x",
           "http": f"http://127.0.0.1:{port}/x.ts", "udp": f"udp://127.0.0.1:{port}"}[kind]
    command = ["--input", url, *flags, "--host", "127.0.0.1", "--http-port", "0"]
    source = None
    stdin = None
    if kind == "stdin":
        source = ffmpeg_sender([*ts, "-"], group=group, stdout=subprocess.PIPE)
        stdin = source.processes[1].stdout
    elif kind == "rtsp":
        source = rtsp_server(port)
    elif kind in listening:
        source = ffmpeg_sender(listening[kind], group=group)
        wait_until(lambda: is_bound(port), 10, "the listener of ffmpeg")
    program = launch(command, defaults=False, stdin=stdin)
    try:
        if source is None:
            wait_until(lambda: is_bound(port), 10, "the listener of the program")
            source = ffmpeg_sender(calling[kind], group=group)
        assert program.listening.wait(10), program.log_text()
        yield program, source
    finally:
        stop(program)
        if source:
            source.kill()


def first_playlist(program: Program) -> FirstPlaylist:
    """Waits for the first playlist and reads the key frames from its media."""
    with Connection(program.port, timeout=30) as connection:
        while (response := connection.get(PLAYLIST)).status == 503:
            assert program.process.poll() is None, program.log_text()
        assert response.status == 200, f"{response.status} {response.body[:200]!r}"
        playlist = parse(response.text)
        segment = playlist.segments[0]
        init = connection.get(BASE + (segment.map_uri or "")).body
        first = connection.get(BASE + (segment.uri or "")).body
        after = connection.get(f"{BASE}segment{segment.msn + 1}.m4s").body
    count = len(clocks_of(init + first))
    clocks = [clock / 1000 for clock in clocks_of(init + first + after) if clock is not None]
    steps = [round((two - one) * 30) for one, two in zip(clocks, clocks[1:count + 1])]
    return FirstPlaylist(response.first_byte, clocks[0], clocks[count],
                         steps == [1] * count)
