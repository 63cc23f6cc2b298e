# SPDX-License-Identifier: Apache-2.0
"""Plays the test pattern in Chromium and Firefox with every player, and writes latency.html.

Each player runs alone for --seconds, beside --viewers headless viewers of LL-HLS parts.
Run: make latency [SECONDS=60] [VIEWERS=100], or python Bench/latency.py --out FILE [--plot SVG].
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
for folder in ("Tests", "Tests/EndToEnd", "Bench"):
    sys.path.insert(0, str(ROOT / folder))

import fanout  # noqa: E402
from fetch_hlsjs import fetch_hlsjs  # noqa: E402
from harness.browser import chromium_running, viewer  # noqa: E402
from harness.firefox import firefox_running  # noqa: E402
from harness.firstpicture import first_pictures, steps_text  # noqa: E402
from harness.labreport import STALL_MS, pauses  # noqa: E402
from harness.procfs import cpu_nanoseconds, cpu_seconds, descendants  # noqa: E402
from harness.program import Program, start, stop  # noqa: E402
from harness.tools import chromium, streamer_binary  # noqa: E402
from harness.tunein import fetch  # noqa: E402
from harness.waiting import pause  # noqa: E402
from latency_page import Series, over_time, page  # noqa: E402

PLAYERS = {
    "WebCodecs": "/?player=webcodecs", "frame player": "/?player=frames",
    "WebSocket": "/?player=ws", "hls.js": "/?player=hlsjs",
    "MPD, own player": "/ldash/play/live?player=frames&target=0.5",
    "dash.js": "/ldash/play/live?player=dashjs",
}
# The players of <live-player>, whose first picture after the start is measured.
TRANSPORTS = {"WebCodecs": "webcodecs", "frame player": "http", "WebSocket": "ws"}
# The page itself reads the burned clock for its own players; the probe reads it for the others.
OWN_PLAYERS = ("WebCodecs", "frame player", "WebSocket", "MPD, own player")
OWN_SAMPLES = "window.__player ? window.__player.samples : []"
PROBED_SAMPLES = ("window.__lab ? window.__lab.samples.filter((s) => s[1] !== null).slice(-300)"
                  ".map((s) => s.slice(0, 2)) : []")
FRAME_MS = 1000 / 30
BROWSERS = ("chromium", "firefox")
WARM_UP = 5.0


class Load:
    """Headless viewers, and the CPU of the server and of everything else, while a player runs."""

    def __init__(self, program: Program, folder: Path, viewers: int) -> None:
        self.program, self.folder, self.viewers = program, folder, viewers
        self.before: tuple[float, int, float] | None = None

    @contextmanager
    def running(self, seconds: float) -> Iterator[None]:
        """Viewers that end by themselves after `seconds`."""
        process = None
        if self.viewers:
            command = [self.folder / "load", self.program.port, self.viewers, seconds, "part",
                       fanout.BASE, fanout.PARTS, fanout.next_index(self.program.port),
                       self.folder / "samples.bin"]
            process = subprocess.Popen([str(word) for word in command],
                                       stdout=subprocess.DEVNULL)
        self.others = {self.program.pid} | ({process.pid} if process else set())
        try:
            yield
        finally:
            if process:
                process.terminate()
                process.wait(5)

    def begin(self) -> None:
        """From here the CPU counts."""
        browser = cpu_seconds(descendants(os.getpid()) - self.others)
        self.before = (browser, cpu_nanoseconds(self.program.pid), time.monotonic())

    def end(self, series: Series) -> None:
        """CPU since `begin`, as percents of a core."""
        assert self.before
        browser, server, since = self.before
        length = time.monotonic() - since
        spent = cpu_seconds(descendants(os.getpid()) - self.others) - browser
        series.browser_cpu = 100 * spent / length
        series.server_cpu = (cpu_nanoseconds(self.program.pid) - server) / length / 1e7


def in_chromium(browser: Any, load: Load, path: str, seconds: float, series: Series) -> None:
    """One player in Chromium."""
    with viewer(browser) as view, load.running(seconds + WARM_UP + 20):
        view.open(load.program.url(path))
        if path.startswith(PLAYERS["WebCodecs"]):
            # A canvas has no frame callbacks: the page's own readings.
            by_page(view.page.evaluate, OWN_SAMPLES, load, view.opened, seconds, series)
            return
        view.wait_playing()
        view.watch(WARM_UP)
        load.begin()
        since = time.time() * 1000
        view.watch(seconds)
        until = time.time() * 1000
        load.end(series)
        samples = view.data()["samples"]
    series.first_frame_ms = samples[0][0] - view.opened
    take(series, [(shown, clock) for shown, clock, *_ in samples if clock is not None], since,
         until)


def in_firefox(browser: Any, load: Load, path: str, is_own: bool, seconds: float,
               series: Series) -> None:
    """One player in Firefox."""
    with load.running(seconds + WARM_UP + 30), nullcontext() if is_own else browser.probed():
        opened = time.time() * 1000
        browser.open(load.program.url(path))
        by_page(browser.evaluate, OWN_SAMPLES if is_own else PROBED_SAMPLES, load, opened, seconds,
                series)


def take(series: Series, samples: list[tuple[float, float]], since: float, until: float) -> None:
    """Latencies and stalls between two times, from (shown, burned clock) of each frame.

    A stall is a time without a newer frame, the same for all players and browsers.
    """
    chosen = [sample for sample in samples if since <= sample[0] <= until]
    series.readings = [((shown - since) / 1000, shown - clock) for shown, clock in chosen]
    stalls = len(pauses([list(sample) for sample in chosen], FRAME_MS))
    # A player that plays no more has no frame after its stall.
    last = max((shown for shown, _ in chosen), default=since)
    series.stalls = stalls + (1 if until - last > STALL_MS + FRAME_MS else 0)


def by_page(evaluate: Callable[[str], Any], expression: str, load: Load, opened: float,
            seconds: float, series: Series) -> None:
    """The figures of samples that an expression in the page has, of which it keeps some."""
    until = time.monotonic() + 25
    samples: list[list[float]] = []
    while len(samples) < 30:
        if time.monotonic() > until:
            raise RuntimeError("it did not play within 25 s")
        pause(0.25, "the page plays")
        samples = evaluate(expression) or []
    series.first_frame_ms = samples[0][0] - opened
    pause(WARM_UP, "the player reaches its target")
    load.begin()
    since = time.time() * 1000
    found: dict[float, float] = {}
    end = time.monotonic() + seconds
    until = since
    while time.monotonic() < end:
        pause(min(2, max(0, end - time.monotonic())), "more frames")
        until = time.time() * 1000
        found.update((shown, clock) for shown, clock in evaluate(expression))
    load.end(series)
    take(series, sorted(found.items()), since, until)


def start_often(browser: Any, program: Program, name: str, starts: int, series: Series) -> None:
    """The median time from the start of a player to its first picture, in a loaded page."""
    try:
        found = first_pictures(browser, program, TRANSPORTS[name], starts)
    except Exception as error:  # the other players continue
        print(f"{name}: no first picture: {str(error).splitlines()[0][:200]}", flush=True)
        return
    found.sort(key=lambda steps: steps["picture"])
    middle = found[len(found) // 2]
    series.first_picture_ms = middle["picture"]
    print(f"{name}: first picture after connect p50 {middle['picture']:.0f} ms, max "
          f"{found[-1]['picture']:.0f} ms: {steps_text(middle)}", flush=True)


def version(*command: str) -> str:
    """The first line that a program prints about itself."""
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        return (run.stdout or run.stderr).strip().splitlines()[0]
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return "not found"


def facts(viewers: int, seconds: float, has_dashjs: bool, has_audio: bool) -> dict[str, str]:
    """What the figures hold for."""
    processor = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    return {
        "Machine": f"{processor.group(1) if processor else platform.machine()}, "
                   f"{os.cpu_count()} processors, "
                   f"{int(memory.group(1)) // 1_048_576 if memory else '?'} GB",
        "System": f"Linux {platform.release()}",
        "Stream": "test pattern, 1280x720, 30 frames per second, 2500 kbit/s, parts of 0.1 s"
                  + (", test tone" if has_audio else ""),
        "Duration": f"{seconds:g} s per player, after {WARM_UP:g} s",
        "Headless viewers": f"{viewers}, each with a held request for the next part",
        "streamer": version(str(streamer_binary()), "--version"),
        "Chromium": version(chromium() or "chromium", "--version", "--no-sandbox"),
        "Firefox": version("firefox-esr", "--version"),
        "hls.js": "1.6.15", "dash.js": "given by a file" if has_dashjs else "not played",
    }


def play_all(program: Program, folder: Path, seconds: float, viewers: int,
             players: list[str], browsers: list[str], has_audio: bool,
             starts: int) -> list[Series]:
    """These players in these browsers, one after another."""
    sound = "&muted=0" if has_audio else ""
    every: list[Series] = []
    load = Load(program, folder, viewers)

    def play(name: str, run: Any, *arguments: Any) -> None:
        series = Series(name)
        every.append(series)
        try:
            run(*arguments, seconds, series)
            print(f"{name}: p50 {series.percentile(0.5):.0f} ms, p99 {series.percentile(0.99):.0f} "
                  f"ms, {series.stalls} stalls", flush=True)
        except Exception as error:  # the other players continue
            series.readings = []
            series.problem = f"not played: {str(error).splitlines()[0][:200]}"
            print(f"{name}: {series.problem}", flush=True)

    executable = chromium()
    if "chromium" in browsers and executable:
        with chromium_running(executable) as browser:
            for name in players:
                play(f"{name}, Chromium", in_chromium, browser, load, PLAYERS[name] + sound)
                if name in TRANSPORTS and starts > 0 and not every[-1].problem:
                    start_often(browser, program, name, starts, every[-1])
    if "firefox" not in browsers:
        return every
    try:
        with firefox_running(folder) as other:
            for name in players:
                play(f"{name}, Firefox", in_firefox, other, load, PLAYERS[name] + sound,
                     name in OWN_PLAYERS)
    except BaseException as error:  # pytest's skip is no Exception
        if isinstance(error, KeyboardInterrupt):
            raise
        every.append(Series("Firefox", problem=f"not measured: {error}"))
    return every


def main() -> int:
    """Writes the report; 1 if no player played."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--viewers", type=int, default=100)
    parser.add_argument("--out", type=Path, default=ROOT / "latency.html")
    parser.add_argument("--plot", type=Path, help="also write the first plot as an SVG file")
    parser.add_argument("--dashjs", type=Path, default=os.environ.get("DASHJS") or None,
                        help="a file of dash.js; without it dash.js is left out")
    parser.add_argument("--players", nargs="*", choices=list(PLAYERS), default=list(PLAYERS))
    parser.add_argument("--browsers", nargs="*", choices=BROWSERS, default=list(BROWSERS))
    parser.add_argument("--starts", type=int, default=11,
                        help="starts of each player for its first picture (default 11)")
    parser.add_argument("--audio", action="store_true",
                        help="a stream with the test tone; the sound of the pages is on")
    given = parser.parse_args()
    players = [name for name in given.players if name != "dash.js" or given.dashjs]
    flags: list[str] = []
    try:
        flags += ["--hlsjs", str(fetch_hlsjs())]
    except (RuntimeError, OSError) as error:
        print(f"hls.js not found: {error}", file=sys.stderr)
    if given.dashjs:
        flags += ["--dashjs", str(given.dashjs)]
    if given.audio:
        flags += ["--audio", "tone"]
    program = start(flags)
    try:
        fetch(program.port)
        with TemporaryDirectory() as scratch:
            fanout.build(Path(scratch))
            every = play_all(program, Path(scratch), given.seconds, given.viewers, players,
                             given.browsers, given.audio, given.starts)
    finally:
        stop(program)
    command = f"make latency SECONDS={given.seconds:g} VIEWERS={given.viewers}"
    when = time.strftime("%d %B %Y")
    known = facts(given.viewers, given.seconds, "dash.js" in players, given.audio)
    given.out.write_text(page(every, known, command, when))
    print(f"written: {given.out}")
    if given.plot:
        given.plot.write_text(over_time(every) + "\n")
        print(f"written: {given.plot}")
    return 0 if any(one.readings for one in every) else 1


if __name__ == "__main__":
    sys.exit(main())
