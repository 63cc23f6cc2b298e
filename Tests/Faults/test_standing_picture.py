# SPDX-License-Identifier: Apache-2.0
"""A picture never stands still for more than 3 s while a rendition has newer media.

The remedies of the page, and their times, are tested without a browser for each kind of player
(client/test/watchdog.test.mjs), and so is the choice of another rendition (avoidance.test.mjs,
missing-renditions.test.mjs). Here each player has causes, and each cause has players.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from fetch_hlsjs import script_flags
from harness import stillness
from harness.browser import Viewer, viewer
from harness.program import Program, start, stop
from harness.supervisor import Supervisor

FAULTS = Path(__file__).resolve().parent.parent / "harness/picturefaults.js"
# The cause is at the shown rendition, or at the buffer or decoder. Each cause of a rendition is met
# by two of: requests, messages of a WebSocket, requests of scripts. Source buffers and
# decoders hang, and fail.
CASES = (
    ("frames", "gone"), ("frames", "truncated"), ("frames", "decoder"),
    ("ws", "silent"), ("ws", "stuck"),
    ("webcodecs", "gap"), ("webcodecs", "decoder"),
    ("webcodecs-http", "silent"), ("webcodecs-http", "stuck"),
    ("hlsjs", "gap"), ("hlsjs", "truncated"), ("hlsjs", "stuck"),
    ("dashjs", "gone"), ("dashjs", "decoder"),
)
# The promise of the page, in its own time, s. On a busy machine a page without a cause stands too,
# for a time that is measured beside it.
LIMIT = 3.0
FRAMES = 60
# The frames that show that a page plays on beside a cause, four seconds at 30 per second.
PLAYS_ON = 120
WITHIN = 60000  # ms
GAP_PART = re.compile(r"(#EXT-X-PART:(?![^\n]*GAP=YES)[^\n]*)")
REMEDY = "stands still"


@pytest.fixture(scope="module")
def ladder(binary: Path) -> Iterator[Program]:
    """A ladder of two renditions, with hls.js and dash.js as far as they are available."""
    flags = ["--rendition", "640x360@700", "--rendition", "320x180@250", *script_flags()]
    if dash := os.environ.get("DASHJS"):
        flags += ["--dashjs", dash]
    program = start(flags)
    yield program
    stop(program)


@pytest.fixture(scope="module")
def calm(browser: Browser, ladder: Program) -> Iterator[Page]:
    """A page without a cause, which plays beside the others."""
    with viewer(browser) as view:
        stillness.measure(view.page)
        view.open(ladder.url("/"))
        view.wait_playing(frames=FRAMES)
        yield view.page


def address(player: str) -> str:
    """The page with one player."""
    return f"/?player={player.removesuffix('-http')}"


def opened(view: Viewer, ladder: Program, player: str) -> Page:
    """A page that plays."""
    page = view.page
    if player == "webcodecs-http":
        view.context.add_init_script("delete globalThis.WebSocket")
    view.context.add_init_script(path=str(FAULTS))
    stillness.measure(page)
    view.open(ladder.url(address(player)))
    page.wait_for_function("n => (window.__player?.framesShown ?? 0) > n", arg=FRAMES,
                           timeout=WITHIN)
    assert page.evaluate("() => __player.player") == player.removesuffix("-http")
    view.watch(1)
    return page


def shown_rendition(view: Viewer) -> str:
    """The name of the rendition that is shown."""
    if name := view.page.evaluate("() => __player.rendition"):
        return str(name)
    used = [match[1] for url in view.requests
            if (match := re.search(r"/(\d+p)/segment\d+[^/]*\.m4s", url))]
    return used[-1]


class Routes:
    """The same faults for XMLHttpRequests, which hls.js and dash.js send."""

    def __init__(self, page: Page, kind: str, rendition: str) -> None:
        self.kind = kind
        self.isOn = True
        page.route(re.compile(rf"/{rendition}/[^/]*\.(m4s|m3u8)"), self.answer)

    def answer(self, route: Route) -> None:
        """Answers one request."""
        url = route.request.url
        try:
            if not self.isOn:
                route.continue_()
            elif self.kind == "gone":
                route.fulfill(status=404)
            elif ".m3u8" in url:
                self.playlist(route)
            elif self.kind == "silent":
                pass
            elif self.kind == "gap":
                route.fulfill(body=b"\0\0\0\x18stypmsdh\0\0\0\0msdhmsix", content_type="video/mp4")
            else:
                body = route.fetch().body()
                route.fulfill(body=body[:len(body) // 2], content_type="video/mp4")
        except Exception as error:
            if "closed" not in str(error):
                raise

    def playlist(self, route: Route) -> None:
        """A playlist whose newest segments are gaps, or one as it is."""
        if self.kind != "gap":
            route.continue_()
            return
        text = route.fetch().text()
        lines = GAP_PART.sub(r"\1,GAP=YES", text).replace("#EXTINF", "#EXT-X-GAP\n#EXTINF")
        route.fulfill(body=lines, content_type="application/vnd.apple.mpegurl")


def disturbed(
        view: Viewer, calm: Page, ladder: Program, player: str, cause: str) -> list[str]:
    """Plays while the cause lasts; the faults of the page."""
    page = opened(view, ladder, player)
    rendition = shown_rendition(view)
    is_own = player not in ("hlsjs", "dashjs")
    if not is_own and cause not in ("stuck", "decoder"):
        Routes(page, cause, rendition)
    stillness.begin(page)
    stillness.begin(calm)
    page.evaluate("fault => { window.__fault = fault; }", {"kind": cause, "rendition": rendition})
    page.wait_for_function("n => __player.framesShown > n", timeout=WITHIN,
                           arg=page.evaluate("() => __player.framesShown") + PLAYS_ON)
    found, reference = stillness.found(page), stillness.found(calm)["page"]
    state: dict[str, Any] = page.evaluate(
        "() => ({ applied: __faultsApplied, shown: __player.rendition,"
        " errors: __player.errors.map(({ text }) => text) })")
    print(f"{player} {cause} at {rendition}: {found} {state}; another page stood still for "
          f"{reference} s")
    wrong = []
    if (is_own or cause in ("stuck", "decoder")) and state["applied"] == 0:
        wrong.append("the fault had no effect")
    if found["page"] > LIMIT + reference:
        wrong.append(f"{found['page']} s of the page without a new frame")
    if cause in ("gone", "gap") and player != "dashjs" and state["shown"] == rendition:
        wrong.append(f"{rendition} is shown still")
    return wrong


@pytest.mark.timeout(150)
@pytest.mark.parametrize(("player", "cause"), CASES)
def test_the_picture_moves_again(player: str, cause: str, browser: Browser, ladder: Program,
                                 calm: Page, request: pytest.FixtureRequest) -> None:
    """While the cause lasts: another rendition, or another buffer or decoder."""
    if player in ("dashjs", "hlsjs"):
        request.getfixturevalue(player)
    with viewer(browser) as view:
        wrong = disturbed(view, calm, ladder, player, cause)
    assert not wrong, wrong


@pytest.mark.timeout(90)
@pytest.mark.parametrize("player", ["frames", "webcodecs", "hlsjs"])
def test_a_paused_or_hidden_player_is_left_alone(player: str, browser: Browser, ladder: Program,
                                                 request: pytest.FixtureRequest) -> None:
    """No remedy while the viewer pauses, nor while the page is hidden; afterwards it plays."""
    if player in ("dashjs", "hlsjs"):
        request.getfixturevalue(player)
    with viewer(browser) as view:
        page = opened(view, ladder, player)
        page.keyboard.press("k")
        view.watch(4)
        assert page.evaluate("() => document.querySelector('video').paused")
        page.keyboard.press("k")
        view.watch(3)
        page.evaluate("""() => {
          Object.defineProperty(document, 'hidden', { get: () => true, configurable: true });
          document.dispatchEvent(new Event('visibilitychange'));
          document.querySelector('video').requestVideoFrameCallback = () => 0;
        }""")
        view.watch(4)
        page.evaluate("""() => {
          delete document.hidden;
          document.dispatchEvent(new Event('visibilitychange'));
        }""")
        errors = page.evaluate("() => __player.errors.map(({ text }) => text)")
        assert not [text for text in errors if REMEDY in text], errors
        stillness.begin(page)
        shown = page.evaluate("() => __player.framesShown")
        if player.startswith("webcodecs"):
            page.wait_for_function("n => __player.framesShown > n + 30", arg=shown,
                                   timeout=WITHIN)
        assert page.evaluate("() => __player.player") == player.removesuffix("-http")


@pytest.mark.timeout(90)
@pytest.mark.parametrize("player", ["ws", "webcodecs-http", "hlsjs"])
def test_an_absent_server_is_no_cause(player: str, browser: Browser, binary: Path,
                                      request: pytest.FixtureRequest) -> None:
    """While the server is away no player is restarted or replaced; it plays after the return."""
    if player == "hlsjs":
        request.getfixturevalue(player)
    supervisor = Supervisor(["--resolution", "320x180", "--bitrate", "300", *script_flags()])
    try:
        supervisor.run()
        with viewer(browser) as view:
            if player == "webcodecs-http":
                view.context.add_init_script("delete globalThis.WebSocket")
            view.open(f"http://127.0.0.1:{supervisor.port}{address(player)}")
            page = view.page
            page.wait_for_function("n => (window.__player?.framesShown ?? 0) > n", arg=FRAMES,
                                   timeout=WITHIN)
            supervisor.kill()
            view.watch(6)
            errors = page.evaluate("() => __player.errors.map(({ text }) => text)")
            assert not [text for text in errors if REMEDY in text], errors
            shown = page.evaluate("() => __player.framesShown")
            supervisor.run()
            page.wait_for_function("n => __player.framesShown > n + 60", arg=shown,
                                   timeout=WITHIN)
            assert page.evaluate("() => __player.player") == player.removesuffix("-http")
    finally:
        supervisor.close()
