# SPDX-License-Identifier: Apache-2.0
"""One player of one server in Chromium: latency, first picture, and what it shows in outages."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from compare_peers import Peer
from compare_report import Cell
from harness.browser import Viewer, viewer
from harness.procfs import cpu_seconds
from harness.site import site
from harness.tools import streamer_binary

OPENINGS = 3
WARM_UP = 6.0
OUTAGE = 20.0  # observed after a server or a source was killed
AWAY = 3.0  # of a killed source
VALIDATED = 8
# As hls.js and dash.js document it: their defaults, and one further try after a fatal error.
PAGE = """<!doctype html><link rel=icon href="data:,">
<video muted autoplay playsinline crossorigin=anonymous></video>
<script src="/script.js"></script><script>
const video = document.querySelector('video'), url = {url};
if (window.Hls) {{
  const hls = window.hls = new Hls();
  hls.on(Hls.Events.ERROR, (_, error) => {{
    if (!error.fatal) return;
    if (error.type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
    else setTimeout(() => {{ hls.loadSource(url); hls.startLoad(); }}, 500);
  }});
  hls.loadSource(url);
  hls.attachMedia(video);
}} else {{
  const player = dashjs.MediaPlayer().create();
  let timer;  // a lost connection is dozens of errors
  player.on('error', () => {{
    timer ??= setTimeout(() => {{ timer = undefined; player.attachSource(url); }}, 500);
  }});
  player.initialize(video, url, true);
}}
video.play().catch(() => undefined);
</script>
"""

Sample = Sequence[float]


def gap(samples: Sequence[Sample], killed: float, until: float) -> float | None:
    """The longest time without a newer frame after a kill, in seconds; None if none came.

    `samples` are (shown, burned clock) in Unix milliseconds, as are the two times.
    """
    newest, last, longest, is_back = 0.0, killed, 0.0, False
    for shown, clock in samples:
        if clock <= newest:
            continue
        newest = clock
        if shown <= killed:
            continue
        longest, last = max(longest, shown - last), shown
        is_back = is_back or clock > killed
    if not is_back:
        return None
    return max(longest, until - last) / 1000


@contextmanager
def page_of(peer: Peer, player: str, scripts: dict[str, Path]) -> Iterator[str]:
    """The address of the page in which a player plays."""
    if player not in scripts:
        yield peer.url(player)
        return
    script = ("text/javascript", scripts[player].read_bytes())
    with site(PAGE.format(url=json.dumps(peer.url(player))),
              files={"/script.js": script}) as address:
        yield address


def findings(url: str) -> dict[str, int] | None:
    """The rules of the level must that `streamer validate` finds broken; None if it cannot read."""
    run = subprocess.run(
        [str(streamer_binary()), "validate", url, "--seconds", str(VALIDATED), "--json"],
        capture_output=True, text=True, timeout=VALIDATED + 20, check=False)
    try:
        report: dict[str, Any] = json.loads(run.stdout.splitlines()[0])
    except (IndexError, ValueError):
        return None
    if report.get("failure"):
        return None
    return {one["rule"]: one.get("times", one.get("count", 1)) for one in report["findings"]
            if one["level"] == "must"}


def memory(pids: set[int]) -> float:
    """Resident memory in MB; pages that processes share count once (PSS)."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total * 1024 / 1e6


def clocks(view: Viewer) -> list[tuple[float, float]]:
    """(shown, burned clock) of all frames of the page with a clock."""
    return view.page.evaluate("() => (window.__lab ? window.__lab.samples : [])"
                              ".filter((s) => s[1] !== null).map((s) => [s[0], s[1]])")


def outage(view: Viewer, peer: Peer, address: str, kind: str) -> float | None:
    """The seconds without a newer picture after the server or the source was killed."""
    if not playing(view):  # after an outage that the player did not survive
        view.open(address)
        view.wait_playing(within=15)
        view.watch(3)
    killed = time.time() * 1000
    if kind == "server":
        peer.kill()
        peer.start()
    else:
        peer.starve()
        view.watch(AWAY)
        peer.feed()
    while (now := time.time() * 1000) < killed + OUTAGE * 1000:
        view.watch(0.5)
        peer.feed()
    return gap(clocks(view), killed, now)


def playing(view: Viewer) -> bool:
    """Whether the page shows new frames."""
    before = clocks(view)[-1:]
    view.watch(1.5)
    return clocks(view)[-1:] != before


def measure(browser: Browser, peer: Peer, player: str, scripts: dict[str, Path],
            seconds: float, cell: Cell) -> None:
    """Fills a cell; the server and its source run."""
    with page_of(peer, player, scripts) as address, viewer(browser) as view:
        for _ in range(OPENINGS):
            view.open(address)
            view.wait_playing(within=20, frames=3)
            cell.first_ms.append(clocks(view)[0][0] - view.opened)
        view.watch(WARM_UP)
        pids, since = peer.pids(), time.time()
        spent = cpu_seconds(pids)
        view.watch(seconds)
        until = time.time()
        cell.cpu = (cpu_seconds(pids) - spent) / (until - since)
        cell.memory_mb = memory(pids)
        cell.late_ms = [shown - clock for shown, clock in clocks(view)
                        if since * 1000 <= shown <= until * 1000]
        if player in scripts:
            cell.broken = findings(peer.url(player))
            cell.is_validated = True
        cell.restart_s = outage(view, peer, address, "server")
        cell.is_restarted = True
        cell.source_s = outage(view, peer, address, "source")
        cell.is_starved = True
