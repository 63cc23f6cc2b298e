# SPDX-License-Identifier: Apache-2.0
"""Plays a live stream in Chromium and prints one JSON report.

The burned clock is read from the frames, so any page with a <video> can be measured.
Run: python Tests/EndToEnd/lab.py URL [--player page|native|hlsjs] [--seconds 15]. The exit status
is 0 only if the stream plays.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser  # noqa: E402

from harness.browser import LARGE, Viewer, chromium_running, viewer  # noqa: E402
from harness.labreport import report  # noqa: E402
from harness.tools import chromium  # noqa: E402

BARE = """<!doctype html><video muted autoplay playsinline crossorigin=anonymous></video>
<script>{script}</script><script>
const video = document.querySelector('video'), url = {url};
if (window.Hls) {{
  window.hls = new Hls({{ lowLatencyMode: true, liveSyncOnStallIncrease: 0 }});
  hls.loadSource(url);
  hls.attachMedia(video);
}} else video.src = url;
</script>
"""


def open_player(view: Viewer, url: str, player: str, script: Path | None, folder: Path) -> None:
    """Opens the page itself, or a bare <video> that plays `url` natively or by hls.js.

    The bare page is a file: pages without a secure context must not access the local machine.
    """
    if player == "page":
        view.open(url)
        return
    if player == "hlsjs" and script is None:
        raise SystemExit("--player hlsjs needs --hlsjs FILE")
    code = script.read_text() if player == "hlsjs" and script else ""
    page = folder / "player.html"
    page.write_text(BARE.format(script=code, url=json.dumps(url)))
    view.open(page.as_uri())


def obey(view: Viewer, schedule: str, seconds: float) -> None:
    """Watches for `seconds`; `schedule`, such as "down@8,up@10", switches the network."""
    steps = sorted(
        (float(at), what) for what, at in (s.split("@") for s in schedule.split(",") if s))
    now = 0.0
    for at, what in steps:
        view.watch(at - now)
        view.context.set_offline(what == "down")
        now = at
    view.watch(seconds - now)


def run_lab(browser: Browser, url: str, *, seconds: float = 15, warm_up: float = 3, fps: float = 30,
            player: str = "page", script: Path | None = None, schedule: str = "",
            screenshot: Path | None = None,
            size: tuple[int, int] = LARGE) -> dict[str, Any]:
    """Plays `url` for warm_up + seconds and reports on the last `seconds`."""
    with TemporaryDirectory() as folder, viewer(browser, size) as view:
        open_player(view, url, player, script, Path(folder))
        try:
            view.wait_playing()
        except AssertionError as error:
            view.page_errors.append(str(error))
        obey(view, schedule, warm_up + seconds)
        if screenshot:
            view.page.screenshot(path=str(screenshot))
        data = view.data()
        return {
            "url": url, "player": player,
            **report(data, fps=fps, warm_up=warm_up, opened=view.opened)
        }


def main() -> int:
    """Command line; 0 if frames were shown, the player advanced and the burned clock too."""
    parser = argparse.ArgumentParser(description="Play a live stream in Chromium and report on it.")
    parser.add_argument("url")
    parser.add_argument("--player", choices=["page", "native", "hlsjs"], default="page")
    parser.add_argument("--hlsjs", type=Path, default=None)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--warm-up", type=float, default=3)
    parser.add_argument("--fps", type=float, default=30)
    parser.add_argument("--network", default="", help="such as down@8,up@10")
    parser.add_argument("--screenshot", type=Path)
    options = parser.parse_args()
    executable = chromium()
    if executable is None:
        print("chromium not found", file=sys.stderr)
        return 2
    with chromium_running(executable) as browser:
        found = run_lab(browser, options.url, seconds=options.seconds, warm_up=options.warm_up,
                        fps=options.fps, player=options.player, script=options.hlsjs,
                        schedule=options.network, screenshot=options.screenshot)
    print(json.dumps(found, indent=2))
    moved = found["frames"]["decoded"] > 0 and (found["current_time"] or 0) > 1
    return 0 if moved and found["clock_span_s"] > 0.5 * options.seconds else 1


if __name__ == "__main__":
    sys.exit(main())
