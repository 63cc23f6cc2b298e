# SPDX-License-Identifier: Apache-2.0
"""Playlists and MPDs of a passed-through stream without its publisher, and players over it."""

from __future__ import annotations

import os
import signal
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.dashscript import dashjs_flags
from harness.http1 import Connection, get
from harness.mpd import fetch as fetch_mpd
from harness.mpd import validate
from harness.newframes import now, wait_frames
from harness.playlist import Playlist, parse
from harness.procfs import descendants
from harness.program import Program
from harness.rtmp import HOST, publish, rtmp_port
from harness.sources import ENCODER, Source
from harness.tools import need
from harness.tunein import fetch, next_segments
from harness.validation import validate as validate_streams
from harness.waiting import pause, wait_until

VIDEO, AUDIO = "/live/video/playlist.m3u8", "/live/audio/playlist.m3u8"
CHUNKED = "/live/video/chunked.m3u8"
SPACE = "{urn:mpeg:dash:schema:mpd:2011}"


def begin(streamer: Callable[..., Program], sources: list[Source],
          *more: str, size: str = "640x360") -> tuple[Program, int]:
    """A program that passes a publisher through, and the port of publishers."""
    program = streamer(*HOST, *more, defaults=False)
    port = rtmp_port(program)
    sources.append(publish(port, audio="aac", size=size))
    wait_until(lambda: get(program.port, VIDEO, timeout=15).status == 200, 25, "a playlist")
    next_segments(program.port, 4)
    return program, port


def gaps(playlist: Playlist) -> list[int]:
    """The numbers of the gaps."""
    return [segment.msn for segment in playlist.segments if segment.gap]


def check(playlists: list[Playlist]) -> None:
    """Numbers are consecutive, never fall, and playlists begin with media."""
    for playlist in playlists:
        numbers = [segment.msn for segment in playlist.segments]
        assert numbers == list(range(numbers[0], numbers[-1] + 1)), playlist.text
        assert not playlist.segments[0].gap and len(numbers) <= 30, playlist.text
        assert not any(s.gap and s.discontinuity for s in playlist.segments), playlist.text
    for values in ([one.media_sequence for one in playlists],
                   [one.last_complete for one in playlists]):
        assert values == sorted(values)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("isolation", ["process", "none"])
def test_gaps_are_listed_as_time_passes(isolation: str, streamer,
                                        sources: list[Source]) -> None:
    """One gap after another in all renditions; the next publisher follows with a Discontinuity."""
    program, port = begin(streamer, sources, "--isolation", isolation)
    sources[-1].kill()
    seen: dict[str, list[Playlist]] = {VIDEO: [], AUDIO: [], CHUNKED: []}

    def passes(count: int) -> bool:
        for path, playlists in seen.items():
            playlists.append(fetch(program.port, path=path))
        return all(len(gaps(playlists[-1])) >= count for playlists in seen.values())

    # Without a publisher nothing else lists them.
    wait_until(lambda: passes(1), 15, "a gap")
    newest = seen[VIDEO][-1].last_complete
    with Connection(program.port, timeout=15) as connection:
        # The hinted part never exists; the blocking reload is answered with the gap.
        held = connection.get(f"{VIDEO}?_HLS_msn={newest + 1}")
    assert held.status == 200 and newest + 1 in gaps(parse(held.text)), held.text
    media = get(program.port, f"/live/video/segment{newest + 1}.m4s")
    assert media.status == 200 and len(media.body) < 40
    # A request by the clock is held, and is no segment that ends a player of the MPD.
    early = get(program.port, f"/live/video/segment{newest + 3}.m4s", timeout=15)
    assert early.status == 404, early.body
    wait_until(lambda: passes(10), 30, "ten gaps")
    manifest = fetch_mpd(program.port)
    validate(manifest.text)
    periods = ET.fromstring(manifest.text).findall(f"{SPACE}Period")
    assert [period.get("duration") is not None for period in periods] == [True]
    assert len({playlist.last_complete for playlist in seen[VIDEO]}) >= 4, "all at once"
    sources.append(publish(port, audio="aac"))

    def is_back() -> bool:
        passes(0)
        return all(not playlists[-1].segments[-1].gap for playlists in seen.values())

    wait_until(is_back, 30, "media")
    for playlists in seen.values():
        check(playlists)
        last = playlists[-1]
        assert [s.msn for s in last.segments if s.discontinuity] == [gaps(last)[-1] + 1], last.text
    periods = ET.fromstring(fetch_mpd(program.port).text).findall(f"{SPACE}Period")
    assert [period.get("duration") is not None for period in periods] == [True, False]


