# SPDX-License-Identifier: Apache-2.0
"""<live-player> many times: mounts leak nothing, and a wall shows the same instant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.metrics import total
from harness.program import Program
from harness.site import site
from harness.waiting import wait_until
from test_live_player import PAGE

LEAKS = Path(__file__).parents[1] / "harness/leaks.js"
# Mounts with different transports are removed at different moments of the start.
MOUNTS = """async ([source, count]) => {
  const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
  const transports = ['http', 'ws', 'webcodecs', 'ws', 'hls'];
  const groups = [null, null, 'group'];
  window.__players = [];
  for (let i = 0; i < count; i += 1) {
    const player = document.createElement('live-player');
    player.src = source;
    player.transport = transports[i % transports.length];
    player.sync = groups[i % groups.length];
    player.muted = true;
    player.setAttribute('controls', '');
    document.body.append(player);
    await sleep([0, 5, 20, 60, 150, 250][i % 6]);
    if (i % 50 === 49) await sleep(1200);
    player.remove();
    __players.push(new WeakRef(player));
  }
}"""


@pytest.mark.timeout(90)
def test_mounts_leak_nothing(browser: Browser, server: Program, hlsjs: object) -> None:
    """After 200 mounts no timer, socket, request, listener, object URL or element is left."""
    html = PAGE.format(module=server.url("/player/live-player.js"))
    with site(html) as address, viewer(browser) as view:
        page, pending = view.page, set()
        view.context.add_init_script(path=str(LEAKS))
        page.on("request", lambda request: pending.add(request))
        for end in ("requestfinished", "requestfailed"):
            page.on(end, lambda request: pending.discard(request))
        view.open(address, is_parsed=True)
        page.wait_for_function("() => customElements.get('live-player') !== undefined")
        before = page.evaluate("() => __counts()")
        page.evaluate(MOUNTS, [server.url("/live/"), 200])
        wait_until(lambda: total(server.port, "streamer_websockets") == 0, 5, "all sockets close")
        view.watch(0.5)
        counts = page.evaluate("() => __counts()")
        assert counts == before, f"{json.dumps(counts)} after {json.dumps(before)}"
        left = [request.url for request in pending if request.url.startswith("http")]
        assert not left, left
        session = view.context.new_cdp_session(page)
        for _ in range(3):
            view.watch(0.2)
            session.send("HeapProfiler.collectGarbage")
        alive = page.evaluate("() => __players.filter((player) => player.deref()).length")
        print(f"elements in memory after 200 mounts: {alive}")
        assert alive <= 2


@pytest.mark.timeout(60)
def test_wall_shows_the_same_instant(browser: Browser, streamer, tmp_path: Path) -> None:
    """/wall?streams= plays each stream in one group; the page says how far they are apart."""
    settings = {
        "host": "127.0.0.1", "httpPort": 0, "testSrc": True, "resolution": "320x180",
        "bitrate": 300, "streams": [{"stream": name} for name in "abc"]
    }
    (tmp_path / "streams.json").write_text(json.dumps(settings))
    program = streamer("-c", str(tmp_path / "streams.json"), defaults=False)
    with viewer(browser) as view:
        page = view.page
        view.open(program.url("/wall?streams=a,b,c"))
        page.wait_for_function(
            "() => [...document.querySelectorAll('live-player')].length === 3"
            " && [...document.querySelectorAll('live-player')].every((player) =>"
            " Math.abs(player.statistics?.syncOffset ?? 1) < 0.05)", timeout=25000)
        page.wait_for_function(
            "() => /^Live\\d+ ms, all within \\d+ ms$/"
            ".test(document.getElementById('words').textContent)", timeout=5000)
        print(page.locator("#words").inner_text())
        assert page.locator(".tile h2").all_inner_texts() == ["a", "b", "c"]
        assert total(program.port, "streamer_websockets") == 3
        assert not view.page_errors, view.page_errors
        page.goto(program.url("/wall?streams=a,b&sync=a+b"))
        page.wait_for_function(
            "() => /^Live.*all within /.test(document.getElementById('words').textContent)",
            timeout=20000)
        assert page.get_by_role("alert").inner_text().startswith('Invalid sync group "a b" (')
        page.goto(program.url("/wall"))
        assert page.get_by_role("alert").count() == 0
        assert "/wall?streams=a,b,c" in page.locator("#usage").inner_text()
        page.click("#choose-first")
        assert page.locator("#picks label").all_inner_texts() == ["a", "b", "c"]
        page.check("#picks label:has-text('c') input")
        page.check("#picks label:has-text('a') input")
        page.click("#picker-show")
        page.wait_for_function(
            "() => /^Live.*all within /.test(document.getElementById('words').textContent)",
            timeout=20000)
        assert page.url.endswith("/wall?streams=c,a"), page.url
        assert not page.is_visible("#usage")
