# SPDX-License-Identifier: Apache-2.0
"""Viewers go back in the archive and return to the live edge."""

from __future__ import annotations

import json
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness import pasthours
from harness.http1 import get
from harness.metrics import total
from harness.mpd import schema, validate_by_schema
from harness.mpdform import SPACE
from harness.program import Program, start, stop
from harness.tools import need
from harness.tunein import fetch
from harness.waiting import wait_until

FLAGS = ("--resolution", "320x180", "--bitrate", "150", "--audio", "tone")


@dataclass
class Past:
    """A program with an archive of its last minute, and of three minutes an hour ago.

    The first of the three has another CMAF header.
    """

    program: Program
    first: int
    change: int
    missing: range


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory, binary: Path, hlsjs: object) -> Iterator[Past]:
    """A program whose archive was filled before its start."""
    folder = tmp_path_factory.mktemp("archive")
    program = start(list(FLAGS))
    tracks = pasthours.record(program)
    stop(program)
    now = int(time.time())
    missing = range(now - 3540, now - 60)
    first = now - 3720
    change = first + 60
    pasthours.write(folder, map(pasthours.reheaded, tracks), first, change)
    pasthours.write(folder, tracks, change, now, missing)
    program = start([*FLAGS, "--archive", str(folder), "--dvr", "4h", "--hlsjs", str(hlsjs)])
    try:
        # The index of files that have none is made at the start.
        wait_until(
            lambda: get(program.port, f"/live/audio/segment{first}.m4s").status == 200, 60,
            "the archive")
        yield Past(program, first, change, missing)
    finally:
        stop(program)


def text(program: Program, path: str) -> str:
    """The text of a response with status 200."""
    response = get(program.port, path)
    assert response.status == 200, (path, response.status, response.text)
    return response.text


@pytest.mark.timeout(120)
def test_addresses_lead_to_one_playlist_per_minute(past: Past) -> None:
    """Dates and seconds are redirected to the number of the whole minute; too old times are not."""
    at = int(time.time()) - 600
    number = at - at % 60
    date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    for form in (date, f"{at}.5", str(at) if at != number else str(at + 1)):
        response = get(past.program.port, f"/live/from/{form}/playlist.m3u8?x=1")
        assert response.status == 307
        assert response.headers["location"] == f"../../from/{number}/playlist.m3u8?x=1"
    response = get(past.program.port, f"/live/from/{past.first - 3600}/playlist.m3u8")
    assert response.headers["location"] == f"../../from/{past.first}/playlist.m3u8"
    assert get(past.program.port, "/live/from/soon/playlist.m3u8").status == 400
    master = text(past.program, f"/live/from/{number}/playlist.m3u8")
    assert f"\n../../video/from/{number}/playlist.m3u8\n" in master
    assert f'"../../audio/from/{number}/playlist.m3u8"' in master


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", ["video", "audio"])
def test_playlist_continues_from_the_past_to_the_live_parts(past: Past, name: str) -> None:
    """Each second from the first to the last is listed; missing ones are gaps; deltas are short."""
    number = past.first - past.first % 60 + 60
    path = f"/live/{name}/from/{number}/playlist.m3u8"
    edge = fetch(past.program.port, path=f"/live/{name}/playlist.m3u8").last_complete

    def listed_numbers() -> list[int]:
        lines = text(past.program, path).splitlines()
        return [int(line[13:-4]) for line in lines
                if line.startswith("../../segment") and ".m4s" in line]

    wait_until(lambda: listed_numbers()[-1] >= edge, 10, "the live edge")
    lines = text(past.program, path).splitlines()
    numbers = listed_numbers()
    assert numbers == list(range(number, numbers[-1] + 1))
    gaps = lines.count("#EXT-X-GAP")
    # While the program was started again, segments were missing too.
    assert len(past.missing) <= gaps <= len(past.missing) + 60
    assert "#EXT-X-PLAYLIST-TYPE" not in "\n".join(lines)
    assert any(line.startswith("#EXT-X-PART:") for line in lines)
    delta = text(past.program, f"{path}?_HLS_msn={numbers[-1] + 2}&_HLS_part=0&_HLS_skip=YES")
    assert "#EXT-X-SKIP:SKIPPED-SEGMENTS=" in delta and len(delta) < 4500
    for wanted in (numbers[0], numbers[-1] - 60):
        media = get(past.program.port, f"/live/{name}/segment{wanted}.m4s")
        assert media.status == 200 and media.body[4:8] == b"styp"


@pytest.mark.timeout(90)
def test_closed_playlist_plays_in_ffmpeg(past: Past) -> None:
    """A playlist with an end has all its frames."""
    first = past.first + 60
    path = f"/live/from/{first}/to/{first + 20}/playlist.m3u8"
    response = get(past.program.port, f"/live/video/from/{first}/to/{first + 20}/playlist.m3u8")
    assert "immutable" in response.headers["cache-control"]
    assert response.text.endswith("#EXT-X-ENDLIST\n") and response.text.count("#EXTINF") == 20
    run = subprocess.run(
        [need("ffmpeg", "plays the past"), "-v", "error", "-i", past.program.url(path),
         "-map", "0:v:0", "-map", "0:a:0", "-progress", "-", "-f", "null", "-"],
        capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)
    frames = [line for line in run.stdout.splitlines() if line.startswith("frame=")]
    assert run.returncode == 0 and frames[-1] == "frame=600", run.stderr[-500:]
    end = int(time.time()) + 60
    path = f"/live/video/from/{first}/to/{end}/playlist.m3u8"
    assert get(past.program.port, path).status == 425


