# SPDX-License-Identifier: Apache-2.0
"""One cell of lossy.py: a player in Chromium, or a publisher, behind a line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.browser import Viewer, launch, viewer
from harness.edges import caddy, quic_flags, single
from harness.lossyline import ADDRESS, Line
from harness.netemline import NetemLine
from harness.program import Program
from harness.publisherpage import PublisherPage
from harness.rtmp import rtmp_port
from harness.sources import ENCODER, PAINTER, Source
from harness.tools import need
from harness.waiting import pause, wait_until
from lossy_lines import Course, apply
from lossy_report import Cell
from playwright.sync_api import Browser, sync_playwright

VIEWERS = {
    "frames": "/live/?player=frames", "frames-h2": "/live/?player=frames",
    "frames-h3": "/live/?player=frames", "ws": "/live/?player=ws",
    "webcodecs": "/live/?player=webcodecs",
    "hlsjs": "/live/?player=hlsjs", "dashjs": "/ldash/play/live?player=dashjs",
}
# A viewer without losses watches their stream.
PUBLISHERS = ("srt", "rtmp", "page")
SETTLE, CALM, AFTER = 6.0, 3.0, 12.0
PLAYS, STEP = 30.0, 0.5
SECURE = "--unsafely-treat-insecure-origin-as-secure"
# (shown, burned clock) of frames since a time. A canvas has no frame callbacks: the page's own
# readings, whose times are on the clock of the server.
PROBED = "window.__lab.samples.filter((s) => s[1] !== null).map((s) => [s[0], s[1]])"
OWN = ("(window.__player?.samples ?? [])"
       ".map(([shown, clock]) => [shown - __player.clockOffsetMs, clock])")
NEWER = "(since) => ({}).filter(([shown]) => shown > since)"
PROTOCOLS = """() => performance.getEntriesByType('resource')
  .filter(({ name }) => name.includes('segment')).map(({ nextHopProtocol }) => nextHopProtocol)"""
RENDITION = """() => {
  const state = window.__player ?? {}, video = document.querySelector('video');
  return state.rendition ?? (video?.videoHeight ? video.videoHeight + 'p' : '');
}"""


@contextmanager
def browsers_at(prefixes: Sequence[Sequence[str]], program: Program, folder: Path,
                *more: str) -> Iterator[list[Browser]]:
    """Chromiums, each of which a prefix starts at one end of the line."""
    with sync_playwright() as playwright, ExitStack() as ends:
        browsers = []
        for index, prefix in enumerate(prefixes):
            script = folder / f"chromium{index}"
            # Chromium has WebCodecs in secure contexts only.
            script.write_text(f"#!/bin/sh\nexec {' '.join(prefix)} {need('chromium', 'pages')} "
                              f"{SECURE}=http://{ADDRESS}:{program.port} \"$@\"\n")
            script.chmod(0o755)
            browsers.append(launch(playwright.chromium, script, *more))
            ends.callback(browsers[-1].close)
        yield browsers


@contextmanager
def browser_at(prefix: Sequence[str], program: Program, folder: Path) -> Iterator[Viewer]:
    """A page of a Chromium that a prefix starts at one end of the line."""
    with browsers_at([prefix], program, folder) as (browser,), viewer(browser) as view:
        yield view


@contextmanager
def publisher(kind: str, line: Line | NetemLine, program: Program) -> Iterator[None]:
    """An ffmpeg at the far end that publishes the stream `sent` through the line."""
    port = rtmp_port(program, kind)
    output = {
        "rtmp": ["-f", "flv", f"rtmp://{ADDRESS}:{port}/any/sent"],
        "srt": ["-f", "mpegts", f"srt://{ADDRESS}:{port}?streamid=sent/any&mode=caller"],
    }[kind]
    paint = subprocess.Popen([sys.executable, str(PAINTER), "--size", "640x360"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    send = subprocess.Popen(
        [*line.far, need("ffmpeg", "publishers"), "-v", "error", "-fflags", "nobuffer", "-f",
         "rawvideo", "-pix_fmt", "yuv420p", "-s", "640x360", "-r", "30", "-i", "-", *ENCODER, "-g",
         "30", "-flush_packets", "1", *output], stdin=paint.stdout, stdout=subprocess.DEVNULL)
    assert paint.stdout is not None
    paint.stdout.close()
    try:
        pause(2, "the server shows the publisher")
        yield
    finally:
        Source(paint, send).kill()


class Watch:
    """The frames that a page has shown; it is asked often, since it forgets old ones."""

    def __init__(self, view: Viewer, is_canvas: bool) -> None:
        self.view = view
        self.expression = NEWER.format(OWN if is_canvas else PROBED)
        self.found: dict[float, float] = {}
        self.seen: list[str] = []

    def ask(self) -> None:
        """Takes the new frames and the shown rendition."""
        newest = max(self.found, default=0.0)
        self.found.update((shown, clock) for shown, clock
                          in self.view.page.evaluate(self.expression, newest - 2000))
        rendition = self.view.page.evaluate(RENDITION)
        if rendition and self.seen[-1:] != [rendition]:
            self.seen.append(rendition)

    def until(self, end: float) -> None:
        """Watches until a time of the monotonic clock."""
        while (rest := end - time.monotonic()) > 0:
            self.view.watch(min(STEP, rest))
            self.ask()


def measure(cell: Cell, course: Course, seconds: float, line: Line | NetemLine, program: Program,
            folder: Path) -> None:
    """Fills a cell: calm, disturbed for `seconds`, calm."""
    apply(line, course.calm)
    if cell.player == "page":
        # A canvas with the burned clock, at the far end.
        url = f"http://{ADDRESS}:{program.port}/live/"
        with browsers_at([line.far, []], program, folder) as (far, near), \
                PublisherPage(far, url + "publish") as page, viewer(near) as view:
            page.go_live()
            view.open(url + "?player=webcodecs")
            observe(cell, course, seconds, line, Watch(view, is_canvas=True))
        return
    if cell.player in PUBLISHERS:
        with publisher(cell.player, line, program), browser_at([], program, folder) as view:
            view.open(f"http://{ADDRESS}:{program.port}/sent/?player=webcodecs")
            observe(cell, course, seconds, line, Watch(view, is_canvas=True))
        return
    if cell.player == "frames-h3":
        with single(lambda: caddy(folder, program.port, address=ADDRESS)) as edge, \
                browsers_at([line.far], program, folder, *quic_flags(edge, ADDRESS)) as (far,), \
                viewer(far) as view:
            view.open(f"https://{ADDRESS}:{edge.port}{VIEWERS[cell.player]}")
            observe(cell, course, seconds, line, Watch(view, is_canvas=False))
            found = view.page.evaluate(PROTOCOLS)
            assert set(found) == {"h3"}, f"not by HTTP/3: {found}"
        return
    with browser_at(line.far, program, folder) as view:
        origin = (f"https://{ADDRESS}:{program.secure_port}" if cell.player == "frames-h2"
                  else f"http://{ADDRESS}:{program.port}")
        view.open(origin + VIEWERS[cell.player])
        observe(cell, course, seconds, line, Watch(view, cell.player == "webcodecs"))


def observe(cell: Cell, course: Course, seconds: float, line: Line | NetemLine,
            watch: Watch) -> None:
    """The times and frames of a page that has been opened."""
    def plays() -> bool:
        watch.until(time.monotonic() + STEP)
        return len(watch.found) > 30

    wait_until(plays, PLAYS, "the page plays", interval=0)
    watch.until(time.monotonic() + SETTLE)
    cell.calm_since = time.time() * 1000
    watch.until(time.monotonic() + CALM)
    # A publisher's media arrive at the near end.
    is_near = cell.player in PUBLISHERS
    received, watch.seen = line.received(is_near), watch.seen[-1:]
    cell.begin = time.time() * 1000
    steps, begun = course.run(line), time.monotonic()
    watch.until(begun + seconds)
    cell.received = line.received(is_near) - received
    steps.join(10)
    watch.until(begun + course.end + AFTER)
    cell.until = time.time() * 1000
    watch.ask()  # the page may have answered late: its newest frames were shown before
    cell.disturbed_until = cell.begin + course.end * 1000
    cell.end = cell.begin + seconds * 1000
    cell.samples = sorted(watch.found.items())
    cell.renditions = watch.seen
    cell.load = os.getloadavg()[0]
