# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium with the probe in every page."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, sync_playwright

from harness.tunein import PLAYLIST, edge
from harness.waiting import seen_once, wait_until

CRC = Path(__file__).with_name("crc12.js")
PROBE = CRC.read_text() + Path(__file__).with_name("probe.js").read_text()
ARGUMENTS = ["--autoplay-policy=no-user-gesture-required", "--mute-audio"]
# Width and height of a page. To draw 30 frames a second by software in the large one takes 17 % of
# a processor, in the small one 4 %: it is for tests that measure how a page plays.
LARGE, SMALL = (1280, 800), (640, 400)
# A phone in the hand, as Playwright's "Pixel 5" but with one picture element per CSS pixel.
PHONE = {
    "has_touch": True, "is_mobile": True,
    "user_agent": "Mozilla/5.0 (Linux; Android 11; Pixel 5) AppleWebKit/537.36 (KHTML, like Gecko) "
                  "Chrome/120.0.0.0 Mobile Safari/537.36",
}
PHONE_SIZE = (393, 727)
# Arguments of Playwright: without them hidden pages get little time.
UNTHROTTLED = [
    "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
]


def launch(chromium: BrowserType, executable: str | Path, *more: str,
           throttles: bool = False) -> Browser:
    """Starts a Chromium whose pages play by themselves, with more arguments.

    `throttles`: hidden pages get little time, as in the browser of a person.
    """
    arguments = [*ARGUMENTS, *more] + (["--no-sandbox"] if os.geteuid() == 0 else [])
    return chromium.launch(
        executable_path=executable, args=arguments,
        ignore_default_args=UNTHROTTLED if throttles else None)


@contextmanager
def chromium_running(executable: str, *flags: str) -> Iterator[Browser]:
    """A browser with its own profile; it is closed with all its processes."""
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium, executable, *flags)
        try:
            yield browser
        finally:
            browser.close()


class Viewer:
    """One page that plays; `data()` returns the records of the probe."""

    def __init__(self, browser: Browser, size: tuple[int, int] = LARGE, **device: Any) -> None:
        self.context: BrowserContext = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, ignore_https_errors=True, **device)
        self.context.add_init_script(script=PROBE)
        self.page: Page = self.context.new_page()
        self.page_errors: list[str] = []
        self.bad_responses: list[str] = []
        self.requests: list[str] = []
        self.sockets: list[str] = []
        self.opened = 0.0
        self.page.on("pageerror", lambda error: self.page_errors.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("response", self._response)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("websocket", lambda opened: self.sockets.append(opened.url))

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.page_errors.append(f"{message.type}: {message.text}")

    def _response(self, response: Any) -> None:
        if response.status >= 400:
            self.bad_responses.append(f"{response.status} {response.url}")

    def open(self, url: str, *, is_parsed: bool = False) -> None:
        """Opens a page and returns when its document has started to load, or is parsed."""
        self.opened = time.time() * 1000
        self.page.goto(url, wait_until="domcontentloaded" if is_parsed else "commit")

    def watch(self, seconds: float) -> None:
        """Lets the page play for `seconds`."""
        self.page.wait_for_timeout(seconds * 1000)

    def data(self) -> dict[str, Any]:
        """window.__lab with the state of the player and all errors."""
        found = self.page.evaluate(
            "() => { const { state, ...rest } = window.__lab; return { ...rest, state: state() }; }"
        )
        return {**found, "page_errors": self.page_errors, "bad_responses": self.bad_responses}

    def last_clock(self) -> int | None:
        """The burned clock of the newest decoded frame."""
        return self.page.evaluate(
            "() => { const s = window.__lab.samples; for (let i = s.length - 1; i >= 0; i--)"
            " if (s[i][1] !== null) return s[i][1]; return null; }")

    def wait_playing(self, within: float = 60, frames: int = 30) -> None:
        """Waits until `frames` frames with a burned clock were shown."""
        try:
            self.page.wait_for_function(
                "n => window.__lab && window.__lab.samples.filter(s => s[1] !== null).length >= n",
                arg=frames, timeout=within * 1000)
        except Exception:
            data = self.data()
            raise AssertionError(
                f"not playing after {within} s: {data['state']} {data['errors']} "
                f"{self.page_errors[-5:]} {self.bad_responses[-5:]}, "
                f"{len(data['samples'])} frames without a clock") from None

    def wait_live(self, port: int, shown: str = "__player.clock", path: str = PLAYLIST,
                  behind: float = 0, within: float = 30) -> None:
        """Waits until a picture of a segment that is not complete is shown, or `behind` ms earlier.

        `shown` is an expression for the time of the shown picture, in Unix milliseconds. A player
        that waits for whole segments, or stays behind, never shows a picture of the open one.
        """
        wait_until(lambda: (self.page.evaluate(f"() => {shown}") or 0) > edge(port, path) - behind,
                   within, "a picture of the live edge")

    def wait_smooth(self, seconds: float = 3, tries: int = 8) -> None:
        """Asserts that the player of the page plays for `seconds` without a stall, in one try."""
        def has_no_stall() -> bool:
            before = self.page.evaluate("() => __player.stalls.length")
            self.watch(seconds)
            return self.page.evaluate("() => __player.stalls.length") == before

        seen_once(has_no_stall, tries, "playback without a stall")

    def close(self) -> None:
        """Closes the page and its context."""
        self.context.close()


@contextmanager
def viewer(browser: Browser, size: tuple[int, int] = LARGE, **device: Any) -> Iterator[Viewer]:
    """A viewer that is closed at the end; `device` are arguments of `Browser.new_context`."""
    opened = Viewer(browser, size, **device)
    try:
        yield opened
    finally:
        opened.close()
