# SPDX-License-Identifier: Apache-2.0
"""A page publishes a picture that does not change: browsers give no frames of such a screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from harness.browser import Viewer
from harness.program import Program
from harness.publisherpage import PublisherPage
from harness.waiting import wait_until
from test_canvas_publisher import KEY, SOURCE, now, publishing, watching

# Longer than a publisher without media is kept, in seconds.
STILL = 12


def shown(view: Viewer) -> int:
    """The frames that a player has shown."""
    return view.page.evaluate("() => __player.framesShown")


@pytest.mark.timeout(90)
def test_a_picture_that_stands_still_stays_live(
        browser: Browser, streamer: Callable[..., Program]) -> None:
    """The last frame is repeated; one more drawing is shown."""
    program = streamer(*SOURCE, defaults=False)
    with publishing(browser, program) as page, watching(browser, program) as view:
        page.page.evaluate("() => { canvasCamera.isStill = true; }")
        view.watch(1)
        before = shown(view)
        view.watch(STILL)
        repeated = shown(view) - before
        assert repeated > 3 * STILL, "without repeats it would be none"
        assert page.status == "You are live, with 1 viewer."
        drawn = now(view)
        page.page.evaluate("() => canvasCamera.draw()")
        view.page.wait_for_function("at => (__player.clock ?? 0) >= at - 50", arg=drawn,
                                    timeout=5000)
        page.page.evaluate("() => { canvasCamera.isStill = false; }")
        view.watch(3)
        print(f"{repeated} frames in {STILL} s of a still picture")
        view.wait_live(program.port)
        program.check_logged("publish-started", stream="live")
        assert not program.logged("publish-lost") and not program.logged("publish-ended")


@pytest.mark.timeout(90)
def test_a_picture_that_never_moves_is_published(
        browser: Browser, streamer: Callable[..., Program]) -> None:
    """A slide has one frame: it has viewers after a second; another size is shown too."""
    program = streamer(*SOURCE, defaults=False)
    still = "addEventListener('DOMContentLoaded', () => { canvasCamera.isStill = true; })"
    with PublisherPage(browser, program.url("/live/publish"), key=KEY, script=still) as page:
        page.go_live()
        with watching(browser, program) as view:
            view.watch(2)
            page.page.evaluate("() => { canvasCamera.turn(360, 640); canvasCamera.draw(); }")
            view.page.wait_for_function(
                "() => document.querySelector('canvas').height === 640", timeout=5000)
            assert page.state == "live"


@pytest.mark.timeout(60)
def test_a_source_that_has_ended_is_not_repeated(
        browser: Browser, streamer: Callable[..., Program]) -> None:
    """After "Stop sharing" the last picture is not sent any longer."""
    program = streamer(*SOURCE, defaults=False)
    with publishing(browser, program) as page:
        page.page.evaluate("() => canvasCamera.track.stop()")
        wait_until(lambda: program.logged("source-silent"), 5, "the source is silent")
        sent = page.page.evaluate("() => __publisher.video.encoded")
        page.page.wait_for_timeout(1000)
        assert page.page.evaluate("() => __publisher.video.encoded") == sent


@pytest.mark.timeout(60)
def test_a_screen_with_few_changes_has_the_usual_rate(
        browser: Browser, streamer: Callable[..., Program]) -> None:
    """A typed text changes a few times per second; the film that follows has all its frames."""
    program = streamer(*SOURCE, defaults=False)
    slow = """addEventListener('DOMContentLoaded', () => {
      canvasCamera.isStill = true;
      setInterval(() => canvasCamera.draw(), 200);
      const settings = MediaStreamTrack.prototype.getSettings;
      MediaStreamTrack.prototype.getSettings = function () {
        return { ...settings.call(this), displaySurface: 'monitor' };
      };
    })"""
    with PublisherPage(browser, program.url("/live/publish"), key=KEY, script=slow) as page:
        page.page.wait_for_timeout(3000)
        page.go_live()
        assert page.page.evaluate("() => __publisher.video.rate") == 30
