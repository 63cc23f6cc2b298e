# SPDX-License-Identifier: Apache-2.0
"""Closed captions (CEA-608): our players show them with their frames, and have a menu."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median, median_high

import pytest
from playwright.sync_api import Browser

from fetch_hlsjs import script_flags
from harness.browser import Viewer, viewer
from harness.captionsource import Caption, captioned_clip, captions
from harness.dashscript import dashjs_flags
from harness.dtvcc import ServiceCaption
from harness.http1 import get
from harness.program import Program, start, stop
from harness.site import site
from harness.waiting import wait_until

SECONDS = 12
# The fixtures of the scripts that transports need.
SCRIPTS = {"hls": "hlsjs", "dash": "dashjs"}
ELEMENTS = """<!doctype html><meta charset="utf-8"><style>live-player {{ width: 320px }}</style>
<script type="module" src="{module}"></script><body>"""
MOUNT = """([source, transport]) => {
  // The time in the file of a picture, by its burned clock, ms; null if it has none.
  const canvas = document.createElement('canvas');
  canvas.width = 128;
  canvas.height = 72;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const clockOf = (picture) => {
    context.drawImage(picture, 0, 0, 128, 72);
    const bits = Array.from({ length: 64 }, (_, i) => (
      context.getImageData(i % 32 * 4 + 2, i < 32 ? 2 : 6, 1, 1).data[0] > 128 ? 1 : 0));
    return bits.slice(0, 4).join('') === '1010' ? parseInt(bits.slice(4, 52).join(''), 2) : null;
  };
  const player = document.createElement('live-player');
  const found = window.__captions = [];
  player.src = source;
  player.transport = transport;
  player.muted = true;
  player.controls = true;
  document.body.append(player);
  window.__player = player;
  const root = player.shadowRoot, box = root.getElementById('captions');
  window.__clock = () => clockOf(root.querySelector(
    transport === 'webcodecs' ? 'canvas' : 'video'));
  new MutationObserver(() => {
    const text = box.hidden ? '' : [...box.children].map((row) => row.textContent).join('\\n');
    if (text !== (found.at(-1)?.text ?? '')) found.push({ text, clock: __clock() });
  }).observe(box, { childList: true, attributes: true });
}"""
# Whether the menu had this option, which it gets shortly after the player knows the track.
CHOOSE = """(text) => {
  const menu = __player.shadowRoot.getElementById('caption-track');
  const index = [...menu.options].findIndex((option) => option.text === text);
  if (index < 0) return false;
  menu.selectedIndex = index;
  menu.dispatchEvent(new Event('change'));
  __captions.length = 0;
  return true;
}"""


@pytest.fixture(scope="module")
def program(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A file with captions in CC1 and CC3, passed through in a loop."""
    path = captioned_clip(tmp_path_factory.mktemp("captions") / "captions.ts", SECONDS,
                          size="320x180")
    running = start(["--input", str(path), "--loop", "--passthrough", "always", "--host",
                     "127.0.0.1", "--http-port", "0", *script_flags(), *dashjs_flags()],
                    defaults=False)
    wait_until(lambda: get(running.port, "/live/video/playlist.m3u8").status == 200, 20, "live")
    yield running
    stop(running)


def errors(found: list[dict],
           given: Sequence[Caption | ServiceCaption]) -> list[float | None]:
    """The median error of each start and end over the turns, ms; None if it was not seen.

    The file is played again and again: a page that was not scheduled is late once.
    """
    texts = [entry["text"] for entry in found]
    medians: list[float | None] = []
    for caption in given:
        begins = [index for index, text in enumerate(texts) if text == caption.text]
        ends = [index + 1 for index in begins if texts[index + 1:index + 2] == [""]]
        for indices, at in ((begins, caption.start), (ends, caption.end)):
            late = [found[index]["clock"] - at * 1000 for index in indices
                    if found[index]["clock"] is not None]
            medians.append(median_high(late) if late else None)
    return medians


def within_bounds(view: Viewer, field: int) -> list[float | None] | None:
    """The errors of a field if each of its changes is usually within 0.1 s of its frame."""
    given = [one for one in captions(SECONDS) if one.field == field]
    found = errors(view.page.evaluate("() => __captions"), given)
    return found if all(late is not None and abs(late) <= 100 for late in found) else None


@pytest.mark.timeout(120)
@pytest.mark.parametrize("transport", ["http", "ws", "webcodecs", "hls", "dash"])
def test_player_shows_captions_of_the_video_with_their_frames(
        transport: str, browser: Browser, program: Program,
        request: pytest.FixtureRequest) -> None:
    """CC1, and CC3 by the menu; no channel is shown before it is chosen, none after "off"."""
    if script := SCRIPTS.get(transport):
        assert request.getfixturevalue(script).is_file()
    html = ELEMENTS.format(module=program.url("/player/live-player.js"))
    with site(html) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.evaluate(MOUNT, [program.url("/live/"), transport])
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
            print(f"{transport}, {name}: {len(late)} changes, {min(late):.0f} to {max(late):.0f} ms"
                  " after their frames")
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
        view.page.wait_for_function("() => __captions.length >= 5", timeout=30000)
        behind = view.page.evaluate("() => Date.now() / 1000 - __player.shownAt")
        assert behind > 3, "not in the past"
        expected = {one.text: one.start * 1000 for one in captions(SECONDS) if one.field == 1}
        late = [entry["clock"] - expected[entry["text"]]
                for entry in view.page.evaluate("() => __captions") if entry["text"]]
        print(f"{len(late)} captions of the past: {min(late):.0f} to {max(late):.0f} ms")
        assert median(map(abs, late)) <= 100
        assert not view.page_errors, view.page_errors
