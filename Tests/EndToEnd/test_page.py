# SPDX-License-Identifier: Apache-2.0
"""The player page as a viewer uses it: controls, panel, embedding, a source that is away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from harness.browser import Viewer, viewer
from harness.pagemenus import open_settings
from harness.program import Program

VIDEO = "document.querySelector('video')"


def box(view: Viewer, selector: str) -> dict[str, float]:
    """The rectangle of an element that is shown."""
    found = view.page.locator(selector).bounding_box()
    assert found is not None, f"{selector} is not shown"
    return found  # type: ignore[return-value]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)], ids=["desktop", "phone"])
def test_panel_opens_on_demand_and_covers_nothing(width: int, height: int, browser: Browser,
                                                  server: Program) -> None:
    """The page shows picture, state and latency; `i` opens the panel beside the picture."""
    with viewer(browser) as view:
        view.page.set_viewport_size({"width": width, "height": height})
        view.open(server.url("/"))
        view.wait_playing()
        assert not view.page.locator("#panel").is_visible()
        picture, controls = box(view, "video"), box(view, "#bar")
        assert picture["width"] == width
        if width > height:
            assert picture["height"] == height
        else:
            assert controls["y"] >= picture["y"] + picture["height"], "docked below the picture"
        view.page.mouse.move(100, 100)
        view.page.wait_for_function(
            "() => /^[0-9.]+ (ms|s)$/.test(document.getElementById('latency').textContent)")
        assert view.page.locator("#state").inner_text() == "Live"
        view.page.keyboard.press("i")
        view.page.wait_for_selector("#panel", state="visible", timeout=5000)
        panel, controls = box(view, "#panel"), box(view, "#bar")
        assert panel["x"] >= 0 and panel["x"] + panel["width"] <= width
        if width > height:
            assert panel["y"] + panel["height"] <= controls["y"] and panel["width"] < 0.3 * width
        else:
            assert panel["y"] >= controls["y"] + controls["height"]
            assert view.page.evaluate("() => document.documentElement.scrollWidth") == width
        assert view.page.evaluate("() => new URL(location).searchParams.get('panel')") == "1"
        view.page.keyboard.press("i")
        assert not view.page.locator("#panel").is_visible()
        assert not view.page_errors


@pytest.mark.timeout(60)
def test_keyboard_and_names(browser: Browser, server: Program) -> None:
    """All controls have names and are reached by Tab; keys pause, change volume and mute."""
    with viewer(browser) as view:
        view.open(server.url("/"))
        view.wait_playing()
        reached = []
        for _ in range(10):
            view.page.keyboard.press("Tab")
            reached.append(view.page.evaluate("() => document.activeElement.id"))
        for control in ("play", "figures-button", "full"):
            assert control in reached, reached
        names = view.page.evaluate(
            "() => [...document.querySelectorAll("
            "'#title a, #title button, #bar button, #bar input')]"
            ".map(e => e.getAttribute('aria-label'))")
        assert len(names) == 13 and all(names), names
        view.page.evaluate("() => document.activeElement.blur()")
        view.page.keyboard.press("k")
        assert view.page.evaluate(f"() => {VIDEO}.paused")
        assert view.page.locator("#play").get_attribute("aria-label") == "Play"
        view.watch(1.5)
        assert view.page.evaluate(f"() => {VIDEO}.paused"), "a paused picture plays by itself"
        view.page.keyboard.press("k")
        view.page.wait_for_function(f"() => !{VIDEO}.paused")
        view.page.wait_for_function("() => __player.latencyMs < 500", timeout=8000)
        view.page.keyboard.press("ArrowDown")
        assert view.page.evaluate(f"() => {VIDEO}.volume") == pytest.approx(0.95)


@pytest.mark.timeout(60)
def test_controls_fit_a_narrow_page(browser: Browser, streamer: Callable[..., Program]) -> None:
    """From 430 px on there is a volume slider; no control covers another or is cut off."""
    program = streamer("--rendition", "640x360@700", "--rendition", "320x180@200", "--audio",
                       "tone")
    with viewer(browser) as view:
        view.open(program.url("/"))
        view.wait_playing()
        open_settings(view.page)
        view.page.wait_for_function("() => document.getElementById('rendition').options.length > 2")
        for width in (1280, 640, 430, 390, 320):
            view.page.set_viewport_size({"width": width, "height": 310})
            assert view.page.locator("#volume").is_visible() == (width >= 430)
            controls = view.page.evaluate(
                "() => [...document.querySelectorAll('#bar > *')].map((control) =>"
                " control.getBoundingClientRect()).filter((box) => box.width > 0)"
                ".map(({ left, right }) => [left, right])")
            # Narrow: play, sound, a space, picture, figures, settings, full screen.
            assert len(controls) == 7 if width < 430 else len(controls) >= 8, controls
            edges = [0, *[edge for pair in controls for edge in pair], width]
            assert edges == sorted(edges), f"{width} px: {controls}"


@pytest.mark.timeout(60)
def test_embedded_page_shows_the_picture_only(browser: Browser, server: Program) -> None:
    """?embed in an iframe: the picture fills it; controls=0, muted=0 and autoplay=0 are obeyed."""
    with viewer(browser) as view:
        view.open(server.url("/?embed"))
        view.wait_playing()
        words = view.page.evaluate(
            "() => document.body.innerText.replace(document.getElementById('title').innerText, '')")
        assert words.strip() == ""
        opacity = "getComputedStyle(document.getElementById('controls')).opacity"
        assert view.page.evaluate(f"() => {opacity}") == "0"
        view.page.keyboard.press("i")
        assert not view.page.locator("#panel").is_visible()
        view.page.mouse.move(200, 200)
        view.page.wait_for_function("() => !document.getElementById('stage').matches('.idle')")
        view.page.wait_for_function(
            f"() => {opacity} === '1'", timeout=2000)
    with viewer(browser) as view:
        view.open(server.url("/?embed&controls=0&muted=0&autoplay=0"))
        view.watch(2)
        assert view.page.evaluate(f"() => !{VIDEO}.muted && {VIDEO}.paused")
        assert len(view.requests) == 1, f"requests without a click: {view.requests}"
        view.page.mouse.click(300, 300)
        view.wait_playing()
        view.page.mouse.move(200, 210)
        view.watch(0.5)
        assert not view.page.locator("#bar").is_visible()


@pytest.mark.timeout(60)
def test_page_of_a_stream_with_a_chunked_playlist(browser: Browser,
                                                  streamer: Callable[..., Program]) -> None:
    """--playlist chunked: the page of the stream plays the frame stream, from ll.m3u8."""
    program = streamer("--resolution", "320x180", "--playlist", "chunked")
    with viewer(browser) as view:
        view.open(program.url("/live/"))
        view.wait_playing()
        found = view.page.evaluate("() => [__player.source, __player.player]")
        assert found == [program.url("/live/ll.m3u8"), "frames"]
        assert not view.page_errors and not view.bad_responses


@pytest.mark.timeout(60)
@pytest.mark.parametrize("player", ["frames", "hlsjs"])
def test_source_that_is_away_is_told_in_words(player: str, browser: Browser, server: Program,
                                              hlsjs: object) -> None:
    """State and time are those of the server; the words disappear when the source returns."""
    with viewer(browser) as view:
        online = {"value": True}

        def answer(route: object) -> None:
            response = route.fetch()  # type: ignore[attr-defined]
            document = response.json()
            if not online["value"]:
                document["source"] = {"online": False, "since": document["timestamp"] - 605 * 10**9}
            route.fulfill(response=response, json=document)  # type: ignore[attr-defined]

        view.context.route("**/timestamps.json*", answer)
        view.open(server.url(f"/?player={player}"))
        view.wait_playing()
        away = view.page.locator("#away")
        # On a busy machine a late picture has words too.
        shows = "() => document.getElementById('away-title').textContent.includes('source is away')"
        assert not view.page.evaluate(shows)
        online["value"] = False
        view.page.wait_for_function(shows, timeout=10_000)
        assert away.is_visible() and "Last picture at" in away.inner_text()
        assert view.page.locator("#badge").inner_text().replace("\n", "") in (
            "No picturefor 10 min", "No picture for 10 min")
        assert view.page.title() == "live, no picture – streamer"
        online["value"] = True
        view.page.wait_for_function(f"() => !({shows})()", timeout=10_000)


@pytest.mark.timeout(60)
def test_managed_media_source_is_obeyed(browser: Browser, server: Program) -> None:
    """After `endstreaming` nothing is requested; after `startstreaming` playback continues."""
    with viewer(browser) as view:
        view.context.add_init_script("""
          const Base = MediaSource; delete window.MediaSource;
          window.ManagedMediaSource = class extends Base {
            constructor() {
              super();
              this.streaming = false;
              window.__source = this;
              this.addEventListener('sourceopen', () => setTimeout(() => this.set(true), 300));
            }
            set(on) {
              this.streaming = on;
              this.dispatchEvent(new Event(on ? 'startstreaming' : 'endstreaming'));
            }
          };""")
        view.open(server.url("/?player=frames"))
        view.wait_playing()
        view.page.evaluate("() => __source.set(false)")
        view.watch(1)
        count = len([url for url in view.requests if url.endswith(".m4s")])
        view.watch(3)
        assert len([url for url in view.requests if url.endswith(".m4s")]) == count
        shown = len(view.data()["samples"])
        view.page.evaluate("() => __source.set(true)")
        view.wait_playing(frames=shown + 30)
        view.page.wait_for_function("() => __player.latencyMs < 300", timeout=8000)
