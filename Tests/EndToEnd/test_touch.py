# SPDX-License-Identifier: Apache-2.0
"""Player page and <live-player> on a touch screen: each control is reached by taps alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from harness.browser import LARGE, PHONE, PHONE_SIZE, Viewer, viewer
from harness.program import Program, start, stop
from harness.site import site
from harness.waiting import wait_until
from test_time_bar import extent, wait_behind, wait_bar

FLAGS = ("--resolution", "640x360", "--bitrate", "600", "--audio", "tone", "--dvr", "1h",
         "--playlist-length", "6", "--max-files", "8")
ELEMENT = """<!doctype html><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><style>body {{ margin: 0 }}</style>
<script type="module" src="{module}"></script>
<live-player src="{source}" timebar controls muted autoplay></live-player>"""
# The document of the page, or the shadow root of the element.
ROOT = "(document.querySelector('live-player')?.shadowRoot ?? document)"
IS_SHOWN = f"() => !{ROOT}.getElementById('stage').classList.contains('idle')"
IS_HIDDEN = f"() => {ROOT}.getElementById('stage').classList.contains('idle')"
VIDEO = f"{ROOT}.getElementById('video')"
# Notes whether the controls are shown when a person would tap again, by the clock of the page.
NOTE_LATER = f"""() => addEventListener('pointerup', () => setTimeout(
  () => {{ window.__shownLater = ({IS_SHOWN})(); }}, 600), {{ capture: true, once: true }})"""


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory, binary: Path) -> Iterator[Program]:
    """A program whose archive is long enough for a step of ten seconds."""
    program = start([*FLAGS, "--archive", str(tmp_path_factory.mktemp("archive"))])
    try:
        wait_until(lambda: (found := extent(program)).get("to", 0) - found.get("from", 0) > 14,
                   60, "an archive of 14 seconds")
        yield program
    finally:
        stop(program)


@contextmanager
def opened(kind: str, program: Program, view: Viewer) -> Iterator[Page]:
    """The player page, or a page of another origin with the element."""
    html = ELEMENT.format(module=program.url("/player/live-player.js"),
                          source=program.url("/live/"))
    with site(html) as address:
        view.open(program.url("/live/") if kind == "page" else address, is_parsed=True)
        if kind == "page":
            wait_bar(view)
        else:
            wait(view.page, f"() => {ROOT}.getElementById('state')?.textContent === 'Live'", 15)
            view.page.wait_for_selector("#track", state="visible", timeout=10_000)
        yield view.page


def wait(page: Page, condition: str, seconds: float = 10) -> None:
    """Waits until a function of JavaScript returns true."""
    page.wait_for_function(condition, timeout=seconds * 1000)


def tap_picture(page: Page) -> None:
    """A tap on the picture, above all controls."""
    box = page.locator("#stage").bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 12)


def tap(page: Page, control: str) -> None:
    """A tap on a control; it is shown, and nothing lies over it."""
    wait(page, IS_SHOWN)
    page.tap(control, timeout=3000)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", ["page", "element"])
def test_each_control_is_reached_by_taps(past: Program, browser: Browser, kind: str) -> None:
    """Taps show and hide the controls, and reach sound, 10 s back, pause and full screen."""
    # In portrait the controls of the page are docked, and an element is too narrow for a time bar.
    size = (PHONE_SIZE[1], PHONE_SIZE[0])
    with viewer(browser, size, **PHONE) as view, opened(kind, past, view) as page:
        wait(page, IS_HIDDEN)
        page.evaluate(NOTE_LATER)
        tap_picture(page)
        wait(page, "() => window.__shownLater !== undefined")
        assert page.evaluate("() => window.__shownLater"), "the controls vanish after a tap"
        assert not page.evaluate(f"() => {VIDEO}.paused"), "a tap on the picture pauses"
        tap(page, "#sound")
        wait(page, f"() => !{VIDEO}.muted")
        tap_picture(page)
        wait(page, IS_HIDDEN, 2)
        tap_picture(page)
        assert page.evaluate(f"() => {ROOT}.fullscreenElement") is None, "a double click"
        tap(page, "#back")
        wait_age(view, kind)
        wait(page, IS_HIDDEN)
        tap_picture(page)
        tap(page, "#play")
        wait(page, f"() => {VIDEO}.paused")
        view.watch(5.5)
        assert page.evaluate(IS_SHOWN), "the controls of a paused picture are hidden"
        tap(page, "#play")
        wait(page, f"() => !{VIDEO}.paused")
        tap(page, "#full")
        wait(page, f"() => {ROOT}.fullscreenElement?.id === 'stage'")
        tap(page, "#full")
        wait(page, f"() => {ROOT}.fullscreenElement === null")
        assert not view.page_errors


def wait_age(view: Viewer, kind: str) -> None:
    """Waits until the picture is ten seconds old, as the page's clock or the element states."""
    if kind == "page":
        wait_behind(view, 9, 14)
    else:
        view.page.wait_for_function(
            f"() => /0:1[0-9] behind live$/.test({ROOT}.getElementById('track').ariaValueText)",
            timeout=10_000)


