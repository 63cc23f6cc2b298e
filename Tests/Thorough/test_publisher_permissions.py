# SPDX-License-Identifier: Apache-2.0
"""Requests of the publisher page to the browser: hosts, devices, screen lock, sizes."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from harness.program import Program
from harness.publisherpage import PublisherPage
from harness.waiting import wait_until
from test_canvas_publisher import KEY, SOURCE, publishing

NOTES = """
  window.noted = { devices: 0, violations: [], locks: 0, released: 0 };
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
    noted.violations.push(`${violatedDirective} ${blockedURI}`);
  });
  const open = navigator.mediaDevices.getUserMedia;
  navigator.mediaDevices.getUserMedia = (...asked) => {
    noted.devices += 1;
    return open(...asked);
  };
  Object.defineProperty(navigator, 'wakeLock', { value: { request: async () => {
    noted.locks += 1;
    return { release: async () => { noted.released += 1; } };
  } } });
"""
REFUSED = """navigator.mediaDevices.getUserMedia = async () => {
  throw new DOMException('refused', 'NotAllowedError');
};"""


@pytest.mark.timeout(60)
def test_a_session_reaches_no_other_host_and_breaks_no_policy(
        browser: Browser, streamer: Callable[..., Program]) -> None:
    """From the opening of the page to its stop; a phone's screen stays on while it is live."""
    program = streamer(*SOURCE, defaults=False)
    page = PublisherPage(browser, program.url("/live/publish"),
                         script=NOTES, key=KEY)
    urls: list[str] = []
    page.page.on("request", lambda request: urls.append(request.url))
    page.page.on("websocket", lambda socket: urls.append(socket.url))
    with page:
        page.page.reload()
        assert page.page.evaluate("() => noted.devices") == 0, "nothing starts without a click"
        page.page.fill("#key", KEY)
        page.page.click("#camera")
        page.page.wait_for_function(
            "() => document.querySelector('#preview').videoWidth > 0", timeout=10000)
        assert page.page.evaluate("() => [noted.devices, noted.locks]") == [1, 0]
        page.go_live()
        assert page.page.evaluate("() => [noted.locks, noted.released]") == [1, 0]
        page.page.click("#pause")
        page.start()
        wait_until(lambda: page.page.evaluate("() => noted.released") == 1, 5, "the screen's lock")
        assert page.page.evaluate("() => noted.violations") == []
    hosts = {urlsplit(url).netloc for url in urls if not url.startswith(("data:", "blob:"))}
    assert hosts == {f"127.0.0.1:{program.port}"}, urls
    assert any(url.startswith("ws:") for url in urls)
    assert not any(KEY in url for url in urls), "the key is in no address"


@pytest.mark.timeout(60)
def test_a_refused_camera_is_told(browser: Browser, streamer: Callable[..., Program]) -> None:
    """The page says so, and can be tried again."""
    program = streamer(*SOURCE, defaults=False)
    context = browser.new_context()
    try:
        page = context.new_page()
        page.add_init_script(script=REFUSED)
        page.goto(program.url("/live/publish"))
        page.click("#camera")
        page.wait_for_function(
            "() => document.querySelector('#status').textContent.includes('not permitted')")
        assert page.is_disabled("#start") and page.is_enabled("#camera")
    finally:
        context.close()


@pytest.mark.timeout(60)
def test_a_live_page_fits_a_phone(browser: Browser, streamer: Callable[..., Program]) -> None:
    """Upright and turned: nothing is wider than the screen, and "Stop" is on it."""
    program = streamer(*SOURCE, defaults=False)
    with publishing(browser, program) as page:
        for width, height in ((320, 568), (390, 780), (780, 390)):
            page.page.set_viewport_size({"width": width, "height": height})
            page.page.wait_for_timeout(200)
            wide = page.page.evaluate(
                "() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
            place = page.page.locator("#start").bounding_box()
            assert wide <= 0 and place, (width, wide)
            assert place["x"] >= 0 and place["x"] + place["width"] <= width, (width, place)
            assert place["height"] >= 40 and place["y"] + place["height"] <= height, (height, place)
