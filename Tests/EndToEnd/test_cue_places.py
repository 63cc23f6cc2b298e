# SPDX-License-Identifier: Apache-2.0
"""Cues with a place in the picture: in WebVTT, in CMAF, in JSON, and over the picture."""

from __future__ import annotations

import json
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.http1 import get
from harness.program import Program, start, stop
from harness.site import site
from harness.waiting import wait_until
from test_captions import ELEMENTS, MOUNT, TOKEN, post

PLACE = {"line": 10, "align": "start"}
SETTINGS = "line:10% position:6% align:start"
# The texts with their edges, in parts of the picture.
SHOWN = """() => {
  const root = document.querySelector('live-player').shadowRoot;
  const box = root.getElementById('captions');
  const picture = root.getElementById('stage').getBoundingClientRect();
  return box.hidden ? [] : [...box.children].map((row) => {
    const range = document.createRange();
    range.selectNodeContents(row);
    const { left, right, top, bottom } = range.getBoundingClientRect();
    return {
      text: row.textContent, top: (top - picture.top) / picture.height,
      bottom: (bottom - picture.top) / picture.height,
      left: (left - picture.left) / picture.width, right: (right - picture.left) / picture.width,
      size: parseFloat(getComputedStyle(row).fontSize) };
  });
}"""


@pytest.fixture(scope="module")
def program(binary: Path) -> Iterator[Program]:
    """A stream with captions in one language."""
    running = start(["--resolution", "320x180", "--bitrate", "300", "--admin-token", TOKEN,
                     "--captions", "en*"])
    wait_until(lambda: get(running.port, "/live/video/playlist.m3u8").status == 200, 15, "live")
    yield running
    stop(running)


@pytest.mark.timeout(40)
def test_segments_have_the_place_as_cue_settings(program: Program) -> None:
    """In the line of the times, in `sttg`, and as members; a cue without a place has none."""
    at = int(time.time() * 1000) // 1000 * 1000 + 1200
    post(program, {"text": "above", "start": at, "duration": 600, **PLACE})
    post(program, {"text": "below", "start": at, "duration": 600})
    number = at // 1000
    get(program.port, f"/live/captions-en/playlist.m3u8?_HLS_msn={number}", timeout=8)
    text = get(program.port, f"/live/captions-en/segment{number}.vtt").text
    ends = {body: times.rsplit(" --> ", 1)[1].partition(" ")[2]
            for _, times, body in (cue.split("\n") for cue in text.strip().split("\n\n")[1:])}
    assert ends == {"above": SETTINGS, "below": ""}
    media = get(program.port, f"/live/captions-en/segment{number}.m4s").body
    box = (8 + len(SETTINGS)).to_bytes(4, "big") + b"sttg" + SETTINGS.encode()
    # ISO/IEC 14496-30 §7.4: `iden`, then `sttg`, then `payl`.
    assert media.count(b"sttg") == 1 and box + b"\0\0\0\x0dpayl" + b"above" in media
    cues = json.loads(get(program.port, "/live/captions-en/cues.json").text)["cues"]
    assert [{key: value for key, value in cue.items() if key in PLACE} for cue in cues] == [
        PLACE, {}]


@pytest.mark.timeout(40)
def test_places_outside_the_picture_are_refused(program: Program) -> None:
    """The line of the response names the member and the expected values."""
    for member, value, expected in (("line", 91, "0–90"), ("line", -1, "0–90"),
                                    ("line", "top", "0–90"), ("align", "left", "start, center"),
                                    ("align", 1, "start, center"), ("size", 10, "line and align")):
        with pytest.raises(urllib.error.HTTPError) as refused:
            post(program, {"text": "a", "duration": 1, member: value})
        line = refused.value.read().decode()
        assert refused.value.code == 400 and expected in line, line


@pytest.mark.timeout(60)
def test_player_shows_cues_at_their_places(browser: Browser, program: Program) -> None:
    """Above and to the left, and as before above the controls, in the same size."""
    html = ELEMENTS.format(module=program.url("/player/live-player.js"))
    with site(html) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.evaluate(MOUNT, [program.url("/live/"), ["http"]])
        view.page.wait_for_function(
            "() => document.querySelector('live-player').captionTrack", timeout=15000)
        post(program, {"text": "left\nabove", "duration": 8000, **PLACE})
        post(program, {"text": "below", "duration": 8000})

        def both() -> list[dict] | None:
            found = view.page.evaluate(SHOWN)
            return found if len(found) == 2 else None

        above, below = wait_until(both, 15, "both cues")
        print(above, below)
        assert above["text"] == "left\nabove" and below["text"] == "below"
        assert above["top"] == pytest.approx(0.1, abs=0.03)
        assert above["left"] == pytest.approx(0.06, abs=0.03) and above["right"] < 0.5
        assert below["bottom"] == pytest.approx(1 - 64 / 180, abs=0.03)
        assert (below["left"] + below["right"]) / 2 == pytest.approx(0.5, abs=0.02)
        assert above["size"] == below["size"] >= 14
        assert not view.page_errors, view.page_errors
