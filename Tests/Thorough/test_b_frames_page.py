# SPDX-License-Identifier: Apache-2.0
"""Frames of streams with B-frames in Chromium, in order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import SMALL, viewer
from harness.program import Program
from harness.sources import Source
from harness.waiting import wait_until
from test_b_frames import play


@pytest.mark.timeout(90)
@pytest.mark.parametrize("path", ["/", "/?player=hlsjs", "/?transport=webcodecs"])
def test_chromium_shows_frames_in_order(path: str, browser: Browser, hlsjs: Path,
                                        streamer: Callable[..., Program],
                                        sources: list[Source]) -> None:
    """The clocks of the shown frames rise; the page plays without a long pause."""
    program = play("rtmp", streamer, sources, "--hlsjs", str(hlsjs))
    with viewer(browser, SMALL) as view:
        view.open(program.url(path))
        lab = "__player" if "webcodecs" in path else "__lab"
        view.page.wait_for_function(f"() => (window.{lab}?.samples.length ?? 0) > 45",
                                    timeout=15000)
        clock = f"() => {lab}.samples.at(-1)[1] ?? 0"
        begin = view.page.evaluate(clock)
        wait_until(lambda: view.page.evaluate(clock) > begin + 6000, 30, "six seconds of pictures")
        samples = view.page.evaluate(f"() => {lab}.samples.map(([shown, clock]) => [shown, clock])")
        errors = view.page_errors
    clocks = [clock for shown, clock in samples if clock is not None]
    seconds = (clocks[-1] - clocks[0]) / 1000
    print(f"{path}: {len(clocks)} frames of {seconds:.1f} s")
    assert not errors, errors
    assert len(clocks) > 90 and clocks == sorted(clocks)
