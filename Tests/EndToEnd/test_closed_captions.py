# SPDX-License-Identifier: Apache-2.0
"""Closed captions (CEA-608) that are declared, and wrong declarations."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from harness.captionsource import captioned_clip, captions
from harness.http1 import get
from harness.mpd import validate
from harness.program import Program, run_to_end
from harness.recorder import record
from harness.tools import need
from harness.waiting import wait_until

SECONDS = 12
HOST = ["--host", "127.0.0.1", "--http-port", "0"]
TEXTS = [caption.text.replace("\n", " ") for caption in captions(SECONDS) if caption.field == 1]
MEDIA = re.compile(r'#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="closed-captions",(.*)')


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with captions in CC1 and CC3."""
    return captioned_clip(tmp_path_factory.mktemp("captions") / "captions.ts", SECONDS)


def text_of(program: Program, path: str) -> str:
    """A document of the program."""
    return get(program.port, path, timeout=15).body.decode()


def shown(media: bytes, folder: Path) -> list[str]:
    """The texts of CC1 that ffmpeg reads from the pictures."""
    (folder / "media.mp4").write_bytes(media)
    ran = subprocess.run(
        [need("ffmpeg", "captions"), "-v", "error", "-f", "lavfi", "-i",
         "movie=media.mp4[out0+subcc]", "-map", "0:s", "-f", "srt", "-"],
        cwd=folder, capture_output=True, text=True, check=True, timeout=60)
    blocks = [block.splitlines()[2:] for block in ran.stdout.split("\n\n")]
    return [re.sub(r"<.*?>|\{.*?\}|\\h", "", " ".join(lines)).strip() for lines in blocks if lines]


def check_captions(options: list[str], path: Path, streamer, tmp_path: Path) -> None:
    """HLS and DASH name both channels once they are seen, and each text of CC1 is in the media."""
    program = streamer("--input", str(path), "--loop", *options, *HOST, defaults=False, within=20)
    wait_until(lambda: len(MEDIA.findall(text_of(program, "/live.m3u8"))) == 2, 20,
               "the captions in the playlist")
    playlist = text_of(program, "/live.m3u8")
    assert MEDIA.findall(playlist) == [
        f'NAME="{name}",DEFAULT=NO,AUTOSELECT=YES,INSTREAM-ID="{name}"' for name in ("CC1", "CC3")]
    variants = [line for line in playlist.splitlines() if line.startswith("#EXT-X-STREAM-INF")]
    assert variants
    assert all(line.endswith(',CLOSED-CAPTIONS="closed-captions"') for line in variants)
    mpd = text_of(program, "/manifest.mpd")
    assert ('<Accessibility schemeIdUri="urn:scte:dash:cc:cea-608:2015" value="CC1;CC3"/>'
            in mpd)
    validate(mpd)
    recording = record(program.port, SECONDS + 3)
    segments = [body for _, (_, body) in sorted(recording.segments().items())]
    found = shown(recording.init() + b"".join(segments), tmp_path)
    # A turn of the file, from anywhere in it: all texts but those at its start and end.
    assert len(set(TEXTS) & set(found)) >= len(TEXTS) - 1, found
    assert set(found) <= set(TEXTS), found


def test_declared_captions_have_languages_at_once(path: Path, streamer) -> None:
    """Before the first caption; a stream without audio has a Multivariant Playlist for them."""
    program = streamer("--test-src", "--closed-captions", "CC1=en*,CC3=pt-br", *HOST,
                       defaults=False, within=20)
    assert MEDIA.findall(text_of(program, "/live.m3u8")) == [
        'NAME="English (CC1)",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,INSTREAM-ID="CC1"',
        'NAME="Português (BR) (CC3)",LANGUAGE="pt-BR",DEFAULT=NO,AUTOSELECT=YES,INSTREAM-ID="CC3"']
    wait_until(lambda: 'value="CC1=eng;CC3=por"' in text_of(program, "/manifest.mpd"), 10,
               "the captions in the MPD")


@pytest.mark.parametrize("value", ["CC5=en", "CC1", "CC1=en,CC1=de", "CC1=en*,CC2=de*", "1=en"])
def test_wrong_captions_are_one_line(value: str) -> None:
    """The value and the expected ones."""
    status, [line] = run_to_end(["--test-src", "--closed-captions", value, *HOST],
                                defaults=False)
    assert status == 2 and "--closed-captions" in line and "CC1=en*,CC3=de" in line
