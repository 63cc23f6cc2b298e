# SPDX-License-Identifier: Apache-2.0
"""Audio of a ladder, of an ALSA device, and at the end of a stream."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pytest

from harness import avsync
from harness.audio import Track, loudest, microphone, variants
from harness.http1 import Later, get
from harness.metrics import wait_held
from harness.playlist import attributes, parse
from harness.program import run_to_end, start, stop
from harness.tunein import next_segments

SMALL = ("--resolution", "320x180", "--bitrate", "300")
RATE = 48_000
AUDIO = "/live/audio/playlist.m3u8"


def test_pl_14_ladder_reports_all_other_renditions(streamer) -> None:
    """PL-14: every variant has the one group of audio; every playlist reports all others."""
    program = streamer("--rendition", "320x180@300", "--rendition", "160x90@150", "--audio", "tone")
    next_segments(program.port, 1, AUDIO)
    streams, media = variants(get(program.port, "/live.m3u8").text)
    assert [s["URI"] for s in streams] == ["live/180p/playlist.m3u8", "live/90p/playlist.m3u8"]
    assert len(media) == 1 and {s["AUDIO"] for s in streams} == {media[0]["GROUP-ID"]}
    names = {"180p", "90p", "audio"}
    controls = set()
    for name in names:
        playlist = Track(program.port, name).playlist()
        controls.add(playlist.tags["EXT-X-SERVER-CONTROL"])
        reports = {attributes(line.partition(":")[2])["URI"] for line in playlist.text.splitlines()
                   if "RENDITION-REPORT" in line}
        assert reports == {f"../{other}/playlist.m3u8" for other in names - {name}}
    assert len(controls) == 1


@pytest.mark.timeout(60)
def test_alsa_device_is_captured(streamer, tmp_path: Path) -> None:
    """--audio DEVICE: the audio of an ALSA device is streamed."""
    program = streamer(*SMALL, "--audio", "filemic", env=microphone(tmp_path, 440))
    audio = Track(program.port, "audio")
    next_segments(program.port, 3, AUDIO)
    start, samples = avsync.samples_of(audio.media(audio.playlist(), 2))
    assert len(samples) > 1.8 * RATE
    assert abs(loudest(samples[-RATE:]) - 440) < 2
    level = np.abs(samples[-RATE:]).max()
    assert 0.3 < level < 0.45, level


def test_missing_audio_device_is_refused() -> None:
    """A missing device is refused with a line that names the device and how to list devices."""
    status, log = run_to_end([*SMALL, "--audio", "nosuchdevice"])
    assert status == 2
    assert any("nosuchdevice" in line and "arecord -L" in line for line in log), log
    status, log = run_to_end([*SMALL, "--audio", ""])
    assert status == 2 and any("--audio" in line for line in log)
    status, log = run_to_end([*SMALL, "--audio", "tone", "--hold-back", "0.21"])
    assert status == 2 and any("0.213334" in line for line in log), log


def test_audio_ends_with_the_video(binary: Path) -> None:
    """SIGTERM: ENDLIST in both playlists; audio ends within a part of the video."""
    program = start([*SMALL, "--audio", "tone"])
    try:
        video, audio = Track(program.port, "video"), Track(program.port, "audio")
        next_segments(program.port, 1)
        held = [
            Later(program.port, f"{t.base}playlist.m3u8?_HLS_msn={t.playlist().last_complete + 2}")
            for t in (video, audio)
        ]
        wait_held(program.port, 2)
        program.process.send_signal(signal.SIGTERM)
        ends = []
        for response in held:
            playlist = parse(response.result(5).text)
            assert playlist.ended and not playlist.hints
            last = playlist.segments[-1]
            ends.append(last.milliseconds() + float(last.duration) * 1000)
        assert abs(ends[0] - ends[1]) < 130, ends
        assert program.process.wait(10) == 0
    finally:
        stop(program)
