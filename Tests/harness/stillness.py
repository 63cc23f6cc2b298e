# SPDX-License-Identifier: Apache-2.0
"""The longest time without a new picture in the player page, by its count of presented frames.

A limit that the page promises is checked in the page's own time: each turn of a timer of 20 ms
counts, with at most 60 ms. The time during which the machine did not run the page does not count.
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

# A frame counts when the page has presented it, a picture when its burned clock is another one.
# The longest times between two timers and two refreshes are those of the browser itself. `heights`
# has the height of the picture and since when it is shown, Unix ms.
METER = """(() => {
  const meter = window.__still = {
    frames: -1, at: performance.now(), longest: 0, longestAt: 0, times: [], players: [],
    heights: [], picture: 0, pictureAt: performance.now(), longestPicture: 0,
    still: 0, pictureStill: 0, page: 0, pagePicture: 0,
    tickAt: performance.now(), longestTick: 0, refreshAt: performance.now(), longestRefresh: 0,
  };
  const reset = () => {
    meter.at = meter.pictureAt = performance.now();
    meter.longest = meter.longestPicture = meter.longestTick = meter.longestRefresh = 0;
    meter.still = meter.pictureStill = meter.page = meter.pagePicture = 0;
    meter.times = [];
    meter.heights = meter.heights.slice(-1);
  };
  meter.reset = reset;
  const refresh = (now) => {
    meter.longestRefresh = Math.max(meter.longestRefresh, now - meter.refreshAt);
    meter.refreshAt = now;
    requestAnimationFrame(refresh);
  };
  requestAnimationFrame(refresh);
  setInterval(() => {
    const player = window.__player, now = performance.now();
    const turn = Math.min(60, now - meter.tickAt);
    meter.longestTick = Math.max(meter.longestTick, now - meter.tickAt);
    meter.tickAt = now;
    if (!player) return;
    meter.page = Math.max(meter.page, meter.still += turn);
    meter.pagePicture = Math.max(meter.pagePicture, meter.pictureStill += turn);
    if (meter.players.at(-1) !== player.player) meter.players.push(player.player);
    const video = document.querySelector('video');
    const shown = player.player === 'webcodecs' ? video.nextElementSibling : video;
    const height = shown?.videoHeight ?? shown?.height ?? 0;
    if (height !== meter.heights.at(-1)?.[1]) {
      meter.heights.push([performance.timeOrigin + now, height]);
    }
    const still = now - meter.at;
    if (still > meter.longest) {
      meter.longest = still;
      meter.longestAt = performance.timeOrigin + meter.at;
    }
    meter.longestPicture = Math.max(meter.longestPicture, now - meter.pictureAt);
    if (player.clock !== null && player.clock !== meter.picture) {
      meter.picture = player.clock;
      meter.pictureAt = now;
      meter.pictureStill = 0;
    }
    if (player.framesShown === meter.frames) return;
    const at = Math.round(performance.timeOrigin + now);
    if (still > 500) meter.times.push([at, Math.round(still)]);
    meter.frames = player.framesShown;
    meter.at = now;
    meter.still = 0;
  }, 20);
})()"""


def measure(page: Page) -> None:
    """Starts the measurement in every document of the page."""
    page.add_init_script(METER)


def begin(page: Page) -> None:
    """Forgets the times until now."""
    page.evaluate("() => __still.reset()")


def found(page: Page) -> dict[str, Any]:
    """The longest times in seconds, those above 0.5 s, the players, and the heights.

    `page` and `page_picture` are the longest times without a frame and without another picture in
    the time of the page.
    """
    state = page.evaluate("() => { const { reset, ...rest } = __still; return rest; }")
    return {"longest": round(state["longest"] / 1000, 2), "at": round(state["longestAt"]),
            "longest_picture": round(state["longestPicture"] / 1000, 2),
            "page": round(state["page"] / 1000, 2),
            "page_picture": round(state["pagePicture"] / 1000, 2),
            "longest_tick": round(state["longestTick"] / 1000, 2),
            "longest_refresh": round(state["longestRefresh"] / 1000, 2),
            "times": state["times"], "players": state["players"], "heights": state["heights"]}
