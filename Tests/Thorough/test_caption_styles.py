# SPDX-License-Identifier: Apache-2.0
"""Closed captions are shown at their places, and in their colours and styles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import Viewer, viewer
from harness.captionpage import CHOOSE, ELEMENTS, MOUNT
from harness.captionsource import Caption, captioned_clip
from harness.dtvcc import ServiceCaption
from harness.http1 import get
from harness.program import Program, start, stop
from harness.site import site
from harness.waiting import wait_until

SECONDS = 8
# Row 2 from column 8, underlined; row 14 in cyan; row 15 in white italics.
ROWS = ["Above", "Cyan", "Italics"]
PLACED = Caption(1, 7, "\n".join(ROWS),
                 places=((0x11, 0x75), (0x14, 0x46), (0x14, 0x6E)))
# A window of one row of 12 columns, centred text, its upper right corner at 90 % and 10 %.
# SetWindowAttributes: translucent red. SetPenAttributes: large, mono sans, italics. SetPenColor:
# yellow on opaque blue.
WINDOW = bytes([0x98, 0x00, 0x80 | 10, 90, 2 << 4 | 0, 11, 1 << 3 | 1,
                0x97, 0b10110000, 0, 0b10, 0, 0x90, 0x06, 0x83, 0x91, 0b111100, 0b000011, 0])
SERVICE = ServiceCaption(1, 7, "Right", window=WINDOW)
# The rows or windows with their edges in pixels of the picture, and the styles of their texts.
SHOWN = """() => {
  const root = __player.shadowRoot, box = root.getElementById('captions');
  const picture = root.getElementById('stage').getBoundingClientRect();
  return box.hidden ? null : [...box.children].map((row) => {
    const span = row.querySelector('span'), style = getComputedStyle(span);
    const { left, right, top, bottom } = row.getBoundingClientRect();
    return {
      text: row.textContent, left: left - picture.left, right: right - picture.left,
      top: top - picture.top, bottom: bottom - picture.top, size: parseFloat(style.fontSize),
      color: style.color, background: style.backgroundColor, fill:
      getComputedStyle(row).backgroundColor, isItalic: style.fontStyle === 'italic',
      isUnderlined: style.textDecorationLine === 'underline',
      align: getComputedStyle(row).textAlign,
    };
  });
}"""


@pytest.fixture(scope="module")
def program(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A file with one caption in CC1 and one in SERVICE1, passed through in a loop."""
    path = captioned_clip(tmp_path_factory.mktemp("captions") / "captions.ts", SECONDS, [PLACED],
                          "320x180", services=[SERVICE])
    running = start(["--input", str(path), "--loop", "--passthrough", "always", "--host",
                     "127.0.0.1", "--http-port", "0"], defaults=False)
    wait_until(lambda: get(running.port, "/live/video/playlist.m3u8").status == 200, 20, "live")
    yield running
    stop(running)


def open_element(view: Viewer, program: Program, width: int, address: str) -> None:
    """An element of 16:9 whose menu has both tracks."""
    view.open(address, is_parsed=True)
    view.page.add_style_tag(content=f"live-player {{ width: {width}px !important }}")
    view.page.evaluate(MOUNT, [program.url("/live/"), "http"])
    view.page.wait_for_function("() => window.__player?.captionTracks.length === 2", timeout=30000)


def shown(view: Viewer, track: str, texts: list[str]) -> list[dict]:
    """The rows of a track once these texts are shown."""
    view.page.wait_for_function(CHOOSE, arg=track, timeout=10000)

    def rows() -> list[dict] | None:
        found = view.page.evaluate(SHOWN) or []
        return found if [row["text"] for row in found] == texts else None

    return wait_until(rows, 20, f"the caption of {track}")


@pytest.mark.timeout(120)
def test_rows_and_windows_are_at_their_places_in_their_styles(
        browser: Browser, program: Program) -> None:
    """In a picture of 640×360, whose safe area of 80 % is above the controls."""
    html = ELEMENTS.format(module=program.url("/player/live-player.js"))
    with site(html) as address, viewer(browser) as view:
        open_element(view, program, 640, address)
        above, cyan, italics = shown(view, "CC1", ROWS)
        print([above, cyan, italics])
        # 15 rows of 288 / 15 pixels end 64 pixels above the lower edge, where the controls begin.
        row, top = 288 / 15, 360 - 64 - 288
        assert [one["top"] for one in (above, cyan, italics)] == [
            pytest.approx(top + index * row, abs=0.5) for index in (1, 13, 14)]
        assert italics["bottom"] == pytest.approx(360 - 64, abs=0.5)
        # The grid of 32 columns is centred: column 0 is 16 columns before the middle, 8 is 8.
        assert (320 - cyan["left"]) / (320 - above["left"]) == pytest.approx(2, abs=0.02)
        assert cyan["left"] == italics["left"]
        assert 64 <= cyan["left"] <= 240
        assert (above["color"], cyan["color"], italics["color"]) == (
            "rgb(255, 255, 255)", "rgb(0, 255, 255)", "rgb(255, 255, 255)")
        assert [one["isItalic"] for one in (above, cyan, italics)] == [False, False, True]
        assert [one["isUnderlined"] for one in (above, cyan, italics)] == [True, False, False]

        [window] = shown(view, "SERVICE1", ["Right"])
        print(window)
        # The safe area is 512 wide, from 64 on.
        assert window["right"] == pytest.approx(64 + 0.9 * 512, abs=1)
        assert window["top"] == pytest.approx(top + 0.1 * 288, abs=0.5)
        assert window["size"] == pytest.approx(1.25 * above["size"], abs=0.1)
        assert (window["align"], window["isItalic"], window["color"], window["background"],
                window["fill"]) == ("center", True, "rgb(255, 255, 0)", "rgb(0, 0, 255)",
                                    "rgba(255, 0, 0, 0.5)")
        assert not view.page_errors, view.page_errors


@pytest.mark.timeout(120)
def test_a_small_picture_has_lines_above_the_controls(browser: Browser, program: Program) -> None:
    """Rows of a picture of 320×180 would be too small to read: they keep their colours."""
    html = ELEMENTS.format(module=program.url("/player/live-player.js"))
    with site(html) as address, viewer(browser) as view:
        open_element(view, program, 320, address)
        rows = shown(view, "CC1", ROWS)
        assert [one["color"] for one in rows][1] == "rgb(0, 255, 255)"
        assert all(one["size"] >= 14 for one in rows)
        assert rows[2]["bottom"] <= 180 - 64 + 1
        assert rows[0]["bottom"] <= rows[1]["top"] + 1
        assert rows[1]["bottom"] <= rows[2]["top"] + 1
        assert not view.page_errors, view.page_errors
