# SPDX-License-Identifier: Apache-2.0
"""The time from the start of a <live-player> to its first picture, in Chromium."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from harness.browser import Viewer, viewer
from harness.program import Program
from harness.site import site

SCRIPT = Path(__file__).with_name("firstpicture.js")
PAGE = """<!doctype html><meta charset="utf-8"><style>live-player {{ width: 640px }}</style>
<link rel="icon" href="data:,"><script type="module" src="{module}"></script><body>"""
PICTURE = "() => 'picture' in __first.steps"


def first_pictures(browser: Browser, program: Program, transport: str, count: int,
                   pause: float = 0.37) -> list[dict[str, float]]:
    """The milliseconds from the mount of a player to each step, of `count` mounts after the first.

    Page, module and server are warm: the first mount is not counted. Mounts follow each other at
    times that have no common period with the segments.
    """
    policy = (f"default-src 'none'; script-src http://127.0.0.1:{program.port}; "
              f"connect-src http://127.0.0.1:{program.port} ws://127.0.0.1:{program.port}; "
              "media-src blob:; style-src 'unsafe-inline'; img-src data:")
    html = PAGE.format(module=program.url("/player/live-player.js"))
    with site(html, policy) as address, viewer(browser) as view:
        view.context.add_init_script(path=str(SCRIPT))
        view.open(address)
        view.page.wait_for_function("() => customElements.get('live-player')", timeout=10000)
        found = [_mounted(view, program, transport, pause) for _ in range(count + 1)]
        assert not view.page_errors, view.page_errors
    return found[1:]


def _mounted(view: Viewer, program: Program, transport: str, pause: float) -> dict[str, float]:
    source = program.url("/live/")
    view.page.evaluate("attributes => __first.mount(attributes)",
                       {"src": source, "transport": transport, "muted": "", "autoplay": ""})
    view.page.wait_for_function(PICTURE, timeout=15000)
    steps = view.page.evaluate("() => __first.steps")
    view.watch(pause)
    view.page.evaluate("() => __first.unmount()")
    return dict(sorted(steps.items(), key=lambda step: step[1]))


def steps_text(steps: dict[str, float]) -> str:
    """The steps with their times, in milliseconds."""
    return ", ".join(f"{name} {at:.0f}" for name, at in steps.items())
