# SPDX-License-Identifier: Apache-2.0
"""Caddy in front of the program: HTTP/3 to Chromium, and the rules that all edges have.

Chromium accepts the certificate of the test by its public key, and uses QUIC from the first
request, as it does for a known site after its `alt-svc`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

# These tests of other edges run here with the edge of this file.
from test_edges import (  # noqa: F401
    Requests, test_clock_is_not_kept, test_closed_paths,
    test_compressed_and_plain_playlists_are_right,
    test_http2_holds_and_streams, test_late_segment_is_complete,
    test_ldash_play_is_a_page_or_an_mpd, test_mpd_names_the_host_of_the_request,
    test_one_viewer_has_the_bytes_of_a_direct_one, test_other_methods_are_refused,
    test_path_is_not_read_in_two_ways, test_preflight_is_answered, test_websocket,
)

from harness import edges
from harness.browser import launch, viewer
from harness.crowd import Crowd, ask
from harness.edges import Edge
from harness.http1 import get
from harness.program import Program
from harness.publications import published
from harness.tunein import PLAYLIST, align

BASE = "/live/video/"
# Each response with its status, protocol, bytes, and the arrival of each piece (Unix ms).
FETCH = """paths => Promise.all(paths.map(async path => {
  const answer = await fetch(path);
  const pieces = [];
  let bytes = 0;
  const reader = answer.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
    pieces.push([bytes, performance.timeOrigin + performance.now()]);
  }
  const [entry] = performance.getEntriesByName(answer.url).slice(-1);
  return { status: answer.status, by: entry.nextHopProtocol, bytes, pieces,
    held: Number(answer.headers.get('X-Held-Ms')) };
}))"""
PROTOCOLS = """() => performance.getEntriesByType('resource')
  .filter(({ name }) => /segment|m3u8/.test(name))
  .map(({ nextHopProtocol }) => nextHopProtocol)"""


@pytest.fixture(scope="module")
def edge(server: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Caddy in front of the shared streamer."""
    with edges.TERMINATORS["caddy"](tmp_path_factory.mktemp("caddy"), server.port) as found:
        yield found


@pytest.fixture(scope="module")
def quic(edge: Edge, browser_path: str) -> Iterator[Browser]:
    """A Chromium that reaches the edge by HTTP/3 only."""
    with sync_playwright() as playwright:
        running = launch(playwright.chromium, browser_path, *edges.quic_flags(edge))
        try:
            yield running
        finally:
            running.close()


@pytest.fixture
def ask_by_quic(edge: Edge, quic: Browser) -> Iterator[Any]:
    """Fetches paths in a page of the edge, all at once."""
    context = quic.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(edge.url("/time"))
    try:
        yield lambda *paths: page.evaluate(FETCH, list(paths))
    finally:
        context.close()


def test_viewers_learn_of_http3(edge: Edge) -> None:
    """Responses over TCP name the port of HTTP/3, which browsers use from then on."""
    assert f'h3=":{edge.port}"' in ask(edge, "/live.m3u8").headers["alt-svc"]


def test_held_playlists_and_parts_come_by_http3(server: Program, ask_by_quic: Any) -> None:
    """A playlist and a part that do not exist yet are held, and arrive when they are published."""
    held = 0
    for _ in range(9):
        parent = align(server.port, 4).last_part[0]
        # The hinted part, and a playlist that is not there when its request arrives.
        names = [f"segment{parent}.5.m4s", f"segment{parent + 1}.2.m4s"]
        media, playlist = ask_by_quic(
            BASE + names[0], f"{PLAYLIST}?_HLS_msn={parent + 1}&_HLS_part=2")
        for found in (playlist, media):
            assert (found["status"], found["by"]) == (200, "h3")
        if playlist["held"] == 0:
            # The page has asked too late.
            continue
        held += 1
        assert media["bytes"] == len(get(server.port, BASE + names[0]).body)
        # Each arrives after its publication, and before that of the segment after it.
        for name, found in zip(names, (media, playlist)):
            after = f"segment{int(name[7:].split('.')[0]) + 1}.9.m4s"
            arrived, times = found["pieces"][-1][1], published(server, name, after)
            print(f"{name} is in the page {arrived - times[0]:.0f} ms after its publication")
            assert times[0] < arrived < times[1]
        if held == 3:
            return
    raise AssertionError(f"{held} of 9 playlists were held")


def test_open_segment_comes_by_http3_as_it_grows(server: Program, ask_by_quic: Any) -> None:
    """A segment that has not begun is held, then its chunks arrive during its second."""
    parent = align(server.port, 7).last_part[0] + 1
    found, = ask_by_quic(f"{BASE}segment{parent}.m4s")
    assert (found["status"], found["by"]) == (200, "h3")
    assert found["bytes"] == len(get(server.port, f"{BASE}segment{parent}.m4s").body)
    first, last = found["pieces"][0][1], found["pieces"][-1][1]
    print(f"{len(found['pieces'])} pieces in {last - first:.0f} ms")
    # Its first piece arrives before its last part exists.
    made, = published(server, f"segment{parent}.9.m4s")
    assert len(found["pieces"]) > 1 and first < made


@pytest.mark.timeout(60)
@pytest.mark.parametrize("player", ["hlsjs", "frames"])
def test_player_plays_by_http3(player: str, edge: Edge, quic: Browser, hlsjs: Path) -> None:
    """The page and its media come by HTTP/3; the WebSocket beside it opens."""
    with viewer(quic) as view:
        view.open(edge.url("/?player=hlsjs" if player == "hlsjs" else "/"))
        view.wait_playing(frames=90)
        protocols = view.page.evaluate(PROTOCOLS)
        assert len(protocols) > 3 and set(protocols) == {"h3"}, protocols
        if player == "frames":
            assert view.sockets and view.page.evaluate(
                "() => performance.getEntriesByType('navigation')[0].nextHopProtocol") == "h3"


@pytest.mark.timeout(60)
def test_websocket_plays_beside_http3(edge: Edge, quic: Browser) -> None:
    """Caddy 2.6 offers no WebSockets over HTTP/2 or HTTP/3: Chromium opens one over HTTP/1.1."""
    with viewer(quic) as view:
        view.open(edge.url("/?player=ws"))
        view.wait_playing(frames=60)
        assert view.page.evaluate("() => __player.player") == "ws"
        assert any("/ws" in address for address in view.sockets)


@pytest.mark.parametrize("is_cached", [True, False], ids=["varnish behind", "alone"])
def test_requests_of_viewers(is_cached: bool, server: Program, tmp_path: Path) -> None:
    """Caddy keeps nothing; with Varnish behind it, as its file states, 20 viewers are one request.
    """
    cache = edges.varnish(tmp_path, [server.port]) if is_cached else None
    try:
        (tmp_path / "caddy").mkdir()
        front = edges.caddy(tmp_path / "caddy", server.port, cache and cache.port)
        with edges.single(lambda: front), Crowd(server, *[front] * 20) as crowd:
            parent = align(server.port, 2).last_part[0]
            with Requests(server, "part") as requests:
                path = f"{BASE}segment{parent}.3.m4s"
                crowd.run([(0, client, path) for client in crowd.clients])
        assert {client.status for client in crowd.clients} == {200}
        assert {client.body for client in crowd.clients} == {crowd.clients[0].body}
        assert requests.count == 1 + (1 if is_cached else 20)
    finally:
        if cache:
            cache.close()
