# SPDX-License-Identifier: Apache-2.0
"""Consumers that are players of pages, in Chromium, on a page of another origin."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser
from playwright.sync_api import Error as PageError

from consumer import CHUNKED, HLS, MPD, MPD_PAGES, PAGES, Consumer, Order, Playing
from fetch_hlsjs import fetch_hlsjs
from fetch_package import PackagedFile
from harness.browser import SMALL, Viewer
from harness.dashscript import dashjs_file
from harness.site import site
from harness.tools import chromium
from pictures import Picture

SCRIPT = Path(__file__).parent / "players/play.js"
PAGE = ("<!doctype html><title>-</title><body><video id=video muted autoplay playsinline "
        "crossorigin=anonymous width=640></video>{scripts}</body>")
# The build of Video.js for browsers (Apache-2.0), with its player of HLS.
VIDEOJS = PackagedFile(
    "js.videojs==7.5.5", ("js.videojs-7.5.5/js/videojs/resources/video.min.js",),
    "9fc57b49cdcfa478396b186bdd03fdaa108b8975e58d156f41bc011056388728", "video-7.5.5.min.js")


class Browsers:
    """The browser of a test; pages of consumers are opened in it."""

    running: Browser | None = None


class PagePlaying(Playing):
    """A page that plays."""

    def __init__(self, kind: str, script: Path | None, is_low: bool, order: Order) -> None:
        super().__init__()
        assert Browsers.running
        self._stack = ExitStack()
        files = {"/play.js": ("text/javascript", SCRIPT.read_bytes())}
        tags = "<script src=/play.js></script>"
        if script:
            files["/player.js"] = ("text/javascript", script.read_bytes())
            tags = "<script src=/player.js></script>" + tags
        address = self._stack.enter_context(site(PAGE.format(scripts=tags), files=files))
        self.view = Viewer(Browsers.running, SMALL)
        self._stack.callback(self.view.close)
        self.view.open(address, is_parsed=True)
        self.view.page.evaluate(
            "([kind, isLow, ...more]) => { window.__lowLatency = isLow; play(kind, ...more); }",
            [kind, is_low, order.url, order.offset, order.clear_key, order.key])
        self._read = 0

    def update(self) -> None:
        """Reads the samples of the probe."""
        try:
            found, ended = self.view.page.evaluate(
                "n => [window.__lab.samples.slice(n).map(s => s.slice(0, 2)), "
                "!!window.__ended]", self._read)
        except PageError:
            self.has_ended = True
            return
        self._read += len(found)
        self.pictures += [Picture(at / 1000, clock) for at, clock in found]
        self.has_ended = ended

    def said(self) -> str:
        """Messages of the player and of the page."""
        try:
            data = self.view.data()
            said = self.view.page.evaluate("window.__said")
        except PageError as error:
            return str(error)
        state = {name: data["state"][name] for name in ("currentTime", "readyState", "paused")}
        return "\n".join(map(str, [*said[-6:], state, *data["errors"][-2:],
                                   *self.view.page_errors[-3:], *data["bad_responses"][-3:]]))

    def close(self) -> None:
        """Closes the page and its site."""
        self._stack.close()


@dataclass(frozen=True)
class PagePlayer(Consumer):
    """A player of pages: its kind in `play.js`, and its script."""

    kind: str
    tool: str = ""
    script: Callable[[], Path | None] = lambda: None
    is_low: bool = False

    @property
    def plays_files(self) -> bool:
        """The element of the browser plays files, scripts play playlists."""
        return self.kind == "native"

    def missing(self) -> str:
        """Chromium, or the script."""
        if chromium() is None:
            return "chromium"
        return self.tool if self.tool and self.script() is None else ""

    def play(self, order: Order) -> Playing:
        """Opens a page."""
        return PagePlaying(self.kind, self.script(), self.is_low, order)


def given(variable: str) -> Path | None:
    """The file that a variable names; None without one."""
    path = Path(os.environ.get(variable, ""))
    return path if path.is_file() else None


def fetched(fetch: Callable[[], Path]) -> Path | None:
    """A file of a package; None if it is not available."""
    try:
        return fetch()
    except (RuntimeError, OSError):
        return None


def hlsjs() -> Path | None:
    """hls.js."""
    return fetched(fetch_hlsjs)


def videojs() -> Path | None:
    """Video.js, by VIDEOJS or from its package."""
    return given("VIDEOJS") or fetched(VIDEOJS.fetch)


def shaka() -> Path | None:
    """Shaka Player, by SHAKA: no registry has it."""
    return given("SHAKA")


PAGE_ROWS = (
    PagePlayer("Chromium", HLS, PAGES, "native"),
    PagePlayer("hls.js", HLS, PAGES, "hlsjs", "hls.js", hlsjs, True),
    PagePlayer("hls.js plain", HLS, PAGES, "hlsjs", "hls.js", hlsjs),
    PagePlayer("Video.js", HLS, PAGES, "videojs", "Video.js (VIDEOJS)", videojs),
    PagePlayer("Video.js chunked", CHUNKED, PAGES, "videojs", "Video.js (VIDEOJS)", videojs),
    PagePlayer("dash.js MPD", MPD, MPD_PAGES, "dashjs", "dash.js (DASHJS)", dashjs_file),
    PagePlayer("Shaka", HLS, MPD_PAGES, "shaka", "Shaka Player (SHAKA)", shaka),
    PagePlayer("Shaka MPD", MPD, MPD_PAGES, "shaka", "Shaka Player (SHAKA)", shaka),
)
