# SPDX-License-Identifier: Apache-2.0
"""The stream in Chromium in further pages, measured: hls.js, and the page from a file."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from harness.program import Program
from test_browser import check_page


@pytest.mark.timeout(120)
@pytest.mark.parametrize("page", ["hlsjs", "frames-file"])
def test_page_plays_at_the_live_edge(page: str, browser: Browser, server: Program,
                                     hlsjs: object) -> None:
    """Each page shows nearly all frames, soon after their time."""
    check_page(page, browser, server)
