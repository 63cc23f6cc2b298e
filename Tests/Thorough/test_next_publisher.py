# SPDX-License-Identifier: Apache-2.0
"""The next publisher of a passed-through stream: B-frames, a long group, another rate."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.playlist import Playlist, parse
from harness.program import Program
from harness.recorder import record
from harness.rtmp import HOST, publish, rtmp_port
from harness.sources import ENCODER, Source
from harness.waiting import wait_until

PLAYLIST = "/live/video/playlist.m3u8"
# The defaults of x264, apart from the effort.
B_FRAMES = ["-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-b:v", "1500k"]
REASONS = {"b-frames": "the stream has B-frames", "group": "no key frame for more than 4 s"}
NEXT = {
    "b-frames": {"options": B_FRAMES, "group": 30},
    "group": {"options": [*ENCODER, "-sc_threshold", "0"], "group": 300},
}


def passed_through(streamer: Callable[..., Program], sources: list[Source],
                   *more: str) -> tuple[Program, int]:
    """A program that passes a publisher through, which then ends; and the port of publishers."""
    program = streamer(*HOST, "--preset", "ultrafast", *more, defaults=False)
    port = rtmp_port(program)
    first = publish(port)
    sources.append(first)
    wait_until(lambda: get(program.port, PLAYLIST, timeout=15).status == 200, 20, "a playlist")
    assert f"640x360 {PASSED_THROUGH}" in program.description()
    first.kill()
    program.wait_logged("source-gone", within=10)
    return program, port


def discontinuities(playlist: Playlist) -> int:
    """The Discontinuities of a playlist and before it."""
    before = [line.partition(":")[2] for line in playlist.text.splitlines()
              if line.startswith("#EXT-X-DISCONTINUITY-SEQUENCE:")]
    return int(before[0] if before else 0) + sum(s.discontinuity for s in playlist.segments)


@pytest.mark.timeout(150)
@pytest.mark.parametrize(("kind", "isolation", "result"), [
    ("b-frames", "process", "pictures leave"), ("group", "none", "re-encoded"),
    ("group", "process", "re-encoded")])
def test_auto_restarts_with_the_reason(kind: str, isolation: str, result: str,
                                       streamer: Callable[..., Program],
                                       sources: list[Source]) -> None:
    """B-frames are passed through, a long group is not; numbers and Discontinuities count on."""
    program, port = passed_through(streamer, sources, "--isolation", isolation)
    before = parse(get(program.port, PLAYLIST).text)
    sources.append(publish(port, **NEXT[kind]))
    # Of a long group the key frames may be irregular before it is too long.
    forms = [("unfit", REASONS[kind]), *([("irregular", "restarting")] if kind == "group" else [])]
    wait_until(lambda: any(program.logged(*form) for form in forms), 20, "the end of pass-through")
    wait_until(lambda: result in program.log_text() or None, 25, result)
    counts = [discontinuities(before)]
    # A session first lists the media of the session before, and the media of this publisher before
    # the reason was known, which has a Discontinuity of its own.
    wait_until(lambda: get(program.port, PLAYLIST).status == 200, 25, "a playlist")
    newest = parse(get(program.port, PLAYLIST).text).last_complete
    wait_until(lambda: parse(get(program.port, PLAYLIST).text).last_complete > newest, 25,
               "media after the restart")
    for playlist in record(program.port, 5, PLAYLIST).playlists:
        # The restart is the last Discontinuity, and no player sees a lower number than before.
        counts.append(discontinuities(playlist))
        # The time without a publisher, in which gaps are listed, follows media.
        assert not playlist.segments[0].gap, playlist.text
    assert counts == sorted(counts) and counts[1] > counts[0] and counts[1] == counts[-1], counts
    assert parse(get(program.port, PLAYLIST).text).last_complete > before.last_complete


@pytest.mark.timeout(90)
def test_always_refuses_with_the_reason(streamer: Callable[..., Program],
                                        sources: list[Source]) -> None:
    """The publisher is refused; the log has the reason."""
    program, port = passed_through(streamer, sources, "--passthrough", "always")
    sources.append(publish(port, **NEXT["group"]))
    program.wait_logged("unfit", within=20)
    program.wait_logged("publish-refused", "impossible with", within=20)
    assert REASONS["group"] in program.log_text()


@pytest.mark.timeout(90)
def test_always_passes_another_rate_through(streamer: Callable[..., Program],
                                            sources: list[Source]) -> None:
    """25 after 30 frames per second: examined again, and passed through without Discontinuities."""
    program, port = passed_through(streamer, sources, "--passthrough", "always")
    sources.append(publish(port, rate=25, group=25))
    program.wait_logged("unfit", within=20)
    # Until the new session is live, the playlist is that of the former one.
    program.wait_logged("live", "playable", count=2, within=20)
    wait_until(lambda: f"640x360 {PASSED_THROUGH}" in program.description()
               and get(program.port, PLAYLIST, timeout=15).status == 200, 25, "a playlist")
    counts = [discontinuities(playlist)
              for playlist in record(program.port, 5, PLAYLIST).playlists]
    assert counts[0] == counts[-1], counts
