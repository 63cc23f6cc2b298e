# SPDX-License-Identifier: Apache-2.0
"""The past in the player page and in <live-player>: seeks, single frames, links, clips, live."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import Viewer, viewer
from harness.frames import clocks_of, strip_clock
from harness.http1 import get
from harness.pagemenus import choose
from harness.program import Program, start, stop
from harness.site import site
from harness.waiting import wait_until
from test_events import TOKEN, post

FLAGS = ("--admin-token", TOKEN, "--resolution", "640x360", "--bitrate", "600", "--audio", "tone",
         "--dvr", "1h", "--playlist-length", "6", "--max-files", "8")
FRAME = 1000 / 30
# The strip of the burned clock as strip_clock() reads it.
STRIP = """() => {
  const video = document.querySelector('video'), canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [256, 16];
  const context = canvas.getContext('2d'), height = Math.trunc(video.videoHeight / 18) * 2;
  context.drawImage(video, 0, 0, video.videoWidth, height, 0, 0, 256, 16);
  const { data } = context.getImageData(0, 0, 256, 16);
  return Array.from({ length: 256 * 16 }, (_, i) => data[4 * i]);
}"""
STATE = """() => ({clock: __player.clock, now: Date.now(), errors: __player.errors,
  rate: document.querySelector('video').playbackRate, stalls: __player.stalls.length,
  status: __player.status})"""
ELEMENT = """<!doctype html><meta charset="utf-8"><style>live-player {{ width: 800px }}</style>
<script type="module" src="{module}"></script>
<live-player src="{source}" at="{at}" timebar controls muted></live-player>"""


def extent(program: Program) -> dict:
    """How far viewers may go back."""
    return json.loads(get(program.port, "/live/dvr.json").text)


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory, binary: Path) -> Iterator[Program]:
    """A program whose archive has twenty seconds more than its window."""
    program = start([*FLAGS, "--archive", str(tmp_path_factory.mktemp("archive"))])
    try:
        wait_until(lambda: (found := extent(program)).get("to", 0) - found.get("from", 0) > 28,
                   60, "an archive of 28 seconds")
        yield program
    finally:
        stop(program)


def shown(view: Viewer) -> int:
    """The burned clock of the shown frame, ms."""
    clock = view.page.evaluate("() => __player.clock")
    assert clock is not None
    return clock


def wait_behind(view: Viewer, least: float, most: float) -> dict:
    """Waits until the shown frame is this many seconds old."""
    view.page.wait_for_function(
        "([least, most]) => { const age = (Date.now() - __player.clock) / 1000;"
        " return __player.clock && age > least && age < most; }", arg=[least, most],
        timeout=10_000)
    return view.page.evaluate(STATE)


def wait_bar(view: Viewer) -> None:
    """Waits until the stream plays and its time bar is shown."""
    view.wait_playing()
    view.page.wait_for_selector("#track", state="visible", timeout=10_000)


def settle(view: Viewer) -> None:
    """Waits until a paused player shows the frame of its last seek."""
    view.page.wait_for_function(
        "() => (video => video.paused && !video.seeking)(document.querySelector('video'))",
        timeout=10_000)
    # The picture of a seek is drawn with the next frames of the page.
    view.page.evaluate("""() => new Promise(done => requestAnimationFrame(
        () => requestAnimationFrame(done)))""")


def picture(view: Viewer) -> int:
    """The burned clock of the picture, read from the element at this moment."""
    settle(view)
    clock = strip_clock(bytes(view.page.evaluate(STRIP)))
    assert clock is not None
    return clock


# Notes when the next frame of the video is on the screen.
NOTE_FRAME = """() => {
  window.__isNext = false;
  document.querySelector('video').requestVideoFrameCallback(() => { window.__isNext = true; });
}"""


def step(view: Viewer, key: str) -> int:
    """The burned clock after a step, as soon as the screen has another frame."""
    view.page.evaluate(NOTE_FRAME)
    view.page.keyboard.press(key)
    view.page.wait_for_function("() => window.__isNext", timeout=10_000)
    return picture(view)


@pytest.mark.timeout(90)
def test_single_frames_and_an_exact_clip(past: Program, browser: Browser, tmp_path: Path) -> None:
    """Steps show the neighbouring frames; the clip has the marked frames at both ends."""
    with viewer(browser) as view:
        view.open(past.url("/"))
        wait_bar(view)
        view.page.keyboard.press("j")
        wait_behind(view, 9, 14)
        view.page.keyboard.press(",")
        clocks = [picture(view)]
        clocks += [step(view, key) for key in (",", ",", ".", ".")]
        steps = [after - before for before, after in zip(clocks, clocks[1:])]
        assert steps == pytest.approx([-FRAME, -FRAME, FRAME, FRAME], abs=1.1), clocks
        view.page.keyboard.press("[")
        first = picture(view)
        view.page.keyboard.press("k")
        view.watch(1.5)
        view.page.keyboard.press(",")
        view.watch(1)
        last = picture(view)
        view.page.keyboard.press("]")
        view.page.click("#clip")
        link = view.page.locator("#save").get_attribute("href")
        assert link and last - first > 1000
        path = tmp_path / "clip.mp4"
        path.write_bytes(get(past.port, link.removeprefix(past.url(""))).body)
        frames = clocks_of(path)
        assert (frames[0], frames[-1]) == (first, last)
        assert len(frames) == pytest.approx((last - first) / FRAME + 1, abs=2)
        assert not view.page_errors


@pytest.mark.timeout(60)
def test_events_are_marks_that_are_only_text(past: Program, browser: Browser) -> None:
    """A mark shows its text on focus and goes to its time on Enter; nothing in it is executed."""
    at, text = time.time() - 6, "<img src=x onerror=\"window.hacked = 1\"> Gate"
    post(past, json.dumps({"text": text}), f"?time={at * 1000:.0f}")
    assert [event["data"]["text"] for event in extent(past)["events"]] == [text]
    with viewer(browser) as view:
        view.open(past.url("/"))
        wait_bar(view)
        view.page.mouse.move(300, 300)
        view.page.wait_for_selector("#events button", state="attached", timeout=15_000)
        view.page.focus("#track")
        view.page.keyboard.press("Tab")
        assert view.page.evaluate("() => document.activeElement.parentNode.id") == "events"
        assert view.page.locator("#preview-text").inner_text() == text
        label = view.page.evaluate("() => document.activeElement.getAttribute('aria-label')")
        assert label.endswith(f": {text}"), label
        view.page.keyboard.press("Enter")
        wait_behind(view, time.time() - at - 1, time.time() - at + 3)
        assert view.page.evaluate("() => window.hacked") is None
        assert view.page.locator("#events img, #preview-text img").count() == 0
        assert not view.page_errors


SAMPLES = """() => { const video = document.querySelector('video');
  const held = document.getElementById('held'); window.__black = []; window.__held = 0;
  const sample = () => { requestAnimationFrame(sample);
    if (!held.hidden) __held += 1;
    else if (video.readyState < 2) __black.push(performance.now()); };
  sample(); }"""


@pytest.mark.timeout(60)
def test_no_seek_shows_black(past: Program, browser: Browser) -> None:
    """From live to the past, within it and back, the last picture stays until the next one."""
    with viewer(browser) as view:
        view.open(past.url("/"))
        wait_bar(view)
        view.page.evaluate(SAMPLES)
        view.page.keyboard.press("j")
        wait_behind(view, 8, 16)
        view.page.keyboard.press("j")
        wait_behind(view, 17, 30)
        view.page.wait_for_function("() => document.getElementById('held').hidden")
        assert view.page.evaluate("() => __held") > 0
        view.page.keyboard.press("End")
        wait_behind(view, -1, 3)
        view.page.wait_for_function("() => document.getElementById('held').hidden")
        assert view.page.evaluate("() => __black.length") == 0
        assert not view.page_errors


# Notes the number of frames that a video had presented at the first callback for one.
PRESENTED = """window.__presented = null;
  const { prototype } = HTMLVideoElement, own = prototype.requestVideoFrameCallback;
  prototype.requestVideoFrameCallback = function request(body) {
    return own.call(this, (now, data) => {
      window.__presented ??= data.presentedFrames;
      body(now, data);
    });
  };"""


@pytest.mark.timeout(60)
def test_a_link_begins_at_its_instant(past: Program, browser: Browser) -> None:
    """?at= shows the frame of its time first; the speed is the viewer's."""
    at = time.time() - 15
    date = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f"{at % 1:.3f}"[1:] + "Z"
    with viewer(browser) as view:
        view.context.add_init_script(PRESENTED)
        view.open(past.url(f"/?at={date}"))
        view.page.wait_for_function("() => window.__player?.samples.length > 10", timeout=15_000)
        first, presented = view.page.evaluate("() => [__player.samples[0][1], __presented]")
        # On a busy machine the first callback is for a later frame than the first one.
        first -= (presented - 1) * 1000 / 30
        assert at * 1000 - 34 < first < at * 1000 + 40, (first - at * 1000, presented)
        choose(view.page, "speed", "2")
        # A busy machine decodes some frames late: one of three spans is without that.
        rates: list[float] = []
        while len(rates) < 3 and rates[-1:] != [pytest.approx(2, abs=0.25)]:
            before = view.page.evaluate(STATE)
            view.watch(1.5)
            after = view.page.evaluate(STATE)
            rates.append((after["clock"] - before["clock"]) / (after["now"] - before["now"]))
        assert rates[-1] == pytest.approx(2, abs=0.25), rates
        # At a higher rate it arrives at the live edge, and plays live.
        choose(view.page, "speed", "8")
        wait_behind(view, -1, 1)
        view.page.wait_for_selector("#to-live", state="hidden", timeout=3000)
        assert not view.page_errors
    with viewer(browser) as view:
        view.open(past.url("/?at=soon"))
        view.wait_playing()
        assert "Invalid time" in view.page.locator("#messages").inner_text()


