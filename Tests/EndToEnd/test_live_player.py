# SPDX-License-Identifier: Apache-2.0
"""The player as a module, and <live-player>, in Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, Route

from harness.browser import Viewer, viewer
from harness.metrics import total
from harness.program import Program
from harness.site import site
from harness.waiting import wait_until

PAGE = """<!doctype html><meta charset="utf-8"><style>live-player {{ width: 640px }}</style>
<script type="module" src="{module}"></script><body>"""
MOUNT = """attributes => {
  const player = document.createElement('live-player');
  window.__events = {};
  for (const name of ['latency', 'stall', 'rendition', 'source', 'statistics', 'transport',
    'error']) {
    player.addEventListener(name, (event) => {
      (__events[name] ??= []).push(JSON.parse(JSON.stringify(event.detail)));
    });
  }
  for (const [name, value] of Object.entries(attributes)) player.setAttribute(name, value);
  document.body.append(player);
}"""
FRAMES = "document.querySelector('live-player').statistics?.frames"


def events(page: Page, name: str) -> list[dict]:
    """The details of the events of one name."""
    return page.evaluate("name => __events[name] ?? []", name)


def later_requests(view: Viewer) -> list[str]:
    """The requests for the second file of the element."""
    return [url for url in view.requests if url.endswith("/player/live-player-later.js")]


@pytest.mark.timeout(60)
def test_element_plays_in_a_page_of_another_origin(browser: Browser, server: Program) -> None:
    """Attributes choose stream and transport; events tell latency and choice; removal ends all."""
    policy = (f"default-src 'none'; script-src http://127.0.0.1:{server.port}; "
              f"connect-src http://127.0.0.1:{server.port} ws://127.0.0.1:{server.port}; "
              "media-src blob:; style-src 'unsafe-inline'")
    html = PAGE.format(module=server.url("/player/live-player.js"))
    with site(html, policy) as address, viewer(browser) as view:
        page = view.page
        view.open(address, is_parsed=True)
        page.evaluate(MOUNT, {"src": server.url("/live/"), "muted": "", "controls": ""})
        page.wait_for_function("() => (__events.latency ?? []).length > 8", timeout=15000)
        assert events(page, "transport") == [
            {"transport": "http",
             "reason": "HTTP frames have a low latency, and caches can keep them"}]
        assert [event["state"] for event in events(page, "source")][-1] == "live"
        # Below the two seconds that whole segments cost at least.
        page.wait_for_function(
            "() => { const { latency, syncOffset } = __events.latency.at(-1);"
            " return latency > 0 && latency < 2 && syncOffset === null; }", timeout=20000)
        page.wait_for_function("() => (__events.statistics ?? []).length > 0", timeout=3000)
        assert not later_requests(view), "HTTP frames need no second file"

        page.evaluate("() => { const player = document.querySelector('live-player');"
                      " player.transport = 'ws'; player.target = 0.3; }")
        page.wait_for_function(
            f"() => __events.transport.length === 2 && {FRAMES} > 30"
            " && Math.abs(__events.latency.at(-1).target - 0.3) < 0.1", timeout=15000)
        assert events(page, "transport")[-1] == {"transport": "ws", "reason": "requested"}
        assert len(later_requests(view)) == 1
        assert total(server.port, "streamer_websockets") == 1

        page.evaluate("() => { document.querySelector('live-player').src = 'ftp://x/'; }")
        page.wait_for_function("() => __events.error?.at(-1).fatal", timeout=3000)
        page.evaluate("source => { document.querySelector('live-player').src = source; }",
                      server.url("/live/ll.m3u8"))
        page.wait_for_function(f"() => {FRAMES} > 10", timeout=15000)
        # As if the browser had refused to play without a click.
        paused = "() => document.querySelector('live-player').paused"
        assert not page.evaluate(paused)
        page.evaluate("() => document.querySelector('live-player').video.pause()")
        assert page.evaluate(paused)
        page.evaluate("() => document.querySelector('live-player').play()")
        assert not page.evaluate(paused)
        page.evaluate("() => document.querySelector('live-player').remove()")
        wait_until(lambda: total(server.port, "streamer_websockets") == 0, 5, "the socket closes")
        assert not view.page_errors, view.page_errors


@pytest.mark.timeout(60)
@pytest.mark.parametrize("fault", ["missing", "of another version"])
def test_frames_play_if_the_second_file_is(fault: str, browser: Browser, server: Program) -> None:
    """Without a usable second file the element says so, and plays HTTP frames."""
    def answer(route: Route) -> None:
        if fault == "missing":
            route.fulfill(status=404)
            return
        found = route.fetch()
        body, count = re.subn(r'"[0-9a-f]{12}"', '"000000000000"', found.text())
        assert count == 1, "the file names its build once"
        route.fulfill(response=found, body=body)

    html = PAGE.format(module=server.url("/player/live-player.js"))
    with site(html) as address, viewer(browser) as view:
        view.page.route("**/live-player-later.js", answer)
        view.open(address, is_parsed=True)
        view.page.wait_for_function("() => customElements.get('live-player') !== undefined")
        view.page.evaluate(MOUNT, {"src": server.url("/live/"), "transport": "ws", "muted": ""})
        view.page.wait_for_function(f"() => {FRAMES} > 10", timeout=15000)
        assert [event["transport"] for event in events(view.page, "transport")] == ["http"]
        texts = [event["message"] for event in events(view.page, "error")]
        assert any("a part of the player was not loaded" in text for text in texts), texts
        assert fault == "missing" or "has another version of it" in texts[0], texts


@pytest.mark.timeout(60)
def test_controls_of_a_playing_element_are_reached(browser: Browser, server: Program) -> None:
    """While it plays, its controls are invisible; Tab reaches them, and a screen reader too."""
    html = PAGE.format(module=server.url("/player/live-player.js"))
    opacity = ("() => getComputedStyle(document.querySelector('live-player').shadowRoot"
               ".getElementById('controls')).opacity")
    with site(html) as address, viewer(browser) as view:
        page = view.page
        view.open(address, is_parsed=True)
        page.evaluate(MOUNT, {"src": server.url("/live/"), "muted": "", "controls": ""})
        page.wait_for_function(f"() => {FRAMES} > 30", timeout=15000)
        view.watch(3)
        assert page.evaluate(opacity) == "0"
        for name in ("Pause", "Full screen"):
            assert page.get_by_role("button", name=name).count() == 1, name
        reached = []
        for _ in range(6):
            page.keyboard.press("Tab")
            reached.append(page.evaluate(
                "() => document.querySelector('live-player').shadowRoot.activeElement?.id"))
        # The small window is for wider elements.
        assert reached[:5] == ["play", "snapshot", "figures-button", "settings", "full"], reached
        page.keyboard.press("Shift+Tab")
        page.wait_for_function(f"() => ({opacity})() === '1'", timeout=2000)
        page.keyboard.press("k")
        assert page.evaluate("() => document.querySelector('live-player').paused")


@pytest.mark.timeout(60)
def test_sound_is_on_without_muted(browser: Browser, server: Program) -> None:
    """An element without `muted` is not muted."""
    html = PAGE.format(module=server.url("/player/live-player.js"))
    with site(html) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.wait_for_function("() => customElements.get('live-player') !== undefined")
        view.page.evaluate(MOUNT, {"src": server.url("/live/")})
        view.page.wait_for_function(f"() => {FRAMES} > 10", timeout=15000)
        assert not view.page.evaluate("() => document.querySelector('live-player').muted")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("by", ["property", "attribute"])
def test_sound_is_off_until_the_viewer_chooses(by: str, browser: Browser, server: Program) -> None:
    """`muted` counts before the element plays; a later choice outlives restarts and moves."""
    html = PAGE.format(module=server.url("/player/live-player.js"))
    muted = "() => document.querySelector('live-player').video.muted"
    with site(html) as address, viewer(browser) as view:
        page = view.page
        view.open(address, is_parsed=True)
        page.wait_for_function("() => customElements.get('live-player') !== undefined")
        page.evaluate("""([source, isProperty]) => {
          const player = document.createElement('live-player');
          if (isProperty) player.muted = true;
          else player.setAttribute('muted', '');
          player.controls = true;
          player.src = source;
          document.body.append(player);
        }""", [server.url("/live/"), by == "property"])
        page.wait_for_function(f"() => {FRAMES} > 10", timeout=15000)
        assert page.evaluate(muted)
        page.keyboard.press("Tab")
        page.keyboard.press("m")
        assert not page.evaluate(muted)
        for change in ("transport = 'ws'", "sync = 'x'", "parentNode.append(player)"):
            page.evaluate("() => { const player = document.querySelector('live-player');"
                          f" player.{change}; }}")
            view.watch(0.3)
            page.wait_for_function(f"() => {FRAMES} > 10", timeout=15000)
            assert not page.evaluate(muted), change
        page.evaluate("() => document.querySelector('live-player').toggleAttribute('muted', true)")
        assert page.evaluate(muted) == (by == "property"), "a change of the attribute counts"
        page.evaluate("() => document.querySelector('live-player').toggleAttribute('muted', false)")
        assert not page.evaluate(muted)


@pytest.mark.timeout(60)
def test_transports_share_a_sync_group(browser: Browser, server: Program) -> None:
    """HTTP frames and a WebSocket with different targets: both show the same instant."""
    html = PAGE.format(module=server.url("/player/live-player.js"))
    offsets = ("() => [...document.querySelectorAll('live-player')]"
               ".map((player) => player.statistics?.syncOffset ?? 9)")
    with site(html) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        for transport, target in (("http", "0.15"), ("ws", "0.35")):
            view.page.evaluate(MOUNT, {"src": server.url("/live/"), "sync": "both", "muted": "",
                                       "transport": transport, "target": target})
        # Both play with the longer target of the two, and show the same instant.
        view.page.wait_for_function(
            f"() => {{ const found = ({offsets})();"
            " return found.length === 2 && found.every((offset) => Math.abs(offset) < 0.04)"
            " && [...document.querySelectorAll('live-player')]"
            ".every((player) => player.statistics.target >= 0.3); }",
            timeout=20000)
        print("offsets to the group, s:", view.page.evaluate(offsets))
        assert total(server.port, "streamer_websockets") == 2
        assert not view.page_errors, view.page_errors
