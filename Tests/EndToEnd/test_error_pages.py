# SPDX-License-Identifier: Apache-2.0
"""Pages of errors, and pages without scripts, in Chromium; the list without a stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.http1 import get
from harness.program import Program, start, stop

ADMIN = "0123456789abcdef0123456789abcdef"
WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, binary: Path) -> Iterator[Program]:
    """Two streams, one of them with a label."""
    settings = {
        "host": "127.0.0.1", "httpPort": 0, "testSrc": True, "resolution": "320x180",
        "framerate": 10, "bitrate": 100, "adminToken": ADMIN,
        "streams": [{"stream": "gate", "name": "North <gate>"},
                    {"stream": "yard", "onDemand": True}],
    }
    path = tmp_path_factory.mktemp("errors") / "streams.json"
    path.write_text(json.dumps(settings))
    running = start(["-c", str(path)], defaults=False)
    try:
        yield running
    finally:
        stop(running)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize(("path", "title"), [
    ("/gatee/", "There is no stream called “gatee”"), ("/none", "There is no such page"),
    ("/gate/a/b/c/d/e/f", "There is no such page")])
def test_an_unknown_address_has_words_and_exits(path: str, title: str, scheme: str,
                                                browser: Browser, program: Program) -> None:
    """The page says what is missing, fits a phone, and leads to the list and to the streams."""
    with viewer(browser, (320, 640), color_scheme=scheme) as view:
        page = view.page
        view.open(program.url(path), is_parsed=True)
        assert page.inner_text("h1") == title and page.title() == f"{title} – streamer"
        assert "404" in page.inner_text(".fact") and not page.evaluate(WIDE)
        ground = page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
        assert ground == ("rgb(11, 13, 16)" if scheme == "dark" else "rgb(243, 245, 247)")
        if "gatee" in path:
            assert page.locator(".exits a").all_inner_texts() == [
                "All streams", "North <gate>", "yard"]
            assert page.locator(".exits a").nth(1).get_attribute("href") == "../gate/"
        page.click(".exits a")
        page.wait_for_selector("#streams .card", timeout=10_000)
        assert page.url == program.url("/")
        # A stream that has just begun has no still of the time that the list asks for.
        assert [error for error in view.page_errors
                if "404" not in error and "410" not in error] == []


@pytest.mark.timeout(60)
def test_a_closed_page_says_so_and_asks_for_the_password(browser: Browser,
                                                         program: Program) -> None:
    """/stats without the token: 401 as a page; with it, the page of viewers."""
    answer = get(program.port, "/stats", headers={"Accept": "text/html"})
    asked = [value for name, value in answer.fields if name == "www-authenticate"]
    assert answer.status == 401 and any(value.startswith("Basic") for value in asked), asked
    assert answer.headers["vary"] == "Accept" and answer.headers["cache-control"] == "no-store"
    assert "needs a password" in answer.text
    credentials = {"username": "admin", "password": ADMIN}
    with viewer(browser, http_credentials=credentials) as view:
        view.open(program.url("/stats"), is_parsed=True)
        view.page.wait_for_selector("#total", timeout=10_000)


@pytest.mark.timeout(60)
def test_the_list_without_scripts(browser: Browser, program: Program) -> None:
    """Names, states and links are in the HTML."""
    with viewer(browser, java_script_enabled=False) as view:
        view.open(program.url("/"), is_parsed=True)
        page = view.page
        rows = page.locator(".links li")
        assert rows.count() == 2
        first = [link.get_attribute("href") for link in rows.nth(0).locator("a").all()]
        assert first == ["gate/", "gate/stream.mjpeg", "gate/snapshot.jpg"]
        assert rows.nth(0).locator("a").first.inner_text() == "North <gate>"
        assert rows.nth(1).inner_text().split("\n")[0].startswith("yard")
        assert rows.nth(1).locator("a").count() == 1, "a picture would start the stream"
        assert not page.locator("#words").is_visible()
        rows.nth(0).locator("a").first.click()
        page.wait_for_selector("img.plain", timeout=10_000)
        assert page.title() == "North <gate> – streamer"


@pytest.mark.timeout(60)
def test_the_label_is_in_the_html(browser: Browser, program: Program) -> None:
    """The page has its name before its script has asked for the list."""
    with viewer(browser) as view:
        view.context.route("**/streams.json", lambda route: route.abort())
        view.open(program.url("/gate/"))
        view.wait_playing(frames=5)
        assert view.page.inner_text("#name") == "North <gate>"
        assert view.page.title() == "North <gate>, live – streamer"


@pytest.mark.timeout(60)
def test_the_list_shows_streams_before_its_script_has_asked(browser: Browser,
                                                            program: Program) -> None:
    """The streams are in the page: without an answer to /streams.json there are cards."""
    with viewer(browser) as view:
        view.context.route("**/streams.json", lambda route: None)
        view.open(program.url("/"), is_parsed=True)
        view.page.wait_for_selector(".card", timeout=5000)
        assert view.page.locator(".card h2").all_inner_texts() == ["North <gate>", "yard"]


@pytest.mark.timeout(60)
def test_a_server_without_a_stream(browser: Browser, streamer: Callable[..., Program]) -> None:
    """/ is the list, which says how to begin; it is right again when there is a stream."""
    program = streamer("--resolution", "320x180", "--admin-token", ADMIN)
    bearer = {"Authorization": f"Bearer {ADMIN}"}
    assert get(program.port, "/api/streams/live", "DELETE", bearer).status == 204
    with viewer(browser, (390, 844)) as view:
        view.open(program.url("/"), is_parsed=True)
        view.page.wait_for_selector("#empty", state="visible", timeout=10_000)
        assert view.page.locator("h1:visible").count() == 1
        assert not view.page.evaluate(WIDE) and view.page_errors == []
    with viewer(browser, java_script_enabled=False) as view:
        view.open(program.url("/"), is_parsed=True)
        assert "no stream for you yet" in view.page.inner_text(".links")
