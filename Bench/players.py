# SPDX-License-Identifier: Apache-2.0
"""The chunked playlist beside LL-HLS in players without part support, by the burned clock.

In Chromium the figure is the time from frame to display, elsewhere to the decoded frame: ffmpeg and
mpv decode each frame when it arrives, and do not display it. Run: python Bench/players.py
[--seconds N]. It prints a table.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests"))

from playwright.sync_api import Browser  # noqa: E402

from harness import players  # noqa: E402
from harness.browser import chromium_running, viewer  # noqa: E402
from harness.program import start, stop  # noqa: E402
from harness.tools import chromium  # noqa: E402
from harness.waiting import pause  # noqa: E402

PATHS = ["/live/ll.m3u8", "/live/chunked.m3u8"]
WARM_UP = 4.0
PAGE = """<!doctype html><video muted autoplay playsinline crossorigin=anonymous></video>
<script>{script}</script><script>
const video = document.querySelector('video'), url = {url};
if (window.Hls) {{
  const hls = new Hls({{ lowLatencyMode: false }});
  hls.loadSource(url);
  hls.attachMedia(video);
}} else video.src = url;
</script>
"""


def in_chromium(browser: Browser, url: str, script: str, seconds: float, folder: Path) -> list[
        float]:
    """Times from frame to display in a bare page, ms; empty if it does not play."""
    page = folder / "player.html"
    page.write_text(PAGE.format(script=script, url=json.dumps(url)))
    with viewer(browser) as view:
        view.open(page.as_uri())
        try:
            view.wait_playing()
        except AssertionError:
            return []
        view.watch(WARM_UP + seconds)
        samples = view.data()["samples"]
    begin = samples[-1][0] - seconds * 1000
    return [at - clock for at, clock, *_ in samples if clock is not None and at >= begin]


def text(late: list[float]) -> str:
    """Least, median and greatest latency in seconds."""
    if not late:
        return "does not play"
    found = sorted(late)
    return " / ".join(f"{ms / 1000:.2f}" for ms in (found[0], found[len(found) // 2], found[-1]))


def main() -> None:
    """Plays both playlists in each player, one after another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--hlsjs", type=Path, default=ROOT / ".deps/hls-1.6.15.min.js")
    options = parser.parse_args()
    program = start(["--resolution", "1280x720"])
    try:
        pause(12, "the slate leaves the window")
        with chromium_running(chromium()) as browser, TemporaryDirectory() as name:
            folder = Path(name)
            script = options.hlsjs.read_text()
            runs: dict[str, Callable[[str], list[float]]] = {
                "ffmpeg": lambda url: players.ffmpeg(url, options.seconds).late,
                "mpv, low-latency profile": lambda url: players.mpv(url, options.seconds).late,
                "VLC, at its end": lambda url: players.vlc(url, options.seconds, folder).late,
                "Chromium, hls.js without lowLatencyMode": lambda url: in_chromium(
                    browser, url, script, options.seconds, folder),
                "Chromium, HLS of its own": lambda url: in_chromium(
                    browser, url, "", options.seconds, folder),
            }
            print("| player | " + " | ".join(f"`{path}`" for path in PATHS) + " |")
            print("|---|" + "---|" * len(PATHS))
            for player, play in runs.items():
                found = [text(play(program.url(path))) for path in PATHS]
                print(f"| {player} | " + " | ".join(found) + " |", flush=True)
    finally:
        stop(program)


if __name__ == "__main__":
    main()