@pytest.mark.timeout(120)
def test_a_relay_lists_the_gaps_of_its_upstream(streamer, sources: list[Source]) -> None:
    """Playlists of a relay have the segments, gaps and Discontinuities of the upstream."""
    program, port = begin(streamer, sources)
    relay = streamer("--relay", program.url("/live/"), "--host", "127.0.0.1", "--http-port", "0",
                     defaults=False)
    wait_until(lambda: get(relay.port, VIDEO, timeout=15).status == 200, 25, "the relay")
    sources[-1].kill()
    wait_until(lambda: len(gaps(fetch(relay.port))) >= 3, 30, "gaps of the relay")
    period = ET.fromstring(fetch_mpd(relay.port).text).findall(f"{SPACE}Period")[-1]
    assert "duration" in period.attrib
    sources.append(publish(port, audio="aac"))
    wait_until(lambda: not fetch(relay.port).segments[-1].gap, 30, "media")
    for path in (VIDEO, AUDIO):
        lists = [{segment.msn: (segment.gap, segment.discontinuity, segment.duration)
                  for segment in fetch(one.port, path=path).segments} for one in (program, relay)]
        common = lists[0].keys() & lists[1].keys()
        assert len(common) >= 5 and all(lists[0][msn] == lists[1][msn] for msn in common), lists


@pytest.mark.timeout(120)
@pytest.mark.parametrize("isolation", ["process", "none"])
def test_a_frozen_program_lists_no_gaps(isolation: str, streamer, sources: list[Source]) -> None:
    """SIGSTOP of all its processes for three seconds: the media in its sockets is no outage."""
    program, _ = begin(streamer, sources, "--isolation", isolation, size="160x90")
    before = fetch(program.port).last_complete
    frozen = [program.pid, *descendants(program.pid)]
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    pause(3, "the duration of the freeze")
    for pid in reversed(frozen):
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: fetch(program.port).last_complete >= before + 6, 40, "the next segments")
    for path in (VIDEO, AUDIO, CHUNKED):
        playlist = fetch(program.port, path=path)
        assert playlist.media_sequence <= before, playlist.text
        assert not gaps(playlist), playlist.text
        # A segment that is listed too early ends before its time.
        assert path == AUDIO or {s.duration for s in playlist.segments} == {1}, playlist.text


# Key frames at uneven distances.
UNEVEN = [*ENCODER, "-x264-params", "scenecut=0", "-force_key_frames",
          "expr:if(mod(n,97),eq(mod(n,97),20)+eq(mod(n,97),64),1)"]


@pytest.mark.timeout(120)
def test_variable_duration_lists_a_gap_per_target_duration(streamer,
                                                           sources: list[Source]) -> None:
    """Gaps last one target duration; numbers count on by one over the outage."""
    program = streamer(*HOST, defaults=False)
    port = rtmp_port(program)
    sources.append(publish(port, options=UNEVEN, group=300))
    wait_until(lambda: get(program.port, VIDEO, timeout=15).status == 200, 25, "a playlist")
    playlist = next_segments(program.port, 3)
    assert playlist.target_duration > 1, "segments have no variable duration"
    sources[-1].kill()
    playlists: list[Playlist] = []

    def sample() -> Playlist:
        playlists.append(fetch(program.port))
        return playlists[-1]

    wait_until(lambda: len(gaps(sample())) >= 2, 60, "two gaps")
    listed = {segment.msn: segment.duration for segment in playlists[-1].segments}
    assert {listed[msn] for msn in gaps(playlists[-1])} == {playlist.target_duration}
    sources.append(publish(port, options=UNEVEN, group=300))
    wait_until(lambda: not sample().segments[-1].gap, 30, "media")
    check(playlists)
    last = playlists[-1]
    assert [s.msn for s in last.segments if s.discontinuity][-1] == gaps(last)[-1] + 1, last.text


