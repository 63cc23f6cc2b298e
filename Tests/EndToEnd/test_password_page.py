# SPDX-License-Identifier: Apache-2.0
"""The form for a password in the pages, and the tokens that each player renews, in Chromium."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

from fetch_hlsjs import script_flags
from harness.browser import Viewer, viewer
from harness.configuration import stream
from harness.program import Program, start, stop
from harness.site import site
from test_password import hash_of

FIELD = "#access-form input[type=password]"
ERROR = "#access-form .error:not([hidden])"


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory, binary: Path, hlsjs: object,
           ) -> Iterator[Program]:
    """A stream with a password, and one without."""
    folder = tmp_path_factory.mktemp("password")
    path = folder / "streams.json"
    path.write_text(json.dumps({
        "host": "127.0.0.1", "httpPort": 0, "streams": [
            stream("gate", viewerPassword=hash_of("open sesame")) | {"name": "North gate"},
            stream("open")]}))
    running = start(["-c", str(path), *script_flags()], defaults=False)
    try:
        yield running
    finally:
        stop(running)


def enter(view: Viewer, password: str) -> None:
    """Types a password into the form, and sends it."""
    view.page.wait_for_selector(FIELD, state="visible", timeout=10_000)
    view.page.fill(FIELD, password)
    view.page.keyboard.press("Enter")


@pytest.mark.timeout(90)
def test_the_page_asks_for_the_password(browser: Browser, locked: Program) -> None:
    """A wrong one has words; the right one plays at the same address, also after a reload."""
    with viewer(browser, (390, 844)) as view:
        page = view.page
        view.open(locked.url("/gate/"), is_parsed=True)
        assert page.inner_text("#name") == "North gate"
        page.wait_for_selector(FIELD, state="visible", timeout=10_000)
        words = page.inner_text("#away")
        assert "This stream needs a password" in words and "Ask the person" in words
        assert page.inner_text("#state") == "No access"
        assert not page.evaluate(
            "() => document.documentElement.scrollWidth > document.documentElement.clientWidth")
        # Nothing was asked for that the server refuses with a dialog of the browser.
        assert not [url for url in view.requests if ".m3u8" in url]
        enter(view, "simsim")
        page.wait_for_selector(ERROR, timeout=10_000)
        assert page.inner_text(ERROR) == "That is not the password."
        assert page.get_attribute(FIELD, "aria-invalid") == "true"
        enter(view, "open sesame")
        view.wait_playing()
        assert page.url == locked.url("/gate/") and not page.locator("#access-form").count()
        cookies = view.context.cookies(locked.url("/login"))
        assert [each["name"] for each in cookies] == ["viewer-gate"]
        assert cookies[0]["httpOnly"] and cookies[0]["path"] == "/login"
        assert view.context.cookies(locked.url("/gate/")) == []
        assert "/t/" not in page.evaluate("() => document.getElementById('share').outerHTML")
        page.reload()
        view.wait_playing()
        assert not page.locator("#access-form").count()


@pytest.mark.timeout(90)
def test_too_many_wrong_passwords_have_an_end(browser: Browser, locked: Program) -> None:
    """429 says when the next attempt is accepted."""
    with viewer(browser) as view:
        view.context.route(re.compile(r"/login$"), lambda route: route.fulfill(
            status=429, headers={"Retry-After": "60"}, body="too many wrong passwords"))
        view.open(locked.url("/gate/"), is_parsed=True)
        enter(view, "simsim")
        view.page.wait_for_selector(ERROR, timeout=10_000)
        assert re.fullmatch(
            r"Too many wrong passwords came from your network. Try again at \d\d:\d\d:\d\d\.",
            view.page.inner_text(ERROR))


def soon(route: Route) -> None:
    """An answer of /login after which the page renews the token in two seconds."""
    response = route.fetch()
    body = response.json() if response.ok else None
    route.fulfill(response=response, **({} if body is None else {"json": {**body, "seconds": 2.5}}))


@pytest.mark.timeout(120)
@pytest.mark.parametrize("player", ["frames", "ws", "webcodecs", "hlsjs"])
def test_each_player_renews_the_token(player: str, browser: Browser, locked: Program) -> None:
    """Requests with a former token are refused here: playback goes on without a stall."""
    with viewer(browser) as view:
        page, tokens = view.page, list[str]()

        def note(route: Route) -> None:
            found = re.search(r"/t/([^/]+)/", route.request.url)
            token = found[1] if found else ""
            if token not in tokens:
                tokens.append(token)
            # A request may be under way while the token is replaced.
            if token in tokens[:-2]:
                route.fulfill(status=410, body="the playback token has expired")
            else:
                route.continue_()

        view.context.route(re.compile(r"/login(/gate)?$"), soon)
        view.context.route(re.compile(r"/t/[^/]+/gate/"), note)
        view.open(locked.url(f"/gate/?player={player}"), is_parsed=True)
        enter(view, "open sesame")
        if player == "webcodecs":
            # A canvas; 10 s of frames are more than three tokens last.
            page.wait_for_function("() => (window.__player?.framesShown ?? 0) > 300", timeout=60000)
        else:
            view.wait_playing()
            view.wait_smooth(6)
        asked = [url for url in view.requests if url.endswith("/login/gate")]
        assert len(asked) >= 3, asked
        assert page.evaluate("() => __player.player") == player
        assert len(tokens) >= (3 if player in ("frames", "hlsjs") else 1), tokens


@pytest.mark.timeout(60)
def test_an_embed_on_another_site_links_to_the_page(browser: Browser, locked: Program) -> None:
    """A frame of another site has no field; it says so, and links to the page of the stream."""
    frame = f'<iframe src="{locked.url("/gate/?embed")}" width=640 height=360></iframe>'
    with site(frame) as address, viewer(browser) as view:
        # Another name is another site.
        view.open(address.replace("127.0.0.1", "localhost"), is_parsed=True)
        inner = view.page.frame_locator("iframe")
        link = inner.locator("#away-actions a")
        link.wait_for(timeout=10_000)
        assert link.get_attribute("href") == locked.url("/gate/")
        assert link.get_attribute("target") == "_blank"
        assert "needs a password" in inner.locator("#away").inner_text()
        assert inner.locator("input[type=password]").count() == 0


@pytest.mark.timeout(60)
def test_the_list_has_no_still(browser: Browser, locked: Program) -> None:
    """The card has the name and a sign; no picture of the stream is asked for."""
    with viewer(browser) as view:
        view.open(locked.url("/"), is_parsed=True)
        card = view.page.locator(".card", has_text="North gate")
        card.wait_for(timeout=10_000)
        assert "Needs a password" in card.inner_text() and "Password" in card.inner_text()
        view.watch(4)
        assert not [url for url in view.requests if "/gate/" in url]
        assert [url for url in view.requests if "/open/" in url]


@pytest.mark.timeout(60)
def test_without_scripts_the_page_says_how_to_watch(browser: Browser, locked: Program) -> None:
    """Words instead of a broken picture; the address of the playlist is for programs."""
    with viewer(browser, (390, 844), java_script_enabled=False) as view:
        page = view.page
        view.open(locked.url("/gate/"), is_parsed=True)
        words = page.locator(".nojs")
        words.wait_for(timeout=10_000)
        assert "This stream needs a password, and this page a script" in words.inner_text()
        assert "viewer:PASSWORD@" in words.inner_text()
        shown = [link.get_attribute("href") for link in words.locator("a").all()
                 if link.is_visible()]
        assert shown == ["playlist.m3u8", "../"]
        assert not page.locator("img.plain").is_visible()
        view.watch(1)
        assert not [url for url in view.requests if "mjpeg" in url or "snapshot" in url]
        assert view.bad_responses == []
    target = f"http://viewer:open%20sesame@127.0.0.1:{locked.port}/gate/playlist.m3u8"
    assert b"#EXTM3U" in subprocess.run(["curl", "-s", target], capture_output=True,
                                        check=True).stdout
