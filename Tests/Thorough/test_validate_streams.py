# SPDX-License-Identifier: Apache-2.0
"""Streams of each kind break no rule of `streamer validate`: playlists, MPD, chunked HLS."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from harness.http1 import get
from harness.program import Program
from harness.sources import Source, clip
from harness.tunein import next_segments
from harness.validation import Following, check_unbroken, follow
from harness.waiting import pause, wait_until
from test_passthrough import play
from test_variable_duration_segments import UNEVEN

LOCAL = ("--host", "127.0.0.1", "--http-port", "0")
SMALL = ("--resolution", "320x180", "--bitrate", "300")
# Chunked HLS lists a segment with its planned duration while it is made.
EXACT = ("live/playlist.m3u8", "live/manifest.mpd")
NAMES = (*EXACT, "live/chunked.m3u8")
Start = Callable[..., Program]


def addresses(program: Program, names: Sequence[str] = NAMES) -> list[str]:
    """The documents of a program."""
    return [program.url(f"/{name}") for name in names]


def has_playlist(program: Program) -> bool:
    """Whether the program has a playlist of its video."""
    return get(program.port, "/live/video/playlist.m3u8", timeout=15).status == 200


@pytest.mark.timeout(90)
def test_file_that_is_passed_through(streamer: Start, tmp_path: Path) -> None:
    """A file in turns, not encoded: no finding."""
    path = clip(tmp_path / "a.mp4", 4)
    program = streamer("--input", str(path), "--loop", "--passthrough", "always", *LOCAL,
                       defaults=False, within=20)
    wait_until(lambda: has_playlist(program), 20, "a playlist")
    for result in follow(8, addresses(program)):
        check_unbroken(result)


@pytest.mark.timeout(90)
def test_segments_of_variable_duration(streamer: Start, sources: list[Source]) -> None:
    """Segments that end at irregular key frames: no finding, except the hint at their end.

    The next key frame is not known before it arrives: the part after the last one was hinted too.
    """
    program = play(streamer, sources, "udp", coding=UNEVEN)
    for result in follow(10, addresses(program, EXACT)):
        check_unbroken(result, "hint-kept")


@pytest.mark.timeout(90)
def test_relay_of_another_server(streamer: Start) -> None:
    """A relay, and its origin at the same time: no finding."""
    origin = streamer(*SMALL, "--audio", "tone")
    relay = streamer("--relay", origin.url("/live/"), *LOCAL, defaults=False)
    relay.wait_logged("upstream", "relaying", within=10)
    for result in follow(8, [*addresses(relay), *addresses(origin, EXACT)]):
        check_unbroken(result)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("mode", ["never", "always"], ids=["encoded", "passed through"])
def test_outage_of_the_source(mode: str, streamer: Start, sources: list[Source]) -> None:
    """A source that is silent for three seconds: slate; without encoding, gaps in time."""
    program = play(streamer, sources, "udp", "--passthrough", mode)
    following = Following(12, addresses(program, EXACT if mode == "always" else NAMES))
    try:
        pause(3, "media before the outage")
        sources[0].freeze()
        pause(3, "the outage")
        sources[0].thaw()
        results = following.results()
    finally:
        following.close()
    # Until the outage is known, the MPD announces segments by the clock.
    late = ("segment-in-time", "segment-sent-while-made") if mode == "always" else ()
    for result in results:
        check_unbroken(result, *(late if result["url"].endswith(".mpd") else ()))


@pytest.mark.timeout(90)
@pytest.mark.parametrize("kind", ["replaced", "killed"])
def test_restart_of_the_program(kind: str, streamer: Start) -> None:
    """A new process on the same port: the stream goes on.

    A process that is replaced hands its stream over: no finding. After a process was killed, the
    segment that it was making is cut. In the new one it is complete, but has other media than the
    parts of before, and it is late: it gets 425 until the new process has it.
    """
    program = streamer("--supervise", "--test-src", *SMALL, "--audio", "tone", *LOCAL,
                       defaults=False)
    wait_until(lambda: has_playlist(program), 20, "a playlist")
    following = Following(12, addresses(program, NAMES if kind == "replaced" else EXACT))
    try:
        pause(4, "media before the restart")
        if kind == "replaced":
            program.process.send_signal(signal.SIGUSR2)
        else:
            message = program.wait_logged("supervisor", "was started").message
            os.kill(int(message.split()[1]), signal.SIGKILL)
        program.wait_logged("supervisor", "was started", count=2)
        results = following.results()
    finally:
        following.close()
    cut = ("segment-sent-whole", "segment-sent-while-made", "parts-are-the-segment",
           "segment-in-time") if kind == "killed" else ()
    for result in results:
        check_unbroken(result, *cut)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("flags", [(), ("--numbering", "run"), ("--audio", "tone")],
                         ids=["defaults", "numbering", "audio"])
def test_end_of_the_stream(flags: tuple[str, ...], streamer: Start) -> None:
    """SIGTERM while the stream is followed: the last playlists and the static MPD fit."""
    program = streamer(*SMALL, *flags)
    following = Following(30, addresses(program, EXACT))
    try:
        next_segments(program.port, 5)
        program.process.send_signal(signal.SIGTERM)
        results = following.results()
    finally:
        following.close()
    for result in results:
        # The last segment may be complete when it is requested.
        check_unbroken(result, "segment-sent-while-made")
        # Beyond the end it would be followed for all of its 30 s.
        assert result["seconds"] < 20, "followed beyond the end"
