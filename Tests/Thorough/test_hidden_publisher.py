# SPDX-License-Identifier: Apache-2.0
"""A publisher page in a tab behind another one, in a browser that throttles hidden pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

from harness.browser import Viewer, launch, viewer
from harness.hiddenpage import BarePage
from harness.program import Program
from harness.publisherpage import CAMERA, SIZE
from harness.tools import need
from harness.waiting import wait_until

SOURCE = ("--host", "127.0.0.1", "--http-port", "0", "--source", "page")
HIDDEN = 10  # in seconds
# The timer of a page that is not throttled fires ten times per second.
TICKS = "globalThis.ticks = 0; setInterval(() => { ticks += 1; }, 100)"


@pytest.fixture(scope="module")
def throttling() -> Iterator[Browser]:
    """A Chromium with a drawn camera, whose hidden pages get little time."""
    with sync_playwright() as playwright:
        browser = launch(
            playwright.chromium, need("chromium", "publishing from a browser"),
            "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", throttles=True)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def publishing(browser: Browser, program: Program, script: str = "") -> Iterator[BarePage]:
    """A page that publishes its camera; the script runs in it before its own ones."""
    page = BarePage(browser)
    try:
        if script:
            page.call("Page.addScriptToEvaluateOnNewDocument", source=script)
        page.open(program.url("/live/publish"))
        wait_until(lambda: page.evaluate("!!globalThis.__publisher"), 15, "the page")
        page.evaluate(f"document.querySelector('#size').value = '{SIZE}'")
        page.evaluate("document.querySelector('#camera').click()")
        wait_until(lambda: page.evaluate("!document.querySelector('#start').disabled"), 15,
                   "the camera", interval=0.1)
        page.evaluate("document.querySelector('#start').click()")
        wait_until(lambda: said(page).startswith("You are live"), 20, "the stream",
                   interval=0.1)
        page.evaluate(TICKS)
        yield page
    finally:
        page.close()


def said(page: BarePage) -> str:
    """The state that the page shows."""
    return page.evaluate("document.querySelector('#status').textContent") or ""


def counts(page: BarePage, view: Viewer) -> tuple[int, int, int]:
    """Frames of the source that were encoded, frames that were shown, and firings of the timer."""
    return (page.evaluate("__publisher.video.encoded - __publisher.video.repeated"),
            view.page.evaluate("() => __player.framesShown"), page.evaluate("ticks"))


def play(view: Viewer, program: Program) -> None:
    """Opens the player page, and waits for its picture."""
    view.open(program.url("/live/?player=webcodecs"))
    view.page.wait_for_function("() => (window.__player?.framesShown ?? 0) > 60", timeout=15000)


def measure(page: BarePage, view: Viewer, seconds: float) -> list[float]:
    """Frames encoded and shown and firings of the timer, per second."""
    before = counts(page, view)
    view.watch(seconds)
    return [(b - a) / seconds for a, b in zip(before, counts(page, view))]


@pytest.mark.timeout(120)
def test_camera_of_a_hidden_tab_is_sent(throttling: Browser,
                                        streamer: Callable[..., Program]) -> None:
    """Timers fire once per second, but the frames of the camera and its sound go on in time."""
    program = streamer(*SOURCE, defaults=False)
    with publishing(throttling, program) as page, viewer(throttling) as view:
        play(view, program)
        visible = measure(page, view, 5)
        page.hide()
        view.watch(2)
        assert page.evaluate("document.hidden")
        hidden = measure(page, view, HIDDEN)
        print(f"frames sent and shown, firings of a timer per second: visible {visible}, hidden "
              f"{hidden}")
        assert hidden[2] < visible[2] / 4, "the page is throttled"
        assert hidden[0] > 0.9 * visible[0] and hidden[1] > 0.9 * visible[1]
        view.wait_live(program.port, "(Date.now() - __player.latencyMs)")
        assert view.page.evaluate("() => __player.sound")
        assert said(page) == "You are live, with 1 viewer."
        assert not program.logged("publish-lost") and not program.logged("source-silent")


@pytest.mark.timeout(120)
def test_canvas_of_a_hidden_tab_is_back_when_it_is_shown(
        throttling: Browser, streamer: Callable[..., Program]) -> None:
    """A picture that the page draws is drawn once per second, and repeated between."""
    program = streamer(*SOURCE, defaults=False)
    with publishing(throttling, program, CAMERA.read_text()) as page, viewer(throttling) as view:
        play(view, program)
        visible = measure(page, view, 5)
        page.hide()
        view.watch(2)
        hidden = measure(page, view, HIDDEN)
        assert page.evaluate("document.hidden") and hidden[0] < visible[0] / 5
        assert hidden[1] > 2 * hidden[0], "viewers have a stream that plays"
        page.show()
        view.watch(3)
        shown = measure(page, view, 5)
        print(f"frames sent and shown, firings of a timer per second: visible {visible}, hidden "
              f"{hidden}, shown again {shown}")
        assert shown[0] > visible[0] / 2 and shown[1] > visible[1] / 2
        view.wait_live(program.port, "(Date.now() - __player.latencyMs)")
        program.check_logged("publish-started", stream="live")
        assert not program.logged("publish-ended") and not program.logged("publish-lost")


# A page with the element, whose canvas a worker draws.
WORKER = """(async () => {
  await import('/player/live-publisher.js');
  const canvas = document.createElement('canvas');
  const element = document.createElement('live-publisher');
  [canvas.width, canvas.height] = [640, 360];
  const offscreen = canvas.transferControlToOffscreen();
  const drawing = `onmessage = ({ data }) => {
    const pen = data.getContext('2d');
    setInterval(() => {
      pen.fillStyle = 'hsl(' + performance.now() / 20 + ' 60% 50%)';
      pen.fillRect(0, 0, 640, 360);
    }, 33);
  }`;
  new Worker(URL.createObjectURL(new Blob([drawing]))).postMessage(offscreen, [offscreen]);
  element.setAttribute('src', '/live/publish');
  element.stream = canvas.captureStream();
  document.body.append(canvas, element);
  globalThis.element = element;
  await element.start();
})()"""


@pytest.mark.timeout(120)
def test_canvas_of_a_worker_is_sent_from_a_hidden_tab(
        throttling: Browser, streamer: Callable[..., Program]) -> None:
    """The page of a site publishes a canvas that a worker draws, also behind another tab."""
    program = streamer(*SOURCE, defaults=False)
    page = BarePage(throttling)
    try:
        page.open(program.url("/health"))
        wait_until(lambda: page.evaluate("location.pathname + document.readyState")
                   == "/healthcomplete", 15, "the page")
        page.evaluate(WORKER)
        wait_until(lambda: page.evaluate("globalThis.element?.audience?.state") == "live", 20,
                   "the stream")
        with viewer(throttling) as view:
            play(view, program)
            page.hide()
            view.watch(2)
            frames = "element.publisher.video.encoded - element.publisher.video.repeated"
            before, begun = page.evaluate(frames), view.page.evaluate("() => __player.framesShown")
            view.watch(HIDDEN)
            sent = (page.evaluate(frames) - before) / HIDDEN
            shown = (view.page.evaluate("() => __player.framesShown") - begun) / HIDDEN
            print(f"hidden: {sent:.1f} frames sent, {shown:.1f} shown per second")
            assert page.evaluate("document.hidden") and sent > 5 and shown > 5
    finally:
        page.close()
