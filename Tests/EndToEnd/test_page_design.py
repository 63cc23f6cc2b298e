# SPDX-License-Identifier: Apache-2.0
"""Streams, Wall, Publish and Viewers: sizes, schemes, keyboard and targets, in Chromium."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from harness.browser import PHONE, Viewer, viewer
from harness.http1 import get
from harness.pagestates import each_state, many, statistics
from harness.program import Program, start, stop

# Path, kilobytes of documents, styles and scripts as they are sent, and requests for them.
PAGES = {"list": ("/", 20, 1), "wall": ("/wall?streams=a,b,c", 60, 3),
         "publish": ("/show/publish", 25, 1), "stats": ("/stats", 25, 1)}
OF_PAGE = ("document", "stylesheet", "script", "font", "image")
ANSWERS: dict[str, Any] = {"**/streams.json": each_state, "**/stats.json*": statistics}
# Shown controls that are too small; links in sentences are none.
TARGETS = """() => [...document.querySelectorAll('a, button, input, select, summary, .tile')]
  .filter((one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && !one.closest('.sr, .skip'))
  .filter((one) => !(one.tagName === 'A' && getComputedStyle(one).display === 'inline'))
  .map((one) => [one, one.labels?.[0]?.contains(one) ? one.labels[0] : one])
  .map(([one, box]) => [one, box.getBoundingClientRect()])
  .filter(([, { width, height }]) => width < 43.9 || height < 43.9)
  .map(([one, { width, height }]) => `${one.outerHTML.slice(0, 90)}: ${width} x ${height}`)"""
# The element with the focus: how it is called, and whether a person sees that it has the focus.
FOCUS = """() => {
  const one = document.activeElement, { outlineStyle, outlineWidth } = getComputedStyle(one);
  const { width, height, right, bottom } = one.getBoundingClientRect();
  return {
    name: one === document.body ? '' : `${one.tagName} ${one.id} ${one.className}`
      + ` ${one.getAttribute('aria-label') ?? one.textContent.trim().slice(0, 40)}`,
    key: [...document.querySelectorAll('*')].indexOf(one),
    hasRing: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2,
    isShown: one.checkVisibility({ opacityProperty: true, visibilityProperty: true })
      && width > 0 && height > 0 && right > 0 && bottom > 0,
  };
}"""
# Each picture of the wall has shown frames.
PLAYING = """() => [...document.querySelectorAll('live-player')].length === 3
  && [...document.querySelectorAll('live-player')].every(({ statistics }) =>
    (statistics?.frames ?? 0) > 3)"""
OVERFLOW = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""
LARGE_TEXT = """() => {
  const all = [...document.body.querySelectorAll('*')].filter(({ closest }) => closest)
    .map((one) => [one, getComputedStyle(one).fontSize, getComputedStyle(one).lineHeight]);
  for (const [one, size, line] of all) {
    if (!one.style) continue;
    one.style.fontSize = `${2 * parseFloat(size)}px`;
    if (line !== 'normal') one.style.lineHeight = `${2 * parseFloat(line)}px`;
  }
}"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, binary: Path) -> Iterator[Program]:
    """Three test patterns, and a stream that a page may publish."""
    settings = {
        "host": "127.0.0.1", "httpPort": 0, "testSrc": True, "resolution": "320x180",
        "framerate": 10, "bitrate": 100, "stats": "open", "streams": [
            {"stream": "a", "name": "North gate"}, {"stream": "b"}, {"stream": "c"},
            {"stream": "show", "testSrc": False, "source": "page"}],
    }
    path = tmp_path_factory.mktemp("pages") / "streams.json"
    path.write_text(json.dumps(settings))
    running = start(["-c", str(path)], defaults=False)
    try:
        yield running
    finally:
        stop(running)


@contextmanager
def opened(browser: Browser, program: Program, name: str, size: tuple[int, int],
           **device: Any) -> Iterator[Viewer]:
    """A page with made-up documents of the server, when it shows their content."""
    with viewer(browser, size, **device) as view:
        for pattern, answer in ANSWERS.items():
            if name != "wall":
                view.page.route(pattern, lambda route, _, answer=answer: route.fulfill(
                    json=answer()))
        view.open(program.url(PAGES[name][0]), is_parsed=True)
        shown = {"list": ".card", "wall": ".tile", "publish": "#camera", "stats": "tbody tr"}
        view.page.wait_for_selector(shown[name], timeout=15000)
        yield view


def faults(view: Viewer) -> list[str]:
    """Errors of scripts and of the policy; streams that are made up have no stills."""
    return [error for error in view.page_errors if "status of 404" not in error]


def sent_size(program: Program, url: SplitResult) -> int:
    """The bytes of a document or a script, compressed."""
    target = url.path + (f"?{url.query}" if url.query else "")
    response = get(program.port, target, headers={"Accept-Encoding": "gzip"})
    assert response.status == 200 and response.headers.get("content-encoding", "gzip") == "gzip"
    is_compressed = "content-encoding" in response.headers
    return len(response.body if is_compressed else gzip.compress(response.body))


@pytest.mark.parametrize("name", PAGES)
def test_size_and_requests(browser: Browser, program: Program, name: str) -> None:
    """The page and all that it loads by itself have a size and a number of requests."""
    path, kilobytes, requests = PAGES[name]
    with viewer(browser) as view:
        asked = list[str]()
        view.page.on("request", lambda request: asked.append(request.url) if (
            request.resource_type in OF_PAGE and not request.url.startswith("data:")) else None)
        view.open(program.url(path))
        view.page.wait_for_load_state("load")
        if name == "wall":
            view.page.wait_for_function(PLAYING, timeout=20_000)
        view.watch(2)
    assert len(asked) <= requests, asked
    sizes = {url: sent_size(program, urlsplit(url)) for url in asked}
    print(f"{name}: {sizes}")
    assert sum(sizes.values()) <= kilobytes * 1024, sizes


@pytest.mark.parametrize("name", PAGES)
def test_each_stop_of_the_keyboard_has_a_ring(browser: Browser, program: Program,
                                              name: str) -> None:
    """Tab reaches controls that are shown only, each with a ring, and ends at the first one."""
    with opened(browser, program, name, (1280, 800)) as view:
        page, seen = view.page, dict[int, str]()
        for _ in range(80):
            page.keyboard.press("Tab")
            stop = page.evaluate(FOCUS)
            if stop["name"] == "" or stop["key"] in seen:
                break
            seen[stop["key"]] = stop["name"]
            assert stop["hasRing"] and stop["isShown"], stop
        assert len(seen) >= 5, seen


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_the_screen(browser: Browser, program: Program, name: str) -> None:
    """On phones, a tablet, and with text of 200 %: tables scroll in their panels, not the page."""
    with opened(browser, program, name, (320, 844), **PHONE) as view:
        for width in (320, 390, 820):
            view.page.set_viewport_size({"width": width, "height": 844})
            view.watch(0.3)
            assert view.page.evaluate(OVERFLOW) <= 0, width
            assert view.page.evaluate("() => visualViewport.scale") == 1, width
        view.page.set_viewport_size({"width": 1280, "height": 800})
        if name != "wall":
            view.page.evaluate(LARGE_TEXT)
            assert view.page.evaluate(OVERFLOW) <= 0


@pytest.mark.parametrize("name", PAGES)
def test_targets_on_touch(browser: Browser, program: Program, name: str) -> None:
    """Each control is at least 44 by 44 on a phone, but links in sentences."""
    with opened(browser, program, name, (390, 844), **PHONE) as view:
        if name == "list":
            view.page.unroute("**/streams.json")
            view.page.route("**/streams.json", lambda route: route.fulfill(json=many()))
            view.page.wait_for_selector("#trouble", state="visible", timeout=10000)
        if name == "wall":
            view.page.wait_for_selector(".tile live-player")
        assert view.page.evaluate(TARGETS) == []


@pytest.mark.parametrize("name", ["list", "publish", "stats"])
def test_the_scheme_of_the_system_and_a_choice(browser: Browser, program: Program,
                                               name: str) -> None:
    """Light and dark follow the system; a choice is kept and shown before the body exists."""
    grounds = dict[str, str]()
    ground = "() => getComputedStyle(document.documentElement).backgroundColor"
    first = """new MutationObserver(() => {
      if (document.body && window.atBody === undefined) {
        window.atBody = document.documentElement.dataset.theme ?? null;
      }
    }).observe(document, { childList: true, subtree: true });"""
    for scheme in ("dark", "light"):
        with opened(browser, program, name, (1280, 800), color_scheme=scheme) as view:
            grounds[scheme] = view.page.evaluate(ground)
            assert view.page.evaluate("() => document.documentElement.dataset.theme") is None
    assert grounds == {"dark": "rgb(11, 13, 16)", "light": "rgb(243, 245, 247)"}
    with opened(browser, program, name, (1280, 800), color_scheme="dark") as view:
        view.page.click("#theme")
        assert view.page.evaluate(ground) == grounds["light"]
        view.context.add_init_script(script=first)
        view.page.reload(wait_until="domcontentloaded")
        assert view.page.evaluate("() => window.atBody") == "light"
        assert view.page.evaluate(ground) == grounds["light"]
        assert faults(view) == []


@pytest.mark.parametrize("name", PAGES)
def test_marks_of_a_page(browser: Browser, program: Program, name: str) -> None:
    """One title, landmarks, a way past the head, and icons that exist."""
    with opened(browser, program, name, (1280, 800)) as view:
        page = view.page
        assert page.locator("h1:visible").count() == 1 and page.locator("main").count() == 1
        assert page.title().endswith(" – streamer")
        assert page.locator("a.skip").get_attribute("href") in ("#main", "#grid")
        missing = page.evaluate(
            "() => [...document.querySelectorAll('use')].map((use) => use.getAttribute('href'))"
            ".filter((href) => !document.querySelector(href))")
        assert missing == []
        unnamed = page.evaluate(
            "() => [...document.querySelectorAll('button, a[href], input, select')]"
            ".filter((one) => one.checkVisibility() && !one.getAttribute('aria-label')"
            " && !one.getAttribute('aria-labelledby') && !one.labels?.length"
            " && one.textContent.trim() === '').map(({ outerHTML }) => outerHTML)")
        assert unnamed == []
        page.emulate_media(forced_colors="active")
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS)["hasRing"], "the ring remains with the colours of the system"
        assert faults(view) == []


