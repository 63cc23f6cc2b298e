# SPDX-License-Identifier: Apache-2.0
"""The publisher page in a browser without WebCodecs: fragments of MediaRecorder as uploads."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from harness.labreport import percentile
from harness.program import Program
from harness.publisherpage import PublisherPage
from harness.waiting import wait_until
from test_canvas_publisher import KEY, SOURCE, lateness, now, samples, watching

FRAGMENT = 450  # ms, less a frame and the jitter of a timer
WITHOUT = "delete globalThis.VideoEncoder; delete globalThis.AudioEncoder;"


@pytest.mark.timeout(90)
def test_fragments_of_a_recorder_are_played(
        browser: Browser, streamer: Callable[..., Program]) -> None:
    """The clock of the page is shown, later than by WebCodecs; a stop ends the publisher."""
    program = streamer(*SOURCE, defaults=False)
    with PublisherPage(browser, program.url("/live/publish"), key=KEY, script=WITHOUT) as page:
        page.start()
        wait_until(lambda: page.status == "You are live.", 20, "the permission")
        assert "HTTP (video)" in program.logged("publish-started")[0].message
        assert page.page.is_disabled("#pause") and not page.page.is_visible("#figures")
        with watching(browser, program) as view:
            view.watch(3)
            found = lateness(samples(view, now(view) - 2000))
            print(f"{percentile(found, 0.5)} ms late")
            # A fragment has half a second, and arrives as a whole: its first frames are that late.
            assert max(found) > FRAGMENT
            view.wait_live(program.port, behind=4000)
        page.start()
        assert page.status == "Stopped."
        wait_until(lambda: program.logged("publish-ended"), 5, "the end of the publisher")


def test_a_recorder_with_another_key_is_told(
        browser: Browser, streamer: Callable[..., Program]) -> None:
    """The page shows why it is not live, and sends nothing more."""
    program = streamer(*SOURCE, defaults=False)
    with PublisherPage(browser, program.url("/live/publish"), key="x" * 32,
                       script=WITHOUT) as page:
        page.start()
        page.wait_state("failed", 20)
        assert "secret" in page.status or "key" in page.status, page.status
        assert not program.logged("publish-started")
