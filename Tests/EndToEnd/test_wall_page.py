# SPDX-License-Identifier: Apache-2.0
"""The wall: names, layouts, pages, order, one sound and one large picture, in Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from harness.browser import PHONE, PHONE_SIZE, viewer
from harness.program import Program, start, stop

# The names of the tiles that are shown, by their places.
SHOWN = """() => [...document.querySelectorAll('.tile')].filter((tile) => tile.checkVisibility())
  .map((tile) => [tile.getBoundingClientRect(), tile.querySelector('h2').textContent])
  .sort(([a], [b]) => Math.round(a.top - b.top) || a.left - b.left).map(([, name]) => name)"""
HEARD = """() => [...document.querySelectorAll('live-player')].filter(({ muted }) => !muted)
  .map((player) => player.parentElement.querySelector('h2').textContent)"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, binary: Path) -> Iterator[Program]:
    """Six small streams with names for people."""
    settings = {
        "host": "127.0.0.1", "httpPort": 0, "testSrc": True, "resolution": "320x180",
        "framerate": 5, "bitrate": 60,
        "streams": [{"stream": name, "name": f"Gate {name}"} for name in "abcdef"]
    }
    path = tmp_path_factory.mktemp("wall") / "streams.json"
    path.write_text(json.dumps(settings))
    running = start(["-c", str(path)], defaults=False)
    try:
        yield running
    finally:
        stop(running)


def wait_shown(page: Page, names: str) -> None:
    """Waits until these tiles are shown, in this order."""
    page.wait_for_function(f"names => ({SHOWN})().join(' ') === names",
                           arg=" ".join(f"Gate {name}" for name in names), timeout=10000)


@pytest.mark.timeout(60)
def test_names_layouts_and_pages(browser: Browser, program: Program) -> None:
    """Six streams have one large picture; another layout has pages, whose players alone exist."""
    with viewer(browser) as view:
        page = view.page
        view.open(program.url("/wall?streams=a,b,c,d,e,f"), is_parsed=True)
        page.wait_for_function(f"() => ({SHOWN})().length === 6", timeout=10000)
        page.wait_for_function("() => document.querySelector('.tile h2').textContent === 'Gate a'")
        sizes = page.evaluate("() => [...document.querySelectorAll('.tile')]"
                              ".map((tile) => Math.round(tile.clientWidth))")
        assert sizes[0] > 1.9 * sizes[1] and len(set(sizes[1:])) == 1
        page.click("#layouts button:has-text('2 × 2')")
        wait_shown(page, "abcd")
        assert page.locator("live-player").count() == 4
        assert page.url.endswith("?streams=a,b,c,d,e,f&layout=2x2")
        page.keyboard.press("PageDown")
        wait_shown(page, "ef")
        assert page.locator("live-player").count() == 2
        page.click("#next")
        wait_shown(page, "abcd")
        page.click("#cycle")
        assert page.url.endswith("&layout=2x2&cycle=1")
        assert not view.page_errors, [view.page_errors, view.bad_responses]


@pytest.mark.timeout(60)
def test_one_large_and_one_sound(browser: Browser, program: Program) -> None:
    """A click, and Enter, show one picture and all again; one stream is heard at a time."""
    with viewer(browser) as view:
        page = view.page
        view.open(program.url("/wall?streams=a,b,c"), is_parsed=True)
        wait_shown(page, "abc")
        page.locator(".tile").nth(1).click()
        wait_shown(page, "b")
        assert not page.evaluate("() => document.querySelectorAll('live-player')[1].paused")
        page.locator(".tile").nth(1).click()
        wait_shown(page, "abc")
        page.locator(".tile").nth(0).focus()
        page.keyboard.press("ArrowRight")
        assert page.evaluate("() => document.activeElement.getAttribute('aria-label')") == "Gate b"
        page.keyboard.press("Enter")
        wait_shown(page, "b")
        page.keyboard.press("Escape")
        wait_shown(page, "abc")
        page.keyboard.press("m")
        assert page.evaluate(HEARD) == ["Gate b"]
        page.locator(".tile").nth(2).hover()
        page.get_by_role("button", name="Sound of Gate c (M)").click()
        assert page.evaluate(HEARD) == ["Gate c"]
        page.get_by_role("button", name="Sound of Gate c (M)").click()
        assert page.evaluate(HEARD) == []
        fit = "() => document.querySelectorAll('live-player')[0].video.style.objectFit"
        assert page.evaluate(fit) == "", "the whole picture is shown"
        page.locator(".tile").nth(0).hover()
        page.get_by_role("button", name="More for Gate a").click()
        page.get_by_role("menuitemcheckbox", name="Fill the tile").click()
        assert page.evaluate(fit) == "cover"
        assert not view.page_errors, [view.page_errors, view.bad_responses]


@pytest.mark.timeout(60)
def test_order_and_choice(browser: Browser, program: Program) -> None:
    """Arrow keys and a drag move a picture; the dialog adds and removes some; all is kept."""
    with viewer(browser) as view:
        page = view.page
        view.open(program.url("/wall?streams=a,b,c,d"), is_parsed=True)
        wait_shown(page, "abcd")
        page.click("#edit")
        page.keyboard.press("ArrowRight")
        wait_shown(page, "bacd")
        page.drag_and_drop(".tile[aria-label='Gate d'] .cover", ".tile[aria-label='Gate b'] .cover")
        wait_shown(page, "dbac")
        page.keyboard.press("Escape")
        assert not page.is_visible("#edit-note")
        page.click("#edit")
        players = "() => [...document.querySelectorAll('live-player')].map((one) => one.mark)"
        page.evaluate("() => { for (const one of document.querySelectorAll('live-player'))"
                      " one.mark = one.src; }")
        page.click("#choose")
        page.uncheck("#picks label:has-text('Gate b') input")
        page.check("#picks label:has-text('Gate f') input")
        assert page.inner_text("#picker-show") == "Show 4 streams"
        page.click("#picker-show")
        wait_shown(page, "dacf")
        kept = [mark for mark in page.evaluate(players) if mark]
        assert sorted(kept) == ["a/", "c/", "d/"], "players of streams that stay go on"
        assert page.url.endswith("/wall?streams=d,a,c,f")
        assert page.evaluate("() => document.activeElement !== null")
        page.reload()
        wait_shown(page, "dacf")
        assert not view.page_errors, [view.page_errors, view.bad_responses]


@pytest.mark.timeout(60)
def test_the_wall_by_taps(browser: Browser, program: Program) -> None:
    """On a phone a tap makes a picture large, with its buttons; another tap shows all."""
    with viewer(browser, PHONE_SIZE, **PHONE) as view:
        page = view.page
        view.open(program.url("/wall?streams=a,b,c,d"), is_parsed=True)
        wait_shown(page, "abcd")
        page.locator(".tile").nth(1).tap()
        wait_shown(page, "b")
        page.get_by_role("button", name="Sound of Gate b (M)").tap()
        assert page.evaluate(HEARD) == ["Gate b"]
        page.get_by_role("button", name="Only Gate b (Enter)").tap()
        wait_shown(page, "abcd")
        page.select_option("#layout", "1-5")
        page.wait_for_function(
            "() => { const [a, b] = [...document.querySelectorAll('.tile')]"
            ".map(({ clientWidth }) => clientWidth); return a > 1.9 * b; }", timeout=5000)
        assert not view.page_errors, [view.page_errors, view.bad_responses]
