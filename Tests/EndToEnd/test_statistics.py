# SPDX-License-Identifier: Apache-2.0
"""The page of statistics in Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer

ROWS = "() => [...document.querySelectorAll('tbody tr')].map((row) => row.innerText)"


@pytest.mark.timeout(90)
def test_page_shows_viewers(browser: Browser, streamer) -> None:
    """The token is the password; the page lists players over both transports, and updates."""
    token = "statistics-token-1"
    program = streamer("--resolution", "320x180", "--admin-token", token)
    context = browser.new_context(http_credentials={"username": "x", "password": token})
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text))
    try:
        with viewer(browser) as frames:
            frames.open(program.url("/?player=frames"))
            with viewer(browser) as sockets:
                sockets.open(program.url("/?player=ws"))
                frames.wait_playing()
                sockets.wait_playing()
                page.goto(program.url("/stats"))
                page.wait_for_function(
                    "() => document.querySelector('#total').innerText === '2 viewers of 1 stream'"
                    " && /WebSocket[^]* ms/.test(document.querySelector('main').innerText)",
                    timeout=10000)
                rows = page.evaluate(ROWS)
                assert any("WebSocket" in row for row in rows), rows
                assert any("HTTP frames" in row for row in rows), rows
            page.wait_for_function(
                "() => document.querySelector('#total').innerText === '1 viewer of 1 stream'",
                timeout=5000)
        drawn = "() => document.querySelector('path.http').getAttribute('d').length > 20"
        page.wait_for_function(drawn, timeout=5000)
        assert not errors, errors
    finally:
        context.close()
