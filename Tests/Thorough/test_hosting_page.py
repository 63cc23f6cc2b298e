# SPDX-License-Identifier: Apache-2.0
"""A page plays on while other streams change."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.configuration import stream, write
from harness.labreport import report
from harness.program import Program
from test_hosting import hang_up


@pytest.mark.timeout(90)
def test_hlsjs_plays_while_other_streams_change(streamer: Callable[..., Program], browser: Browser,
                                                hlsjs: Path, tmp_path: Path) -> None:
    """hls.js plays one stream while others are added and removed."""
    path = write(tmp_path, [stream("kept", resolution="640x360"),
                            stream("removed")], hlsjs=str(hlsjs))
    program = streamer("-c", str(path), defaults=False)
    with viewer(browser) as view:
        view.open(program.url("/kept/?player=hlsjs"))
        view.wait_playing()
        view.watch(4)
        begun = time.time() * 1000
        for round in range(3):
            write(tmp_path, [stream("kept", resolution="640x360"),
                             stream(f"added{round}")], hlsjs=str(hlsjs))
            hang_up(program)
            program.wait_logged("live", stream=f"added{round}", within=10)
            view.watch(1)
        view.watch(2)
        found = report(view.data(), since=begun)
        print(json.dumps({key: found[key] for key in ("glass_to_glass_ms", "stalls", "frames")}))
        assert len(found["stalls"]) <= 1, found
        bad = [line for line in view.bad_responses if "favicon" not in line]
        assert not bad, bad
