# SPDX-License-Identifier: Apache-2.0
"""The states of the player page in both schemes and three sizes.

With PAGE_PICTURES=1 pictures of them are written into `.build/page-states`.
"""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Browser, Page

from harness.browser import viewer
from harness.program import Program
from harness.tools import ROOT
from test_page_states import STATES, shown

SIZES = (320, 700), (390, 844), (820, 1100)


def check_fits(page: Page, width: int) -> None:
    """Nothing scrolls sideways, and no button is out of the window."""
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    outside = page.evaluate(
        "width => [...document.querySelectorAll('button, a, input')].map((each) =>"
        " [each.id, each.getBoundingClientRect()]).filter(([, box]) => box.width > 0"
        " && (box.left < -1 || box.right > width + 1)).map(([id]) => id)", width)
    assert outside == [], outside


@pytest.mark.timeout(90)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_states_fit_each_size(size: tuple[int, int], scheme: str, browser: Browser,
                              server: Program) -> None:
    """At 320, 390 and 820 px, light and dark, the page and its refusals fit the window."""
    folder = ROOT / ".build/page-states"
    has_pictures = os.environ.get("PAGE_PICTURES") == "1"
    folder.mkdir(parents=True, exist_ok=True)
    device = {"color_scheme": scheme, "has_touch": True}
    for name, state in STATES.items():
        with shown(browser, server, state, size, **device) as view:
            view.page.wait_for_selector(state.exit, state="visible", timeout=10_000)
            check_fits(view.page, size[0])
            if has_pictures:
                path = folder / f"{name.replace(' ', '-')}-{size[0]}-{scheme}.png"
                view.page.screenshot(path=path)
    with viewer(browser, size, **device) as view:
        view.open(server.url("/live/"))
        view.wait_playing()
        check_fits(view.page, size[0])
        small = view.page.evaluate(
            "() => [...document.querySelectorAll('#title a, #title button, #bar button')]"
            ".map((each) => [each.id, each.getBoundingClientRect()])"
            ".filter(([, box]) => box.width > 0 && (box.width < 44 || box.height < 44))"
            ".map(([id]) => id)")
        assert size[0] >= 700 or small == [], small
        for name in ("live", "settings", "figures", "keys"):
            if name != "live":
                view.page.keyboard.press("Escape")
                view.page.evaluate("name => document.getElementById("
                                   "({ figures: 'figures-button', keys: 'keys-button' })[name]"
                                   " ?? name).click()", name)
                view.watch(0.5)
            check_fits(view.page, size[0])
            if has_pictures:
                view.page.screenshot(path=folder / f"{name}-{size[0]}-{scheme}.png")
