# SPDX-License-Identifier: Apache-2.0
"""Events of a stream: in media, playlists, MPDs and sockets, raised by players with their frame."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.boxes import boxes
from harness.browser import viewer
from harness.http1 import get
from harness.playlist import parse
from harness.program import Program
from harness.site import site
from harness.waiting import wait_until

TOKEN = "token-of-the-event-tests"
PAGE = """<!doctype html><meta charset="utf-8"><style>live-player {{ width: 320px }}</style>
<script type="module" src="{module}"></script><body>"""
MOUNT = """([source, transports]) => {
  window.__raised = {};
  for (const transport of transports) {
    const player = document.createElement('live-player');
    __raised[transport] = [];
    // The time of the picture, and at the refresh before it.
    const picture = () =>
      Date.now() + (player.statistics?.clockOffset ?? 0) * 1000 - player.latency * 1000;
    let before = null;
    const refresh = () => {
      before = picture();
      requestAnimationFrame(refresh);
    };
    refresh();
    player.addEventListener('streamevent', ({ detail }) => {
      const raised = { ...detail, shown: picture(), before }, at = performance.now();
      __raised[transport].push(raised);
      // The same time by a newer latency: the players measure it every 50 ms, a busy one rarely.
      setTimeout(() => { raised.later = picture() - (performance.now() - at); }, 300);
    });
    player.src = source;
    player.transport = transport;
    player.muted = true;
    document.body.append(player);
  }
}"""


def post(program: Program, body: str, query: str = "", stream: str = "live") -> dict:
    """Sends an event; its number and time."""
    request = urllib.request.Request(
        program.url(f"/api/streams/{stream}/events{query}"), body.encode(), method="POST",
        headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=5) as response:
        assert response.status == 201
        return json.load(response)


@pytest.mark.timeout(60)
def test_event_is_in_media_and_playlists(streamer: Callable[..., Program]) -> None:
    """One emsg in front of one moof of each rendition, one date range, one InbandEventStream."""
    program = streamer("--rendition", "640x360@700", "--rendition", "320x180@300",
                       "--admin-token", TOKEN)
    wait_until(lambda: get(program.port, "/live/360p/playlist.m3u8").status == 200, 15, "live")
    event = post(program, '{"goal": "1 %"}')
    tag = f'#EXT-X-DATERANGE:ID="event-{event["id"]}",CLASS="urn:streamer:event"'
    for name in ("360p", "180p"):
        base = f"/live/{name}/"
        text = wait_until(lambda: next(
            (found for found in [get(program.port, base + "playlist.m3u8").text] if tag in found),
            None), 5, "a date range")
        assert text.count("#EXT-X-DATERANGE") == 1
        assert (f'START-DATE="{event["time"]}",X-EVENT-ID="{event["id"]}",'
                'X-DATA="{%22goal%22: %221 %25%22}"') in text
        found = []
        playlist = parse(text)
        listed = [segment.uri for segment in playlist.segments if segment.uri and not segment.gap]
        for uri in [*listed, f"segment{playlist.last_complete + 1}.m4s"]:
            data = get(program.port, base + uri).body
            found += [box for box in boxes(data) if box.kind in ("emsg", "moof")]
        at = [index for index, box in enumerate(found) if box.kind == "emsg"]
        assert len(at) == 1 and found[at[0] + 1].kind == "moof"
    manifest = get(program.port, "/live/manifest.mpd").text
    assert '<InbandEventStream schemeIdUri="urn:streamer:event" value="1"/>' in manifest


def raised_events(
        browser: Browser, program: Program, transports: list[str]) -> Iterator[tuple[str, dict]]:
    """The one event that each player raises, after a check of its time and its data."""
    html = PAGE.format(module=program.url("/player/live-player.js"))
    with site(html) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.evaluate(MOUNT, [program.url("/live/"), transports])
        view.page.wait_for_function(
            "() => [...document.querySelectorAll('live-player')]"
            ".every((player) => player.statistics?.frames > 45 && player.latency)", timeout=25000)
        # A little ahead, so that the way of the event does not count.
        at = int(time.time() * 1000) + 2000
        event = post(program, '{"goal": [1, "ä"]}', f"?time={at}")
        view.page.wait_for_function(
            "() => Object.values(__raised).every((found) => found.length > 0)", timeout=8000)
        view.watch(1)
        raised = view.page.evaluate("() => __raised")
        for transport in transports:
            (found,) = raised[transport]
            assert found["id"] == event["id"] and found["data"] == {"goal": [1, "ä"]}, transport
            print(f"{transport}: {found['shown'] - at:.0f} ms after its frame")
            yield transport, found
        assert not view.page_errors, view.page_errors


@pytest.mark.timeout(60)
@pytest.mark.parametrize("transports", [["http", "ws"], ["webcodecs", "hls"]], ids="-".join)
def test_players_raise_an_event_with_its_frame(
        transports: list[str], browser: Browser, streamer: Callable[..., Program],
        hlsjs: Path) -> None:
    """Over HTTP frames, WebSockets and hls.js: once, when the frame of its time is shown."""
    program = streamer("--resolution", "320x180", "--bitrate", "300", "--admin-token", TOKEN,
                       "--hlsjs", str(hlsjs))
    for transport, found in raised_events(browser, program, transports):
        # The players' clocks are read every 50 ms. A busy browser refreshes rarely: the picture
        # of the refresh before counts.
        at = found["time"]
        assert max(found["shown"], found["later"]) > at - 50, transport
        assert min(found["before"], found["later"]) < at + 80, transport


@pytest.mark.timeout(60)
def test_dashjs_raises_an_event_with_its_frame(
        browser: Browser, streamer: Callable[..., Program], dashjs: Path) -> None:
    """dash.js finds the emsg in the segment and starts it at its time, which it reads rarely."""
    program = streamer("--resolution", "320x180", "--bitrate", "300", "--admin-token", TOKEN,
                       "--dashjs", str(dashjs))
    for transport, found in raised_events(browser, program, ["dash"]):
        at = found["time"]
        assert max(found["shown"], found["later"]) > at - 50, transport
        assert min(found["before"], found["later"]) < at + 500, transport
