# SPDX-License-Identifier: Apache-2.0
"""The time bar of the wall: it moves all streams, by mouse, touch and keyboard, in Chromium."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from harness.browser import LARGE, PHONE, PHONE_SIZE, Viewer, viewer
from harness.configuration import stream
from harness.http1 import get
from harness.program import Program, start, stop
from harness.waiting import wait_until

AGES = """() => [...document.querySelectorAll('live-player')]
  .map(({ shownAt }) => shownAt === null ? null : Date.now() / 1000 - shownAt)"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, binary: Path) -> Iterator[Program]:
    """Three streams whose archives have 25 s."""
    folder = tmp_path_factory.mktemp("wall-time")
    path = folder / "streams.json"
    path.write_text(json.dumps({
        "host": "127.0.0.1", "httpPort": 0, "playlistLength": 6, "maxFiles": 8, "framerate": 10,
        "archive": str(folder / "archive"), "dvr": "1h", "streams": [
            stream("live"), stream("gate") | {"name": "North gate"},
            stream("yard") | {"name": "Back yard"}]}))
    running = start(["-c", str(path)], defaults=False)

    def has_past(name: str) -> bool:
        found = json.loads(get(running.port, f"/{name}/dvr.json").text)
        return bool(found.get("to", 0) - found.get("from", 0) > 25)

    try:
        wait_until(lambda: has_past("gate") and has_past("yard"), 60, "an archive of 25 seconds")
        yield running
    finally:
        stop(running)


def open_wall(view: Viewer, program: Program, names: str = "gate,yard") -> Page:
    """The wall with its time bar."""
    view.open(program.url(f"/wall?streams={names}"), is_parsed=True)
    view.page.wait_for_selector("#track", state="visible", timeout=30_000)
    return view.page


def wait_ages(page: Page, least: float, most: float) -> None:
    """Waits until all streams show a picture of this age, within half a second of each other."""
    page.wait_for_function(
        f"([least, most]) => {{ const ages = ({AGES})(); return ages.every((age) => age !== null"
        " && age > least && age < most) && Math.max(...ages) - Math.min(...ages) < 0.5; }",
        arg=[least, most], timeout=30_000)


@pytest.mark.timeout(120)
def test_the_bar_moves_all_streams(browser: Browser, program: Program) -> None:
    """A click goes to an instant, keys go on from there, the calendar opens, "Go live" returns."""
    with viewer(browser, LARGE) as view:
        page = open_wall(view, program)
        track = page.locator("#track")
        expect(track).to_have_attribute("aria-valuetext", "live")
        expect(page.locator("#to-live")).to_be_hidden()
        box = track.bounding_box()
        assert box
        page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2)
        expect(page.locator("#preview")).to_be_visible()
        page.wait_for_function(
            "() => document.querySelector('#preview-still').naturalWidth > 0", timeout=20_000)
        page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2)
        wait_ages(page, 10, 90)
        assert "behind live" in (track.get_attribute("aria-valuetext") or "")
        page.wait_for_function("() => [...document.querySelectorAll('live-player')]"
                               ".every(({ paused }) => !paused)", timeout=20_000)
        track.focus()
        page.keyboard.press("Home")
        wait_ages(page, 20, 120)
        page.keyboard.press("+")
        page.keyboard.press("-")
        page.click("#shown-at")
        expect(page.locator("#go-time")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("#go-time")).to_be_hidden()
        assert page.evaluate("() => document.activeElement.id") == "shown-at"
        page.click("#frame-back")
        expect(page.locator("#together #shown-time")).to_have_text(
            re.compile(r"\d\d:\d\d:\d\d\.\d{3}"))
        page.click("#together #to-live")
        wait_ages(page, -1, 5)
        expect(page.locator("#together #track")).to_have_attribute("aria-valuetext", "live")
        expect(page.locator("#together #to-live")).to_be_hidden()
        # The oldest segment may leave the archive's window while it is asked for.
        errors = [text for text in view.page_errors if "status of 410" not in text]
        assert not errors, [errors, view.bad_responses]


@pytest.mark.timeout(120)
def test_the_bar_under_a_finger(browser: Browser, program: Program) -> None:
    """On a phone a tap and a drag move all streams; targets are 44 px high; nothing is too wide."""
    with viewer(browser, PHONE_SIZE, **PHONE) as view:
        page = open_wall(view, program)
        small = page.evaluate(
            "() => [...document.querySelectorAll('#together button, #track')]"
            ".filter((one) => one.checkVisibility()).map((one) => [one.id || one.title,"
            " one.getBoundingClientRect()]).filter(([, { width, height }]) => width < 44"
            " || height < 44)")
        assert small == []
        box = page.locator("#track").bounding_box()
        assert box
        page.touchscreen.tap(box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2)
        wait_ages(page, 10, 90)
        page.locator("#shown-at").tap()
        low = page.evaluate(
            "() => [...document.querySelectorAll('.menu.day :is(button, input)')]"
            ".filter((one) => one.checkVisibility({ visibilityProperty: true }))"
            ".map((one) => [one.textContent, one.getBoundingClientRect()])"
            ".filter(([, { width, height }]) => width < 44 || height < 44)")
        assert low == []
        page.touchscreen.tap(200, 20)
        expect(page.locator("#go-time")).to_be_hidden()
        page.locator("#to-live").tap()
        wait_ages(page, -1, 5)
        wide = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(wide)


@pytest.mark.timeout(120)
def test_the_union_of_the_archives(browser: Browser, program: Program) -> None:
    """The bar begins with the oldest media of any stream; a gap is a time that no stream kept."""
    def answer(route: Route) -> None:
        found, name = route.fetch().json(), route.request.url.split("/")[-2]
        if name == "live":
            found = {"archive": False}
        else:
            first, shift = found["to"] - 1000, 0 if name == "gate" else 20
            found |= {"from": first + shift, "gaps": [[first + 300 + shift, first + 400 + shift]]}
        route.fulfill(json=found)

    with viewer(browser, LARGE) as view:
        view.page.route("**/dvr.json*", answer)
        # The first stream has no archive: the others have a past together.
        page = open_wall(view, program, "live,gate,yard")
        page.wait_for_function("() => document.querySelectorAll('#gaps i').length === 1",
                               timeout=30_000)
        gap, rail = page.locator("#gaps i").bounding_box(), page.locator("#rail").bounding_box()
        assert gap and rail
        # 320 to 400 s of 1000, in which both have none.
        assert abs((gap["x"] - rail["x"]) / rail["width"] - 0.32) < 0.02
        assert abs(gap["width"] / rail["width"] - 0.08) < 0.02
        least, now = (float(page.get_attribute("#track", f"aria-value{end}") or 0)
                      for end in ("min", "max"))
        assert 990 < now - least < 1060


@pytest.mark.timeout(60)
def test_without_an_archive_there_is_no_bar(browser: Browser, program: Program) -> None:
    """Streams that keep nothing have no bar, and its code is not loaded."""
    with viewer(browser) as view:
        page = view.page
        page.route("**/dvr.json*", lambda route: route.fulfill(json={"archive": False}))
        view.open(program.url("/wall?streams=live"), is_parsed=True)
        page.wait_for_function(
            "() => document.querySelector('live-player').shownAt !== null", timeout=30_000)
        view.watch(3)
        assert page.locator("#together").is_hidden()
        assert not [url for url in view.requests if "live-player-later" in url]
