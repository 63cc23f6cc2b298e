# SPDX-License-Identifier: Apache-2.0
"""Teletext in its rows, at its side and in its colours: WebVTT, CMAF, JSON, and players."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.http1 import get
from harness.program import Program, start, stop
from harness.site import site
from harness.teletext import boxed, placed
from harness.transport import Transport
from harness.waiting import wait_until
from test_captions import ELEMENTS, MOUNT

PAGE = 888
YELLOW, CYAN, RED = 3, 6, 1
# Two speakers below, of whom one speaks in two colours; a name above, at the left.
ROWS = [(2, boxed(4, "NEWS", RED)),
        (20, boxed(11, "Good evening,", YELLOW, after=bytes([CYAN]) + b"<all>")),
        (22, boxed(16, "Welcome.", after=b""))]
LOWER = "Good evening, <all>\nWelcome."
# The page has 25 rows in the safe area, 80 % of the height.
TOP, BOTTOM = 10 + round(80 * 2 / 25), 10 + round(80 * 20 / 25)
# The texts with their edges in parts of the picture, and the colours of their parts.
SHOWN = """() => {
  const root = document.querySelector('live-player').shadowRoot;
  const box = root.getElementById('captions');
  const picture = root.getElementById('stage').getBoundingClientRect();
  return box.hidden ? [] : [...box.children].map((row) => {
    const range = document.createRange();
    range.selectNodeContents(row);
    const { left, right, top } = range.getBoundingClientRect();
    const parts = [...row.querySelectorAll('span, b')].filter(({ childElementCount: n }) => !n);
    return { text: row.textContent, top: (top - picture.top) / picture.height,
      left: (left - picture.left) / picture.width, right: (right - picture.left) / picture.width,
      colors: parts.map((part) => [part.textContent, getComputedStyle(part).color]) };
  });
}"""


@pytest.fixture(scope="module")
def program(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A file of 20 s that shows the page from 2 s to 18 s, in a loop."""
    path = tmp_path_factory.mktemp("teletext") / "film.ts"
    source = Transport(path, 20, pages=[("eng", 2, PAGE)])
    for frame in range(60, 540, 30):
        source.page(frame, placed(PAGE, ROWS))
    source.text(540, PAGE)
    path.write_bytes(b"".join(source.packets))
    running = start(["--input", str(path), "--loop", "--passthrough", "always", "--captions",
                     "en*", "--host", "127.0.0.1", "--http-port", "0"], defaults=False)
    wait_until(lambda: get(running.port, "/live/video/playlist.m3u8").status == 200, 20, "live")
    yield running
    stop(running)


def cues(program: Program) -> list[dict]:
    """All cues."""
    return json.loads(get(program.port, "/live/captions-en/cues.json").text)["cues"]


@pytest.mark.timeout(60)
def test_cues_have_rows_and_colours(program: Program) -> None:
    """A cue for each group of rows, with cue settings and classes of the default colours."""
    wait_until(lambda: len(cues(program)) >= 6, 25, "cues")
    upper = [cue for cue in cues(program) if cue["text"] == "NEWS"]
    lower = [cue for cue in cues(program) if cue["text"] == LOWER]
    assert upper and lower and len(upper) + len(lower) == len(cues(program)), cues(program)
    assert {(cue["line"], cue.get("align")) for cue in upper} == {(TOP, "start")}
    assert {(cue["line"], cue.get("align")) for cue in lower} == {(BOTTOM, None)}
    assert upper[0]["runs"] == [[{"text": "NEWS", "color": "red"}]]
    assert lower[0]["runs"] == [
        [{"text": "Good evening, ", "color": "yellow"}, {"text": "<all>", "color": "cyan"}],
        [{"text": "Welcome."}]]
    # Both groups are shown at the same times.
    assert {cue["start"] for cue in upper} == {cue["start"] for cue in lower}
    playlist = get(program.port, "/live/captions-en/playlist.m3u8").text
    names = re.findall(r"^segment\d+", playlist, re.MULTILINE)
    texts = [get(program.port, f"/live/captions-en/{name}.vtt").text for name in names]
    payload = "<c.yellow>Good evening, </c><c.cyan>&lt;all&gt;</c>\nWelcome.\n"
    [found] = [text for text in texts if payload in text][:1]
    assert f" line:{BOTTOM}%\n{payload}" in found, found
    assert f" line:{TOP}% position:6% align:start\n<c.red>NEWS</c>\n" in found, found
    media = b"".join(get(program.port, f"/live/captions-en/{name}.m4s").body for name in names)
    assert b"payl" + payload.rstrip("\n").encode() in media


@pytest.mark.timeout(90)
def test_player_shows_rows_and_colours(browser: Browser, program: Program) -> None:
    """In `<live-player>`: the name above at the left, the words below, in their colours."""
    html = ELEMENTS.format(module=program.url("/player/live-player.js"))
    with site(html) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.evaluate(MOUNT, [program.url("/live/"), ["http"]])

        def both() -> list[dict] | None:
            found = view.page.evaluate(SHOWN)
            return found if len(found) == 2 else None

        upper, lower = wait_until(both, 40, "both groups of rows")
        print(upper, lower)
        assert upper["text"] == "NEWS" and lower["text"] == LOWER
        assert upper["top"] == pytest.approx(TOP / 100, abs=0.03)
        assert upper["left"] == pytest.approx(0.06, abs=0.03) and upper["right"] < 0.5
        assert lower["top"] > 0.4
        assert (lower["left"] + lower["right"]) / 2 == pytest.approx(0.5, abs=0.02)
        assert upper["colors"] == [["NEWS", "rgb(255, 0, 0)"]]
        assert lower["colors"] == [["Good evening, ", "rgb(255, 255, 0)"],
                                   ["<all>", "rgb(0, 255, 255)"],
                                   ["Welcome.", "rgb(255, 255, 255)"]]
        assert not view.page_errors, view.page_errors
