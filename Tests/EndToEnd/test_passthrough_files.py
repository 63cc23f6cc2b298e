# SPDX-License-Identifier: Apache-2.0
"""Files that are passed through: their first playlist, and their end."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.http1 import get
from harness.playlist import Playlist, parse
from harness.program import Program
from harness.sources import clip
from harness.tools import need
from harness.tunein import fetch
from harness.waiting import seen_once, wait_until

HOST = ["--host", "127.0.0.1", "--http-port", "0"]


def hashes(source: Path | bytes) -> list[str]:
    """The hash of each decoded video frame."""
    given = source if isinstance(source, bytes) else None
    run = subprocess.run([
        need("ffmpeg", "frames of files"), "-v", "error", "-i",
        "-" if given is not None else str(source), "-map", "0:v:0", "-fps_mode", "passthrough",
        "-f", "framemd5", "-"
    ], input=given, stdin=None if given is not None else subprocess.DEVNULL, capture_output=True,
                         timeout=60, check=True)
    return [line.split()[-1] for line in run.stdout.decode().splitlines() if line[0] != "#"]


def plays(streamer, path: Path, *more: str) -> Program:
    """A streamer that plays the file, once it has a playlist."""
    program = streamer("--input", str(path), *more, *HOST, defaults=False, within=20)
    wait_until(lambda: get(program.port, "/live/video/playlist.m3u8", timeout=15).status == 200, 20,
               "a playlist")
    return program


@pytest.mark.timeout(60)
def test_first_playlist_of_a_file_comes_with_its_second_key_frame(streamer, tmp_path: Path) -> None:
    """The first playlist of a file has the one segment that its second key frame completes."""
    path = clip(tmp_path / "clip.mp4", 3)

    def has_one_segment() -> bool:
        playlist = fetch(plays(streamer, path, "--loop").port)
        print(f"the first playlist has {len(playlist.segments)} segments")
        return len(playlist.segments) == 1

    seen_once(has_one_segment, 3, "a playlist before the third key frame")


@pytest.mark.timeout(60)
def test_end_of_a_passed_through_file_is_the_end_of_the_stream(streamer, tmp_path: Path) -> None:
    """Without --loop the playlist ends with the last frame of the file."""
    path = clip(tmp_path / "clip.mp4", 3)
    program = plays(streamer, path)
    wait_until(lambda: fetch(program.port).ended, 10, "the end")
    playlist = fetch(program.port)
    init = get(program.port, f"/live/video/{playlist.segments[0].map_uri}").body
    media = b"".join(get(program.port, f"/live/video/{s.uri}").body for s in playlist.segments)
    assert hashes(init + media) == hashes(path)


@pytest.mark.timeout(60)
def test_no_chunked_playlist_of_a_file_lists_a_segment_after_its_end(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """CH-02: each segment that a version has listed is media, also after the end."""
    program = plays(streamer, clip(tmp_path / "clip.mp4", 4))
    listed: dict[str, None] = {}

    def has_ended() -> bool:
        response = get(program.port, "/live/video/chunked.m3u8", timeout=15)
        playlist = parse(response.text) if response.status == 200 else Playlist("")
        listed.update(dict.fromkeys(one.uri for one in playlist.segments if one.uri))
        return playlist.ended

    wait_until(has_ended, 20, "the end")
    statuses = {uri: get(program.port, f"/live/video/{uri}", timeout=15).status for uri in listed}
    assert len(statuses) >= 4 and set(statuses.values()) == {200}, statuses
