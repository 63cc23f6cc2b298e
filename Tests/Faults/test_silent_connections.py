# SPDX-License-Identifier: Apache-2.0
"""Connections of a page that carry nothing more, without an end, while new ones work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from fetch_hlsjs import script_flags
from harness import stillness
from harness.browser import Viewer, viewer
from harness.program import Program, start, stop
from harness.proxy import Proxy

PLAYERS = ("frames", "ws", "webcodecs", "webcodecs-http", "hlsjs")
# The longest time that a picture stands, in the time of the page, s.
LIMIT = 3.0
# The frames that show that a page plays on after a silence.
PLAYS_ON = 120


@pytest.fixture(scope="module")
def sounding(binary: Path) -> Iterator[Program]:
    """A ladder of two renditions with audio."""
    program = start(["--rendition", "640x360@700", "--rendition", "320x180@250", "--audio", "tone",
                     "--https-port", "0", "--self-signed", *script_flags()])
    yield program
    stop(program)


@contextmanager
def playing(browser: Browser, player: str, scheme: str,
            port: int) -> Iterator[tuple[Viewer, Proxy]]:
    """A page behind a proxy that has shown frames; `-http` after the player: without WebSockets."""
    kind = player.removesuffix("-http")
    with closing(Proxy(port)) as proxy, viewer(browser) as view:
        if kind != player:
            view.context.add_init_script("delete globalThis.WebSocket")
        stillness.measure(view.page)
        view.open(f"{scheme}://127.0.0.1:{proxy.port}/?player={kind}")
        view.page.wait_for_function("() => (window.__player?.framesShown ?? 0) > 60", timeout=25000)
        assert view.page.evaluate("() => [__player.player, __player.sound]") == [kind, True]
        view.watch(1)
        yield view, proxy


def silence(view: Viewer, proxy: Proxy, name: str) -> None:
    """All connections carry nothing more, new ones do: no picture stands longer than the limit."""
    stillness.begin(view.page)
    accepted, silent = proxy.accepted, proxy.silence()
    view.page.wait_for_function("n => __player.framesShown > n", timeout=60000,
                                arg=view.page.evaluate("() => __player.framesShown") + PLAYS_ON)
    found = stillness.found(view.page)
    errors = view.page.evaluate("() => __player.errors.map(({ text }) => text)")
    print(f"{name}: {silent} silent, {proxy.accepted - accepted} new; "
          f"a picture for {found['longest_picture']} s, {found['page_picture']} s of the page; "
          f"{errors}")
    assert silent > 0 and proxy.accepted > accepted
    assert max(found["page"], found["page_picture"]) <= LIMIT, found


@pytest.mark.timeout(150)
@pytest.mark.parametrize("player", PLAYERS)
def test_new_connections_bring_pictures(player: str, browser: Browser, sounding: Program,
                                        request: pytest.FixtureRequest) -> None:
    """All connections of a playing page fall silent, twice: newer pictures within 3 s."""
    if player == "hlsjs":
        request.getfixturevalue(player)
    with playing(browser, player, "http", sounding.port) as (view, proxy):
        for time in ("first", "second"):
            silence(view, proxy, f"{player}, {time}")
        assert view.page.evaluate("() => __player.player") == player.removesuffix("-http")


@pytest.mark.timeout(150)
@pytest.mark.parametrize("player", ["frames", "ws", "webcodecs", "webcodecs-http"])
def test_another_connection_brings_pictures(
        player: str, browser: Browser, sounding: Program) -> None:
    """The only connection of a page with HTTP/2 falls silent: newer pictures within 3 s.

    The browser opens no other one for 20 s. WebSockets are in the same connection, so that their
    players may become those of HTTP.
    """
    with playing(browser, player, "https", sounding.secure_port) as (view, proxy):
        silence(view, proxy, player)
