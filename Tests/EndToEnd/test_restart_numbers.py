# SPDX-License-Identifier: Apache-2.0
"""A passed-through stream whose program was killed: what players of before request, and get."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.http1 import get
from harness.ports import free_port
from harness.program import Program, kill
from harness.site import site
from harness.sources import ffmpeg_sender
from harness.tunein import fetch, next_segments
from harness.waiting import wait_until

# With its defaults, and without a remedy for errors.
PAGE = """<!doctype html><link rel=icon href="data:,">
<video muted autoplay playsinline crossorigin=anonymous></video><script src="/script.js"></script>
<script>
const player = dashjs.MediaPlayer().create();
player.initialize(document.querySelector('video'), '{url}', true);
</script>
"""
# dash.js plays its buffer meanwhile; on a machine without load it takes less than 6 s.
WITHIN = 16


@pytest.fixture(name="port")
def sender() -> Iterator[int]:
    """A port to which MPEG-TS is sent by UDP."""
    port = free_port()
    source = ffmpeg_sender(["-f", "mpegts", "-omit_video_pes_length", "0",
                            f"udp://127.0.0.1:{port}?pkt_size=1316"])
    yield port
    source.kill()


def starts(streamer: Callable[..., Program], port: int, http: int = 0) -> Program:
    """A streamer that passes the source through, once it has an MPD."""
    program = streamer("--input", f"udp://127.0.0.1:{port}", "--passthrough", "always", "--host",
                       "127.0.0.1", "--http-port", f"{http}", defaults=False, within=20)
    wait_until(lambda: get(program.port, "/live/manifest.mpd", timeout=15).status == 200, 25,
               "an MPD")
    return program


@pytest.mark.timeout(60)
def test_numbers_of_an_outage_have_no_media(port: int, streamer: Callable[..., Program]) -> None:
    """Segments of before are segments without media, for a second; older ones and parts are 410."""
    program = starts(streamer, port)
    next_segments(program.port, 3)
    kill(program)
    program = starts(streamer, port, program.port)
    first = fetch(program.port).segments[0].msn
    for number in (first - 1, first - 2):
        response = get(program.port, f"/live/video/segment{number}.m4s")
        assert response.status == 200 and response.body[4:8] == b"styp"
        assert len(response.body) == int.from_bytes(response.body[:4], "big")
        assert response.headers["cache-control"] == "public, max-age=1"
    assert get(program.port, f"/live/video/segment{first - 60}.m4s").status == 410
    assert get(program.port, f"/live/video/segment{first - 1}.0.m4s").status == 410


@pytest.mark.timeout(120)
def test_dashjs_returns_without_help(port: int, streamer: Callable[..., Program], dashjs: Path,
                                     browser: Browser) -> None:
    """dash.js in a page without remedies plays on after the server was killed and restarted."""
    program = starts(streamer, port)
    script = ("text/javascript", dashjs.read_bytes())
    page = PAGE.format(url=program.url("/live/manifest.mpd"))
    with site(page, files={"/script.js": script}) as address, viewer(browser) as view:
        view.open(address)
        view.wait_playing(within=20, frames=90)
        killed = time.time()
        kill(program)
        starts(streamer, port, program.port)
        clock = "() => Math.max(...__lab.samples.map((sample) => sample[1] ?? 0)) / 1000"
        wait_until(lambda: view.page.evaluate(clock) > killed + 2, WITHIN, "a newer picture")
        print(f"a picture of 2 s after the kill is shown {time.time() - killed:.1f} s after it")
