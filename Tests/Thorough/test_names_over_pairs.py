# SPDX-License-Identifier: Apache-2.0
"""Names keep their bytes over each two ways in which a session follows another, in succession."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.configuration import write
from harness.http1 import get
from harness.names import Watch
from harness.ports import free_port
from harness.program import Program, start, stop
from harness.rtmp import publish
from harness.sources import Source
from harness.tunein import fetch, next_segments
from harness.waiting import pause, wait_until

PATH = "/live/video/playlist.m3u8"
TRACKS = ("video", "audio")
# The time in which a publisher that has begun keeps its stream, and some more, in seconds.
PROTECTED = 3
WAYS = ("return", "encode", "takeover", "reload", "handover")


def circuit(nodes: tuple[str, ...]) -> list[str]:
    """The shortest succession with each ordered pair of nodes, also of a node with itself."""
    left = {node: list(nodes) for node in nodes}
    path, found = [nodes[0]], []
    while path:
        if left[path[-1]]:
            path.append(left[path[-1]].pop())
        else:
            found.append(path.pop())
    return found[::-1]


def test_circuit_has_each_pair_once() -> None:
    """25 pairs of five ways."""
    found = circuit(WAYS)
    pairs = list(zip(found, found[1:]))
    assert len(pairs) == len(set(pairs)) == len(WAYS) ** 2


class Succession:
    """A published stream, and what is done to it."""

    def __init__(self, program: Program, port: int, folder: Path, sources: list[Source]) -> None:
        self.program, self.port, self.folder, self.sources = program, port, folder, sources
        self.size, self.length, self.handovers = "320x180", 10, 0
        self.publish()

    def publish(self, group: int = 30) -> None:
        """Another publisher, with sound."""
        self.sources.append(publish(self.port, "live/x", size=self.size, group=group, audio="aac"))

    def follow(self, way: str) -> None:
        """Lets a session follow the present one."""
        if way == "takeover":
            started = len(self.program.logged("publish-started"))
            pause(PROTECTED, "a publisher that has just begun is not replaced")
            self.size = "640x360" if self.size == "320x180" else "320x180"
            self.publish()
            wait_until(lambda: len(self.program.logged("publish-started")) > started, 30,
                       "the publisher that takes over")
            self.sources[-2].kill()
            return
        if way == "reload":
            self.length = 21 - self.length
            write(self.folder, [element(self.length)], **top(self.port))
            self.program.process.send_signal(signal.SIGHUP)
            pause(1, "the stream begins again, while its publisher sends")
        self.sources[-1].kill()
        if way == "handover":
            self.handovers += 1
            os.kill(self.program.pid, signal.SIGUSR2)
            self.program.wait_logged("supervisor", "serves from now on", count=self.handovers,
                                     within=60)
        self.publish(group=150 if way == "encode" else 30)

    def plays(self, newest: int) -> int:
        """Waits until media after a segment is listed; the number of the newest one."""
        def number() -> int:
            response = get(self.program.port, PATH, timeout=20)
            if response.status != 200:
                return 0
            return fetch(self.program.port, path=PATH).last_complete

        wait_until(lambda: number() > newest + 2, 60, f"media after segment {newest}")
        return number()


def top(port: int) -> dict[str, object]:
    """The members of the configuration beside its streams."""
    return {"rtmp": f"127.0.0.1:{port}", "takeover": "always"}


def element(length: int) -> dict[str, object]:
    """The stream."""
    return {"stream": "live", "publishKey": "x", "playlistLength": length}


@pytest.mark.timeout(900)
def test_names_keep_their_bytes_over_each_two_ways(
        streamer: Callable[..., Program], sources: list[Source], tmp_path: Path) -> None:
    """A publisher returns, must be encoded, is replaced; reload and handover; seen by a relay."""
    port = free_port()
    config = write(tmp_path, [element(10)], **top(port))
    program = streamer("--supervise", "-c", str(config), defaults=False)
    succession = Succession(program, port, tmp_path, sources)
    newest = succession.plays(0)
    relay = start(["--relay", program.url("/live/"), "--host", "127.0.0.1", "--http-port", "0"],
                  defaults=False)
    try:
        wait_until(lambda: get(relay.port, PATH, timeout=20).status == 200, 30, "the relay")
        with (Watch(program.port, tracks=TRACKS, is_other_process=True),
              Watch(relay.port, tracks=TRACKS, is_other_process=True)):
            for way in circuit(WAYS):
                succession.follow(way)
                newest = succession.plays(newest)
            next_segments(relay.port, 2, PATH)
    finally:
        stop(relay)
