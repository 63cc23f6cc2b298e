# SPDX-License-Identifier: Apache-2.0
"""/ with several streams: their list, in Chromium."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import Viewer, viewer
from harness.http1 import get
from harness.program import Program
from harness.waiting import wait_until

PAGE = Path(__file__).parents[2] / "client/list.html"
# Whether the page shows this number of stills.
STILLS = """count => [...document.querySelectorAll('canvas')]
  .filter(({ hidden, width }) => !hidden && width === 320).length === count"""


def stills(view: Viewer) -> list[str]:
    """The addresses of the stills that the page requested."""
    return [url for url in view.requests if url.endswith(".jpg")]


def faults(view: Viewer) -> list[str]:
    """Errors of scripts and of the policy; there may be no still of an instant."""
    return [error for error in view.page_errors
            if "status of 404" not in error and "status of 410" not in error]


def states(port: int) -> dict[str, str]:
    """The states of the streams by name."""
    return {one["name"]: one["state"] for one in json.loads(get(port, "/streams.json").text)}


@pytest.mark.timeout(90)
def test_root_lists_the_streams(browser: Browser, streamer, tmp_path: Path) -> None:
    """Each stream has its state and a still, and its link leads to its player by the keyboard."""
    settings = {
        "host": "127.0.0.1", "httpPort": 0, "testSrc": True, "resolution": "320x180",
        "bitrate": 300, "streams": [
            {"stream": "door"}, {"stream": "yard"}, {"stream": "later", "onDemand": True}]
    }
    (tmp_path / "streams.json").write_text(json.dumps(settings))
    program = streamer("-c", str(tmp_path / "streams.json"), defaults=False)
    with viewer(browser) as view:
        page = view.page
        view.open(program.url("/"))
        page.wait_for_function(STILLS, arg=2, timeout=40000)
        assert page.locator("h2:visible").all_inner_texts() == ["door", "yard", "later"]
        assert page.locator(".badge").all_inner_texts() == ["Live", "Live", "On demand"]
        for name in ("door Live", "yard Live", "later On demand"):
            assert page.get_by_role("link", name=name, exact=True).count() == 1
        assert page.inner_text("#words") == "2 show a picture."
        assert not page.is_visible("#query"), "there is nothing to find among three streams"
        assert "wall?streams=door,yard,later" in (page.get_attribute("#wall", "href") or "")
        started = [url for url in view.requests if "/later/" in url and "/dvr.json" not in url]
        assert not started, "a still would start the stream on demand"
        for _ in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("() => document.activeElement.matches('.card > a')"):
                break
        page.keyboard.press("Enter")
        page.wait_for_function("() => (window.__player?.framesShown ?? 0) > 5", timeout=15000)
        assert page.url == program.url("/door/")
        assert faults(view) == []


@pytest.mark.timeout(90)
def test_stills_of_the_server(browser: Browser, streamer, tmp_path: Path) -> None:
    """The server makes the stills, one for each stream in the window; the page loads no media."""
    settings = {
        "host": "127.0.0.1", "httpPort": 0, "testSrc": True, "resolution": "320x180",
        "framerate": 10, "bitrate": 100,
        "streams": [{"stream": f"door{index}"} for index in range(6)]
    }
    (tmp_path / "streams.json").write_text(json.dumps(settings))
    program = streamer("-c", str(tmp_path / "streams.json"), defaults=False)
    with viewer(browser, (1440, 360)) as view:
        page = view.page
        view.open(program.url("/"))
        page.wait_for_function(STILLS, arg=4, timeout=40000)
        view.watch(1.5)
        assert {url.split("/")[3] for url in stills(view)} == {f"door{i}" for i in range(4)}
        page.keyboard.press("End")
        page.wait_for_function(STILLS, arg=6, timeout=40000)
        assert not any(".m4s" in url for url in view.requests)


@pytest.mark.timeout(90)
def test_the_last_still_of_a_stream_on_demand(browser: Browser, streamer, tmp_path: Path) -> None:
    """It is of the archive, with its time, and is shown without a start of the stream."""
    settings = {
        "host": "127.0.0.1", "httpPort": 0, "testSrc": True, "resolution": "320x180",
        "framerate": 10, "bitrate": 100, "archive": str(tmp_path / "archive"), "dvr": "1h",
        "streams": [{"stream": "door"}, {"stream": "later", "onDemand": True}]
    }
    (tmp_path / "streams.json").write_text(json.dumps(settings))
    program = streamer("-c", str(tmp_path / "streams.json"), defaults=False)
    get(program.port, "/later/snapshot.jpg", timeout=15)
    wait_until(lambda: states(program.port)["later"] == "idle", 40, "the end of the stream")
    with viewer(browser) as view:
        view.open(program.url("/"))
        view.page.wait_for_function(STILLS, arg=2, timeout=20000)
        card = view.page.locator(".card", has_text="later")
        assert re.fullmatch(r"Picture of \d\d:\d\d", card.locator(".corner").inner_text())
        assert card.locator(".pic.dim").count() == 1
        assert card.locator(".badge").inner_text() == "On demand"
        assert states(program.port)["later"] == "idle"


@pytest.mark.timeout(60)
def test_nothing_is_live_without_a_server(browser: Browser, streamer, tmp_path: Path) -> None:
    """If the server does not answer, the page says since when and until when; no badge is green."""
    settings = {
        "host": "127.0.0.1", "httpPort": 0, "testSrc": True, "resolution": "320x180",
        "framerate": 10, "bitrate": 100, "streams": [{"stream": "door"}, {"stream": "yard"}]
    }
    (tmp_path / "streams.json").write_text(json.dumps(settings))
    program = streamer("-c", str(tmp_path / "streams.json"), defaults=False)
    with viewer(browser) as view:
        page = view.page
        view.open(program.url("/"))
        page.wait_for_function(STILLS, arg=2, timeout=20000)
        view.context.set_offline(True)
        page.wait_for_selector("#gone", state="visible", timeout=10000)
        page.wait_for_function(
            "() => /^Last list at \\d\\d:\\d\\d:\\d\\d. (Next try in \\d s|Trying now).$/"
            ".test(document.getElementById('gone-text').textContent)", timeout=5000)
        assert page.locator(".badge").all_inner_texts() == ["No server", "No server"]
        assert page.locator(".pic.dim").count() == 2, "the last stills stay, darkened"
        view.context.set_offline(False)
        page.click("#again")
        page.wait_for_function(
            "() => [...document.querySelectorAll('.badge')].every("
            "({ textContent }) => textContent === 'Live')", timeout=10000)
        assert not page.is_visible("#gone")


def listed(count: int, lost: int) -> list[dict]:
    """A list of streams, the last ones without a picture."""
    since = int(time.time()) * 10**9 - 3600 * 10**9
    return [{"name": f"cam{index}", "label": f"Gate {index}", "state": "live", "onDemand": False,
             "source": {"online": index < count - lost, "since": since}}
            for index in range(count)]


def test_search_and_choice(browser: Browser, server: Program) -> None:
    """With eight streams or more, words and a choice find some; without any found an exit exists.

    With more than twelve the cards are small, and lost streams are named above them.
    """
    answer = [listed(7, 0)]
    with viewer(browser) as view:
        page = view.page
        page.route("**/streams.json", lambda route: route.fulfill(json=answer[0]))
        page.route(server.url("/"), lambda route: route.fulfill(
            path=PAGE, content_type="text/html; charset=utf-8"))
        view.open(server.url("/"), is_parsed=True)
        page.wait_for_function("() => document.querySelectorAll('.card').length === 7")
        assert not page.is_visible("#query") and not page.is_visible("#choices")
        answer[0] = listed(13, 2)
        page.wait_for_selector("#query", state="visible", timeout=10000)
        choices = page.locator("#choices button")
        assert choices.all_inner_texts() == ["All 13", "Live 11", "Trouble 2"]
        assert page.locator("#streams.dense").count() == 1
        assert page.inner_text("#words") == "11 show a picture, 2 are lost."
        assert page.inner_text("#trouble").startswith("2 sources are lost: Gate 11 since ")
        page.click("#trouble-show")
        assert page.locator(".card:visible h2").all_inner_texts() == ["Gate 11", "Gate 12"]
        page.fill("#query", "gate 3")
        assert page.inner_text("#none-text") == "No stream is called “gate 3”."
        page.click("#none-all")
        assert page.locator(".card:visible").count() == 13
        page.fill("#query", "CAM3")
        assert page.locator(".card:visible h2").all_inner_texts() == ["Gate 3"]
        answer[0] = []
        page.wait_for_selector("#empty", state="visible", timeout=10000)
        assert page.locator("#empty code").count() == 3 and page.locator("h1:visible").count() == 1
        page.locator("#empty button").first.click()
        page.wait_for_function("() => document.getElementById('copied').textContent === 'Copied'")
        assert faults(view) == []
