# SPDX-License-Identifier: Apache-2.0
"""The frames that players show one hour ago and six, and after the return to the live edge.

An archive of six hours is made of eight recorded seconds, so burned clocks are compared modulo
eight seconds. Columns: the first shown frame less the wanted time, and after the return to the live
edge the latency. Run: python Bench/past_players.py [--streamer FILE] [--players NAME,NAME].
dash.js needs DASHJS=dash.all.min.js, Shaka Player SHAKA=shaka-player.compiled.js. A player that
cannot be tried is named with the reason.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests"))

import pytest  # noqa: E402

from archive_made import made  # noqa: E402
from fetch_hlsjs import fetch_hlsjs  # noqa: E402
from harness import pasthours, players  # noqa: E402
from harness.browser import chromium_running, viewer  # noqa: E402
from harness.clipplayers import FILE_PLAYERS  # noqa: E402
from harness.firefox import firefox_running  # noqa: E402
from harness.frames import clocks_of  # noqa: E402
from harness.http1 import get  # noqa: E402
from harness.program import Program, start, stop  # noqa: E402
from harness.tools import chromium  # noqa: E402
from harness.waiting import pause, wait_until  # noqa: E402

FLAGS = ("--resolution", "320x180", "--bitrate", "150", "--audio", "tone")
HOURS = (1, 6)
PERIOD_MS = pasthours.PERIOD * 1000
NEAR_MS = 2000

# The newest burned clock of the page's <video>, in Unix ms.
CLOCK = """(() => { const s = window.__lab ? window.__lab.samples : [];
  return s.length ? s[s.length - 1][1] : null; })()"""
HLSJS = """<video id=v muted autoplay width=320></video><script src=/player/hls.js></script><script>
const h = new Hls({lowLatencyMode: true}); h.loadSource(location.hash.slice(1)); h.attachMedia(v);
window.goTo = at => { v.currentTime += at - h.playingDate.getTime() / 1000; };
window.goLive = () => { v.currentTime = h.liveSyncPosition; };
window.isReady = () => h.playingDate != null && v.readyState > 2 && !v.seeking;</script>"""
DASH = """<video id=v muted autoplay width=320></video><script src=/tried.js></script><script>
const d = dashjs.MediaPlayer().create(); d.initialize(v, location.hash.slice(1), true);
window.goTo = at => d.seekToPresentationTime(v.currentTime + at - d.timeAsUTC());
window.goLive = () => d.seekToOriginalLive();
window.isReady = () => v.readyState > 2 && !v.seeking;</script>"""
SHAKA = """<video id=v muted autoplay width=320></video><script src=/tried.js></script><script>
const p = new shaka.Player(); window.isReady = () => v.readyState > 2 && !v.seeking;
(async () => { await p.attach(v);
  p.configure("manifest.dash.initialSegmentLimit", 700000);
  await p.load(location.hash.slice(1)); })();
window.goTo = at => { v.currentTime += at - p.getPlayheadTimeAsDate().getTime() / 1000; };
window.goLive = () => p.goToLive();</script>"""


def wanted_at(hours: int) -> float:
    """The time to go to: six hours ago differs from one hour ago in the period."""
    return int(time.time()) - 3600 * hours + (0.5 if hours == HOURS[0] else 4.5)


def offset(clock: int, wanted: float) -> int:
    """Milliseconds from the wanted time to a shown clock, in the period of the archive."""
    between = round(clock - wanted * 1000) % PERIOD_MS
    return between - PERIOD_MS if between > PERIOD_MS / 2 else between


@contextmanager
def archive(hlsjs: Path) -> Iterator[tuple[Program, int]]:
    """A program with an archive of over six hours, and the Unix time of its newest burned clock."""
    with tempfile.TemporaryDirectory() as folder:
        program = start(list(FLAGS))
        try:
            # At the start the window is slate, which has no clock.
            pause(pasthours.PERIOD + 2, "segments of the source")
            tracks = pasthours.record(program)
        finally:
            stop(program)
        now = int(time.time())
        first = (now // 3600 - HOURS[-1] - 1) * 3600
        made(Path(folder), tracks, first, now - first)
        program = start([*FLAGS, "--archive", folder, "--dvr", "12h", "--dvr-list", "12h",
                         "--hlsjs", str(hlsjs)])
        try:
            wait_until(lambda: get(program.port, f"/live/audio/segment{first}.m4s").status == 200,
                       120, "the archive")
            yield program, max(tracks[0].segments) + 1
        finally:
            stop(program)


class Page:
    """A page of a browser that goes back: opened, asked for values by `evaluate`."""

    def __init__(self, evaluate: Callable[[str], Any], wait: Callable[[float], None],
                 recorded: int) -> None:
        self.evaluate = evaluate
        self.wait = wait
        self.recorded = recorded

    def until(self, expression: str, within: float, what: str) -> Any:
        """The first value of an expression that is true."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            value = self.evaluate(expression)
            if value:
                return value
            self.wait(0.02)
        raise AssertionError(f"{what}: not within {within} s")

    def shown_near(self, wanted: float) -> int:
        """The offset of the first shown frame that is near the wanted time in the period."""
        end = time.monotonic() + 20
        clock = None
        while time.monotonic() < end:
            clock = self.evaluate(CLOCK)
            if clock and clock < self.recorded * 1000 and abs(offset(clock, wanted)) < NEAR_MS:
                return offset(clock, wanted)
            self.wait(0.02)
        raise AssertionError(f"no frame of the time within 20 s; the last is "
                             f"{offset(clock or 0, wanted)} ms from it")

    def latency(self) -> int:
        """The age of the shown frame, once it is live for two seconds, in ms."""
        live = f"(() => {{ const c = {CLOCK}; return c !== null && Date.now() - c < 10000; }})()"
        self.until(live, 20, "a live frame")
        self.wait(2)
        return round(self.evaluate(f"Date.now() - {CLOCK}"))


