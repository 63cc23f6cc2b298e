# SPDX-License-Identifier: Apache-2.0
"""Three viewers behind 0.6, 1.5 and 6 Mbit/s, whose bandwidth halves and returns: who chooses best.

Each viewer is a Chromium in a network namespace whose link the kernel limits. The server, hls.js
and our page choose the rendition in turn, on the same ladder.
"""

from __future__ import annotations

import os
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from harness.browser import ARGUMENTS, Viewer
from harness.http1 import get
from harness.program import launch, stop
from harness.tools import chromium

LADDER = [2500, 1000, 200]  # kbit/s
NAMES = {f"360p-{rate}": rate for rate in LADDER}
LINKS = [600, 1500, 6000]  # kbit/s
PHASES = [("full", 1.0), ("half", 0.5), ("full again", 1.0)]
CHOOSERS = {
    "server, in hls.js": "/live/?player=hlsjs&src=/live/auto/playlist.m3u8",
    "server, in frames": "/live/?player=frames&src=/live/auto/manifest.mpd",
    "server, over WebSocket": "/live/?transport=ws",
    "hls.js": "/live/?player=hlsjs",
    "page, in frames": "/live/?player=frames",
}
FIGURES = """() => { const p = window.__player; return p && {
  latency: p.latencyMs, stalls: p.stalls.map(({ seconds }) => seconds), shown: p.framesShown }; }"""


def run(*command: str) -> None:
    """A command that must succeed."""
    subprocess.run(command, check=True, capture_output=True)


def limit(index: int, kilobits: float, change: str) -> None:
    """Limits the link to a namespace; the queue holds a fifth of a second, as a home router's."""
    run("tc", "qdisc", change, "dev", f"swh{index}", "root", "tbf", "rate",
        f"{kilobits:.0f}kbit", "burst", "16kb", "latency", "200ms")


@contextmanager
def link(index: int, kilobits: int) -> Iterator[tuple[str, str]]:
    """A namespace behind a limited link: its name, and the address of the server in it."""
    name, here, there = f"sw{index}", f"swh{index}", f"swc{index}"
    address = f"10.78.{index}"
    run("ip", "netns", "add", name)
    try:
        run("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", name)
        run("ip", "addr", "add", f"{address}.1/24", "dev", here)
        run("ip", "link", "set", here, "up")
        run("ip", "-n", name, "addr", "add", f"{address}.2/24", "dev", there)
        run("ip", "-n", name, "link", "set", there, "up")
        run("ip", "-n", name, "link", "set", "lo", "up")
        limit(index, kilobits, "add")
        yield name, f"{address}.1"
    finally:
        # The end of a namespace is asynchronous: its links are deleted before.
        subprocess.run(["ip", "link", "del", here], check=False, capture_output=True)
        run("ip", "netns", "del", name)


def browser_in(name: str, folder: Path, executable: str) -> str:
    """A program that starts Chromium in a namespace."""
    path = folder / f"chromium-{name}"
    path.write_text(f'#!/bin/sh\nexec ip netns exec {name} {executable} "$@"\n')
    path.chmod(0o755)
    return str(path)


class Watched:
    """One viewer: the renditions that it was sent, and what its page tells."""

    def __init__(self, view: Viewer, network: str) -> None:
        self.view, self.network = view, network
        self.phases: list[dict[str, Any]] = []
        self.rates: list[int] = []
        self.delays: list[float] = []
        self.stalls_before: list[float] = []

    def sample(self, viewers: list[dict[str, Any]]) -> None:
        """The rendition by the server's statistics, and the delay by the page."""
        mine = [one for one in viewers if one["ip"] == self.network]
        self.rates += [NAMES[one["rendition"]] for one in mine if one.get("rendition") in NAMES][:1]
        found = self.view.page.evaluate(FIGURES)
        if found and found["latency"] is not None:
            self.delays.append(found["latency"])

    def end_phase(self, name: str) -> None:
        """Sums up a phase."""
        found = self.view.page.evaluate(FIGURES) or {"stalls": [], "shown": 0}
        new = found["stalls"][len(self.stalls_before):]
        self.stalls_before = found["stalls"]
        self.phases.append({
            "phase": name, "stalls": len(new), "stalled_s": round(sum(new), 1),
            "kbps": round(statistics.mean(self.rates)) if self.rates else None,
            "delay_ms": round(statistics.median(self.delays)) if self.delays else None,
            "changes": sum(a != b for a, b in zip(self.rates, self.rates[1:]))})
        self.rates, self.delays = [], []


def watch(port: int, path: str, executable: str, folder: Path,
          seconds: float) -> dict[str, list[dict[str, Any]]]:
    """The phases of the three viewers with one chooser, by link."""
    from playwright.sync_api import sync_playwright
    arguments = ARGUMENTS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with ExitStack() as stack:
        links = [stack.enter_context(link(i, rate)) for i, rate in enumerate(LINKS, 1)]
        playwright = stack.enter_context(sync_playwright())
        viewers = []
        for i, (name, address) in enumerate(links, 1):
            browser = playwright.chromium.launch(
                executable_path=browser_in(name, folder, executable), args=arguments)
            stack.callback(browser.close)
            view = Viewer(browser)
            view.open(f"http://{address}:{port}{path}")
            viewers.append(Watched(view, f"10.78.{i}.0"))
        for one in viewers:
            one.view.wait_playing(within=40)  # the page itself takes seconds on a slow link
        for name, share in PHASES:
            for i, rate in enumerate(LINKS, 1):
                limit(i, rate * share, "change")
            for _ in range(round(seconds)):
                viewers[0].view.watch(1)
                served = get(port, "/stats.json").json()["streams"][0]["viewers"]
                for one in viewers:
                    one.sample(served)
            for one in viewers:
                one.end_phase(name)
        return {str(rate): one.phases for rate, one in zip(LINKS, viewers)}


def measure(bench: Any) -> dict[str, Any] | None:
    """Delays, renditions and stalls of each chooser, link and phase."""
    executable = chromium()
    if executable is None or os.geteuid() != 0:
        bench.row("switching", "not measured: needs chromium and root")
        return None
    flags = [flag for rate in LADDER for flag in ("--rendition", f"640x360@{rate}")]
    program = launch(["--test-src", "--host", "0.0.0.0", "--http-port", "0", "--stats", "open",
                      *flags, *bench.flags], defaults=False)
    result: dict[str, Any] = {}
    try:
        assert program.listening.wait(10), program.log_text()
        for name, path in CHOOSERS.items():
            if "hlsjs" in path and not bench.flags:
                continue
            result[name] = watch(program.port, path, executable, bench.folder, bench.seconds(25))
            for rate, phases in result[name].items():
                bench.row(
                    f"{name} chooses, {rate} kbit/s, full / half / full: mean kbit/s",
                    " / ".join(str(phase["kbps"]) for phase in phases))
                bench.row(
                    "  delay (median); stalls; seconds stalled",
                    " / ".join(f"{phase['delay_ms']} ms" for phase in phases) + "; "
                    + " / ".join(str(phase["stalls"]) for phase in phases) + "; "
                    + " / ".join(str(phase["stalled_s"]) for phase in phases))
        # An overloaded encoder leaves renditions out, and its viewers get higher ones.
        left_out = len(program.logged("rendition-left-out"))
        bench.row("  renditions left out because the machine was too slow", str(left_out), "0")
    finally:
        stop(program)
    return result
