# SPDX-License-Identifier: Apache-2.0
"""The test pattern makes an encoder produce the bitrate that was asked for."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from harness.http1 import get
from harness.program import Program
from harness.tunein import fetch
from harness.waiting import pause

LADDER = ["1280x720@2500", "854x480@1200", "640x360@700"]
STREAMS = [["640x360@700"], ["1280x720@2500"], ["1920x1080@6000"], LADDER,
           ["1920x1080@6000", "1280x720@2500", "640x360@700"]]
SECONDS = 8


def produced(program: Program, path: str) -> list[float]:
    """Kilobits per second of the last complete segments, which are live ones."""
    playlist = fetch(program.port, path=f"{path}playlist.m3u8")
    segments = [s for s in playlist.segments if s.uri][-SECONDS:]
    return [len(get(program.port, path + str(s.uri)).body) * 8 / 1000 / float(s.duration)
            for s in segments if s.uri]


def wait_for_full_effort(program: Program) -> None:
    """Waits for segments of which each frame is encoded: a busy machine has every second one."""
    end = time.monotonic() + 70
    while time.monotonic() < end:
        before = len(program.logged("encoder-effort"))
        pause(SECONDS + 3, "segments of one effort of the encoder are measured")
        changes = program.logged("encoder-effort")
        if len(changes) == before and (not changes or "each frame" in changes[-1].message):
            return
    raise AssertionError("the encoders had no time for each frame within 70 s")


@pytest.mark.parametrize("renditions", STREAMS, ids=lambda r: "+".join(r))
def test_each_rendition_has_the_bitrate_it_claims(streamer: Callable[..., Program],
                                                  renditions: list[str]) -> None:
    """85 to 105 % over eight seconds, containers included."""
    program = streamer("--framerate", "15", *(word for r in renditions
                                              for word in ("--rendition", r)))
    wait_for_full_effort(program)
    for rendition in renditions:
        size, _, kilobits = rendition.partition("@")
        name = "video" if len(renditions) == 1 else size.partition("x")[2] + "p"
        found = produced(program, f"/live/{name}/")
        assert len(found) == SECONDS
        mean = sum(found) / len(found)
        print(rendition, [round(each) for each in found], f"{mean / int(kilobits):.1%}")
        assert 0.85 <= mean / int(kilobits) <= 1.05, f"{rendition}: {mean:.0f} kbit/s"
