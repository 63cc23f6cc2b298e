# SPDX-License-Identifier: Apache-2.0
"""The states of the player page in words: badge, sentence, exit and title."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Route

from harness.browser import LARGE, Viewer, viewer
from harness.program import Program

TOKEN = "/t/k1.1700000000.bob.abc_-9"
PLAYLIST = re.compile(r"/ll\.m3u8")


@dataclass(frozen=True)
class Stub:
    """Answers of the server that are not its own: `status` for the playlist."""

    status: int = 0
    body: str = ""
    after: int = 0  # only from this status of the page on: 1 after it has played
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class State:
    """The making of a state, and the words of the page."""

    path: str
    stub: Stub
    badge: str
    words: tuple[str, ...]
    exit: str
    title: str


STATES = {
    "password": State("/live/", Stub(401), "No access", ("needs a password", "Ask the person"),
                      "input[type=password]", "live, no access"),
    "key": State("/live/", Stub(403, "a playback token is required"), "No access",
                 ("needs a key",), "#access-form input", "live, no access"),
    "wrong key": State(f"{TOKEN}/live/", Stub(403, "invalid playback token"), "No access",
                       ("does not open the stream",), "#access-form input", "live, no access"),
    "expired": State(f"{TOKEN}/live/", Stub(410, "the playback token has expired"), "No access",
                     ("has expired", "It was good until"), "#access-form input",
                     "live, no access"),
    "unknown": State("/live/", Stub(404), "Not found", ("There is no stream called “live”",),
                     "[data-action=list]", "live, not found"),
    "overloaded": State("/live/", Stub(503, "too many viewers", fields=(("Retry-After", "30"),)),
                        "Waiting", ("Too many people are watching", "Next try in"),
                        "[data-action=stills]", "live, waiting"),
}


def answered(route: Route, stub: Stub) -> None:
    """A stub's answer; other origins may read it."""
    route.fulfill(status=stub.status, body=stub.body,
                  headers={"Access-Control-Allow-Origin": "*", **dict(stub.fields)})


@contextmanager
def shown(browser: Browser, program: Program, state: State, size: tuple[int, int] = LARGE,
          **device: Any) -> Iterator[Viewer]:
    """The page in a state."""
    with viewer(browser, size, **device) as view:
        view.context.route(PLAYLIST, lambda route: answered(route, state.stub))
        view.context.route(re.compile(r"/ws$"), lambda route: answered(route, Stub(404)))
        view.open(program.url(state.path), is_parsed=True)
        view.page.wait_for_function(
            "badge => document.getElementById('state').textContent === badge", arg=state.badge,
            timeout=15_000)
        yield view


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", STATES)
def test_a_refusal_has_words_and_an_exit(name: str, browser: Browser, server: Program) -> None:
    """Badge, sentence, title and exit of a stream that is refused before the first picture."""
    state = STATES[name]
    with shown(browser, server, state) as view:
        page = view.page
        page.wait_for_selector(state.exit, state="visible", timeout=10_000)
        words = page.inner_text("#away")
        assert all(word in words for word in state.words), words
        assert page.title() == f"{state.title} – streamer"
        assert "live" not in (page.get_attribute("#badge", "class") or "").split()
        assert page.locator("#said").get_attribute("role") == "status"
        assert state.words[0] in page.inner_text("#said")
        view.watch(4)
        assert not page.evaluate("() => document.getElementById('stage').matches('.idle')")


@pytest.mark.timeout(60)
def test_an_overloaded_server_is_asked_again(browser: Browser, server: Program) -> None:
    """503 goes on before the first picture too: the stream plays when there is room."""
    with viewer(browser) as view:
        full = {"is": True}
        stub = Stub(503, "too many viewers", fields=(("Retry-After", "2"),))
        view.context.route(PLAYLIST, lambda route: (
            answered(route, stub) if full["is"] else route.continue_()))
        view.open(server.url("/live/"))
        view.page.wait_for_selector("[data-action=stills]", timeout=10_000)
        view.page.click("[data-action=stills]")
        view.page.wait_for_selector("#still", state="visible", timeout=10_000)
        full["is"] = False
        view.wait_playing()
        view.page.wait_for_selector("#still", state="detached", timeout=5000)


@pytest.mark.timeout(60)
def test_the_next_token_comes_by_a_cookie(browser: Browser, server: Program) -> None:
    """410 of a token: the address without it is asked once, and plays if the server permits it."""
    with viewer(browser) as view:
        view.context.route(re.compile(r"/t/k1[^?]*\.(m3u8|m4s|mp4|json)"), lambda route: answered(
            route, Stub(410, "the playback token has expired")))
        view.open(server.url(f"{TOKEN}/live/"))
        view.wait_playing()
        assert view.page.evaluate("() => __player.source") == server.url("/live/ll.m3u8")


