# SPDX-License-Identifier: Apache-2.0
"""Tiles of the wall without a picture: words, badge, name for a screen reader, and the way out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from harness.browser import LARGE, PHONE, PHONE_SIZE, viewer
from harness.configuration import stream
from harness.ports import free_port
from harness.program import Program, start, stop
from test_password import hash_of

WALL = "/wall?streams=gate,vault,members,yard,show,nosuch&layout=fit"
# The name of a tile, its badge, its title, and what it offers.
TILES = {
    "vault": ("Vault: Needs a password.", "Password", "Needs a password", "Open its page"),
    "members": ("members: Needs a link.", "No access", "Needs a link", "Open its page"),
    "yard": ("Back yard: No picture yet. The source refuses the connection.", "No picture",
             "No picture yet", ""),
    "show": ("Evening show: Waiting for a publisher.", "Waiting", "Waiting for a publisher", ""),
    "nosuch": ("nosuch: There is no such stream.", "Not found", "There is no such stream",
               "Choose streams"),
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, binary: Path) -> Iterator[Program]:
    """A stream that plays, one with a password, one for links, two without a source."""
    path = tmp_path_factory.mktemp("wall") / "streams.json"
    path.write_text(json.dumps({
        "host": "127.0.0.1", "httpPort": 0, "playbackKey": f"k1:{'0123456789abcdef' * 2}",
        "streams": [
            stream("gate", viewers="everybody") | {"name": "North gate"},
            stream("vault", viewers="password", viewerPassword=hash_of("open sesame"))
            | {"name": "Vault"},
            stream("members") | {"name": "Members"},
            {"stream": "yard", "name": "Back yard", "viewers": "everybody",
             "input": f"rtsp://127.0.0.1:{free_port()}/"},
            {"stream": "show", "name": "Evening show", "viewers": "everybody", "source": "page"},
        ]}))
    running = start(["-c", str(path)], defaults=False)
    try:
        yield running
    finally:
        stop(running)


def tile(page: Page, name: str) -> object:
    """The tile of a stream."""
    return page.locator(".tile", has=page.locator(f"live-player[src='{name}/']"))


@pytest.mark.timeout(90)
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_tiles_without_a_picture(device: str, browser: Browser, program: Program) -> None:
    """Each says why in its badge, its name and its words; targets have the size of a finger."""
    size, more = (LARGE, {}) if device == "desktop" else (PHONE_SIZE, PHONE)
    with viewer(browser, size, **more) as view:
        page = view.page
        view.open(program.url(WALL), is_parsed=True)
        for name, (label, badge, title, action) in TILES.items():
            one = tile(page, name)
            expect(one).to_have_attribute("aria-label", label, timeout=30_000)
            expect(one.locator(".cap .badge")).to_contain_text(badge)
            expect(one.locator(".why b")).to_have_text(title)
            expect(one.locator(".why b")).to_be_visible()
            shown = one.locator(".why .btn").filter(visible=True)
            assert shown.all_inner_texts() == ([action] if action else [])
            if device == "phone" and action:
                box = shown.bounding_box()
                assert box and box["width"] >= 44 and box["height"] >= 44, (name, box)
            # The words and the field of the player are not behind those of the tile.
            assert one.locator("live-player").evaluate(
                "player => player.inert && !player.shadowRoot.getElementById('away')"
                ".checkVisibility()")
        assert page.inner_text("#said").startswith("Vault: Needs a password.")
        if device == "desktop":
            words = tile(page, "yard").locator(".why").inner_text()
            assert "The source refuses the connection. Since " in words
            assert "next try" in words or "trying now" in words
        expect(tile(page, "gate")).to_have_attribute("aria-label", "North gate")
        assert not tile(page, "gate").locator(".why").is_visible()
        wide = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(wide)


@pytest.mark.timeout(90)
def test_the_ways_out(browser: Browser, program: Program) -> None:
    """A tap on the link opens the page; a picture that plays there plays on the wall."""
    with viewer(browser, PHONE_SIZE, **PHONE) as view:
        page = view.page
        view.open(program.url(WALL), is_parsed=True)
        expect(tile(page, "nosuch")).to_have_class("tile away", timeout=30_000)
        tile(page, "nosuch").get_by_role("button", name="Choose streams").tap()
        expect(page.locator("#picker")).to_be_visible()
        assert page.locator("#picks input").count() == 6
        page.locator("#picker-close").tap()
        tile(page, "vault").get_by_role("link", name="Open its page").tap()
        page.wait_for_url(program.url("/vault/"))
        field = page.locator("#access-form input[type=password]")
        field.fill("open sesame")
        field.press("Enter")
        view.wait_playing()
        page.go_back()
        expect(tile(page, "vault")).to_have_attribute("aria-label", "Vault", timeout=30_000)
        page.wait_for_function(
            "() => document.querySelector('live-player[src=\"vault/\"]').shownAt !== null",
            timeout=30_000)
        # A tap on a tile without a picture makes it large, as any other.
        tile(page, "yard").locator(".cover").tap()
        expect(tile(page, "vault")).to_be_hidden()
