# SPDX-License-Identifier: Apache-2.0
"""Streams that pull an input with audio, and checks of their audio against their video."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from harness import avsync
from harness.audio import AAC_FRAME, Track, variants
from harness.boxes import chunks, timescale
from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.program import Program
from harness.sources import Source
from harness.tunein import next_segments
from harness.waiting import wait_until


def srt(port: int) -> list[str]:
    """SRT, to a caller."""
    return ["-f", "mpegts", "-pes_payload_size", "0", "-muxdelay", "0", "-muxpreload", "0",
            f"srt://127.0.0.1:{port}?mode=listener&latency=60000&pkt_size=1316"]


def silent(command: list[str]) -> Source:
    """A sender that prints nothing."""
    return Source(
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL))


def pulls(streamer: Callable[..., Program], url: str, *more: str) -> Program:
    """A streamer that pulls an input, once it plays."""
    program = streamer("--input", url, "--host", "127.0.0.1", "--http-port", "0", "--resolution",
                       "320x180", *more, defaults=False, within=25)
    Track(program.port, "video").playlist()
    return program


def passes(streamer: Callable[..., Program], url: str, *more: str) -> Program:
    """A streamer that passes an input through, once it plays."""
    program = streamer("--input", url, "--host", "127.0.0.1", "--http-port", "0", "--passthrough",
                       "always", *more, defaults=False, within=25)
    wait_until(lambda: get(program.port, "/live/audio/playlist.m3u8", timeout=15).status == 200, 25,
               "a playlist")
    assert PASSED_THROUGH in program.description()
    return program


def renditions(program: Program) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The renditions in the Multivariant Playlist."""
    response = get(program.port, "/live.m3u8")
    what = f"{response.status}: {response.text}"
    assert response.status == 200 and "EXT-X-MEDIA" in response.text, what
    return variants(response.text)


def offsets(program: Program, segments: int = 7) -> list[avsync.Mark]:
    """Flash and beep in the newest segments, after `segments` more."""
    next_segments(program.port, segments)
    video, audio = Track(program.port, "video"), Track(program.port, "audio")
    numbers = {s.msn
               for s in video.playlist().segments[-5:]
               } & {s.msn
                    for s in audio.playlist().segments[-5:]}
    media = []
    for track in (video, audio):
        playlist = track.playlist()
        found = [track.get(str(s.uri)) for s in playlist.segments if s.msn in numbers]
        media.append(track.header(playlist) + b"".join(found))
    marks = avsync.marks(*media)
    print([f"{mark.offset * 1000:.1f} ms" for mark in marks])
    return marks


def whole(program: Program, passed: bool = False) -> None:
    """Checks that the listed audio has no hole and no overlap.

    Its AAC frames are on their grid; copied beside video that is passed through (`passed`), all
    have the same distance from it.
    """
    audio = Track(program.port, "audio")
    playlist = audio.playlist()
    header, next_frame_time = audio.header(playlist), None
    phases: set[int] = set()
    rate = timescale(header)
    for segment in playlist.segments:
        for chunk in chunks(audio.get(str(segment.uri)), header):
            assert next_frame_time in (None, chunk.tfdt)
            phases.add(chunk.tfdt % AAC_FRAME)
            next_frame_time = chunk.tfdt + chunk.duration
        assert segment.parts == () or all(p.duration <= playlist.part_target for p in segment.parts)
    assert rate in (44_100, 48_000)
    assert len(phases) == 1 if passed else phases == {0}, phases


def aac_frames(media: bytes) -> list[bytes]:
    """The AAC frames of a header and segments, in order."""
    return [frame for chunk in chunks(media, media) for frame in chunk.sample_data()]


def in_step(program: Program) -> None:
    """Checks that audio segments have the numbers, times and Discontinuities of video segments."""
    video, audio = Track(program.port, "video").playlist(), Track(program.port, "audio").playlist()
    assert abs(audio.last_part[0] - video.last_part[0]) <= 1
    video_segments = {segment.msn: segment for segment in video.segments}
    common = [segment for segment in audio.segments if segment.msn in video_segments]
    assert len(common) >= len(audio.segments) - 1
    for segment in common:
        other = video_segments[segment.msn]
        assert segment.discontinuity == other.discontinuity and segment.gap == other.gap
        assert -23 < segment.milliseconds() - other.milliseconds() <= 1