@pytest.mark.timeout(120)
def test_a_long_outage_leaves_gaps_alone(streamer, sources: list[Source]) -> None:
    """After 30 entries the last media leaves; the next media is listed first as soon as it can."""
    program, port = begin(streamer, sources, "--segment-duration", "0.5", "--playlist-length", "6",
                          "--max-files", "8")
    sources[-1].kill()
    playlists: list[Playlist] = []

    def sample() -> Playlist:
        playlists.append(fetch(program.port))
        return playlists[-1]

    wait_until(lambda: all(s.gap for s in sample().segments), 60, "gaps alone")
    assert max(len(one.segments) for one in playlists) == 30
    assert all(not one.segments[0].gap for one in playlists[:-1])
    sources.append(publish(port, audio="aac"))
    wait_until(lambda: len(gaps(sample())) == 0, 30, "media alone")
    for values in ([one.media_sequence for one in playlists],
                   [one.last_complete for one in playlists]):
        assert values == sorted(values)


@pytest.mark.timeout(90)
def test_the_checker_finds_no_playlist_that_stands(streamer, sources: list[Source]) -> None:
    """`streamer validate` reports no late update while the publisher is away."""
    program, _ = begin(streamer, sources)
    sources[-1].kill()
    found = validate_streams("--seconds", 10, program.url("/live.m3u8"))
    for rule in ("updates-in-time", "segments-appended", "media-sequence-grows", "gap-needed",
                 "segment-unchanged", "hint-kept"):
        assert rule not in found.stdout, found.stdout


@pytest.mark.timeout(120)
def test_early_requests_are_refused_once_a_second(streamer) -> None:
    """A client that asks again at once gets one 425 per second, with Retry-After."""
    program = streamer("--resolution", "160x90")
    far = fetch(program.port).last_complete + 500
    with Connection(program.port, timeout=15) as connection:
        for _ in range(3):
            response = connection.get(f"/live/video/segment{far}.m4s")
            assert response.status == 425 and int(response.headers["retry-after"]) == 60
            assert (response.held_ms or 0) >= 999


@pytest.mark.timeout(180)
@pytest.mark.parametrize("path", ["/", "/?player=hlsjs", "/?player=dashjs"])
def test_players_continue_after_ten_seconds(path: str, browser: Browser, hlsjs: Path, streamer,
                                            sources: list[Source]) -> None:
    """The page's players show new pictures after an outage of ten seconds."""
    program, port = begin(streamer, sources, "--hlsjs", str(hlsjs), *dashjs_flags())
    with viewer(browser) as view:
        view.open(program.url(path))
        view.wait_playing(frames=60)
        sources[-1].kill()
        wait_until(lambda: len(gaps(fetch(program.port))) >= 9, 40, "ten seconds of outage")
        sources.append(publish(port, audio="aac"))
        back = now()
        wait_until(lambda: not fetch(program.port).segments[-1].gap, 30, "media")
        listed = now()
        found = wait_frames(lambda: view.data()["samples"], back, 60)
    print(f"{path}: media {(listed - back) / 1000:.1f} s after the start of ffmpeg, shown "
          f"{(found[0][0] - listed) / 1000:.1f} s later")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("path", [VIDEO, CHUNKED, "/live/manifest.mpd"])
def test_ffmpeg_continues_after_ten_seconds(path: str, streamer, sources: list[Source]) -> None:
    """ffmpeg decodes on over an outage of ten seconds."""
    program, port = begin(streamer, sources)
    with subprocess.Popen(
            [need("ffmpeg", "a player"), "-v", "error", "-nostats", "-progress", "pipe:1",
             "-i", program.url(path), "-f", "null", "-"],
            stdout=subprocess.PIPE, text=True) as player:
        assert player.stdout is not None
        lines = iter(player.stdout.readline, "")

        def frames(least: int) -> int:
            for line in lines:
                if line.startswith("frame=") and int(line[6:]) >= least:
                    return int(line[6:])
            raise AssertionError("ffmpeg has ended")

        try:
            before = frames(60)
            sources[-1].kill()
            wait_until(lambda: len(gaps(fetch(program.port))) >= 9, 40, "ten seconds of outage")
            sources.append(publish(port, audio="aac"))
            # The media before the outage that it had not read yet lasts ten segments at most.
            assert frames(before + 600) >= before + 600
        finally:
            player.kill()
