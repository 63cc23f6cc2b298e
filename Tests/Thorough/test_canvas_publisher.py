# SPDX-License-Identifier: Apache-2.0
"""A page publishes a canvas with a burned clock, and another page plays it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser

from harness.browser import Viewer, viewer
from harness.http1 import get
from harness.labreport import percentile, summary
from harness.program import Program
from harness.proxy import Proxy
from harness.publisherpage import PublisherPage
from harness.waiting import wait_until

KEY = "0123456789abcdef0123456789abcdef"
SOURCE = ("--host", "127.0.0.1", "--http-port", "0", "--source", "page", "--publish-key", KEY)
# Of the first measurement, in seconds.
MEASURED = float(os.environ.get("GLASS_SECONDS", "8"))
# The difference between two clocks that are drawn, in ms.
HOUR = 3_600_000
# [time of the display, burned clock], Unix ms.
Sample = list[float]


@contextmanager
def publishing(browser: Browser, program: Program, port: int = 0,
               **more: Any) -> Iterator[PublisherPage]:
    """A page that publishes, over another port of the server if there is one."""
    url = f"http://127.0.0.1:{port or program.port}/live/publish"
    with PublisherPage(browser, url, key=KEY, **more) as page:
        page.go_live()
        yield page


@contextmanager
def watching(browser: Browser, program: Program, player: str = "webcodecs") -> Iterator[Viewer]:
    """A page that has shown two seconds of frames with the clock."""
    with viewer(browser) as view:
        view.open(program.url(f"/live/?player={player}&panel=1"))
        view.page.wait_for_function(
            "() => (window.__player?.samples.length ?? 0) > 60", timeout=20000)
        yield view


def samples(view: Viewer, since: float = 0) -> list[Sample]:
    """The samples of the player that were shown after a time, oldest first."""
    return view.page.evaluate("since => __player.samples.filter(([at]) => at > since)", since)


def now(view: Viewer) -> float:
    """The time of the player, Unix ms."""
    return view.page.evaluate("() => performance.timeOrigin + performance.now()")


def lateness(found: list[Sample]) -> list[float]:
    """The times from the drawing of a frame to its display, in ms."""
    return [shown - drawn for shown, drawn in found]


@pytest.mark.timeout(90 + 2 * MEASURED)
def test_glass_to_glass_of_a_canvas(browser: Browser, streamer: Callable[..., Program]) -> None:
    """From the drawing to the screen of a viewer; both pages show about what was measured."""
    program = streamer(*SOURCE, defaults=False)
    with publishing(browser, program) as page, watching(browser, program) as view:
        view.watch(3)
        since, late, ends, viewed = now(view), list[float](), list[float](), list[float]()
        while len(ends) < MEASURED:
            view.watch(1)
            found = samples(view, since)
            since = found[-1][0]
            late += lateness(found)
            ends.append(page.shown("latency") or 0)
            viewed.append(float(view.page.inner_text("#glass").split()[0]))
        fast, middle, slow = (percentile(late, share) for share in (0.05, 0.5, 0.95))
        told, shown = percentile(ends, 0.5), percentile(viewed, 0.5)
        print(f"glass to glass: {summary(late)}, {len(late)} frames in {MEASURED:.0f} s; the "
              f"publisher shows {told} ms, the viewer {shown} ms")
        assert len(late) > 15 * MEASURED
        assert fast is not None and middle is not None and slow is not None
        assert middle > 0
        # The viewer shows medians of the same times; the publisher those from the capture of a
        # frame, which follows its drawing by up to one frame.
        assert shown is not None and fast <= shown <= slow
        assert told is not None and fast - 1000 / 30 <= told <= slow


@pytest.mark.timeout(90)
@pytest.mark.parametrize(("player", "element"), [("webcodecs", "canvas"), ("frames", "video")])
def test_viewers_play_on_after_a_turn(player: str, element: str, browser: Browser,
                                      streamer: Callable[..., Program]) -> None:
    """A phone is turned while it publishes: the same page shows the other size."""
    program = streamer(*SOURCE, defaults=False)
    size = f"(() => {{ const e = document.querySelector('{element}');" \
           " return [e.videoWidth ?? e.width, e.videoHeight ?? e.height]; })()"
    with publishing(browser, program) as page, watching(browser, program, player) as view:
        assert view.page.evaluate(size) == [640, 360]
        turned = now(view)
        page.page.evaluate("() => canvasCamera.turn(360, 640)")
        view.page.wait_for_function(f"() => String({size}) === '360,640'", timeout=10000)
        taken = now(view) - turned
        view.watch(5)
        every = samples(view, turned)
        found = [sample for sample in every if sample[0] > turned + 3000]
        # In times of drawing: a busy browser shows late frames too.
        skipped = max(b[1] - a[1] for a, b in zip(every, every[1:]))
        print(f"{player}: the other size after {taken:.0f} ms, at most {skipped:.0f} ms left out, "
              f"then {summary(lateness(found))}")
        assert skipped < 2000
        assert view.page.evaluate(size) == [360, 640]
        assert found[-1][1] - found[0][1] > 1500, "the clock runs on"
        assert min(lateness(found)) > 0
        view.wait_live(program.port)
        assert page.state == "live" and not program.logged("publish-lost")
        program.check_logged("publish-started", stream="live")
        assert view.page.evaluate("() => __player.status") == "live"


@pytest.mark.timeout(90)
@pytest.mark.parametrize("gap", ["cut", "frozen"])
def test_publisher_continues_after_five_seconds(gap: str, browser: Browser,
                                                streamer: Callable[..., Program]) -> None:
    """The network of the publisher is away: the same publisher, and the picture 3 s later."""
    program = streamer(*SOURCE, defaults=False)
    proxy = Proxy(program.port)
    try:
        with publishing(browser, program, proxy.port) as page, \
                watching(browser, program) as view:
            (proxy.cut if gap == "cut" else proxy.freeze)()
            wait_until(lambda: page.state == "reconnecting", 30, "the loss is noticed")
            wait_until(lambda: "Connecting again" in page.status, 5, "the page says so")
            back = now(view)
            proxy.mend()
            # Frames that were drawn after the return: not late ones from before.
            view.page.wait_for_function(
                "back => __player.samples.some(([, drawn]) => drawn > back)", arg=back,
                timeout=10000)
            taken = next(shown for shown, drawn in samples(view, back) if drawn > back) - back
            view.watch(3)
            after = samples(view, now(view) - 2000)
            print(f"{gap}: the picture {taken:.0f} ms after the return, then "
                  f"{summary(lateness(after))}")
            assert len(after) > 40 and page.state == "live"
            assert program.logged("publish-continued") and not program.logged("publish-ended")
            program.check_logged("publish-started", stream="live")
    finally:
        proxy.close()


def drawn_by(view: Viewer, offset: int) -> Callable[[], bool]:
    """Whether the player shows frames of the page whose clock has this offset."""
    def check() -> bool:
        clock = view.page.evaluate("() => __player.clock ?? 0")
        return abs(clock - offset - now(view)) < HOUR / 2

    return check


@pytest.mark.timeout(90)
def test_another_key_is_named_once_beside_its_field(
        browser: Browser, streamer: Callable[..., Program]) -> None:
    """The words about the publisher of the stream say nothing about the key."""
    program = streamer(*SOURCE, defaults=False)
    with PublisherPage(browser, program.url("/live/publish"), key="x" * 32) as tab:
        tab.start()
        tab.wait_state("failed", 20)
        assert tab.status == "Not live: the key is refused"
        error = tab.page.inner_text("#key-error")
        assert error == "This key is not the one of live. Nothing was sent."
        wait_until(lambda: tab.page.inner_text("#stream-state") == "No publisher yet.", 10,
                   "the words about the publisher")


@pytest.mark.timeout(90)
def test_second_tab_is_refused(browser: Browser, streamer: Callable[..., Program]) -> None:
    """`--takeover silent`: the first tab stays live; the second one may begin after its end."""
    program = streamer(*SOURCE, defaults=False)
    second = PublisherPage(browser, program.url("/live/publish"), key=KEY, offset=-HOUR)
    with publishing(browser, program) as first, second, watching(browser, program) as view:
        second.start()
        second.wait_state("failed")
        assert second.status == "Not live: another publisher sends this stream"
        view.watch(3)
        assert first.state == "live" and drawn_by(view, 0)()
        assert second.state == "failed", "it does not try again"
        program.check_logged("publish-started", stream="live")
        first.start()
        assert first.status == "Stopped."
        second.go_live()
        wait_until(drawn_by(view, -HOUR), 10, "frames of the second tab")
        program.check_logged("publish-started", stream="live", count=2)


@pytest.mark.timeout(90)
def test_second_tab_takes_over(browser: Browser, streamer: Callable[..., Program]) -> None:
    """`--takeover always`: the newest tab is live, and the one before does not return by itself."""
    program = streamer(*SOURCE, "--takeover", "always", defaults=False)
    second = PublisherPage(browser, program.url("/live/publish"), key=KEY, offset=-HOUR)
    with publishing(browser, program) as first, second, watching(browser, program) as view:
        assert drawn_by(view, 0)()
        second.start()
        first.wait_state("failed")
        assert first.status.startswith("Not live: another publisher has replaced this one")
        second.wait_live()
        wait_until(drawn_by(view, -HOUR), 10, "frames of the second tab")
        view.watch(5)
        assert (first.state, second.state) == ("failed", "live")
        assert drawn_by(view, -HOUR)()
        assert "#EXT-X-GAP" not in get(program.port, "/live/video/playlist.m3u8").text
        # Its person may begin again.
        first.go_live()
        second.wait_state("failed")
        wait_until(drawn_by(view, 0), 10, "frames of the first tab")
