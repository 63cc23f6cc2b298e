# SPDX-License-Identifier: Apache-2.0
"""Names keep their bytes when one session of a stream follows another, of any kind."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import pytest

from harness.boxes import timescale
from harness.configuration import stream, write
from harness.http1 import get
from harness.names import Watch
from harness.playlist import Playlist, parse
from harness.ports import free_port
from harness.program import Program, start, stop
from harness.rtmp import HOST as RTMP
from harness.rtmp import publish, rtmp_port
from harness.sources import ENCODER, Source, ffmpeg_sender
from harness.tunein import PLAYLIST, fetch, next_segments
from harness.waiting import pause, wait_until

TRACKS = ("video", "audio")
HOST = ["--host", "127.0.0.1", "--http-port", "0"]
# Key frames 0, 20 and 64 of every 97 frames, after 300 frames with a key frame per second.
TURNS = [*ENCODER, "-g", "300", "-x264-params", "scenecut=0", "-force_key_frames",
         "expr:if(lt(n,240),eq(mod(n,30),0),if(mod(n,97),eq(mod(n,97),20)+eq(mod(n,97),64),1))"]


def follows(playlist: Playlist, before: Playlist) -> None:
    """The segments of the session before are listed as they were, then a Discontinuity."""
    old = {segment.msn: segment for segment in before.segments}
    kept = [segment for segment in playlist.segments if segment.msn in old]
    assert kept, "no segment of before is listed"
    for segment in kept:
        known = old[segment.msn]
        assert (segment.uri, segment.map_uri, segment.pdt, segment.duration,
                segment.discontinuity) == (
            known.uri, known.map_uri, known.pdt, known.duration, known.discontinuity)
    numbers = [segment.msn for segment in playlist.segments]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))


def playing(program: Program, name: str = "live") -> Playlist:
    """The playlist, once there is one."""
    path = f"/{name}/video/playlist.m3u8"
    wait_until(lambda: get(program.port, path, timeout=15).status == 200, 25, "a playlist")
    return fetch(program.port, path=path)


@pytest.mark.timeout(120)
def test_a_source_that_turns_irregular(streamer: Callable[..., Program],
                                       sources: list[Source]) -> None:
    """Passed through, then with variable duration: the old segments stay, no frame returns."""
    to = f"udp://127.0.0.1:{free_port()}"
    sources.append(ffmpeg_sender([*TURNS, "-f", "mpegts", f"{to}?pkt_size=1316"]))
    program = streamer("--input", to, *HOST, defaults=False, within=25)
    playing(program)
    with Watch(program.port, is_passed=True) as watch:
        program.wait_logged("irregular", "restarting", within=60)
        before = watch.records[0].last
        program.wait_logged("live", count=2, within=20)
        assert before
        follows(playing(program), before)
        after = next_segments(program.port, 4)
        assert after.target_duration == 5
        newest = before.last_part[0]
        new = [segment for segment in after.segments if segment.msn > newest]
        assert new[0].discontinuity and not any(segment.gap for segment in new)
        old = f"/live/video/segment{newest - 1}.m4s"
        assert get(program.port, old).status == 200


@pytest.mark.timeout(120)
def test_a_publisher_that_must_be_encoded(streamer: Callable[..., Program],
                                          sources: list[Source]) -> None:
    """Passed through, then encoded for the next publisher, with a key frame each 5 s; a relay."""
    program = streamer(*RTMP, defaults=False)
    port = rtmp_port(program)
    sources.append(publish(port, "live/x", audio="aac"))
    playing(program)
    path = "/live/video/playlist.m3u8"
    next_segments(program.port, 3, path)
    relay = start(["--relay", program.url("/live/"), *HOST], defaults=False)
    try:
        playing(relay)
        with Watch(program.port, tracks=TRACKS) as watch, Watch(relay.port, tracks=TRACKS):
            next_segments(program.port, 1, path)
            sources[-1].kill()
            sources.append(publish(port, "live/x", group=150, audio="aac"))
            program.wait_logged("irregular", within=40)
            before = watch.records[0].last
            program.wait_logged("live", count=2, within=30)
            assert before
            after = playing(program)
            assert after.segments[0].msn >= before.segments[0].msn
            kept = get(program.port, f"/live/video/segment{before.last_complete}.m4s")
            assert kept.status == 200
            next_segments(program.port, 3, path)
            relay.wait_logged("upstream", "relaying", count=2, within=20)
            next_segments(relay.port, 2)
    finally:
        stop(relay)


@pytest.mark.timeout(120)
def test_a_publisher_that_would_change_the_playlists(
        streamer: Callable[..., Program], sources: list[Source]) -> None:
    """Groups of 2 s after groups of 1 s are encoded, RFC 8216 §6.2.1."""
    program = streamer(*RTMP, defaults=False)
    port = rtmp_port(program)
    sources.append(publish(port, "live/x"))
    playing(program)
    first = next_segments(program.port, 3)
    header = get(program.port, urljoin(PLAYLIST, first.segments[-1].map_uri)).body
    sources[-1].kill()
    sources.append(publish(port, "live/x", group=60))
    program.wait_logged("passthrough", "target duration of 1 s", within=40)
    after = next_segments(program.port, 4)
    assert after.target_duration == first.target_duration == 1
    later = get(program.port, urljoin(PLAYLIST, after.segments[-1].map_uri)).body
    assert timescale(later) == timescale(header)


@pytest.mark.timeout(120)
def test_a_publisher_that_replaces_another(streamer: Callable[..., Program],
                                           sources: list[Source]) -> None:
    """A takeover: another size and other sound, while the first publisher sends."""
    program = streamer(*RTMP, "--takeover", "always", defaults=False)
    port = rtmp_port(program)
    sources.append(publish(port, "live/x", audio="aac"))
    playing(program)
    path = "/live/video/playlist.m3u8"
    next_segments(program.port, 3, path)
    with Watch(program.port, tracks=TRACKS, is_passed=True):
        next_segments(program.port, 1, path)
        sources.append(publish(port, "live/x", size="320x180", audio="aac"))
        program.wait_logged("publish-started", count=2, within=20)
        next_segments(program.port, 4, path)


@pytest.mark.timeout(120)
def test_a_reload_and_a_stream_that_is_created_again(streamer: Callable[..., Program],
                                                     tmp_path: Path) -> None:
    """SIGHUP with another bitrate, then without the stream, then with it; and a relay of it."""
    config = write(tmp_path, [stream("a"), stream("b")])
    program = streamer("-c", str(config), defaults=False)
    playing(program, "a")
    relay = start(["--relay", program.url("/a/"), *HOST], defaults=False)
    try:
        playing(relay)
        with Watch(program.port, "a"), Watch(relay.port):
            pause(1.5, "parts of an open segment are requested")
            write(tmp_path, [stream("a", bitrate=300), stream("b")])
            program.process.send_signal(signal.SIGHUP)
            program.wait_logged("live", stream="a", count=2, within=20)
            next_segments(program.port, 2, "/a/video/playlist.m3u8")
            write(tmp_path, [stream("b")])
            program.process.send_signal(signal.SIGHUP)
            wait_until(lambda: get(program.port, "/a/").status == 404, 10, "the end of the stream")
            write(tmp_path, [stream("a"), stream("b")])
            program.process.send_signal(signal.SIGHUP)
            program.wait_logged("live", stream="a", count=3, within=20)
            next_segments(program.port, 2, "/a/video/playlist.m3u8")
            relay.wait_logged("upstream", "relaying", count=3, within=20)
            next_segments(relay.port, 2)
    finally:
        stop(relay)


@pytest.mark.timeout(120)
def test_a_stream_that_nobody_requests(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """On demand: after 15 s without a request it stops; the next session has later numbers."""
    config = write(tmp_path, [stream("d", onDemand=True), stream("e")])
    program = streamer("-c", str(config), defaults=False)
    path = "/d/video/playlist.m3u8"
    first = playing(program, "d")
    with Watch(program.port, "d") as watch:
        next_segments(program.port, 2, path)
        watch.running = False
        watch.thread.join(10)
        last = watch.records[0].last
        assert last
        program.wait_logged("idle", stream="d", within=30)
        again = playing(program, "d")
        assert again.segments[0].msn > last.last_part[0] >= first.segments[-1].msn


@pytest.mark.timeout(120)
def test_a_process_that_replaces_another(streamer: Callable[..., Program]) -> None:
    """SIGUSR2 with a supervisor, twice: the new process has the window of the old one."""
    program = streamer("--supervise", "--test-src", *HOST, "--preset", "ultrafast",
                       "--resolution", "320x180", defaults=False)
    playing(program)
    with Watch(program.port):
        for count in (2, 3):
            pause(1, "parts are requested")
            os.kill(program.pid, signal.SIGUSR2)
            program.wait_logged("handover", count=count - 1, within=30)
            program.wait_logged("live", count=count, within=30)
            next_segments(program.port, 2)
    last = parse(get(program.port, "/live/video/playlist.m3u8").text)
    assert not any(segment.discontinuity for segment in last.segments)


@pytest.mark.timeout(120)
def test_a_process_that_replaces_that_of_a_publisher(
        streamer: Callable[..., Program], sources: list[Source], tmp_path: Path) -> None:
    """SIGUSR2, and the publisher returns: Periods and Discontinuities count on."""
    port = free_port()
    config = write(tmp_path, [{"stream": "live", "publishKey": "x"}],
                   **{"rtmp": f"127.0.0.1:{port}", "takeover": "always"})
    program = streamer("--supervise", "-c", str(config), defaults=False)
    sources.append(publish(port, "live/x"))
    playing(program)
    with Watch(program.port, is_other_process=True) as watch:
        next_segments(program.port, 2)
        # Another publisher follows.
        sources[-1].kill()
        sources.append(publish(port, "live/x"))
        program.wait_logged("publish-started", count=2, within=20)
        before = next_segments(program.port, 4)
        sources[-1].kill()
        os.kill(program.pid, signal.SIGUSR2)
        program.wait_logged("supervisor", "serves from now on", within=60)
        sources.append(publish(port, "live/x"))
        program.wait_logged("live", count=2, within=30)
        playing(program)
        after = next_segments(program.port, 3)
    numbers = [int(one.tags.get("EXT-X-DISCONTINUITY-SEQUENCE", 0))
               + sum(segment.discontinuity for segment in one.segments)
               for one in (before, after)]
    assert numbers[1] > numbers[0] > 0, numbers
    assert len(watch.periods) >= 3, watch.periods
