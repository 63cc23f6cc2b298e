# SPDX-License-Identifier: Apache-2.0
"""What the player page requests after a refusal: nothing, or the stream again."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.program import Program
from test_page_states import STATES, Stub, answered, shown


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["password", "key", "wrong key", "expired", "unknown"])
def test_nothing_is_asked_again_after_a_refusal(name: str, browser: Browser,
                                                server: Program) -> None:
    """After 401, 403, 404 and 410 before the first picture nothing retries by itself."""
    with shown(browser, server, STATES[name]) as view:
        view.page.wait_for_selector(STATES[name].exit, timeout=10_000)
        view.watch(1)
        before = len(view.requests)
        view.watch(6)
        assert view.requests[before:] == []


@pytest.mark.timeout(90)
@pytest.mark.parametrize(("status", "goes_on"), [(404, True), (503, True), (401, False),
                                                 (403, False)])
def test_a_stream_that_was_shown(status: int, goes_on: bool, browser: Browser,
                                 streamer: Callable[..., Program]) -> None:
    """After 404 and 503 the page goes on, with its last picture dimmed; 401 and 403 end it."""
    program = streamer("--resolution", "320x180")
    with viewer(browser) as view:
        page, gone = view.page, {"is": False}
        stub = Stub(status, fields=(("Retry-After", "3"),) if goes_on else ())
        view.context.route(re.compile(r"/live/"), lambda route: (
            answered(route, stub) if gone["is"] else route.continue_()))
        view.open(program.url("/live/?player=frames"))
        view.wait_playing()
        gone["is"] = True
        # On a busy machine the picture may stand still for a moment before.
        title = {404: "The stream is not there any more", 503: "Waiting for the stream",
                 401: "This stream needs a password", 403: "This stream needs a key"}[status]
        page.wait_for_function(
            "title => document.getElementById('away-title').textContent === title"
            " && document.getElementById('stage').matches('.dim')"
            " && !document.getElementById('badge').matches('.live')", arg=title, timeout=30_000)
        if status == 404:
            page.wait_for_function(
                "() => /Last picture at .*(Next try|Trying again)/.test("
                "document.getElementById('away-text').textContent)", timeout=10_000)
        gone["is"] = False
        if goes_on:
            page.wait_for_selector("#badge.live", timeout=20_000)
        else:
            page.wait_for_selector("#access-form", timeout=10_000)
            before = len(view.requests)
            view.watch(4)
            assert view.requests[before:] == []
