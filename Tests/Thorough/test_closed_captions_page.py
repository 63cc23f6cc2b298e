# SPDX-License-Identifier: Apache-2.0
"""Closed captions (CEA-608): our player shows them with their frames, and has a menu.

The decoder, its channels, the paths of hls.js and dash.js and the menu's names are tests of the
client (client/test/cea608.test.mjs, closed-captions.test.mjs). `test_broadcast.py` shows CC1 over a
WebSocket, by hls.js and by dash.js, `test_closed_captions_708_page.py` CEA-708 by WebCodecs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest
from playwright.sync_api import Browser

from harness.browser import Viewer, viewer
from harness.captionpage import CHOOSE, ELEMENTS, MOUNT, errors
from harness.captionsource import captioned_clip, captions
from harness.http1 import get
from harness.program import Program, start, stop
from harness.site import site
from harness.waiting import wait_until

SECONDS = 12


@pytest.fixture(scope="module")
def program(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A file with captions in CC1 and CC3, passed through in a loop."""
    path = captioned_clip(tmp_path_factory.mktemp("captions") / "captions.ts", SECONDS,
                          size="320x180")
    running = start(["--input", str(path), "--loop", "--passthrough", "always", "--host",
                     "127.0.0.1", "--http-port", "0"], defaults=False)
    wait_until(lambda: get(running.port, "/live/video/playlist.m3u8").status == 200, 20, "live")
    yield running
    stop(running)


def within_bounds(view: Viewer, field: int) -> list[float | None] | None:
    """The errors of a field if each of its changes is usually within 0.1 s of its frame."""
    given = [one for one in captions(SECONDS) if one.field == field]
    found = errors(view.page.evaluate("() => __captions"), given)
    return found if all(late is not None and abs(late) <= 100 for late in found) else None


@pytest.mark.timeout(120)
def test_player_shows_captions_of_the_video_with_their_frames(
        browser: Browser, program: Program) -> None:
    """CC1, and CC3 by the menu; no channel is shown before it is chosen, none after "off"."""
    html = ELEMENTS.format(module=program.url("/player/live-player.js"))
    with site(html) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.evaluate(MOUNT, [program.url("/live/"), "http"])
        view.page.wait_for_function(
            "() => window.__player?.statistics?.frames > 45 && __player.captionTracks.length === 2",
            timeout=30000)
        assert view.page.evaluate("() => [__player.captionTrack, ...__captions]") == [None]
        for field, name in ((1, "CC1"), (2, "CC3")):
            view.page.wait_for_function(CHOOSE, arg=name, timeout=10000)
            try:
                late = wait_until(lambda field=field: within_bounds(view, field), 38,
                                  f"{name} with its frames", interval=0.5)
            except AssertionError:
                print(view.page.evaluate("() => __captions"))
                raise
            print(f"{name}: {len(late)} changes, {min(late):.0f} to {max(late):.0f} ms after their "
                  "frames")
        assert view.page.evaluate("() => __player.captionTrack") == "CC3"
        view.page.wait_for_function(CHOOSE, arg="Captions off", timeout=10000)
        view.watch(3)
        assert view.page.evaluate("() => __player.captionTrack") is None
        assert not any(one["text"] for one in view.page.evaluate("() => __captions"))
        assert not view.page_errors, view.page_errors


@pytest.mark.timeout(120)
def test_the_past_has_the_captions_of_the_video(browser: Browser, program: Program) -> None:
    """After a seek into the window the captions are those of the earlier frames."""
    html = ELEMENTS.format(module=program.url("/player/live-player.js"))
    with site(html) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.evaluate(MOUNT, [program.url("/live/"), "http"])
        view.page.wait_for_function(
            "() => window.__player?.statistics?.frames > 45 && __player.captionTracks.length === 2",
            timeout=30000)
        view.page.wait_for_function(CHOOSE, arg="CC1", timeout=10000)
        wait_until(lambda: get(program.port, f"/live/at/{time.time() - 7:.3f}").status == 200, 15,
                   "seven seconds of media")
        view.page.evaluate("""() => {
          __player.setAttribute('at', new Date(Date.now() - 6000).toISOString());
          __captions.length = 0;
        }""")
        # While a player seeks, its picture has no clock.
        view.page.wait_for_function(
            "() => __captions.filter(({ text, clock }) => text && clock !== null).length >= 3",
            timeout=30000)
        behind = view.page.evaluate("() => Date.now() / 1000 - __player.shownAt")
        assert behind > 3, "not in the past"
        expected = {one.text: one.start * 1000 for one in captions(SECONDS) if one.field == 1}
        late = [entry["clock"] - expected[entry["text"]]
                for entry in view.page.evaluate("() => __captions")
                if entry["text"] and entry["clock"] is not None]
        print(f"{len(late)} captions of the past: {min(late):.0f} to {max(late):.0f} ms")
        assert median(map(abs, late)) <= 100
        assert not view.page_errors, view.page_errors
