# SPDX-License-Identifier: Apache-2.0
"""The past of inputs with irregular key frames: numbers give no times, times are exact anyway."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser

from harness.frames import clocks_of
from harness.http1 import Response, get
from harness.program import Program, start, stop
from harness.sources import Source
from harness.tools import need
from harness.waiting import wait_until
from test_passthrough import HOST, play
from test_variable_duration_segments import UNEVEN

PAGE = """<video id=v muted autoplay width=320></video><script src=/player/hls.js></script><script>
const errors = []; const h = new Hls();
h.on(Hls.Events.ERROR, (_, d) => errors.push([d.details, d.fatal]));
h.loadSource(location.hash.slice(1)); h.attachMedia(v);</script>"""
FRAME = 1000 / 30


@dataclass
class Past:
    """A program with a minute of such a source, of which the first part is from before a restart.

    `span` is within one run of the program.
    """

    program: Program
    restart: float
    span: tuple[int, int]


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory, binary: Path, hlsjs: object) -> Iterator[Past]:
    """The program passes the source through, is ended, and continues with the same archive."""
    folder = tmp_path_factory.mktemp("archive")
    sources: list[Source] = []
    programs: list[Program] = []

    def run(*flags: str, **options: Any) -> Program:
        programs.append(start(list(flags), **options))
        return programs[-1]

    archive = ("--archive", str(folder), "--dvr", "1h", "--hlsjs", str(hlsjs))
    program = play(run, sources, "udp", *archive, coding=UNEVEN)
    try:
        url = next(argument for argument in program.process.args if "udp://" in argument)
        began = time.time()
        wait_until(lambda: time.time() - began > 22, 40, "media before the restart")
        stop(program)
        restart = time.time()
        program = run("--input", url, *HOST, *archive, defaults=False, within=25)
        wait_until(lambda: get(program.port, "/live/video/playlist.m3u8", timeout=15).status == 200,
                   25, "a playlist")
        wait_until(lambda: time.time() - restart > 30, 40, "media after the restart")
        yield Past(program, restart, (int(began) + 6, int(began) + 16))
    finally:
        for each in programs:
            stop(each)
        for source in sources:
            source.kill()


def durations(playlist: str) -> list[float]:
    """The values of EXTINF."""
    return [float(value) for value in re.findall(r"#EXTINF:([\d.]+)", playlist)]


def closed(past: Past, first: float, end: float, name: str = "video/") -> Response:
    """The playlist of a span."""
    return get(past.program.port, f"/live/{name}from/{first}/to/{end}/playlist.m3u8")


@pytest.mark.timeout(150)
def test_closed_playlists_have_the_true_durations(past: Past) -> None:
    """Segments between two times are listed with what they last; ffmpeg gets each frame."""
    first, end = past.span
    response = closed(past, first, end)
    assert response.status == 200 and response.text.endswith("#EXT-X-ENDLIST\n"), response.text
    assert "immutable" in response.headers["cache-control"] and "EXT-X-GAP" not in response.text
    found = durations(response.text)
    # GOPs of 20, 44 and 33 frames: each segment ends at the first key frame after a second.
    assert {round(value * 30) for value in found} <= {33, 64}
    names = re.findall(r"segment\d+\.m4s", response.text)
    header = re.search(r"init-[0-9a-f]+\.mp4", response.text)
    assert header and len(names) == len(found)
    body = get(past.program.port, f"/live/video/{header[0]}").body
    for name, duration in zip(names, found):
        frames = clocks_of(body + get(past.program.port, f"/live/video/{name}").body)
        assert len(frames) == round(duration * 30), name
    run = subprocess.run(
        [need("ffmpeg", "plays the past"), "-v", "error", "-i",
         past.program.url(f"/live/from/{first}/to/{end}/playlist.m3u8"), "-map", "0:v:0",
         "-progress", "-", "-f", "null", "-"],
        capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)
    counts = [line for line in run.stdout.splitlines() if line.startswith("frame=")]
    assert counts[-1] == f"frame={round(sum(found) * 30)}", run.stderr[-500:]


@pytest.mark.timeout(90)
def test_a_restart_is_a_discontinuity(past: Past) -> None:
    """Numbers begin at the time again, and jump: no segment is missing between them."""
    text = closed(past, past.restart - 8, past.restart + 20).text
    assert text.count("#EXT-X-DISCONTINUITY\n") == 1 and "EXT-X-GAP" not in text
    assert 16 < sum(durations(text)) < 32
    path = f"/live/video/clip/{past.restart - 8}--{past.restart + 20}.m3u8"
    text = get(past.program.port, path).text
    assert text.count("#EXT-X-DISCONTINUITY\n") == 1 and "EXT-X-GAP" not in text


@pytest.mark.timeout(90)
def test_clips_and_instants_are_exact(past: Past, tmp_path: Path) -> None:
    """The first and the last frame of a clip are those of its times, and of the instants."""
    first, end = past.span
    start_time, end_time = first + 0.25, end - 1.55
    clip = get(past.program.port, f"/live/clip/{start_time}--{end_time}.mp4")
    assert clip.status == 200, clip.text
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip.body)
    clocks = clocks_of(path)
    assert None not in clocks and abs(len(clocks) - (end_time - start_time) * 30) <= 1.01
    steps = {round((two - one) / FRAME) for one, two in zip(clocks, clocks[1:]) if one and two}
    assert steps == {1}
    instant = get(past.program.port, f"/live/at/{start_time}").json()
    assert 0 <= start_time * 1e9 - instant["frameTime"] < 1e9 / 29
    [still] = clocks_of(get(past.program.port, f"/live/at/{start_time}.jpg").body)
    assert still == clocks[0]
    media = get(past.program.port, urljoin("/live/at/x", instant["urls"]["segment"]))
    assert media.status == 200
    [last] = clocks_of(get(past.program.port, f"/live/at/{end_time - 0.001}.jpg").body)
    assert last == clocks[-1]


@pytest.mark.timeout(60)
def test_addresses_without_a_form_say_so(past: Past) -> None:
    """A playlist to the live edge and an MPD need numbers that are times."""
    for path in (f"from/{past.span[0]}/playlist.m3u8", "dvr.mpd"):
        response = get(past.program.port, f"/live/{path}")
        assert response.status == 404 and response.text.count("\n") == 1
        assert "do not give times" in response.text and "from/TIME/to/TIME" in response.text
    first, end = past.span
    assert closed(past, end, first).status == 400
    assert closed(past, first, time.time() + 60).status == 425
    assert closed(past, time.time() - 7200, time.time() - 7100).status == 410
    assert closed(past, first, end, "other/").status == 404
    date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(first))
    assert durations(closed(past, date, end).text)  # type: ignore[arg-type]


@pytest.mark.timeout(120)
def test_hlsjs_plays_and_seeks_a_closed_playlist(past: Past, browser: Browser) -> None:
    """hls.js plays, seeks within, and ends."""
    first, end = past.span
    page = browser.new_page()
    try:
        page.route("**/page", lambda route: route.fulfill(content_type="text/html", body=PAGE))
        page.goto(past.program.url(f"/page#/live/from/{first}/to/{end}/playlist.m3u8"))
        page.wait_for_function("() => v.currentTime > 1", timeout=20_000)
        total = sum(durations(closed(past, first, end).text))
        assert page.evaluate("() => v.duration") == pytest.approx(total, abs=0.1)
        page.evaluate("() => { v.currentTime = v.duration - 3; }")
        page.wait_for_function("() => v.ended", timeout=20_000)
        assert not [entry for entry in page.evaluate("() => errors") if entry[1]]
    finally:
        page.close()
