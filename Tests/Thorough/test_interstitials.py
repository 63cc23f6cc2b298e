# SPDX-License-Identifier: Apache-2.0
"""Metadata by the control API in hls.js: an interstitial, a message of SCTE-35, an ID3 tag."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import Viewer, viewer
from harness.program import Program
from harness.site import site
from harness.tools import need

TOKEN = "token-of-the-interstitial-tests"
SECONDS = 3
# A splice_insert of event 1: a break of 12 s from now on.
MESSAGE = "/DAgAAAAAAAA///wDwUAAAABf//+ABB6wAABAAAAAO7vT30="
PAGE = """<!doctype html><meta charset="utf-8"><style>video {{ width: 160px }}</style>
<script src="{script}"></script><body>"""
PLAY = """(source) => {
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  const hls = new Hls({ lowLatencyMode: true });
  window.__hls = hls;
  window.__seen = [];
  window.__latency = () => hls.latency;
  window.__played = () => video.currentTime;
  for (const name of ['INTERSTITIAL_STARTED', 'INTERSTITIAL_ASSET_STARTED',
    'INTERSTITIAL_ENDED', 'INTERSTITIALS_PRIMARY_RESUMED', 'INTERSTITIAL_ASSET_ERROR']) {
    hls.on(Hls.Events[name], (_, data) => __seen.push(
      { name, at: performance.now(), uri: data.asset?.uri,
        error: data.error && `${data.error.error ?? data.error.message}` }));
  }
  window.__texts = [];
  hls.on(Hls.Events.FRAG_PARSING_METADATA, (_, { samples }) => {
    for (const { data } of samples) __texts.push(new TextDecoder().decode(data));
  });
  window.__ranges = {};
  hls.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => {
    for (const [id, { attr }] of Object.entries(details.dateRanges)) __ranges[id] = { ...attr };
  });
  hls.on(Hls.Events.ERROR, (_, { fatal, details }) => {
    if (fatal) __seen.push({ name: 'fatal', error: details });
  });
  hls.loadSource(source);
  hls.attachMedia(video);
  video.play().catch(() => {});
}"""


def post(program: Program, body: dict[str, object], query: str = "") -> tuple[int, str]:
    """Status and body of the response to an event."""
    request = urllib.request.Request(
        program.url(f"/api/streams/live/events{query}"), json.dumps(body).encode(),
        method="POST", headers={"Authorization": f"Bearer {TOKEN}"})
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def asset(folder: Path) -> dict[str, tuple[str, bytes]]:
    """A playlist of one fMP4 segment, with video alone like the stream."""
    subprocess.run([
        need("ffmpeg", "interstitials"), "-v", "error", "-f", "lavfi", "-i",
        f"testsrc=size=320x180:rate=30:duration={SECONDS}", "-c:v", "libx264", "-preset",
        "ultrafast", "-pix_fmt", "yuv420p", "-hls_segment_type", "fmp4", "-hls_time", "9",
        "-hls_playlist_type", "vod", "asset.m3u8"
    ], check=True, timeout=60, stdin=subprocess.DEVNULL, cwd=folder)
    kinds = {".m3u8": "application/vnd.apple.mpegurl", ".mp4": "video/mp4", ".m4s": "video/mp4"}
    return {f"/{path.name}": (kinds[path.suffix], path.read_bytes()) for path in folder.iterdir()}


@contextmanager
def playing(program: Program, browser: Browser,
            files: dict[str, tuple[str, bytes]]) -> Iterator[tuple[Viewer, str]]:
    """A page in which hls.js plays the stream, on a server with the files, and its address."""
    html = PAGE.format(script=program.url("/player/hls.js"))
    with site(html, files=files) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.evaluate(PLAY, program.url("/live/video/playlist.m3u8"))
        view.page.wait_for_function("() => __played() > 0 && __latency() > 0", timeout=15000)
        yield view, address


@pytest.mark.timeout(60)
def test_hlsjs_plays_an_interstitial_and_returns(
        browser: Browser, streamer: Callable[..., Program], hlsjs: Path, tmp_path: Path) -> None:
    """The media is shown at its time, once, and afterwards the live edge; the API is strict."""
    program = streamer("--resolution", "320x180", "--bitrate", "300", "--admin-token", TOKEN,
                       "--hlsjs", str(hlsjs))
    with playing(program, browser, asset(tmp_path)) as (view, address):
        status, text = post(program, {"x-asset-uri": "ftp://a/b"})
        assert status == 400 and "x-asset-uri: expected a URI" in text, text
        status, text = post(program, {"scte35": "/DAvAAAA"})
        assert status == 400 and "scte35: SCTE-35: the section has 6 bytes" in text, text
        status, text = post(program, {"scte35": MESSAGE}, f"?time={round(time.time() * 1000)}")
        assert status == 201, text
        assert post(program, {"scte35": MESSAGE})[0] == 409, "it is a repetition"
        assert post(program, {"id3": "a text"})[0] == 201
        at = time.time() + 4
        uri = f"{address}asset.m3u8"
        status, text = post(
            program, {"x-asset-uri": uri, "duration": SECONDS, "x-restrict": "SKIP,JUMP",
                      "cue": "ONCE"}, f"?time={round(at * 1000)}")
        assert status == 201, text
        view.page.wait_for_function(
            "() => __seen.some(({ name }) => name === 'INTERSTITIALS_PRIMARY_RESUMED')"
            " || __seen.some(({ error }) => error)", timeout=20000)
        resumed = view.page.evaluate("() => __played()")
        view.watch(2)
        seen = view.page.evaluate("() => __seen")
        print([entry["name"] for entry in seen])
        ranges, texts = view.page.evaluate("() => [__ranges, __texts]")
        assert [attr["PLANNED-DURATION"] for id, attr in ranges.items()
                if id.startswith("splice-1-") and "SCTE35-OUT" in attr] == ["12"], ranges
        assert [text for text in texts if text.startswith("ID3") and "a text" in text], texts
        assert not [entry for entry in seen if entry.get("error")], seen
        names = [entry["name"] for entry in seen]
        assert names.count("INTERSTITIAL_STARTED") == 1 and "INTERSTITIAL_ENDED" in names
        started, ended = [
            next(e["at"] for e in seen if e["name"] == name)
            for name in ("INTERSTITIAL_ASSET_STARTED", "INTERSTITIAL_ENDED")]
        assert ended - started > SECONDS * 1000 - 1500, "the interstitial was cut short"
        view.page.wait_for_function(
            "resumed => __played() > resumed + 1 && __latency() < 4", arg=resumed, timeout=20000)
        assert not view.page_errors, view.page_errors


# The burned clock of the pictures after the return to the stream, with the latency then.
CLOCKS = """() => {
  const video = document.querySelector('video'), canvas = document.createElement('canvas');
  canvas.width = 128;
  canvas.height = 72;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  window.__clocks = [];
  const read = () => {
    context.drawImage(video, 0, 0, 128, 72);
    const bits = Array.from({ length: 64 }, (_, i) => (
      context.getImageData(i % 32 * 4 + 2, i < 32 ? 2 : 6, 1, 1).data[0] > 128 ? 1 : 0));
    const clock = bits.slice(0, 4).join('') === '1010'
      ? parseInt(bits.slice(4, 52).join(''), 2) : null;
    const isOver = __seen.some(({ name }) => name === 'INTERSTITIALS_PRIMARY_RESUMED');
    if (clock !== (__clocks.at(-1)?.clock ?? null)) __clocks.push({ clock, isOver });
    requestAnimationFrame(read);
  };
  read();
}"""


def returned_at(view: Viewer, address: str, program: Program, offset: int) -> float:
    """Plays an interstitial; the time of the stream after it, in ms of the interstitial's time."""
    view.page.evaluate(CLOCKS)
    at = round(time.time()) * 1000 + 4000
    status, text = post(
        program, {"x-asset-uri": f"{address}asset.m3u8", "duration": SECONDS,
                  "x-resume-offset": offset, "cue": "ONCE"}, f"?time={at}")
    assert status == 201, text
    view.page.wait_for_function(
        "() => __clocks.filter(({ clock, isOver }) => clock && isOver).length > 20"
        " || __seen.some(({ error }) => error)", timeout=25000)
    clocks, seen = view.page.evaluate("() => [__clocks, __seen]")
    assert not [entry for entry in seen if entry.get("error")], seen
    before = [one["clock"] for one in clocks if one["clock"] and not one["isOver"]]
    after = [one["clock"] for one in clocks if one["clock"] and one["isOver"]]
    print(f"the stream stopped at {before[-1] - at} ms and continued at {after[0] - at} ms "
          f"of the interstitial's time; latency {view.page.evaluate('__latency()'):.2f} s")
    assert abs(before[-1] - at) < 500
    return after[0] - at


@pytest.mark.timeout(150)
@pytest.mark.parametrize("offset", [0, 2])
def test_hlsjs_continues_at_the_resume_offset(
        offset: int, browser: Browser, streamer: Callable[..., Program], hlsjs: Path,
        tmp_path: Path) -> None:
    """After the media the stream continues X-RESUME-OFFSET after the start of the interstitial.

    At the offset 0 hls.js 1.6 waits for ten seconds in two of five pages, and returns at the live
    edge: one page of five that continues at the offset shows that the stream has what it needs.
    """
    program = streamer("--resolution", "320x180", "--bitrate", "300", "--admin-token", TOKEN,
                       "--hlsjs", str(hlsjs))
    times = []
    for page in range(5):
        folder = tmp_path / str(page)
        folder.mkdir()
        with playing(program, browser, asset(folder)) as (view, address):
            times.append(returned_at(view, address, program, offset))
        if abs(times[-1] - 1000 * offset) < 500:
            return
    raise AssertionError((times, offset))
