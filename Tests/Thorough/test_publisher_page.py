# SPDX-License-Identifier: Apache-2.0
"""The player page of a published stream in Chromium: the state of its publisher, AV1, tracks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.http1 import get
from harness.pagemenus import choose, open_settings
from harness.program import Program
from harness.rtmp import AV1, HOST, enhanced_ffmpeg, publish, publish_tracks, rtmp_port
from harness.sources import Source
from harness.waiting import wait_until


def origin(streamer: Callable[..., Program], *more: str) -> tuple[Program, int]:
    """A program that accepts publishers, and their port."""
    program = streamer(*HOST, *more, defaults=False)
    return program, rtmp_port(program)


def plays(program: Program, path: str) -> None:
    """Waits until a rendition has a playlist."""
    wait_until(lambda: get(program.port, path, timeout=15).status == 200, 20, path)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("mode", "state"), [("never", "slate shown"), ("auto", "away since")])
def test_state_of_the_publisher(mode: str, state: str, browser: Browser,
                                streamer: Callable[..., Program], sources: list[Source]) -> None:
    """Protocol and time while it publishes; words and panel while it is away, until it is back."""
    program, port = origin(streamer, "--passthrough", mode)
    first = publish(port)
    sources.append(first)
    plays(program, "/live/video/playlist.m3u8")
    with viewer(browser) as view:
        view.open(program.url("/live/?panel=1"))
        view.wait_playing()
        panel, away = view.page.locator("#figures"), view.page.locator("#away")
        view.page.wait_for_function(
            "() => /Publisher\\s*RTMP since [0-9:]+ /.test("
            "document.getElementById('figures').innerText)")
        assert not away.is_visible()
        first.kill()
        away.wait_for(state="visible", timeout=10000)
        words = away.inner_text()
        assert "The publisher is away" in words and "Last picture at" in words
        assert ("A slate is shown" in words) == (mode == "never")
        assert state in panel.inner_text()
        sources.append(publish(port))
        away.wait_for(state="hidden", timeout=15000)
        view.page.wait_for_function(
            "() => document.getElementById('figures').innerText.includes('RTMP since')")


@pytest.mark.timeout(90)
@pytest.mark.parametrize("player", ["frames", "hlsjs"])
def test_av1_plays(player: str, browser: Browser, streamer: Callable[..., Program],
                   sources: list[Source], hlsjs: object) -> None:
    """AV1 of a publisher, passed through, is decoded by Chromium."""
    program, port = origin(streamer, "--hlsjs", str(hlsjs))
    sources.append(publish(port, options=AV1, program=enhanced_ffmpeg((6, 1))))
    plays(program, "/live/video/playlist.m3u8")
    with viewer(browser) as view:
        view.open(program.url(f"/live/?player={player}"))
        view.wait_playing()
        before = view.page.evaluate("() => document.querySelector('video').currentTime")
        view.watch(4)
        width, after = view.page.evaluate(
            "() => { const v = document.querySelector('video');"
            " return [v.videoWidth, v.currentTime]; }")
        assert width == 640 and after - before > 2.5
        assert not view.page_errors


@pytest.mark.timeout(90)
def test_tracks_are_renditions_of_the_page(browser: Browser, streamer: Callable[..., Program],
                                           sources: list[Source]) -> None:
    """Both tracks of a publisher are in the menu, and the chosen one is shown."""
    program, port = origin(streamer)
    sources.append(publish_tracks(port))
    plays(program, "/live/180p/playlist.m3u8")
    with viewer(browser) as view:
        # With the panel the controls stay visible while the pointer rests.
        view.open(program.url("/live/?panel=1"))
        view.wait_playing()
        open_settings(view.page)
        view.page.wait_for_function("() => document.getElementById('rendition').options.length > 2")
        texts = view.page.evaluate(
            "() => [...document.getElementById('rendition').options].map(o => o.value)")
        assert texts == ["", "360p", "180p"]
        for name in ("180p", "360p"):
            choose(view.page, "rendition", name)
            view.page.wait_for_function(
                "height => document.querySelector('video').videoHeight === height",
                arg=int(name[:-1]), timeout=8000)
        assert not view.page_errors


@pytest.mark.timeout(120)
@pytest.mark.parametrize("transport", ["ws", "webcodecs"])
def test_a_stream_begins_again_on_an_open_socket(transport: str, browser: Browser,
                                                 streamer: Callable[..., Program],
                                                 sources: list[Source]) -> None:
    """A publisher returns with other tracks: the same socket brings the new session's picture."""
    program, port = origin(streamer)
    first = publish_tracks(port, audio=False)
    sources.append(first)
    plays(program, "/live/180p/playlist.m3u8")
    with viewer(browser) as view:
        view.open(program.url(f"/live/?transport={transport}"))
        view.page.wait_for_function(
            "() => window.__player?.status === 'live' && __player.framesShown > 30", timeout=15000)
        first.kill()
        program.wait_logged("source-gone", within=10)
        sources.append(publish_tracks(port, groups=(30, 45), audio=False))
        program.wait_logged("tracks-changed", within=20)
        plays(program, "/live/video/playlist.m3u8")
        view.page.wait_for_function(
            "() => __player.status === 'live' && __player.latencyMs < 1000", timeout=15000)
        before = view.page.evaluate("() => __player.framesShown")
        view.watch(3)
        after = view.page.evaluate("() => __player.framesShown")
        print(f"{after - before} frames in 3 s after the restart")
        assert after - before > 60
        assert not view.page.locator("#away").is_visible()
        opened = [url for url in view.sockets if url.endswith("/ws")]
        assert len(opened) == 1, opened
