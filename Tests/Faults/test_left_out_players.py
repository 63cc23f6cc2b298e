# SPDX-License-Identifier: Apache-2.0
"""Players of others at a rendition that the machine is too slow for: their picture moves."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from fetch_hlsjs import script_flags
from harness import players, stillness
from harness.browser import viewer
from harness.metrics import total
from harness.newframes import now, wait_frames
from harness.program import Program
from harness.slowness import LADDER, TOP, Slowness
from harness.waiting import wait_until

# The most between two pictures that VLC shows, s of media.
LIMIT = 4.0
# In players of our page no picture stands still for longer, in the time of the page, s.
PROMPT = 1.0
# The longest wait for a player, s. A rendition that returns has to be in time for 3 s, and
# a player that chooses by itself then waits for a quiet time, or for an estimate of the connection.
WITHIN = 60
# Encoding a frame takes longer than a part lasts, ms.
SLOW = 300
# Frames that are drawn while a rendition is left out, four seconds of them.
FRAMES = 120
# A ladder of two sizes, so that the picture tells its rendition. dash.js estimates 0.9 to 1.8
# Mbit/s from chunks of 180p that arrive as they are made: the top rendition is well below that.
TOP_RATE = 500
SIZES = ["--rendition", f"640x360@{TOP_RATE}", "--rendition", "320x180@300",
         "--playlist-length", "20"]
TOP_SIZE = "360p"
HLS = "const hls = new Hls({settings}); hls.loadSource({url}); hls.attachMedia(video);"
DASH = ("const dash = dashjs.MediaPlayer().create(); dash.updateSettings({settings});"
        "dash.initialize(video, {url}, true);")
# The estimates at the start are those of a fast connection, so that the top rendition is chosen.
FAST = {"abrEwmaDefaultEstimate": 20_000_000}
FAST_DASH = {"abr": {"initialBitrate": {"video": 20_000}}}
LOW_LATENCY = {"delay": {"liveDelay": 1.5}, "liveCatchup": {"enabled": True}}
PAGES = {
    "hlsjs": ("hls.js", HLS, "/live.m3u8", FAST),
    # It leaves a rendition whose parts are late, unless its factors are 1.
    "hlsjs-bold": ("hls.js", HLS, "/live.m3u8",
                   {**FAST, "abrBandWidthFactor": 1, "abrBandWidthUpFactor": 1}),
    "hlsjs-fixed": ("hls.js", HLS + " hls.on(Hls.Events.MANIFEST_PARSED,"
                    " () => { hls.currentLevel = hls.levels.length - 1; });", "/live.m3u8", FAST),
    "dashjs": ("dash.all.min.js", DASH, "/live/manifest.mpd", {"streaming": FAST_DASH}),
    "dashjs-low-latency": ("dash.all.min.js", DASH, "/live/manifest.mpd",
                           {"streaming": {**FAST_DASH, **LOW_LATENCY}}),
}
BARE = """<!doctype html><video muted autoplay playsinline></video>
<script src=/player/{script}></script><script>
const video = document.querySelector('video');
{code}
</script>"""


def standing(samples: list[tuple[float, int]]) -> tuple[float, float]:
    """The longest time from one picture to the next newer one, and when it began; in s."""
    changes = [samples[0]]
    for at, clock in samples:
        if clock > changes[-1][1]:
            changes.append((at, clock))
    changes.append((samples[-1][0], changes[-1][1]))
    return max((two[0] - one[0], one[0]) for one, two in zip(changes, changes[1:]))


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", PAGES)
def test_players_of_others_show_new_pictures(
        name: str, browser: Browser, streamer: Callable[..., Program], tmp_path: Path,
        request: pytest.FixtureRequest) -> None:
    """hls.js and dash.js outside of our page."""
    file = request.getfixturevalue(name.split("-", maxsplit=1)[0])
    flags = script_flags() if name.startswith("hlsjs") else ["--dashjs", str(file)]
    script, code, path, settings = PAGES[name]
    lab = Slowness(streamer, tmp_path, *LADDER, *flags)
    code = code.replace("{settings}", json.dumps(settings)).replace("{url}", json.dumps(path))
    with viewer(browser) as view:
        view.page.route("**/bare.html", lambda route: route.fulfill(
            body=BARE.format(script=script, code=code), content_type="text/html"))
        view.open(lab.program.url("/bare.html"))
        view.wait_playing(frames=60)
        for _ in range(30):
            view.watch(1)
            if any(f"/{TOP}/" in url for url in view.requests[-4:]):
                break
        assert any(f"/{TOP}/" in url for url in view.requests[-4:]), "the top rendition is shown"
        begun = now()
        left = lab.leave_out(SLOW)
        wait_frames(lambda: view.data()["samples"], left.at * 1000, FRAMES)
        samples = [(at / 1000, clock) for at, clock, *_ in view.data()["samples"]
                   if clock is not None and at > begun - 1000]
        used = [url.split("/")[-2:] for url in view.requests if ".m4s" in url][-3:]
        longest, at = standing(samples)
        print(f"{name}: a picture stood still for {longest:.2f} s, "
              f"{at - begun / 1000:.1f} s after the start; {used}; {view.page_errors[-3:]}")


def shows(page: Page, height: int, within: float) -> float:
    """Waits until a picture has this height; the time since it is shown, Unix ms."""
    page.wait_for_function("height => __still.heights.at(-1)?.[1] === height", arg=height,
                           timeout=within * 1000)
    return float(page.evaluate("() => __still.heights.at(-1)[0]"))


@pytest.mark.timeout(150)
@pytest.mark.parametrize("name", ["frames-http", "ws", "hlsjs", "dashjs"])
def test_players_of_the_page_show_another_rendition(
        name: str, browser: Browser, streamer: Callable[..., Program], tmp_path: Path,
        request: pytest.FixtureRequest) -> None:
    """The players of our page, one without WebSockets: without a pause; later they return.

    client/test/missing-renditions.test.mjs has each player's choice without a browser.
    """
    flags = script_flags()
    if name in ("hlsjs", "dashjs"):
        file = request.getfixturevalue(name)
        flags += ["--dashjs", str(file)] if name == "dashjs" else []
    lab = Slowness(streamer, tmp_path, *SIZES, *flags)
    with viewer(browser) as view:
        page = view.page
        if name.endswith("-http"):
            view.context.add_init_script("delete globalThis.WebSocket")
        stillness.measure(page)
        view.open(lab.program.url(f"/?player={name.removesuffix('-http')}"))
        page.wait_for_function("() => (window.__player?.framesShown ?? 0) > 60",
                               timeout=1000 * WITHIN)
        shows(page, 360, WITHIN)
        view.watch(4)
        stillness.begin(page)
        left = lab.leave_out(SLOW, TOP_SIZE, TOP_RATE).at
        moved = shows(page, 180, WITHIN) / 1000 - left
        page.wait_for_function("n => __player.framesShown > n", timeout=1000 * WITHIN,
                               arg=page.evaluate("() => __player.framesShown") + FRAMES)
        found = stillness.found(page)
        lab.quick()
        lab.program.wait_logged("rendition-back", TOP_SIZE, within=WITHIN)
        back = time.time()
        returned = shows(page, 360, WITHIN) / 1000 - back
    print(f"{name}: another rendition {moved:.2f} s after the top one was left out, back "
          f"{returned:.1f} s after its return; a picture stood still for "
          f"{found['longest_picture']:.2f} s; {found['heights']} {found['players']}")
    assert found["page_picture"] < PROMPT
    assert [height for _, height in found["heights"]] == [360, 180], "one change"


@pytest.mark.timeout(150)
@pytest.mark.parametrize("path", [f"/live/{TOP}/playlist.m3u8", "/live/chunked.m3u8"])
def test_vlc_shows_new_pictures(path: str, streamer: Callable[..., Program],
                                tmp_path: Path) -> None:
    """VLC, also at the playlist of the rendition alone."""
    lab = Slowness(streamer, tmp_path)
    url, found = lab.program.url(path), []
    player = threading.Thread(target=lambda: found.append(players.vlc(url, 40, tmp_path)))
    player.start()
    wait_until(lambda: total(lab.program.port, "streamer_requests_total", kind="segment") >= 6,
               WITHIN, "VLC plays")
    at = lab.leave_out(SLOW).at * 1000
    player.join(90)
    clocks = found[0].clocks
    longest = max(two - one for one, two in zip(clocks, clocks[1:])) / 1000
    print(f"{path}: {found[0]}; a picture stood still for {longest:.2f} s; the last one is of "
          f"{(clocks[-1] - at) / 1000:.1f} s after the rendition was left out")
    assert longest < LIMIT and clocks[-1] > at + 6000