@pytest.mark.timeout(90)
def test_docked_controls_are_never_hidden(past: Program, browser: Browser) -> None:
    """A phone in portrait: after 6 s without a touch each control is reached by one tap."""
    with viewer(browser, PHONE_SIZE, **PHONE) as view, opened("page", past, view) as page:
        view.watch(6)
        picture, bar = (page.locator(each).bounding_box() for each in ("#frame", "#bar"))
        assert picture and bar and bar["y"] >= picture["y"] + picture["height"], "over the picture"
        opacity = "() => getComputedStyle(document.getElementById('controls')).opacity"
        assert page.evaluate(opacity) == "1"
        page.tap("#sound", timeout=3000)
        wait(page, f"() => !{VIDEO}.muted")
        page.tap("#back", timeout=3000)
        wait_age(view, "page")
        page.tap("#clip", timeout=3000)
        page.wait_for_selector("#save", timeout=5000)
        page.keyboard.press("Escape")
        page.tap("#full", timeout=3000)
        wait(page, f"() => {ROOT}.fullscreenElement?.id === 'stage'")
        assert not view.page_errors


@pytest.mark.timeout(90)
def test_two_taps_at_a_side_go_back_and_on(past: Program, browser: Browser) -> None:
    """Two taps at the left: 10 s back, and words say so; at the right 10 s on; none pauses."""
    size = (PHONE_SIZE[1], PHONE_SIZE[0])
    with viewer(browser, size, **PHONE) as view, opened("page", past, view) as page:
        for share, seconds, words in ((0.1, (9, 15), "10 s back"), (0.9, (-1, 6), "10 s on")):
            for _ in range(2):
                page.touchscreen.tap(size[0] * share, size[1] / 3)
            wait(page, f"() => document.getElementById('messages').textContent === '{words}'")
            wait_behind(view, *seconds)
            assert not page.evaluate(f"() => {VIDEO}.paused")
            view.watch(1)
        assert not view.page_errors


@pytest.mark.timeout(60)
def test_a_click_pauses_and_a_double_click_fills_the_screen(past: Program,
                                                            browser: Browser) -> None:
    """The mouse on the picture: a click pauses, another one plays, two fill the screen."""
    with viewer(browser, LARGE) as view, opened("page", past, view) as page:
        page.mouse.click(300, 200)
        wait(page, f"() => {VIDEO}.paused")
        view.watch(3.5)
        assert page.evaluate(IS_SHOWN), "the controls of a paused picture are hidden"
        page.mouse.click(300, 200)
        wait(page, f"() => !{VIDEO}.paused")
        page.mouse.dblclick(300, 200)
        wait(page, f"() => {ROOT}.fullscreenElement?.id === 'stage'")
        assert not view.page_errors


@pytest.mark.timeout(60)
def test_open_menus_keep_the_controls(past: Program, browser: Browser) -> None:
    """Settings, figures and a sheet keep them; Escape closes each, and the focus returns."""
    with viewer(browser, LARGE) as view, opened("page", past, view) as page:
        for button, opened_one in (("#settings", "#settings-menu"), ("#figures-button", "#panel"),
                                   ("#share", ".sheet"), ("#shown-at", ".menu.day")):
            page.mouse.move(300, 200)
            page.click(button, timeout=5000)
            page.wait_for_selector(opened_one, state="visible", timeout=5000)
            page.mouse.move(640, 140)
            view.watch(3.5)
            assert page.evaluate(IS_SHOWN), f"the controls vanish while {opened_one} is open"
            page.keyboard.press("Escape")
            page.wait_for_selector(opened_one, state="hidden", timeout=3000)
            if button != "#figures-button":
                assert page.evaluate("() => `#${document.activeElement.id}`") == button
        assert not view.page_errors


@pytest.mark.timeout(60)
def test_the_mouse_on_the_time_bar_keeps_the_controls(past: Program, browser: Browser) -> None:
    """The controls stay while the mouse rests on the time bar, and while it has the focus."""
    with viewer(browser, LARGE) as view, opened("page", past, view) as page:
        box = page.locator("#frame-back").bounding_box()
        assert box
        page.mouse.move(box["x"] - 2, box["y"] + 4)
        view.watch(3.5)
        assert page.evaluate(IS_SHOWN), "the controls vanish under the mouse"
        page.mouse.move(300, 100)
        wait(page, IS_HIDDEN)
        page.keyboard.press("Tab")
        page.focus("#frame-back")
        view.watch(3.5)
        assert page.evaluate(IS_SHOWN), "the controls vanish although one has the focus"