def rewound(page: Page) -> dict[str, Any]:
    """A player with goTo and goLive: back one hour and six from the live edge, and back."""
    page.until("window.isReady && isReady()", 30, "playing")
    page.wait(3)
    found: dict[str, Any] = {}
    for hours in HOURS:
        wanted = wanted_at(hours)
        page.evaluate(f"(goTo({wanted}), true)")
        found[f"-{hours} h"] = page.shown_near(wanted)
        page.wait(1)
    page.evaluate("(goLive(), true)")
    found["live"] = page.latency()
    return found


def own_page(page: Page, open_at: Callable[[str], None]) -> dict[str, Any]:
    """Our page by its links, and its button "Live"."""
    found: dict[str, Any] = {}
    for hours in HOURS:
        wanted = wanted_at(hours)
        open_at(f"/?at={wanted}")
        found[f"-{hours} h"] = page.shown_near(wanted)
    page.evaluate("(document.getElementById('to-live').click(), true)")
    found["live"] = page.latency()
    return found


def in_chromium(program: Program, recorded: int, html: str = "", address: str = "",
                script: str = "") -> dict[str, Any]:
    """A player of a page in Chromium."""
    path = chromium()
    assert path, "Chromium not found"
    with chromium_running(path) as browser, viewer(browser) as view:
        page = Page(view.page.evaluate, view.watch, recorded)
        if not html:
            return own_page(page, lambda link: view.open(program.url(link)))
        view.page.route("**/tried.html", lambda route: route.fulfill(
            content_type="text/html", body=html))
        view.page.route("**/tried.js", lambda route: route.fulfill(
            content_type="text/javascript", body=Path(script).read_text()))
        view.open(program.url(f"/tried.html#{address}"))
        return rewound(page)


def in_firefox(program: Program, recorded: int) -> dict[str, Any]:
    """Our page in Firefox."""
    with tempfile.TemporaryDirectory() as folder, firefox_running(Path(folder)) as firefox, \
            firefox.probed():
        page = Page(firefox.evaluate, time.sleep, recorded)
        return own_page(page, lambda link: firefox.open(program.url(link)))


def forms(program: Program, recorded: int, name: str,
          play: Callable[[str, Path], list[int]]) -> dict[str, Any]:
    """A player without a page: closed playlists and clips of one hour ago and six."""
    found: dict[str, Any] = {}
    for hours in HOURS:
        # Clocks do not wrap within the clip.
        wanted = int(wanted_at(hours))
        begin = wanted - (wanted - recorded) % pasthours.PERIOD
        with tempfile.TemporaryDirectory() as folder:
            clocks = play(program.url(f"/live/from/{begin}/to/{begin + 8}/playlist.m3u8"),
                          Path(folder))
            found[f"closed -{hours} h"] = offset(clocks[0], begin) if clocks else "no frame"
            clip = Path(folder, "clip.mp4")
            clip.write_bytes(get(program.port, f"/live/clip/{begin + 1.5}--{begin + 6.5}.mp4").body)
            clock = FILE_PLAYERS[name](clip, Path(folder)).first
            found[f"clip -{hours} h"] = offset(clock, begin + 1.5) if clock else "no frame"
    return found


def stills(program: Program) -> dict[str, Any]:
    """The frame of `/S/at/T.jpg`."""
    found: dict[str, Any] = {}
    for hours in HOURS:
        wanted = wanted_at(hours) + 0.02
        clock = clocks_of(get(program.port, f"/live/at/{wanted}.jpg").body)[0]
        found[f"-{hours} h"] = offset(clock, wanted) if clock else "no frame"
    return found


def tried(program: Program, recorded: int) -> dict[str, Callable[[], dict[str, Any]]]:
    """The players by name."""
    number = int(time.time()) - 3600 * HOURS[-1] - 300
    lists, mpd = f"/live/from/{number // 60 * 60}/playlist.m3u8", "/live/dvr.mpd"

    def given(name: str, html: str) -> dict[str, Any]:
        script = os.environ.get(name)
        assert script, f"{name} is not set"
        return in_chromium(program, recorded, html, mpd, script)

    return {
        "page in Chromium": lambda: in_chromium(program, recorded),
        "page in Firefox": lambda: in_firefox(program, recorded),
        "hls.js": lambda: in_chromium(program, recorded, HLSJS, lists),
        "dash.js": lambda: given("DASHJS", DASH),
        "Shaka Player": lambda: given("SHAKA", SHAKA),
        "ffmpeg": lambda: forms(
            program, recorded, "ffmpeg", lambda url, _: players.ffmpeg(url, 15).clocks),
        "mpv": lambda: forms(
            program, recorded, "mpv", lambda url, _: players.mpv(url, 15).clocks),
        "VLC": lambda: forms(
            program, recorded, "vlc", lambda url, at: players.vlc(url, 20, at).clocks),
        "still": lambda: stills(program),
    }


def main() -> int:
    """Tries the players and prints a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streamer", help="the program under test")
    parser.add_argument("--players", default="", help="names, separated by commas (default: all)")
    arguments = parser.parse_args()
    if arguments.streamer:
        os.environ["STREAMER"] = arguments.streamer
    hlsjs = fetch_hlsjs()
    failed = 0
    with archive(hlsjs) as (program, recorded):
        for name, play in tried(program, recorded).items():
            if arguments.players and name not in arguments.players.split(","):
                continue
            try:
                print(f"{name}: {json.dumps(play())}", flush=True)
            except (AssertionError, pytest.skip.Exception) as reason:
                failed += 1
                print(f"{name}: not shown: {reason}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
