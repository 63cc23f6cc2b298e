# SPDX-License-Identifier: Apache-2.0
"""The stream in Chromium: our own player, hls.js, and none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser

from harness.browser import SMALL, viewer
from harness.labreport import plays_well
from harness.program import Program
from harness.tools import ROOT
from lab import run_lab

SECONDS = 10
FILE = ROOT / "client/browser.html"
PAGES: dict[str, Callable[[Program], str]] = {
    "hlsjs": lambda server: server.url("/?player=hlsjs"),
    "frames": lambda server: server.url("/"),
    "frames-file": lambda server: f"{FILE.as_uri()}?src={server.url('/live.m3u8')}",
}


def check_page(page: str, browser: Browser, server: Program) -> None:
    """At least 90 % of the frames shown, at most one stall, latency 0-3 s; one retry."""
    if page == "frames-file" and not FILE.is_file():
        pytest.skip("client/browser.html not found: the page from a file is not tested")
    for attempt in (1, 2):
        found = run_lab(browser, PAGES[page](server), seconds=SECONDS, size=SMALL)
        wrong = plays_well(found, SECONDS)
        print(f"run {attempt}: {json.dumps(summary(found))} {wrong}")
        if not wrong:
            return
    raise AssertionError(f"{wrong}\n{json.dumps(found, indent=1)}")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("page", ["frames"])
def test_page_plays_at_the_live_edge(page: str, browser: Browser, server: Program,
                                     hlsjs: object) -> None:
    """Our own player shows nearly all frames, soon after their time."""
    check_page(page, browser, server)


def summary(found: dict[str, Any]) -> dict[str, Any]:
    """The figures of a report that are printed."""
    return {
        key: found[key]
        for key in ("startup_ms", "glass_to_glass_ms", "stalls", "frames", "errors")
    }


@pytest.mark.timeout(60)
def test_hlsjs_player_uses_blocking_reloads_and_parts(browser: Browser, server: Program,
                                                      hlsjs: object) -> None:
    """?player=hlsjs uses hls.js 1.6.15 from /player/hls.js, blocking reloads and parts."""
    with viewer(browser, SMALL) as view:
        view.open(server.url("/?player=hlsjs"))
        view.wait_playing()
        version = view.page.evaluate("() => window.Hls && Hls.version")
        assert version == "1.6.15"
        assert any(url.endswith("/player/hls.js") for url in view.requests)
        assert any("_HLS_msn=" in url for url in view.requests), "no blocking reload"
        assert any(url.rsplit("/", 1)[-1].count(".") == 2 for url in view.requests), "no part"
        assert not [
            url for url in view.requests if "127.0.0.1" not in url and url.startswith("http")
        ]


@pytest.mark.timeout(60)
def test_frame_player_reads_the_open_segment(browser: Browser, server: Program) -> None:
    """Our own player reads open segments: no part, no hls.js."""
    with viewer(browser, SMALL) as view:
        view.open(server.url("/?player=frames"))
        view.wait_playing()
        assert not view.page.evaluate("() => !!window.Hls")
        assert any("/segment" in url and url.endswith(".m4s") for url in view.requests)
        assert view.data()["state"]["text"].strip(), "the page shows no state"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("response", ["unreachable", "other bytes"])
def test_frame_player_replaces_a_missing_hlsjs(response: str, browser: Browser, streamer) -> None:
    """Without the CDN, or with another sum, the frame player plays, and a line says why."""
    program = streamer("--resolution", "320x180")
    with viewer(browser, SMALL) as view:
        asked: list[str] = []

        def outside(route: Any) -> None:
            asked.append(route.request.url)
            if response == "unreachable":
                route.abort()
            else:
                headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "text/javascript"}
                route.fulfill(status=200, headers=headers, body="window.__foreign = true;")

        view.context.route(lambda url: "//127.0.0.1" not in url, outside)
        view.open(program.url("/?player=hlsjs"))
        view.wait_playing()
        assert len({url.split("/")[2] for url in asked}) == 1, f"one CDN: {asked}"
        assert not view.page.evaluate("() => !!window.__foreign"), "a script with another sum ran"
        text = view.data()["state"]["text"].lower()
        assert "hls.js" in text, f"no visible line: {text}"


@pytest.mark.timeout(60)
def test_foreign_scripts_are_refused(browser: Browser, server: Program) -> None:
    """The policy of the page allows only its own scripts: none by address, inline or parameter."""
    with viewer(browser, SMALL) as view:
        view.context.route(
            lambda url: url.startswith("http://evil.example"), lambda route: route.fulfill(
                status=200, content_type="text/javascript", body="window.__evil = 1"))
        evil = "http://evil.example/x.js"
        view.open(server.url(f"/?hlsjs={evil}&script={evil}&cdn={evil}"))
        view.wait_playing()
        view.page.evaluate(
            "src => { for (const make of ["
            "s => { s.src = src; }, s => { s.textContent = 'window.__evil = 2'; }])"
            " { const s = document.createElement('script'); make(s); document.body.append(s); } }",
            evil)
        view.watch(1)
        assert view.page.evaluate("() => window.__evil") is None
        policy = view.page.evaluate(
            "() => document.querySelector('meta[http-equiv=\"Content-Security-Policy\"]').content")
        assert "script-src" in policy and "unsafe-eval" not in policy
        sources = policy.split("script-src")[1].split(";")[0]
        assert "'unsafe-inline'" not in sources and "*" not in sources


@pytest.mark.timeout(60)
def test_native_player_plays(browser: Browser, server: Program) -> None:
    """?player=native plays by Chromium's own HLS."""
    with viewer(browser, SMALL) as view:
        view.open(server.url("/?player=native"))
        view.wait_playing(within=20)


@pytest.mark.timeout(60)
def test_page_shows_its_measurements(browser: Browser, server: Program) -> None:
    """Clock, latency, buffer, rate and stalls are in the panel and change."""
    with viewer(browser, SMALL) as view:
        view.open(server.url("/?panel=1"))
        view.wait_playing()
        first = view.data()["state"]["text"]
        view.watch(1.5)
        assert view.data()["state"]["text"] != first
        for word in ("latency", "buffer", "rate", "stall"):
            assert word in first.lower(), f"{word} is not on the page: {first}"
        assert any("timestamps.json" in url for url in view.requests)
