# SPDX-License-Identifier: Apache-2.0
"""Events ahead of the live edge: hls.js starts before, at and after them, and gets them early."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import Viewer, viewer
from harness.http1 import get
from harness.playlist import parse
from harness.program import Program
from harness.site import site
from harness.waiting import pause, wait_until

TOKEN = "token-of-the-event-tests"
PAGE = """<!doctype html><meta charset="utf-8"><style>video {{ width: 160px }}</style>
<script src="{script}"></script><body>"""
JOIN = """([name, source]) => {
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  const hls = new Hls({ lowLatencyMode: true });
  const player = { video, ranges: {}, errors: [] };
  hls.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => {
    for (const id of Object.keys(details.dateRanges)) player.ranges[id] ??= Date.now();
  });
  hls.on(Hls.Events.ERROR, (_, { fatal, details }) => { if (fatal) player.errors.push(details); });
  hls.loadSource(source);
  hls.attachMedia(video);
  video.play().catch(() => {});
  (window.__players ??= {})[name] = player;
}"""
PLAYS = """(name) => {
  const { video, errors } = window.__players[name];
  if (errors.length) throw new Error(errors.join());
  return video.currentTime - (video.played.length ? video.played.start(0) : 0) > 0.7;
}"""


def post(program: Program, milliseconds: int) -> dict:
    """Sends an event for a time; its number and time."""
    request = urllib.request.Request(
        program.url(f"/api/streams/live/events?time={milliseconds}"), b'{"splice": 1}',
        method="POST", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=5) as response:
        return json.load(response)


def check_playing(view: Viewer, name: str) -> None:
    """Waits until a player has played for 0.7 s."""
    try:
        view.page.wait_for_function(PLAYS, arg=name, timeout=8000)
    except Exception as error:
        raise AssertionError(
            f"hls.js that joined {name} the event does not play: {view.page_errors}") from error


@pytest.mark.timeout(90)
def test_hlsjs_joins_before_at_and_after_an_event(
        browser: Browser, streamer: Callable[..., Program], hlsjs: Path) -> None:
    """A date range that begins in the open segment or later stops no player."""
    program = streamer("--resolution", "320x180", "--bitrate", "300", "--admin-token", TOKEN,
                       "--hlsjs", str(hlsjs))
    source = program.url("/live/video/playlist.m3u8")
    html = PAGE.format(script=program.url("/player/hls.js"))
    with site(html) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.evaluate(JOIN, ["long before", source])
        check_playing(view, "long before")
        posted = time.time() * 1000
        at = int(posted) + 12_000
        event = post(program, at)
        # At several moments of a segment.
        for name in ("1st before", "2nd before", "3rd before"):
            view.page.evaluate(JOIN, [name, source])
            view.watch(0.35)
            check_playing(view, name)
        known = view.page.evaluate(
            "(id) => Object.values(__players).map(({ ranges }) => ranges[id] ?? null)",
            f"event-{event['id']}")
        print(f"listed {[round(found - posted) if found else None for found in known]} ms later")
        assert all(found and found < at - 3000 for found in known), (known, at)
        view.watch(max(0, at / 1000 - time.time()))
        view.page.evaluate(JOIN, ["at", source])
        check_playing(view, "at")
        view.watch(max(0, at / 1000 + 2.5 - time.time()))
        view.page.evaluate(JOIN, ["after", source])
        check_playing(view, "after")
        assert not view.page_errors, view.page_errors


@pytest.mark.timeout(30)
def test_open_segment_has_no_date_while_an_event_begins_in_it_or_later(
        streamer: Callable[..., Program]) -> None:
    """The date follows from the segment before; it is stated when the segment is complete."""
    program = streamer("--resolution", "320x180", "--bitrate", "300", "--admin-token", TOKEN)

    def opened():
        playlist = parse(get(program.port, "/live/video/playlist.m3u8").text)
        return playlist.open_segment and playlist

    playlist = wait_until(opened, 10, "an open segment")
    assert playlist.open_segment.pdt
    at = int(time.time() * 1000) + 2500
    post(program, at)

    def is_listed() -> bool:
        playlist = opened()
        return bool(playlist) and playlist.open_segment.pdt is None

    wait_until(is_listed, 10, "the event, which the next part lists")
    states = []
    while time.time() * 1000 < at + 2500:
        playlist = parse(get(program.port, "/live/video/playlist.m3u8").text)
        assert all(segment.pdt for segment in playlist.segments)
        if opened := playlist.open_segment:
            last = playlist.segments[-1]
            begin = last.milliseconds() + last.duration * 1000
            states.append((begin <= at, opened.pdt is None))
        pause(0.1, "the playlists before and after the instant of the event are compared")
    print(states)
    assert all(is_ahead == is_hidden for is_ahead, is_hidden in states), states
    assert {is_ahead for is_ahead, _ in states} == {True, False}
