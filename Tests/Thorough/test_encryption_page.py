# SPDX-License-Identifier: Apache-2.0
"""Encrypted streams in the page: each transport, and keys that are late or wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route

from fetch_hlsjs import script_flags
from harness.browser import SMALL, Viewer, viewer
from test_encryption import check_page, encrypted

WRONG = {"keys": [{"kty": "oct", "kid": "AQEBAQEBAQEBAQEBAQEBAQ",
                   "k": "WlpaWlpaWlpaWlpaWlpaWg"}], "type": "temporary"}
# The answers of a licence server after which the page asks again.
FAULTS: dict[str, dict[str, Any]] = {
    "late": {"status": 503, "body": "later"},
    "empty": {"json": {"keys": [], "type": "temporary"}},
    "wrong": {"json": WRONG},
}


def scripts_of(transport: str, request: pytest.FixtureRequest) -> list[str]:
    """The options of the scripts that a transport needs; a skip without dash.js."""
    if transport == "dash":
        return ["--dashjs", str(request.getfixturevalue("dashjs"))]
    return script_flags()


def frames(view: Viewer) -> int:
    """The number of frames that the video element has shown."""
    return len(view.data()["samples"])


@pytest.mark.timeout(60)
@pytest.mark.parametrize("transport", ["http", "hls", "dash"])
@pytest.mark.parametrize("fault", FAULTS)
def test_page_asks_again_for_late_empty_and_wrong_keys(
        fault: str, transport: str, streamer, tmp_path: Path, browser: Browser,
        request: pytest.FixtureRequest) -> None:
    """No frame is shown without the key; frames are shown when the server gives it."""
    program = encrypted(streamer, tmp_path, *scripts_of(transport, request))
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(**FAULTS[fault])

    with viewer(browser, SMALL) as view:
        view.page.route("**/clearkey", answer)
        view.open(program.url(f"/live/?transport={transport}"))
        view.watch(4)
        assert len(asked) > 1 and frames(view) == 0
        view.page.unroute("**/clearkey")
        view.page.wait_for_function("() => window.__lab?.samples.length > 60", timeout=20_000)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("transport", ["http", "hls"])
def test_page_states_that_a_licence_is_missing(transport: str, streamer, tmp_path: Path,
                                               browser: Browser) -> None:
    """A server without the key (404) refuses: no player plays, and the page keeps the reason."""
    reason = "Encrypted media: no licence (status 404)"
    program = encrypted(streamer, tmp_path, *script_flags())
    with viewer(browser, SMALL) as view:
        view.page.route("**/clearkey", lambda route: route.fulfill(status=404, body="no key"))
        view.open(program.url(f"/live/?transport={transport}"))
        view.page.wait_for_function(
            "text => document.querySelector('#away').innerText.includes(text)", arg=reason,
            timeout=30_000)
        view.watch(4)
        assert reason in view.page.locator("#away").inner_text()
        assert view.page.evaluate("() => __player.status") == "dead" and frames(view) == 0


@pytest.mark.timeout(90)
@pytest.mark.parametrize("transport", ["ws", "hls", "dash", "webcodecs"])
def test_page_plays_by_clearkey_and_over_rotations(transport: str, streamer, tmp_path: Path,
                                                   browser: Browser,
                                                   request: pytest.FixtureRequest) -> None:
    """Frames are shown over several keys; WebCodecs gives way to another player."""
    check_page(transport, streamer, tmp_path, browser, scripts_of(transport, request))
