# SPDX-License-Identifier: Apache-2.0
"""hls.js and ladders on a slow network: alone, since it decides by the rate that it measures."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from harness import stillness
from harness.browser import viewer
from harness.camera import FakeCamera, jpegs
from harness.labreport import pauses
from harness.program import Program

PLAIN = """<!doctype html><video muted autoplay playsinline crossorigin=anonymous></video>
<script>{script}</script><script>
window.hls = new Hls({{ lowLatencyMode: true }});
hls.loadSource({url});
hls.attachMedia(document.querySelector('video'));
</script>
"""


@pytest.mark.timeout(240)
def test_plain_hlsjs_holds_the_top_and_returns(browser: Browser, streamer: Callable[..., Program],
                                               hlsjs: Path, tmp_path: Path) -> None:
    """hls.js with nothing but lowLatencyMode holds the top rendition; throttled, it returns."""
    program = streamer("--rendition", "1280x720@2500", "--rendition", "854x480@1200",
                       "--rendition", "640x360@700")
    page = tmp_path / "plain.html"
    page.write_text(PLAIN.format(script=hlsjs.read_text(), url=json.dumps(
        program.url("/live.m3u8"))))
    with viewer(browser) as view:
        view.open(page.as_uri())
        view.wait_playing()
        view.page.evaluate(SWITCHES)
        wait_for_height(view, 720, 60)
        view.watch(8)
        assert height(view) == 720, "the top rendition is held"
        session = view.context.new_cdp_session(view.page)
        session.send("Network.enable")
        limit = {"offline": False, "latency": 0, "uploadThroughput": -1}
        session.send("Network.emulateNetworkConditions",
                     {**limit, "downloadThroughput": 1_000_000 // 8})
        down = wait_for_height(view, 360, 60)
        session.send("Network.emulateNetworkConditions", {**limit, "downloadThroughput": -1})
        back = wait_for_height(view, 720, 60)
        print(json.dumps({"down after s": round(down, 1), "back after s": round(back, 1)}))


# Bytes per second; hls.js decides by BANDWIDTH, 2.9 and 0.5 Mbit/s here.
NARROW = 1_100_000 // 8
SWITCHES = """() => {
  window.switches = [];
  const video = document.querySelector('video');
  video.addEventListener('resize', () => switches.push([Date.now(), video.videoHeight]));
}"""


def height(view: Any) -> int:
    """The height of the shown frames."""
    return view.page.evaluate("() => document.querySelector('video').videoHeight")


def wait_for_height(view: Any, wanted: int, within: float) -> float:
    """Waits until frames of this height are shown; returns the seconds it took."""
    begin = time.monotonic()
    while height(view) != wanted:
        if time.monotonic() - begin > within:
            raise AssertionError(f"{height(view)}p and not {wanted}p after {within} s: "
                                 f"{view.page.evaluate('() => switches')}")
        view.watch(0.2)
    return time.monotonic() - begin


@pytest.mark.timeout(240)
def test_hlsjs_switches_down_and_back(browser: Browser, streamer: Callable[..., Program],
                                       hlsjs: Path, tmp_path: Path) -> None:
    """At 1.1 Mbit/s hls.js switches to the lower rendition; without the limit it returns."""
    camera = FakeCamera(tmp_path, JPEG=str(jpegs(tmp_path / "jpeg", noise=40)), FORMATS="MJPG")
    program = streamer("--device", str(camera.path), "--burn-clock",
                       "--rendition", "1280x720@2500", "--rendition", "640x360@400", "--hlsjs",
                       str(hlsjs), "--host", "127.0.0.1", "--http-port", "0", env=camera.env,
                       defaults=False)
    with viewer(browser) as view:
        stillness.measure(view.page)
        view.open(program.url("/?player=hlsjs"))
        view.wait_playing()
        view.page.evaluate(SWITCHES)
        up = wait_for_height(view, 720, 60)
        session = view.context.new_cdp_session(view.page)
        session.send("Network.enable")
        limit = {"offline": False, "latency": 0, "uploadThroughput": -1}
        narrowed = time.time() * 1000
        stillness.begin(view.page)
        session.send("Network.emulateNetworkConditions", {**limit, "downloadThroughput": NARROW})
        down = wait_for_height(view, 360, 60)
        view.watch(2)
        session.send("Network.emulateNetworkConditions", {**limit, "downloadThroughput": -1})
        back = wait_for_height(view, 720, 60)
        view.watch(2)
        found = stillness.found(view.page)
        data = view.data()
        stalls = [pause for pause in pauses(data["samples"], 1000 / 30) if pause[0] > narrowed]
        print(
            "switches:",
            json.dumps({
                "to 720p after s": round(up, 1), "down after s": round(down, 1),
                "back after s": round(back, 1), "all": view.page.evaluate("() => switches"),
                "stalls": stalls
            }))
        assert found["page"] < 5, found
        assert not [error for error in data["errors"] if "fatal" in str(error)], data["errors"]
