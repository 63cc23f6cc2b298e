# SPDX-License-Identifier: Apache-2.0
"""Audio of an input beside AAC in its own codec: a group of HLS each, an AdaptationSet of DASH."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.http1 import get
from harness.program import Program
from harness.sources import clip
from harness.tools import need
from harness.waiting import wait_until

HOST = ["--host", "127.0.0.1", "--http-port", "0"]


@dataclass(frozen=True)
class Codec:
    """A codec by its name, its codecs string, the options of ffmpeg, and its packets in 6 s."""

    name: str
    codecs: str
    options: tuple[str, ...]
    channels: int
    packets: int
    ending: str = "mkv"


OPUS = Codec("opus", "opus", ("-c:a", "libopus", "-b:a", "96k"), 1, 150)
AC3 = Codec("ac3", "ac-3", ("-c:a", "ac3", "-ac", "6", "-b:a", "384k"), 6, 90, "ts")
EAC3 = Codec("eac3", "ec-3", ("-c:a", "eac3", "-ac", "6", "-b:a", "256k"), 6, 90)
FLAC = Codec("flac", "fLaC", ("-c:a", "flac", "-ac", "2", "-bitexact"), 2, 30)
# FLAC in MP4 is experimental in ffmpeg 5.1.
MP4 = ("-strict", "-2")


def packets(path: str) -> list[str]:
    """The hash of each packet of the audio of a file or a playlist of ten seconds."""
    run = subprocess.run(
        [need("ffmpeg", "packets of audio"), "-v", "error", "-t", "6", "-i", path, "-map", "0:a:0",
         "-c", "copy", "-f", "framemd5", "-"], capture_output=True, timeout=40,
        stdin=subprocess.DEVNULL)
    lines = run.stdout.decode().splitlines()
    return [line.split(",")[5].strip() for line in lines if line[0] != "#"]


def probed(url: str) -> list[tuple[str, int]]:
    """The codec and the channels of each audio stream that ffprobe finds."""
    run = subprocess.run(
        [need("ffprobe", "streams"), "-v", "error", "-show_streams", "-select_streams", "a", "-of",
         "json", url], capture_output=True, timeout=40, stdin=subprocess.DEVNULL)
    return sorted((one["codec_name"], one["channels"]) for one in json.loads(run.stdout)["streams"])


def plays(program: Program) -> None:
    """Waits for a playlist."""
    wait_until(lambda: get(program.port, "/live/playlist.m3u8", timeout=15).status == 200, 20,
               "a playlist")


def check(program: Program, codec: Codec, own: list[str]) -> None:
    """Playlist and MPD name both codecs; the packets are those of the source."""
    text = get(program.port, "/live/playlist.m3u8").text
    groups = re.findall(r'GROUP-ID="([^"]*)",NAME="([^"]*)".*CHANNELS="(\d+)"', text)
    group = f"audio-{codec.codecs}"
    assert [one for one, _, _ in groups] == ["audio", group], text
    assert groups[1][2] == str(codec.channels), text
    assert re.findall(r'CODECS="avc1\.\w+,([^"]*)".*AUDIO="([^"]*)"', text) == [
        ("mp4a.40.2", "audio"), (codec.codecs, group)], text
    document = get(program.port, "/live/manifest.mpd").text
    assert f'codecs="{codec.codecs}"' in document and 'codecs="mp4a.40.2"' in document
    media = program.url(f"/live/audio-{codec.name}/playlist.m3u8")
    assert probed(media) == [(codec.name, codec.channels)]
    assert (codec.name, codec.channels) in probed(program.url("/live/manifest.mpd"))
    found = packets(media)
    known = [packet for packet in found if packet in set(own)]
    print(f"{codec.name}: {len(found)} packets, {len(known)} of the source")
    assert len(found) > codec.packets and len(known) > 0.9 * len(found)


def check_mp4_file(codec: Codec, streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Checks that the track of a file of MP4 has its samples."""
    path = clip(tmp_path / "film.mp4", 5, *codec.options, *MP4)
    program = streamer("--input", str(path), "--loop", "--audio-copy", codec.name, *HOST,
                       defaults=False, within=20)
    plays(program)
    check(program, codec, packets(str(path)))


@pytest.mark.timeout(90)
@pytest.mark.parametrize("codec", [AC3], ids=lambda codec: codec.name)
def test_mp4_file(codec: Codec, streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Tracks of a file of MP4 have its samples."""
    check_mp4_file(codec, streamer, tmp_path)
