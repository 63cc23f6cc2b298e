# SPDX-License-Identifier: Apache-2.0
"""Opus of an input beside AAC: a group of HLS for each codec, an AdaptationSet of DASH."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.http1 import get
from harness.program import Program
from harness.sources import clip
from harness.tools import need
from harness.waiting import wait_until

HOST = ["--host", "127.0.0.1", "--http-port", "0"]


def packets(path: str) -> list[str]:
    """The hash of each packet of the audio of a file or a playlist of ten seconds."""
    run = subprocess.run(
        [need("ffmpeg", "packets of audio"), "-v", "error", "-t", "6", "-i", path, "-map", "0:a:0",
         "-c", "copy", "-f", "framemd5", "-"], capture_output=True, timeout=40,
        stdin=subprocess.DEVNULL)
    lines = run.stdout.decode().splitlines()
    return [line.split(",")[-1].strip() for line in lines if line[0] != "#"]


@pytest.mark.timeout(90)
def test_opus_is_published_beside_aac(streamer: Callable[..., Program], tmp_path: Path,
                                      browser: Browser, hlsjs: Path) -> None:
    """The packets are those of the source; the page plays the stream with AAC."""
    path = clip(tmp_path / "film.mkv", 5, "-c:a", "libopus", "-b:a", "96k")
    own = packets(str(path))
    program = streamer("--input", str(path), "--loop", "--audio-copy", "opus", "--hlsjs",
                       str(hlsjs), *HOST, defaults=False, within=20)
    wait_until(lambda: get(program.port, "/live/playlist.m3u8", timeout=15).status == 200, 20,
               "a playlist")
    text = get(program.port, "/live/playlist.m3u8").text
    groups = re.findall(r'GROUP-ID="([^"]*)",NAME="([^"]*)"', text)
    assert [group for group, _ in groups] == ["audio", "audio-opus"], text
    assert re.findall(r'CODECS="avc1\.\w+,([^"]*)".*AUDIO="([^"]*)"', text) == [
        ("mp4a.40.2", "audio"), ("opus", "audio-opus")], text
    document = get(program.port, "/live/manifest.mpd").text
    assert 'codecs="opus"' in document and 'codecs="mp4a.40.2"' in document
    found = packets(program.url("/live/audio-opus/playlist.m3u8"))
    known = [packet for packet in found if packet in set(own)]
    print(f"{len(found)} packets, {len(known)} of the source")
    assert len(found) > 150 and len(known) > 0.9 * len(found)
    with viewer(browser) as view:
        view.open(program.url("/?player=hlsjs"))
        view.wait_playing(frames=45)
        view.watch(2)
        assert not view.page_errors, view.page_errors
