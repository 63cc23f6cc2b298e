# SPDX-License-Identifier: Apache-2.0
"""Chromium with hls.js plays while RTMP publishers are killed, frozen, replaced, and fight."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser

from harness import stillness
from harness.browser import Viewer, viewer
from harness.follower import followed
from harness.http1 import get
from harness.newframes import now, wait_frames
from harness.program import Program
from harness.rtmp import HOST, publish, rtmp_port
from harness.sources import Source
from harness.waiting import wait_until

MODES = ("never", "auto")
# The slate plays without a pause of this length, in the time of the page, s.
PAUSE = 1.0


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

    def back_after(self, since: float) -> float:
        """Waits for 60 frames that are drawn after `since`; the seconds to the first of them."""
        frames = wait_frames(lambda: self.view.data()["samples"], since * 1000)
        return frames[0][0] / 1000 - since


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
    scene.program.wait_logged("publish-started", count=2, within=30)
    first.thaw()
    return since


EVENTS = {event.__name__: event for event in (killed, restarted, frozen, replaced)}


@pytest.mark.timeout(150)
@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("mode", MODES)
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
        stillness.measure(view.page)
        scene = Scene(program, port, view, sources)
        view.open(program.url("/live/?player=hlsjs"))
        view.wait_playing(frames=60)

        stillness.begin(view.page)
        since = EVENTS[event](scene, first)
        found = stillness.found(view.page)
        back = scene.back_after(since)
        print(f"{mode}, {event}: back after {back:.2f} s; meanwhile {found}")
        if mode == "never":
            assert found["page"] < PAUSE, "the slate plays without a pause"
        assert not [error for error in view.page_errors if "fatal" in error.lower()]


@pytest.mark.timeout(120)
def test_two_encoders_fight(browser: Browser, streamer: Callable[..., Program],
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
        with followed(program):
            for _ in range(6):
                rival = publish(port, size="320x180")
                while rival.processes[1].poll() is None:
                    view.watch(0.1)
                rival.kill()
        assert len(program.logged("publish-started")) == 1
        wait_frames(lambda: view.data()["samples"], now())
