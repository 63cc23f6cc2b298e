# SPDX-License-Identifier: Apache-2.0
"""The publisher page and the wall under a finger: each control by a tap, without a pointer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from harness.browser import PHONE, PHONE_SIZE, viewer
from harness.configuration import stream
from harness.program import Program, start, stop
from test_page_design import TARGETS

KEY = "0123456789abcdef0123456789abcdef"
# Controls that a finger does not reach: something else is at their middle.
COVERED = """() => [...(document.querySelector('dialog[open]') ?? document)
  .querySelectorAll('a, button, input, select, summary')]
  .filter((one) => !one.disabled && !one.closest('.sr, .skip, live-player')
    && one.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
  .map((one) => {
    one.scrollIntoView({ block: 'center' });
    const { left, top, width, height } = (one.labels?.[0] ?? one).getBoundingClientRect();
    return [one, document.elementFromPoint(left + width / 2, top + height / 2)];
  })
  .filter(([one, hit]) => hit && !one.contains(hit) && !one.labels?.[0]?.contains(hit))
  .map(([one, hit]) => `${one.outerHTML.slice(0, 80)} below ${hit.outerHTML.slice(0, 80)}`)"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, binary: Path) -> Iterator[Program]:
    """Five streams for the wall, and one that a page publishes with a key."""
    path = tmp_path_factory.mktemp("touch") / "streams.json"
    path.write_text(json.dumps({
        "host": "127.0.0.1", "httpPort": 0, "framerate": 5, "streams": [
            *({**stream(name), "name": f"Gate {name}"} for name in "abcde"),
            stream("show", source="page", publishKey=KEY)]}))
    running = start(["-c", str(path)], defaults=False)
    try:
        yield running
    finally:
        stop(running)


def check_reach(page: Page) -> None:
    """Targets have 44 px, and nothing lies over them."""
    assert page.evaluate(TARGETS) == []
    assert page.evaluate(COVERED) == []


@pytest.mark.timeout(120)
def test_publishing_by_taps(camera_browser: Browser, program: Program) -> None:
    """Camera, key, size, "Go live", mute, pause, address and stop, on a phone."""
    permitted = {"permissions": ["camera", "microphone"]}
    with viewer(camera_browser, (390, 844), **PHONE, **permitted) as view:
        page = view.page
        view.open(program.url("/show/publish"), is_parsed=True)
        page.locator("#first").tap()
        page.wait_for_function("() => document.querySelector('#preview').videoWidth > 0",
                               timeout=20_000)
        check_reach(page)
        page.locator("#key").tap()
        expect(page.locator("#key")).to_be_focused()
        page.keyboard.type(KEY)
        page.select_option("#size", "640x360@1000")
        page.locator("#start").tap()
        expect(page.locator("#status")).to_contain_text("You are live", timeout=30_000)
        check_reach(page)
        for name in ("mute", "pause"):
            button = page.locator(f"#{name}")
            button.tap()
            expect(button).to_have_attribute("aria-pressed", "true")
            button.tap()
            expect(button).to_have_attribute("aria-pressed", "false")
        page.locator("#invite .copy button").tap()
        expect(page.locator("#copied")).not_to_be_empty()
        page.locator("#screen").tap()
        page.locator("#start").tap()
        expect(page.locator("#status")).to_have_text("Stopped.")


@pytest.mark.timeout(120)
def test_the_wall_by_taps_alone(camera_browser: Browser, program: Program) -> None:
    """Pages, one large picture with its menu and sound, order by a drag, and the choice."""
    with viewer(camera_browser, PHONE_SIZE, **PHONE) as view:
        page = view.page
        view.open(program.url("/wall?streams=a,b,c,d,e"), is_parsed=True)
        tiles = page.locator(".tile")
        expect(tiles.nth(4)).to_be_visible(timeout=20_000)
        check_reach(page)
        page.select_option("#layout", "2x2")
        expect(tiles.nth(4)).to_be_hidden()
        page.locator("#next").tap()
        expect(tiles.nth(4)).to_be_visible()
        page.locator("#next").tap()
        tiles.nth(1).tap()
        expect(tiles.nth(0)).to_be_hidden()
        check_reach(page)
        page.get_by_role("button", name="More for Gate b").tap()
        check_reach(page)
        page.get_by_role("menuitemcheckbox", name="Fill the tile").tap()
        expect(page.get_by_role("menuitemcheckbox", name="Fill the tile")).to_be_hidden()
        page.get_by_role("button", name="Sound of Gate b (M)").tap()
        assert not page.evaluate("() => document.querySelectorAll('live-player')[1].muted")
        page.get_by_role("button", name="Only Gate b (Enter)").tap()
        expect(tiles.nth(0)).to_be_visible()
        page.locator("#edit").tap()
        expect(page.locator("#edit-note")).to_be_visible()
        check_reach(page)
        # A finger draws a picture to its place; the page does not scroll meanwhile.
        session = view.context.new_cdp_session(page)
        middle = []
        for index in (0, 1):
            box = tiles.nth(index).bounding_box()
            assert box
            middle.append({"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2})
        # A finger stands still at the end. Chromium takes a tap after a faster one for the end of
        # a fling, and drops it.
        for kind, points in (("touchStart", [middle[0]]), ("touchMove", [middle[1]]),
                             ("touchMove", [middle[1]]), ("touchEnd", [])):
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
            view.watch(0.2)
        order = "() => [...document.querySelectorAll('.tile')].map((tile) => tile.style.order)"
        page.wait_for_function(f"() => ({order})().join('') === '10234'", timeout=5000)
        page.locator("#choose").tap()
        check_reach(page)
        page.locator("#picks label", has_text="Gate e").tap()
        page.locator("#picker-show").tap()
        page.wait_for_function("() => location.search === '?streams=b,a,c,d&layout=2x2'"
                               " || location.search", timeout=5000)
        assert page.evaluate("() => location.search") == "?streams=b,a,c,d&layout=2x2"
        assert not [text for text in view.page_errors if "status of" not in text]