@pytest.mark.timeout(60)
def test_the_element_plays_from_an_instant(past: Program, browser: Browser) -> None:
    """<live-player at timebar>: the instant, seek() and the return by seek(null)."""
    at = round(time.time() - 12, 3)
    page = ELEMENT.format(
        module=past.url("/player/live-player.js"), source=past.url("/live/"), at=at)
    with site(page) as address, viewer(browser) as view:
        view.page.goto(address)
        view.page.wait_for_function(
            "at => { const { shownAt } = document.querySelector('live-player');"
            " return shownAt > at + 0.5 && shownAt < at + 8; }", arg=at, timeout=15_000)
        view.page.locator("live-player").locator("#track").wait_for(state="visible")
        player = "document.querySelector('live-player')"
        assert view.page.evaluate(f"() => {player}.latency") is None
        view.page.evaluate(f"at => {player}.seek(at)", at - 5)
        view.page.wait_for_function(
            f"at => Math.abs({player}.shownAt - at) < 2 && {player}.video.readyState > 2",
            arg=at - 4)
        view.page.evaluate(f"() => {player}.seek(null)")
        view.page.wait_for_function(f"() => {player}.latency !== null && {player}.latency < 1.5",
                                    timeout=10_000)
        view.watch(2)
        assert not view.page_errors


