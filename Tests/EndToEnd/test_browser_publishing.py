# SPDX-License-Identifier: Apache-2.0
"""A page publishes the fake camera of Chromium, and another page plays it."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from harness.browser import launch, viewer
from harness.http1 import get
from harness.program import Program
from harness.tools import need

KEY = "0123456789abcdef0123456789abcdef"
SOURCE = ["--host", "127.0.0.1", "--http-port", "0", "--source", "page"]


@pytest.fixture(scope="module")
def camera_browser() -> Iterator[Browser]:
    """A Chromium whose camera and microphone are drawn and permitted."""
    with sync_playwright() as playwright:
        browser = launch(
            playwright.chromium, need("chromium", "publishing from a browser"),
            "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
        try:
            yield browser
        finally:
            browser.close()


def open_camera(browser: Browser, program: Program, key: str = "") -> Page:
    """The publisher page with a picture."""
    context = browser.new_context(viewport={"width": 390, "height": 780})
    context.grant_permissions(["camera", "microphone"])
    page = context.new_page()
    page.goto(program.url("/live/publish"))
    if key:
        page.fill("#key", key)
    page.select_option("#size", "640x360@1000")
    page.click("#camera")
    page.wait_for_function("() => document.querySelector('#preview').videoWidth > 0", timeout=10000)
    return page


def go_live(page: Page) -> None:
    """Publishes, until the server has media of the stream."""
    page.click("#start")
    page.wait_for_function(
        "() => document.querySelector('#status').textContent.startsWith('You are live')",
        timeout=20000)


@pytest.mark.timeout(90)
def test_camera_of_a_page_is_played(camera_browser: Browser, streamer) -> None:
    """Nothing starts without a click; another page plays camera and sound, and is counted."""
    program = streamer(*SOURCE, "--publish-key", KEY, defaults=False)
    page = open_camera(camera_browser, program, KEY)
    assert page.evaluate("() => __publisher.state") == "idle"
    go_live(page)
    assert program.logged("publish-started")
    with viewer(camera_browser) as view:
        view.open(program.url("/live/?player=webcodecs"))
        view.page.wait_for_function("() => (window.__player?.framesShown ?? 0) > 60", timeout=15000)
        page.wait_for_function("() => __publisher.audience.latency > 0", timeout=10000)
        found = []
        for _ in range(20):
            view.watch(0.25)
            found.append(view.page.evaluate("() => __player.latencyMs"))
        print(f"latency: median {median(found):.0f} ms, max {max(found):.0f} ms; "
              f"page: {page.evaluate('() => __publisher.audience')}")
        assert 0 < median(found) < 400
        assert view.page.evaluate("() => __player.sound")
    page.click("#start")
    assert page.inner_text("#status") == "Stopped."
    page.context.close()


def test_page_permits_only_what_it_needs(streamer) -> None:
    """The camera is permitted on this page only, and no other page may embed it."""
    program = streamer(*SOURCE, defaults=False)
    fields = get(program.port, "/live/publish").headers
    assert "camera=(self)" in fields["permissions-policy"]
    assert fields["content-security-policy"] == "frame-ancestors 'none'"
    assert "permissions-policy" not in get(program.port, "/live/").headers