def duration(page: Page, selector: str, property_: str) -> str:
    """A computed duration of an element."""
    return page.locator(selector).first.evaluate(
        "(element, name) => getComputedStyle(element)[name]", property_)


def test_less_motion(browser: Browser, program: Program) -> None:
    """Nothing moves for a person who wants that, but signs that wait, slowly."""
    with opened(browser, program, "list", (1280, 800), reduced_motion="reduce") as view:
        assert duration(view.page, ".badge.start i", "animationDuration") == "4s"
        assert duration(view.page, "#wall", "transitionDuration") == "0s"


def test_names_of_pages(browser: Browser, program: Program) -> None:
    """They are in the head, and in a bar at the bottom of a phone; Viewers only if it is shown."""
    for size, is_phone in (((1280, 800), False), ((390, 844), True)):
        with viewer(browser, size) as view:
            page = view.page
            view.open(program.url("/"), is_parsed=True)
            names = page.locator(".nav a:visible")
            assert names.all_inner_texts() == ["Streams", "Wall"]
            box = page.locator(".nav").bounding_box()
            assert box and (box["y"] + box["height"] >= size[1] - 1) == is_phone
            page.goto(program.url("/stats"))
            page.wait_for_function(
                "() => document.getElementById('total').textContent.includes('4 streams')")
            page.goto(program.url("/"))
            page.wait_for_selector("#viewers-page", state="visible", timeout=5000)
            page.click("#viewers-page")
            page.wait_for_url("**/stats")
            assert page.locator(".nav [aria-current=page]").inner_text() == "Viewers"
