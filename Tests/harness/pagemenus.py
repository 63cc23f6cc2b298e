# SPDX-License-Identifier: Apache-2.0
"""The menus of the player page and of <live-player>, which are loaded when they are opened."""

from __future__ import annotations

from playwright.sync_api import Page

MENU = "#settings-menu"


def open_settings(page: Page) -> None:
    """Opens the menu of settings, if it is not open."""
    if page.locator(MENU).is_visible():
        return
    page.mouse.move(200, 150)
    page.click("#settings", timeout=10_000)
    page.wait_for_selector(MENU, state="visible", timeout=10_000)


def choose(page: Page, row: str, value: str) -> None:
    """Chooses a value in a row of the settings, such as "rendition" or "target"."""
    open_settings(page)
    page.wait_for_function(
        "([row, value]) => [...(document.getElementById(row)"
        " ?? document.querySelector('live-player').shadowRoot.getElementById(row)).options]"
        ".some((option) => option.value === value)", arg=[row, value], timeout=10_000)
    page.select_option(f"#{row}", value)
