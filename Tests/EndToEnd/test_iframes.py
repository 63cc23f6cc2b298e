# SPDX-License-Identifier: Apache-2.0
"""Playlists of key frames: the Multivariant Playlist names them, and ffmpeg plays them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.http1 import get
from harness.program import Program, start, stop
from harness.tools import need
from harness.waiting import wait_until

FLAGS = ("--resolution", "320x180", "--bitrate", "300", "--audio", "tone")
LADDER = re.compile(r'#EXT-X-I-FRAME-STREAM-INF:(.*),URI="(.*)"')


@pytest.fixture(scope="module")
def live(binary: Path, hlsjs: Path) -> Iterator[Program]:
    """A stream with audio that has been live for longer than its window."""
    program = start([*FLAGS, "--hlsjs", str(hlsjs)])
    first = numbers(playlist(program))[-1]
    wait_until(lambda: numbers(playlist(program))[0] > first + 1, 40, "a window without prefill")
    yield program
    stop(program)


def playlist(program: Program) -> str:
    """The playlist of key frames."""
    response = get(program.port, "/live/video/iframes.m3u8")
    assert response.status == 200, response.text
    return response.text


def numbers(text: str) -> list[int]:
    """The numbers of the listed segments."""
    return [int(number) for number in re.findall(r"\nsegment(\d+)\.m4s\n", text)]


@pytest.mark.timeout(60)
def test_ffmpeg_plays_the_playlist(live: Program, tmp_path: Path) -> None:
    """The demuxer of ffmpeg reads the ranges: one frame per second."""
    base = live.url("/live/video/")
    text = re.sub(r"\n(?=segment)", f"\n{base}", playlist(live)).replace('URI="', f'URI="{base}')
    (tmp_path / "iframes.m3u8").write_text(text + "#EXT-X-ENDLIST\n")
    run = subprocess.run(
        [need("ffprobe", "the playlist of key frames"), "-v", "error", "-protocol_whitelist",
         "file,http,tcp", "-select_streams", "v", "-show_entries", "frame=pts_time,key_frame",
         "-of", "json", str(tmp_path / "iframes.m3u8")],
        capture_output=True, timeout=40, check=False)
    frames = json.loads(run.stdout)["frames"]
    times = [float(frame["pts_time"]) for frame in frames]
    assert len(times) == text.count("#EXTINF"), run.stderr
    assert all(frame["key_frame"] == 1 for frame in frames)
    assert [round(b - a, 3) for a, b in zip(times, times[1:])] == [1.0] * (len(times) - 1)


@pytest.mark.timeout(60)
def test_multivariant_playlist_names_it(live: Program) -> None:
    """One tag per rendition of video, with its codec and size; sequences are those of the media."""
    master = get(live.port, "/live/playlist.m3u8").text
    [(attributes, uri)] = LADDER.findall(master)
    assert uri == "video/iframes.m3u8" and "RESOLUTION=320x180" in attributes
    assert 'CODECS="avc1.' in attributes and "mp4a" not in attributes
    for path in ("/live/chunked.m3u8", "/live/video/playlist.m3u8"):
        assert "I-FRAME" not in get(live.port, path).text
    assert get(live.port, "/live/audio/iframes.m3u8").status == 404

    def agrees() -> bool:
        media, frames = get(live.port, "/live/video/playlist.m3u8").text, playlist(live)
        return numbers(media) == numbers(frames) and sequence(media) == sequence(frames)

    # A segment may begin between two responses.
    wait_until(agrees, 10, "playlists with the same sequences", interval=0.2)


def sequence(text: str) -> list[str]:
    """EXT-X-MEDIA-SEQUENCE and EXT-X-DISCONTINUITY-SEQUENCE."""
    return re.findall(r"SEQUENCE:\d+", text)
