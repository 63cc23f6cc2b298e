# SPDX-License-Identifier: Apache-2.0
"""Chromium with hls.js plays while RTMP publishers are killed, frozen, replaced, and fight."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser

from harness.browser import Viewer, viewer
from harness.http1 import get
from harness.labreport import between
from harness.program import Program
from harness.rtmp import HOST, publish, rtmp_port
from harness.sources import Source
from harness.waiting import wait_until

# The longest time from the return of a publisher to its first frame on the screen, in seconds: 1 s
# from its first frame, and 1 s until its process has sent one. A passed-through stream lists the
# segment that follows the first key frame.
RETURN = {"never": 2.0, "auto": 8.0}


@dataclass
class Scene:
    """A published stream and the page that plays it."""

    program: Program
    port: int
    view: Viewer
    sources: list[Source]

    def publish(self, size: str = "640x360") -> Source:
        """Another publisher of the stream."""
        source = publish(self.port, size=size)
        self.sources.append(source)
        return source

    def started(self) -> int:
        """The number of publishers up to now."""
        return len(self.program.logged("publish-started"))

    def back_after(self, since: float, within: float) -> float:
        """Seconds from `since` to the first frame drawn and shown after it."""
        def find() -> float:
            frames = between(self.view.data(), since * 1000, float("inf"))
            return next((sample[0] for sample in frames
                         if sample[1] is not None and sample[1] > since * 1000), 0)
        return wait_until(find, within + 10, "a frame of the publisher") / 1000 - since


def killed(scene: Scene, first: Source) -> float:
    """SIGKILL; after 5 s another one with another size."""
    first.kill()
    scene.view.watch(5)
    scene.publish("320x180")
    return time.time()


def restarted(scene: Scene, first: Source) -> float:
    """The encoder is ended and started again at once: timestamps begin at 0."""
    first.kill()
    scene.publish()
    return time.time()


def frozen(scene: Scene, first: Source) -> float:
    """SIGSTOP for 20 s: the server closes it after 10 s, and another one begins."""
    first.freeze()
    scene.view.watch(20)
    first.thaw()
    first.kill()
    scene.publish()
    return time.time()


def replaced(scene: Scene, first: Source) -> float:
    """SIGSTOP, as a half-open connection: another one takes over after 2 s; the first returns."""
    first.freeze()
    scene.view.watch(2.5)
    scene.publish("320x180")
    since = time.time()
    scene.program.wait_logged("publish-started", count=2, within=10)
    first.thaw()
    return since


EVENTS = {event.__name__: event for event in (killed, restarted, frozen, replaced)}


@pytest.mark.timeout(150)
@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("mode", RETURN)
def test_players_outlive_a_publisher(mode: str, event: str, browser: Browser, hlsjs: object,
                                     streamer: Callable[..., Program],
                                     sources: list[Source]) -> None:
    """Encoded: the slate plays meanwhile, without a pause. Both: the next publisher is shown."""
    program = streamer(*HOST, "--hlsjs", str(hlsjs), "--passthrough", mode, "--preset", "ultrafast",
                       defaults=False)
    port = rtmp_port(program)
    first = publish(port)
    sources.append(first)
    wait_until(lambda: get(program.port, "/live/video/playlist.m3u8", timeout=15).status == 200, 25,
               "a playlist")
    with viewer(browser) as view:
        scene = Scene(program, port, view, sources)
        view.open(program.url("/live/?player=hlsjs"))
        view.wait_playing(frames=60)

        def position() -> float:
            return view.page.evaluate("() => document.querySelector('video').currentTime")

        before, began = position(), time.monotonic()
        since = EVENTS[event](scene, first)
        lag = time.monotonic() - began - (position() - before)
        back = scene.back_after(since, RETURN[mode])
        view.watch(4)
        seen = between(view.data(), (time.time() - 3) * 1000, float("inf"))
        advanced = sum(sample[1] is not None for sample in seen)
        print(f"{mode}, {event}: back after {back:.2f} s; {lag:.2f} s behind meanwhile; "
              f"{advanced} frames of the publisher in the last 3 s")
        assert back <= RETURN[mode]
        assert advanced >= 30
        if mode == "never":
            assert lag < 1.5, "the slate plays without a pause"
        assert not [error for error in view.page_errors if "fatal" in error.lower()]


@pytest.mark.timeout(120)
def test_two_encoders_fight_for_thirty_seconds(browser: Browser, streamer: Callable[..., Program],
                                               sources: list[Source]) -> None:
    """Both connect again as soon as they are refused: one stays, and no player notices."""
    program = streamer(*HOST, "--preset", "ultrafast", defaults=False)
    port = rtmp_port(program)
    sources.append(publish(port))
    wait_until(lambda: get(program.port, "/live/video/playlist.m3u8", timeout=15).status == 200, 25,
               "a playlist")
    with viewer(browser) as view:
        view.open(program.url("/live/"))
        view.wait_playing(frames=60)
        began, refused = time.time(), 0
        while time.time() - began < 30:
            rival = publish(port, size="320x180")
            while rival.processes[1].poll() is None and time.time() - began < 30:
                view.watch(0.1)
            rival.kill()
            refused += 1
        seen = [sample for sample in between(view.data(), began * 1000, float("inf"))
                if sample[1] is not None]
        print(f"{refused} attempts; {len(seen)} frames in 30 s")
        assert refused >= 5 and len(program.logged("publish-started")) == 1
        assert len(seen) >= 600
