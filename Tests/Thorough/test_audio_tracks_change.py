# SPDX-License-Identifier: Apache-2.0
"""Audio tracks that appear later, disappear and return, or are too many."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from harness.audiotracks import hears, media_lines
from harness.http1 import get
from harness.ports import free_port
from harness.program import Program
from harness.sources import Source
from harness.tools import need
from test_audio_tracks import H264, VIDEO, ffmpeg, film, plays


def sends(path: Path, url: str, pids: Sequence[int] = (256, 257, 258, 259)) -> Source:
    """Sends MPEG-TS by UDP in real time, with these PIDs."""
    numbers = [word for index, pid in enumerate(pids) for word in ("-streamid", f"{index}:{pid}")]
    return Source(subprocess.Popen(
        [need("ffmpeg", "inputs"), "-v", "error", "-re", "-i", str(path), "-map", "0", "-c", "copy",
         *numbers, "-f", "mpegts", url + "?pkt_size=1316"], stdin=subprocess.DEVNULL))


@pytest.mark.timeout(60)
def test_a_declared_track_appears_later(streamer: Callable[..., Program], sources: list[Source],
                                        tmp_path: Path) -> None:
    """Before that it is silence; on the same connection it is found in a new PMT."""
    url = f"udp://127.0.0.1:{free_port()}"
    one = sends(film(tmp_path / "one.ts", 30, without=[0, 2]), url, (256, 258))
    sources.append(one)
    program = plays(streamer, "--input", url, "--audio-tracks", "en,de")
    hears(program, {"audio": 880, "audio-de": 0})
    one.kill()
    sources.append(sends(film(tmp_path / "whole.ts", 30), url))
    hears(program, {"audio": 880, "audio-de": 440})


@pytest.mark.timeout(90)
def test_a_track_disappears_and_returns(streamer: Callable[..., Program], sources: list[Source],
                                        tmp_path: Path) -> None:
    """Meanwhile it is silence and the other tracks stay; the PIDs of an encoder are constant."""
    whole, part = film(tmp_path / "whole.ts", 30), film(tmp_path / "part.ts", 30, without=[0])
    url = f"udp://127.0.0.1:{free_port()}"
    first = sends(whole, url)
    sources.append(first)
    program = plays(streamer, "--input", url)
    hears(program, {"audio": 440, "audio-en": 880})
    first.kill()
    second = sends(part, url, (256, 258, 259))
    sources.append(second)
    hears(program, {"audio": 0, "audio-en": 880, "audio-de-visual-impaired": 1320})
    second.kill()
    sources.append(sends(whole, url))
    hears(program, {"audio": 440, "audio-en": 880, "audio-de-visual-impaired": 1320})


@pytest.mark.timeout(60)
def test_too_many_tracks(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Of 60 languages 16 are used, one line has the others, and the video plays."""
    one, path = tmp_path / "one.aac", tmp_path / "sixty.ts"
    ffmpeg("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", "6", str(one))
    options: list[str] = []
    for index in range(60):
        name = "a" + chr(97 + index // 26) + chr(97 + index % 26)
        options += ["-map", "1:a", f"-metadata:s:a:{index}", f"language={name}"]
    ffmpeg(*VIDEO, "-i", str(one), "-map", "0:v", *H264, *options, "-c:a", "copy", "-t", "6",
           str(path))
    program = plays(streamer, "--input", str(path), "--loop")
    assert len(media_lines(program)) == 16
    hears(program, {"audio": 440})
    assert get(program.port, "/live/video/playlist.m3u8").status == 200
    assert len(program.logged("audio-tracks")) == 1