@pytest.mark.timeout(60)
@pytest.mark.parametrize("width", [1280, 640, 390, 320])
def test_the_bar_fits_the_page(width: int, past: Program, browser: Browser) -> None:
    """No control covers another or is cut off; all have names."""
    with viewer(browser) as view:
        view.page.set_viewport_size({"width": width, "height": 640})
        view.open(past.url("/?timebar=1"))
        wait_bar(view)
        boxes = view.page.evaluate(
            "() => [...document.querySelectorAll('#past-buttons > *, #bar > *')].map((control) =>"
            " control.getBoundingClientRect()).filter((box) => box.width > 0)"
            ".map(({ left, right, top, bottom }) => [left, right, top, bottom])")
        assert all(left >= 0 and right <= width and bottom <= 640
                   for left, right, _, bottom in boxes)
        for index, (left, right, top, bottom) in enumerate(boxes):
            for other in boxes[index + 1:]:
                apart = (right <= other[0] + 1 or other[1] <= left + 1
                         or bottom <= other[2] + 1 or other[3] <= top + 1)
                assert apart, (boxes[index], other)
        names = view.page.evaluate(
            "() => [...document.querySelectorAll('#past button, #bar button, #bar input')]"
            ".filter((e) => !e.closest('#events'))"
            ".map((e) => e.getAttribute('aria-label') || e.textContent.trim())")
        assert len(names) >= 15 and all(names), names
