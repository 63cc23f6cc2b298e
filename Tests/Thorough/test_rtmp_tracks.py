# SPDX-License-Identifier: Apache-2.0
"""Several video tracks of one RTMP publisher: a ladder without encoding."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.continuity import check_one_stream, frames
from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.playlist import parse
from harness.program import Program
from harness.recorder import record
from harness.rtmp import HOST, publish_tracks, rtmp_port
from harness.sources import Source
from harness.waiting import wait_until
from harness.websocket import VIDEO, Socket

TOP = "/live/360p/playlist.m3u8"
LOW = "/live/180p/playlist.m3u8"


def origin(streamer: Callable[..., Program], *more: str) -> tuple[Program, int]:
    """A program that accepts publishers, and their port."""
    program = streamer(*HOST, *more, defaults=False)
    return program, rtmp_port(program)


def plays(program: Program, path: str) -> None:
    """Waits until a rendition has a playlist."""
    wait_until(lambda: get(program.port, path, timeout=15).status == 200, 20, path)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("isolation", ["process", "none"])
def test_tracks_become_a_ladder(isolation: str, streamer, sources: list[Source]) -> None:
    """Both tracks pass through, frame by frame, with the same segments and parts."""
    program, port = origin(streamer, "--isolation", isolation)
    sources.append(publish_tracks(port))
    plays(program, LOW)
    assert f"640x360 {PASSED_THROUGH}, 320x180 {PASSED_THROUGH}" in program.description()
    master = get(program.port, "/live/playlist.m3u8").text
    assert "RESOLUTION=640x360" in master and "RESOLUTION=320x180" in master
    assert 'AUDIO="' in master
    manifest = get(program.port, "/live/manifest.mpd").text
    assert 'width="640"' in manifest and 'width="320"' in manifest
    top = record(program.port, 5, TOP)
    low = record(program.port, 5, LOW)
    for found in (top, low):
        check_one_stream(found)
        clocks = [frame.clock for frame in frames(found)]
        assert len(clocks) >= 90 and None not in clocks
        assert [round((two - one) * 30) for one, two in zip(clocks, clocks[1:])] == [1] * (
            len(clocks) - 1)
    one, two = ({segment.msn: segment for segment in parse(get(program.port, path).text).segments}
                for path in (TOP, LOW))
    common = one.keys() & two.keys()
    assert len(common) >= 3
    assert all(one[msn].duration == two[msn].duration for msn in common)
    # The oldest parts may have left one playlist between the two requests.
    with_parts = [msn for msn in common if one[msn].parts and two[msn].parts]
    assert len(with_parts) >= 2
    for msn in with_parts:
        first, second = ([(part.duration, part.independent) for part in rendition[msn].parts]
                         for rendition in (one, two))
        assert first == second, msn
    assert not program.logged("tracks-ignored") and not program.logged("irregular")


@pytest.mark.timeout(90)
def test_tracks_without_common_key_frames(streamer, sources: list[Source]) -> None:
    """Only the first track is used, with one warning that says why."""
    program, port = origin(streamer)
    sources.append(publish_tracks(port, groups=(30, 45), audio=False))
    plays(program, "/live/video/playlist.m3u8")
    assert f"640x360 {PASSED_THROUGH}" in program.description()
    check_one_stream(record(program.port, 4, "/live/video/playlist.m3u8"))
    warnings = program.logged("tracks-ignored")
    assert len(warnings) == 1
    assert "the key frames of track 1 are not those of track 0" in warnings[0].message


@pytest.mark.timeout(150)
def test_a_ladder_outlives_its_publisher(streamer, sources: list[Source]) -> None:
    """Killed and back: a Discontinuity in both renditions, at the same segment."""
    program, port = origin(streamer)
    first = publish_tracks(port, audio=False)
    sources.append(first)
    plays(program, LOW)
    first.kill()
    program.wait_logged("source-gone", within=10)
    sources.append(publish_tracks(port, audio=False))

    def starts(path: str) -> list[int]:
        playlist = parse(get(program.port, path).text)
        return [segment.msn for segment in playlist.segments if segment.discontinuity]
    wait_until(lambda: starts(TOP) and starts(LOW), 20, "a Discontinuity in both renditions")
    assert starts(TOP) == starts(LOW)


@pytest.mark.timeout(150)
def test_a_publisher_returns_with_one_track(streamer, sources: list[Source]) -> None:
    """The stream restarts with one rendition; a WebSocket stays open and learns of it."""
    program, port = origin(streamer)
    first = publish_tracks(port, audio=False)
    sources.append(first)
    plays(program, LOW)
    client = Socket(program.port, "/live/ws")
    client.send({"t": "subscribe"})
    before = client.until("subscribed")
    first.kill()
    program.wait_logged("source-gone", within=10)
    second = publish_tracks(port, groups=(30, 45), audio=False)
    sources.append(second)
    program.wait_logged("tracks-changed", within=20)
    plays(program, "/live/video/playlist.m3u8")
    with client:
        again = client.until("switching")
        while "tracks" not in again:  # another period of the former session
            again = client.until("switching")
        assert (again["reason"], again["tracks"], again["target"]) == ("source", ["v"], 70)
        assert again["cid"] != before["cid"]
        assert len(client.media(30, VIDEO)) == 30
    # The session begins with a Discontinuity, which leaves the playlist with its first segment.
    wait_until(lambda: "DISCONTINUITY\n" not in get(
        program.port, "/live/video/playlist.m3u8").text, 30, "a playlist without the first segment")
    check_one_stream(record(program.port, 3, "/live/video/playlist.m3u8"))
