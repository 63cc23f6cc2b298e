# SPDX-License-Identifier: Apache-2.0
"""The time bar at length: back, play and live again, the wall, and the extent of the archive."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.http1 import get
from harness.program import Program
from harness.waiting import wait_until
from test_time_bar import STATE, extent, past, wait_bar, wait_behind  # noqa: F401


@pytest.mark.timeout(90)
def test_the_extent_is_that_of_the_archive(past: Program) -> None:
    """The document has the first archived segment, the headers and no gap; a window is shorter."""
    window = get(past.port, "/live/video/playlist.m3u8").text
    listed = [int(line[7:-4]) for line in window.splitlines()
              if line.startswith("segment") and line.endswith(".m4s")]
    # The names are seconds: the extent has what the window had, and nothing of the future.
    found = wait_until(lambda: found if (found := extent(past))["to"] > listed[-1] else None, 10,
                       "the newest segment of the window")
    assert found["archive"] and found["from"] < listed[0] - 10
    # A segment is complete up to a frame before its end.
    assert found["to"] < found["now"] + 0.1 and found["frameRate"] == [30, 1]
    header = window.split('EXT-X-MAP:URI="init-')[1][:8]
    video, audio = found["renditions"]
    assert video == {"name": "video", "headers": [{"from": found["from"], "header": header}]}
    assert audio["name"] == "audio"
    first = get(past.port, f"/live/video/segment{int(found['from'])}.m4s")
    assert first.status == 200 and get(past.port, "/none/dvr.json").status == 404


@pytest.mark.timeout(90)
def test_viewer_goes_back_plays_and_returns(past: Program, browser: Browser) -> None:
    """The bar seeks to the pointed time; it plays at rate 1; "Live" returns to the latency."""
    with viewer(browser) as view:
        view.open(past.url("/"))
        wait_bar(view)
        view.watch(2)
        before = view.page.evaluate(STATE)
        box = view.page.locator("#track").bounding_box()
        assert box is not None
        found = extent(past)
        asked = found["from"] + 0.4 * (time.time() - found["from"])
        x = box["x"] + 0.4 * box["width"]
        view.page.mouse.move(x, box["y"] - 200)
        view.page.wait_for_function("() => !document.getElementById('stage').matches('.idle')")
        view.page.mouse.move(x, box["y"] + 12)
        view.page.wait_for_selector("#preview", state="visible")
        view.page.mouse.click(x, box["y"] + 12)
        age = time.time() - asked
        first = wait_behind(view, age - 0.8, age + 2)
        view.watch(4)
        second = view.page.evaluate(STATE)
        elapsed = (second["now"] - first["now"]) / 1000
        played = (second["clock"] - first["clock"]) / 1000
        assert played == pytest.approx(elapsed, abs=0.25) and second["rate"] == 1
        text = view.page.locator("#track").get_attribute("aria-valuetext") or ""
        assert text.endswith("behind live"), text
        view.page.keyboard.press("End")
        wait_behind(view, -1, (before["now"] - before["clock"]) / 1000 + 1)
        view.wait_smooth()
        assert not view.bad_responses and not view.page_errors


@pytest.mark.timeout(90)
def test_the_wall_goes_back_and_steps_together(
    streamer: Callable[..., Program], browser: Browser, tmp_path: Path
) -> None:
    """All streams show one instant after a key, play on together, and step in step."""
    settings = {
        "host": "127.0.0.1", "httpPort": 0, "testSrc": True, "resolution": "320x180",
        "bitrate": 300, "archive": str(tmp_path / "archive"), "dvr": "1h",
        "streams": [{"stream": name} for name in "ab"]}
    (tmp_path / "streams.json").write_text(json.dumps(settings))
    program = streamer("-c", str(tmp_path / "streams.json"), defaults=False)
    instants = ("() => [...document.querySelectorAll('live-player')].map(p => p.shownAt)"
                ".filter(at => at !== null)")

    def length(name: str) -> float:
        """The seconds that viewers of a stream may go back."""
        found = json.loads(get(program.port, f"/{name}/dvr.json").text)
        return found["to"] - found["from"]

    def spread(least: float, most: float) -> float:
        """The distance of the shown instants when both have this age, s."""
        view.page.wait_for_function(
            "([least, most]) => { const all = [...document.querySelectorAll('live-player')].map("
            "({ shownAt, video }) => (video.readyState > 2 ? Date.now() / 1000 - shownAt : 0));"
            " return all.every((age) => age > least && age < most); }",
            arg=[least, most], timeout=15_000)
        view.watch(1)
        found = view.page.evaluate(instants)
        assert len(found) == 2
        return max(found) - min(found)

    with viewer(browser) as view:
        view.open(program.url("/wall?streams=a,b"))
        view.page.wait_for_selector("#past", state="visible", timeout=15_000)
        # The key goes back by ten seconds.
        wait_until(lambda: all(length(name) > 12 for name in "ab"), 40, "twelve seconds of past")
        view.page.keyboard.press("j")
        playing = spread(8, 20)
        view.page.keyboard.press(",")
        stepped = spread(8, 30)
        before = view.page.evaluate(instants)
        view.page.keyboard.press(".")
        view.watch(0.7)
        after = view.page.evaluate(instants)
        print(playing, stepped, before, after)
        assert playing < 0.2 and stepped < 0.002
        assert [b - a for a, b in zip(before, after)] == pytest.approx([1 / 30] * 2, abs=0.003)
        assert "within" in view.page.locator("#words").inner_text()
        view.page.keyboard.press("End")
        spread(-1, 2)
        view.open(program.url(f"/wall?streams=a,b&at={time.time() - 12:.3f}"))
        assert spread(11, 26) < 0.2
        assert not view.page_errors


@pytest.mark.timeout(60)
def test_a_stream_without_an_archive_has_no_bar(server: Program, browser: Browser) -> None:
    """The document has the window; the page shows the bar on request only."""
    found = wait_until(lambda: found if (found := extent(server)).get("to", 0) > found.get(
        "from", 0) + 3 else None, 20, "a window of 3 s")
    assert not found["archive"] and 3 < found["to"] - found["from"] < 120
    with viewer(browser) as view:
        view.open(server.url("/"))
        view.wait_playing()
        view.watch(3)
        assert not view.page.locator("#past").is_visible()
        assert len([url for url in view.requests if url.endswith("/dvr.json")]) == 1
    with viewer(browser) as view:
        view.open(server.url("/?timebar=1"))
        wait_bar(view)
        view.page.keyboard.press("ArrowLeft")
        wait_behind(view, 4.5, 8)
