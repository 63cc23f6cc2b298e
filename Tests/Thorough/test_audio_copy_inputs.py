# SPDX-License-Identifier: Apache-2.0
"""Audio in its own codec beside AAC, of each codec and each input, and in the page."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import SMALL, viewer
from harness.ports import free_port
from harness.program import Program
from harness.rtmp import enhanced_ffmpeg, rtmp_port
from harness.sources import Source, clip
from harness.tools import need
from harness.trackpublisher import CMAF
from test_audio_copy import (
    AC3, EAC3, FLAC, HOST, OPUS, Codec, check, check_mp4_file, packets, plays)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("codec", [OPUS, AC3, EAC3, FLAC], ids=lambda codec: codec.name)
def test_audio_is_published_beside_aac(codec: Codec, streamer: Callable[..., Program],
                                       tmp_path: Path, browser: Browser, hlsjs: Path) -> None:
    """The packets are those of the source; the page plays, with AAC if it decodes no other."""
    path = clip(tmp_path / f"film.{codec.ending}", 5, *codec.options)
    own = packets(str(path))
    program = streamer("--input", str(path), "--loop", "--audio-copy", "opus,ac3,eac3,flac",
                       "--hlsjs", str(hlsjs), *HOST, defaults=False, within=20)
    plays(program)
    check(program, codec, own)
    with viewer(browser, SMALL) as view:
        view.open(program.url("/?player=hlsjs"))
        view.wait_playing(frames=45)
        view.watch(2)
        can = view.page.evaluate(
            "(type) => MediaSource.isTypeSupported(type)", f'audio/mp4; codecs="{codec.codecs}"')
        asked = view.page.evaluate(
            "() => performance.getEntriesByType('resource').map(({ name }) => name)")
        assert not view.page_errors, view.page_errors
    used = {match[1] for name in asked if (match := re.search(r"/live/(audio[\w-]*)/", name))}
    print(f"{codec.name} in Chromium: {can}; hls.js used {used}")
    assert used == {"audio"} or can and used <= {"audio", f"audio-{codec.name}"}


@pytest.mark.timeout(90)
@pytest.mark.parametrize("codec", [AC3, EAC3], ids=lambda codec: codec.name)
def test_live_transport_stream(codec: Codec, streamer: Callable[..., Program], tmp_path: Path,
                               sources: list[Source]) -> None:
    """Frames of a live stream, which no parser of a library cuts, are those of the source."""
    path = clip(tmp_path / "film.ts", 5, *codec.options)
    port = free_port()
    sources.append(Source(subprocess.Popen(
        [need("ffmpeg", "live inputs"), "-v", "error", "-re", "-stream_loop", "-1", "-i", str(path),
         "-c", "copy", "-f", "mpegts", f"udp://127.0.0.1:{port}?pkt_size=1316"],
        stdin=subprocess.DEVNULL)))
    program = streamer("--input", f"udp://127.0.0.1:{port}", "--audio-copy", codec.name, *HOST,
                       defaults=False, within=20)
    plays(program)
    check(program, codec, packets(str(path)))


@pytest.mark.timeout(90)
@pytest.mark.parametrize("codec", [OPUS, AC3, EAC3, FLAC], ids=lambda codec: codec.name)
def test_enhanced_rtmp(codec: Codec, streamer: Callable[..., Program], tmp_path: Path,
                       sources: list[Source]) -> None:
    """Tags of Enhanced RTMP have their frames."""
    ffmpeg = enhanced_ffmpeg()
    path = clip(tmp_path / "film.mkv", 5, *codec.options)
    program = streamer("--rtmp", "127.0.0.1:0", "--publish", "open", "--audio-copy", codec.name,
                       *HOST, defaults=False)
    sources.append(Source(subprocess.Popen(
        [ffmpeg, "-v", "error", "-re", "-stream_loop", "-1", "-i", str(path), "-c", "copy",
         "-flush_packets", "1", "-f", "flv",
         f"rtmp://127.0.0.1:{rtmp_port(program)}/live/x"], stdin=subprocess.DEVNULL)))
    plays(program)
    check(program, codec, packets(str(path)))


@pytest.mark.timeout(90)
@pytest.mark.parametrize("codec", [AC3, EAC3, FLAC], ids=lambda codec: codec.name)
def test_cmaf_tracks(codec: Codec, streamer: Callable[..., Program], tmp_path: Path,
                     sources: list[Source]) -> None:
    """Tracks that are sent by POST have their samples."""
    path = clip(tmp_path / "film.mkv", 5, *codec.options)
    program = streamer("--source", "page", "--publish", "open", "--audio-copy", codec.name, *HOST,
                       defaults=False)
    delayed = [word.replace("cmaf+", "cmaf+delay_moov+") for word in CMAF]
    output = [*delayed, "-flush_packets", "1", "-strict", "-2"]
    sources.append(Source(subprocess.Popen(
        [need("ffmpeg", "uploads"), "-v", "error", "-re", "-stream_loop", "-1", "-i", str(path),
         "-map", "0:a", "-c", "copy", *output, program.url("/live/a.cmfa"), "-map", "0:v", "-c",
         "copy", *output, program.url("/live/video.cmfv")], stdin=subprocess.DEVNULL)))
    plays(program)
    check(program, codec, packets(str(path)))


@pytest.mark.timeout(90)
@pytest.mark.parametrize("codec", [OPUS, EAC3, FLAC], ids=lambda codec: codec.name)
def test_mp4_file(codec: Codec, streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Tracks of a file of MP4 have its samples."""
    check_mp4_file(codec, streamer, tmp_path)
