# SPDX-License-Identifier: Apache-2.0
"""The publisher page `/S/publish` in Chromium, with the burned clock as its camera."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page

from harness.browser import CRC

CAMERA = Path(__file__).with_name("canvascamera.js")
# The size and rate that the page asks for.
SIZE = "640x360@1000"
LIVE = "() => document.querySelector('#status').textContent.startsWith('You are live')"


class PublisherPage:
    """One publisher page, in a context of its own, whose camera is a canvas."""

    def __init__(self, browser: Browser, url: str, *, key: str = "", offset: int = 0,
                 script: str = "") -> None:
        """`offset` in ms is added to the clock that is drawn; `script` runs before the page's."""
        self.context = browser.new_context(viewport={"width": 390, "height": 780})
        self.context.add_init_script(script=CRC.read_text() + CAMERA.read_text() + script)
        self.page: Page = self.context.new_page()
        self.page.goto(url)
        self.page.evaluate("ms => { canvasCamera.offset = ms; }", offset)
        if key:
            self.page.fill("#key", key)
        self.page.select_option("#size", SIZE)
        self.page.click("#camera")
        self.page.wait_for_function(
            "() => document.querySelector('#preview').videoWidth > 0", timeout=10000)

    def __enter__(self) -> PublisherPage:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def start(self) -> None:
        """Asks for the permission to publish."""
        self.page.click("#start")

    def wait_live(self) -> None:
        """Waits until the server has media of the stream."""
        self.page.wait_for_function(LIVE, timeout=20000)

    def go_live(self) -> None:
        """Publishes, until the server has media of the stream."""
        self.start()
        self.wait_live()

    @property
    def state(self) -> str:
        """The state of the publisher."""
        return self.page.evaluate("() => __publisher.state")

    @property
    def status(self) -> str:
        """The state that the page shows."""
        return self.page.inner_text("#status")

    def wait_state(self, state: str, within: float = 10) -> None:
        """Waits for a state of the publisher."""
        self.page.wait_for_function(
            "state => __publisher.state === state", arg=state, timeout=within * 1000)

    def shown(self, name: str) -> float | None:
        """A figure of the page in ms; None while it has none."""
        words = self.page.inner_text(f"#{name}").split()
        return float(words[0]) if len(words) == 2 and words[1] == "ms" else None
