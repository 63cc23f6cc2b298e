# SPDX-License-Identifier: Apache-2.0
"""LL-DASH in the player page in Chromium: a restart, dash.js, and a page without it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from harness.browser import SMALL, Viewer, viewer
from harness.pagemenus import choose
from harness.program import Program
from harness.supervisor import Supervisor
from harness.waiting import pause, wait_until

STANDIN = Path(__file__).resolve().parent.parent / "harness/dash_standin.js"


def player(view: Viewer) -> dict[str, Any]:
    """window.__player without its samples."""
    return view.page.evaluate(
        "() => { const { samples, ...rest } = window.__player; return rest; }")


def figure(view: Viewer, name: str) -> str:
    """A figure of the page's panel."""
    return view.page.evaluate(
        "name => [...document.querySelectorAll('#figures div')]"
        ".find(d => d.firstChild.textContent === name)?.lastChild.textContent ?? ''", name)


@pytest.mark.timeout(90)
def test_page_continues_after_a_restart(browser: Browser, binary: Path) -> None:
    """The server is killed and restarted: the page continues without a reload."""
    supervisor = Supervisor(["--resolution", "640x360", "--bitrate", "800"])
    try:
        supervisor.run()
        with viewer(browser, SMALL) as view:
            view.open(f"http://127.0.0.1:{supervisor.port}/ldash/play/live")
            view.wait_playing(frames=60)
            origin = view.page.evaluate("() => performance.timeOrigin")
            supervisor.kill()
            pause(1, "the duration of the outage")
            back = time.time() * 1000
            supervisor.run()
            view.page.wait_for_function(
                "since => window.__lab.samples.some(s => s[1] !== null && s[1] > since)", arg=back,
                timeout=12000)
            print(f"playing again {time.time() * 1000 - back:.0f} ms after the start")
            # It plays on: 60 other frames, however long the machine takes to draw them.
            view.page.wait_for_function(
                "since => new Set(window.__lab.samples.filter(s => s[1] > since)"
                ".map(s => s[1])).size > 60", arg=time.time() * 1000, timeout=20000)
            view.wait_live(supervisor.port)
            assert view.page.evaluate("() => performance.timeOrigin") == origin
    finally:
        supervisor.close()


@pytest.mark.timeout(90)
def test_dashjs_gets_the_mpd_and_its_settings(browser: Browser, streamer) -> None:
    """With --dashjs the page configures dash.js and restarts it after an error."""
    program = streamer("--resolution", "320x180", "--dashjs", str(STANDIN))
    with viewer(browser, SMALL) as view:
        view.open(program.url("/ldash/play/live/manifest.mpd?panel=1"))
        view.page.wait_for_function(
            "() => window.dashjs && dashjs.made.length === 1 && dashjs.made[0].calls.length > 1")
        calls = view.page.evaluate("() => dashjs.made[0].calls")
        assert any(url.endswith("/player/dash.all.min.js") for url in view.requests)
        settings = next(call[1]["streaming"] for call in calls if call[0] == "updateSettings")
        assert settings["delay"]["liveDelay"] == 0.5 and settings["liveCatchup"]["enabled"]
        assert settings["retryAttempts"] == {
            "MPD": 20, "MediaSegment": 10, "lowLatencyMultiplyFactor": 10
        }
        assert ["initialize", "VIDEO", program.url("/live/manifest.mpd"), True] in calls
        view.page.wait_for_function("() => window.__player.status === 'live'")
        view.watch(0.6)
        assert player(view)["player"] == "dashjs" and figure(view, "Player latency") == "512 ms"
        assert figure(view, "Target") == "500 ms"
        choose(view.page, "target", "1.5")
        assert view.page.evaluate("() => dashjs.made[0].settings.streaming.delay.liveDelay") == 1.5
        view.page.evaluate(
            "() => dashjs.made[0].fire('error', { error: { code: 27, message: 'gone' } })")
        view.page.wait_for_function("() => dashjs.made.length === 2", timeout=5000)
        assert view.page.evaluate("() => dashjs.made[0].calls.some(c => c[0] === 'reset')")
        assert any("gone" in error["text"] for error in player(view)["errors"])
        choose(view.page, "player", "frames")
        view.wait_playing()
        assert player(view)["source"].endswith("manifest.mpd"), "the frame player keeps the MPD"
        assert view.page.evaluate("() => dashjs.made[1].calls.some(c => c[0] === 'reset')")


@pytest.mark.timeout(90)
def test_frame_player_replaces_a_missing_dashjs(browser: Browser, server: Program) -> None:
    """?player=dashjs without --dashjs: the frame player plays the MPD, and a line says why."""
    with viewer(browser, SMALL) as view:
        view.open(server.url("/?player=dashjs"))
        view.wait_playing()
        assert player(view)["player"] == "frames" and player(view)["source"].endswith(
            "/manifest.mpd")
        assert "dash.js" in view.data()["state"]["text"]
        assert any(url.endswith("/manifest.mpd") for url in view.requests)


def test_clock_1_shows_the_wall_clock(browser: Browser, streamer: Callable[..., Program]) -> None:
    """The time of the server is over the picture; the target of an MPD page is at least 0.5 s."""
    program = streamer("--resolution", "640x360", "--bitrate", "800")
    with viewer(browser, SMALL) as view:
        view.open(program.url("/ldash/play/live/manifest.mpd?clock=1"))
        view.wait_playing(frames=10)
        clock = view.page.locator(".wallclock")
        first = clock.inner_text()
        assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} UTC", first), first
        wait_until(lambda: clock.inner_text() != first, 5, "the clock runs")
        assert player(view)["target"] >= 0.5
        view.open(program.url("/live/"))
        view.wait_playing(frames=10)
        assert clock.count() == 0