@pytest.mark.timeout(120)
def test_manifest_has_a_period_for_each_run(past: Past) -> None:
    """The MPD of the past reaches over gaps and changes of the header; refreshes keep Periods."""
    manifest = text(past.program, "/live/dvr.mpd")
    if form := schema():
        validate_by_schema(manifest, form, "dvr.mpd")
    assert 'PlaybackRate min="1" max="1"' in manifest
    root = ET.fromstring(manifest)
    depth = float((root.get("timeShiftBufferDepth") or "")[2:-1])
    assert 3600 <= depth <= time.time() - past.first
    periods = root.findall(SPACE + "Period")
    starts = [past.first, past.change, past.missing.stop]
    assert [each.get("id") for each in periods][:3] == [f"p{start}" for start in starts]
    assert [each.get("start") for each in periods][:3] == [f"PT{start - 1}S" for start in starts]
    # The restart of the program left a gap, or none; the disk may have been too slow for a segment.
    lost = total(past.program.port, "streamer_archive_dropped_total")
    assert len(periods) <= 4 + lost, ([each.attrib for each in periods], past)
    length = past.missing.start - past.change
    assert [each.get("duration") for each in periods][:2] == [None, f"PT{length}S"]
    for period, start in zip(periods, starts):
        templates = list(period.iter(SPACE + "SegmentTemplate"))
        assert len(templates) == 3 and all(
            each.get("startNumber") == str(start) for each in templates)
        for template, name in zip(templates, ("video", "audio")):
            header = (template.get("initialization") or "").replace("$RepresentationID$", name)
            assert get(past.program.port, f"/live/{header}").status == 200
    assert len({next(each.iter(SPACE + "SegmentTemplate")).get("initialization")
                for each in periods[:2]}) == 2
    later = ET.fromstring(text(past.program, "/live/dvr.mpd")).findall(SPACE + "Period")
    assert [(each.get("id"), each.get("start")) for each in later[:len(periods)]] == [
        (each.get("id"), each.get("start")) for each in periods]


DASH_PAGE = """<video id=v muted autoplay width=320></video><script src=/player/dash.all.min.js>
</script><script>
const errors = [], periods = []; const d = dashjs.MediaPlayer().create();
d.on("error", e => errors.push(e.error?.message ?? String(e.error)));
d.on("periodSwitchCompleted", e => periods.push(e.toStreamInfo.id));
d.initialize(v, location.hash.slice(1), true);
const clock = () => d.timeAsUTC();
// In a live MPD dash.js waits at a gap for as long as the gap lasts.
v.addEventListener("waiting", () => {
  for (let i = 0; i < v.buffered.length; i += 1) {
    const start = v.buffered.start(i);
    if (start > v.currentTime + 1) { d.seekToPresentationTime(start); return; }
  }
});
</script>"""


@pytest.mark.timeout(120)
def test_dashjs_plays_across_a_change_and_a_gap(
    past: Past, browser: Browser, dashjs: Path
) -> None:
    """dash.js goes back over Periods, plays from one into the next, and returns."""
    page = browser.new_page()
    failures: list[str] = []
    page.on("response", lambda response: failures.append(f"{response.status} {response.url}")
            if response.status >= 400 and "favicon" not in response.url else None)
    page.route("**/dash-test.html", lambda route: route.fulfill(
        content_type="text/html", body=DASH_PAGE))
    page.route("**/dash.all.min.js", lambda route: route.fulfill(
        content_type="text/javascript", body=dashjs.read_text()))
    page.goto(past.program.url("/dash-test.html#/live/dvr.mpd"))
    playing = "at => v.readyState > 2 && !v.seeking && clock() > at"
    page.wait_for_function("() => v.currentTime > 0 && v.readyState > 2",
                           timeout=30_000)

    def crosses(start: int, end: int, edge: int) -> None:
        """A seek to `start` plays there, and then media after `edge`."""
        begun = time.monotonic()
        page.evaluate("at => d.seekToPresentationTime(v.currentTime + at - clock())", start)
        page.wait_for_function(f"at => ({playing})(at) && clock() < at + 5", arg=start + 0.2,
                               timeout=20_000)
        print(f"at {start} after {time.monotonic() - begun:.1f} s")
        page.wait_for_function(playing, arg=edge + 1, timeout=30_000)
        print(f"after {end}: {page.evaluate('() => [clock(), periods, errors]')}")

    crosses(past.change - 4, past.change, past.change)
    crosses(past.missing.start - 4, past.missing.start, past.missing.stop)
    page.evaluate("() => d.seekToOriginalLive()")
    page.wait_for_function(playing, arg=time.time() - 15, timeout=20_000)
    state = page.evaluate("() => ({periods, errors, rate: v.playbackRate})")
    print(state)
    assert f"p{past.change}" in state["periods"]
    assert not state["errors"] and not failures, (state, failures)
    page.close()


@pytest.mark.timeout(120)
def test_extent_has_the_gap_inside_of_hours(past: Past) -> None:
    """The document names the missing time, and the headers of both renditions from the first."""
    found = json.loads(text(past.program, "/live/dvr.json"))
    assert found["archive"] and found["from"] == past.first
    # Without an index the last segment of a file may be incomplete: it is cut. While the program
    # was started again, segments were missing too.
    near = [gap for gap in found["gaps"] if gap[1] == past.missing.stop]
    assert near and 0 <= past.missing.start - near[0][0] <= 1, found["gaps"]
    assert [each["name"] for each in found["renditions"]] == ["video", "audio"]
    for rendition in found["renditions"]:
        first = rendition["headers"][0]
        assert first["from"] == past.first
        path = f"/live/{rendition['name']}/init-{first['header']}.mp4"
        assert get(past.program.port, path).status == 200
