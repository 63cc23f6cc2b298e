# SPDX-License-Identifier: Apache-2.0
"""The players of the page over HTTP/2."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.labreport import plays_well, report
from harness.program import Program
from test_http2 import secure  # noqa: F401

SECONDS = 5
PAGES = {"hlsjs": "/?player=hlsjs", "frames": "/?player=frames"}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("player", PAGES)
def test_players_play_over_h2(player: str, browser: Browser, secure: Program,
                              hlsjs: object) -> None:
    """hls.js and our own player play in Chromium over HTTPS, and all of it arrives by h2.

    The share of shown frames is not judged here: it depends on the machine. One retry.
    """
    for _ in (1, 2):
        with viewer(browser) as view:
            view.open(secure.secure_url(PAGES[player]))
            view.wait_playing()
            view.watch(2 + SECONDS)
            entries: list[dict[str, Any]] = view.page.evaluate(
                "() => performance.getEntriesByType('resource')"
                ".map(e => ({name: e.name, by: e.nextHopProtocol}))")
            found = report(view.data(), warm_up=2, opened=view.opened)
        media = [entry for entry in entries if "/live/" in entry["name"] and entry["by"]]
        assert len(media) > 3 and {entry["by"] for entry in media} == {"h2"}, entries
        wrong = [why for why in plays_well(found, SECONDS) if "frames were shown" not in why]
        if not wrong:
            return
    raise AssertionError(f"{wrong}\n{json.dumps(found, indent=1)}")