@pytest.mark.timeout(60)
def test_a_server_that_does_not_answer(browser: Browser, streamer: Callable[..., Program]) -> None:
    """The page says so, with its last picture, and plays again when "Try now" finds the server."""
    program = streamer("--resolution", "320x180")
    with viewer(browser) as view:
        view.open(program.url("/live/"))
        view.wait_playing()
        view.context.set_offline(True)
        view.page.wait_for_function(
            "() => document.getElementById('away-title').textContent"
            " === 'The server does not answer'", timeout=30_000)
        assert re.match(r"No server\s*for \d+ s", view.page.inner_text("#badge"))
        assert "Last picture at" in view.page.inner_text("#away-text")
        assert view.page.title() == "live, no server – streamer"
        view.page.click("[data-action=again]", timeout=5000)
        view.context.set_offline(False)
        view.page.wait_for_selector("#badge.live", timeout=20_000)


@pytest.mark.timeout(60)
def test_a_page_that_waits_for_a_click(browser: Browser, server: Program) -> None:
    """?autoplay=0: a play button in the centre; a click starts, and the button goes."""
    with viewer(browser) as view:
        view.open(server.url("/live/?autoplay=0"))
        view.page.wait_for_selector("#big-play", state="visible", timeout=10_000)
        view.watch(1)
        assert not [url for url in view.requests if ".m3u8" in url or ".m4s" in url]
        view.page.click("#big-play")
        view.wait_playing()
        view.page.wait_for_selector("#big-play", state="hidden", timeout=5000)


@pytest.mark.timeout(60)
def test_without_scripts_there_are_pictures_and_links(browser: Browser, server: Program) -> None:
    """A page without scripts shows motion JPEG, and leads to HLS, a still and the list."""
    with viewer(browser, java_script_enabled=False) as view:
        view.open(server.url("/live/"))
        page = view.page
        page.wait_for_selector("noscript img, img.plain", state="attached", timeout=10_000)
        links = [link.get_attribute("href") for link in page.locator(".nojs a").all()]
        assert links == ["playlist.m3u8", "snapshot.jpg", "../"]
        assert not page.locator("#bar").is_visible()


@pytest.mark.timeout(60)
def test_the_first_picture_needs_three_requests_and_55_kilobytes(browser: Browser,
                                                                 server: Program) -> None:
    """Before the first frame the page requests itself, and nothing but its stream beside that."""
    with viewer(browser) as view:
        session = view.context.new_cdp_session(view.page)
        session.send("Network.enable")
        sizes: dict[str, int] = {}
        session.on("Network.loadingFinished", lambda event: sizes.update(
            {event["requestId"]: event["encodedDataLength"]}))
        kinds: dict[str, str] = {}
        session.on("Network.responseReceived", lambda event: kinds.update(
            {event["requestId"]: f"{event['type']} {event['response']['url']}"}))
        view.open(server.url("/live/"))
        view.page.wait_for_function("() => window.__player?.framesShown > 0", timeout=30_000)
        code = {key: kind for key, kind in kinds.items()
                if kind.split()[0] in ("Document", "Script", "Stylesheet", "Image", "Font")}
        assert len(code) <= 3, code
        total = sum(sizes.get(key, 0) for key in code)
        assert 0 < total <= 55_000, (total, code)


@pytest.mark.timeout(60)
def test_tab_reaches_each_control_with_a_ring(browser: Browser, server: Program) -> None:
    """Each stop of the keyboard is visible and has a ring; letters do nothing in a field."""
    with viewer(browser) as view:
        view.open(server.url("/live/"))
        view.wait_playing()
        stops = []
        for _ in range(12):
            view.page.keyboard.press("Tab")
            stops.append(view.page.evaluate(
                "() => { const { activeElement: stop } = document;"
                " return [stop.id, getComputedStyle(stop).outlineStyle,"
                " getComputedStyle(document.getElementById('controls')).opacity]; }"))
        reached = [stop for stop, _, _ in stops]
        for control in ("home", "share", "play", "snapshot", "settings", "full"):
            assert control in reached, reached
        assert all(style == "solid" for stop, style, _ in stops if stop), stops
    state = STATES["key"]
    with shown(browser, server, state) as view:
        view.page.fill("#access-form input", "")
        view.page.type("#access-form input", "mk i?")
        assert view.page.input_value("#access-form input") == "mk i?"
        assert view.page.evaluate("() => document.querySelector('video').muted")
        view.page.keyboard.press("Enter")
        view.page.wait_for_selector("#access-form .error:not([hidden])", timeout=5000)
