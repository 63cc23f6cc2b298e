# SPDX-License-Identifier: Apache-2.0
"""The wall clock is stepped while Chromium plays: our player continues."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.clockstep import ClockStep
from harness.labreport import between
from harness.newframes import latency, now, wait_frames

PATHS = {"frames": "/", "hlsjs": "/?player=hlsjs"}


@pytest.mark.timeout(90)
@pytest.mark.parametrize("step_ms", [200, -200, 5000], ids=["+200ms", "-200ms", "+5s"])
@pytest.mark.parametrize("player", PATHS)
def test_player_survives_a_clock_step(player: str, step_ms: int, browser: Browser, streamer,
                                      hlsjs: Path, tmp_path: Path) -> None:
    """Frames of after the step are shown; the length of the pause is printed."""
    clock = ClockStep(tmp_path)
    program = streamer("--resolution", "640x360", "--hlsjs", str(hlsjs), env=clock.env)
    with viewer(browser) as view:
        view.open(program.url(PATHS[player]))
        view.wait_playing(frames=90)
        stepped = now()
        clock.set(step_ms * 1_000_000)
        tail = wait_frames(lambda: view.data()["samples"], stepped + step_ms + 2000, 90)
        samples = between(view.data(), stepped - 500, now())
        shown = [s[0] for s in samples if s[1] is not None]
        gap = max((b - a for a, b in zip(shown, shown[1:])), default=float("inf"))
        print("\n" + json.dumps({"player": player, "step_ms": step_ms, "pause_ms": round(gap),
                                 "late_ms": round(latency(tail) + step_ms),
                                 "frames": len(tail)}))
