#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the pages of the client in each state, both schemes and three sizes.

    .venv/bin/python Tests/page_pictures.py [NAME ...]

With names, only pages whose names contain one of them. The pages are those of client/, so that no
build is needed after a change; the built program supplies media, and documents of a server are made
up. The pictures are in .build/page-pictures, for people: no test compares them.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from harness.browser import PHONE, launch
from harness.pagestates import each_state, many, statistics, stream
from harness.program import Program, start, stop
from harness.tools import need

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / ".build/page-pictures"
SIZES = {"desktop": (1440, 900), "tablet": (820, 1180), "phone": (390, 844)}
FLAGS = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
         # A page that a test supplies counts as one of another network.
         "--disable-features=LocalNetworkAccessChecks")
DENIED = """navigator.mediaDevices.getUserMedia = async () => {
  throw new DOMException('refused', 'NotAllowedError'); };"""
FILES = {"/": "list.html", "/wall": "wall.html", "/stats": "stats.html",
         "/show/publish": "publish.html", "/closed/publish": "publish.html"}


@dataclass
class State:
    """A page in a state: what the server answers, and what a person has done."""

    path: str
    answers: dict[str, Any] = field(default_factory=dict)
    steps: Callable[[Page], object] = lambda _: None
    seconds: float = 2.5
    script: str = ""
    schemes: tuple[str, ...] = ("dark", "light")


def go_live(page: Page) -> None:
    """Publishes the drawn camera."""
    page.select_option("#size", "640x360@1000")
    page.click("#camera")
    page.wait_for_function("() => document.querySelector('#preview').videoWidth > 0")
    page.click("#start")


def refuse(page: Page) -> None:
    """Publishes with a wrong key."""
    page.fill("#key", "wrong")
    go_live(page)


def lose(page: Page) -> None:
    """The server does not answer any longer."""
    page.wait_for_timeout(3000)
    page.context.set_offline(True)


STREAMS, STATISTICS = "**/streams.json", "**/stats.json*"
STATES = {
    "streams": State("/", seconds=6),
    "streams-states": State("/", {STREAMS: each_state()}),
    "streams-one": State("/", {STREAMS: [stream("gate", "North gate")]}),
    "streams-many": State("/", {STREAMS: many()}, seconds=4),
    "streams-none-found": State("/", {STREAMS: many()}, lambda page: page.fill("#query", "cellar")),
    "streams-empty": State("/", {STREAMS: []}),
    "streams-gone": State("/", steps=lose, seconds=4),
    "wall": State("/wall?streams=gate,street,stage,dock,yard,show", seconds=8, schemes=("dark",)),
    "wall-only": State("/wall?streams=gate,street", steps=lambda page: page.locator(
        ".tile").first.click(), seconds=5, schemes=("dark",)),
    "wall-edit": State("/wall?streams=gate,street,stage,dock", steps=lambda page: page.click(
        "#edit"), seconds=5, schemes=("dark",)),
    "wall-pick": State("/wall", steps=lambda page: page.click("#choose-first"), seconds=4,
                       schemes=("dark",)),
    "wall-empty": State("/wall", schemes=("dark",)),
    "publish": State("/show/publish"),
    "publish-live": State("/show/publish", steps=go_live, seconds=4),
    "publish-denied": State("/show/publish", steps=lambda page: page.click("#camera"),
                            script=DENIED),
    "publish-key": State("/closed/publish", steps=refuse),
    "stats": State("/stats", {STATISTICS: statistics()}),
    "stats-quiet": State("/stats", {STATISTICS: statistics(is_quiet=True)}),
    "stats-stream": State("/stats#stage", {STATISTICS: statistics()}),
}


def settings(folder: Path) -> Path:
    """The configuration of a program with streams for these states."""
    pages = [{"stream": "show", "name": "Evening show", "testSrc": False, "source": "page"},
             {"stream": "closed", "name": "Members", "testSrc": False, "source": "page",
              "publishKey": "0123456789abcdef0123456789abcdef"}]
    patterns = [{"stream": "gate", "name": "North gate"},
                {"stream": "street", "name": "Harbour street"},
                {"stream": "stage", "name": "Main stage"},
                {"stream": "dock", "name": "Loading dock"}]
    lost = [{"stream": "yard", "name": "Back yard", "testSrc": False,
             "input": "rtsp://127.0.0.1:9/"}]
    path = folder / "streams.json"
    path.write_text(json.dumps({
        "host": "127.0.0.1", "httpPort": 0, "testSrc": True, "resolution": "640x360",
        "framerate": 15, "bitrate": 300, "stats": "open", "archive": str(folder / "archive"),
        "dvr": "1h", "streams": [*patterns, *lost, *pages]}))
    return path


def draw(browser: Browser, program: Program, name: str, state: State, size: str,
         scheme: str) -> None:
    """One picture; faults of the page are printed."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme,
        **({} if size == "desktop" else PHONE))
    page = context.new_page()
    page.on("pageerror", lambda error: print(f"{name}: {error}"))
    page.add_init_script(script=state.script)
    for path, file in FILES.items():
        page.route(lambda url, path=path: url.split("?")[0] == program.url(path),
                   lambda route, _, file=file: route.fulfill(
                       path=ROOT / "client" / file, content_type="text/html; charset=utf-8"))
    for pattern, answer in state.answers.items():
        page.route(pattern, lambda route, _, answer=answer: route.fulfill(json=answer))
    page.goto(program.url(state.path))
    state.steps(page)
    page.wait_for_timeout(state.seconds * 1000)
    wide = page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        print(f"{name}-{size}: {wide} px too wide")
    page.screenshot(path=OUTPUT / f"{name}-{size}-{scheme}.png")
    context.close()


def main() -> None:
    """Draws all pictures, or those whose names were given."""
    words = sys.argv[1:]
    OUTPUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright.chromium, need("chromium", "pictures"), *FLAGS)
        program = start(["-c", str(settings(Path(folder)))], defaults=False)
        try:
            for name, state in STATES.items():
                if words and not any(word in name for word in words):
                    continue
                for size in SIZES:
                    for scheme in state.schemes:
                        draw(browser, program, name, state, size, scheme)
                print(name)
        finally:
            stop(program)
            browser.close()


if __name__ == "__main__":
    main()
