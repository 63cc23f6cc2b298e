# SPDX-License-Identifier: Apache-2.0
"""Encrypted streams in the page: each transport, and keys that are late or wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from fetch_hlsjs import script_flags
from harness.browser import SMALL, viewer
from test_encryption import check_page, encrypted


@pytest.mark.timeout(60)
@pytest.mark.parametrize("fault", ["late", "wrong"])
def test_page_asks_again_for_late_and_wrong_keys(fault: str, streamer, tmp_path: Path,
                                                 browser: Browser) -> None:
    """No frame is shown without the key; frames are shown when the server gives it."""
    program = encrypted(streamer, tmp_path)
    wrong = {"keys": [{"kty": "oct", "kid": "AQEBAQEBAQEBAQEBAQEBAQ",
                       "k": "WlpaWlpaWlpaWlpaWlpaWg"}], "type": "temporary"}
    with viewer(browser, SMALL) as view:
        pattern = "**/clearkey"
        if fault == "late":
            view.page.route(pattern, lambda route: route.fulfill(status=503, body="later"))
        else:
            view.page.route(pattern, lambda route: route.fulfill(json=wrong))
        view.open(program.url("/live/?transport=http"))
        view.watch(4)
        if fault == "late":
            assert view.data()["samples"] == []
        view.page.unroute(pattern)
        before = len(view.data()["samples"])
        view.page.wait_for_function("n => window.__lab?.samples.length > n", arg=before + 60,
                                    timeout=20_000)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("transport", ["ws", "hls", "dash", "webcodecs"])
def test_page_plays_by_clearkey_and_over_rotations(transport: str, streamer, tmp_path: Path,
                                                   browser: Browser,
                                                   request: pytest.FixtureRequest) -> None:
    """Frames are shown over several keys; WebCodecs gives way to another player."""
    scripts = script_flags()
    if transport == "dash":
        scripts = ["--dashjs", str(request.getfixturevalue("dashjs"))]
    check_page(transport, streamer, tmp_path, browser, scripts)
