# SPDX-License-Identifier: Apache-2.0
"""Thumbnails: the key frame of each segment, and their AdaptationSet in the MPD of the past."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness import pasthours
from harness.frames import clocks_of
from harness.http1 import Response, get
from harness.program import Program, start, stop
from harness.waiting import wait_until

SPACE = {"m": "urn:mpeg:dash:schema:mpd:2011"}
FLAGS = ("--resolution", "640x360", "--bitrate", "300", "--audio", "tone")
PAGE = """<video id=v muted autoplay width=320></video><script src=/player/dash.all.min.js></script>
<script>const p = dashjs.MediaPlayer().create(); p.initialize(v, '/live/dvr.mpd', true);
window.player = p;</script>"""


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory, binary: Path) -> Iterator[tuple[Program, int]]:
    """A program with an archive of the last five minutes, and the number of its first segment."""
    folder = tmp_path_factory.mktemp("archive")
    program = start(list(FLAGS))
    tracks = pasthours.record(program)
    stop(program)
    now = int(time.time())
    pasthours.write(folder, tracks, now - 300, now)
    program = start([*FLAGS, "--archive", str(folder), "--dvr", "4h"])
    wait_until(lambda: get(program.port, f"/live/video/segment{now - 299}.m4s").status == 200, 60,
               "the archive")
    began = int(time.time()) + 1
    wait_until(lambda: get(program.port, f"/live/video/segment{began + 4}.m4s").status == 200, 20,
               "segments that are no prefill")
    yield program, now - 299
    stop(program)


def size_of(response: Response) -> tuple[int, int]:
    """Width and height of a JPEG."""
    assert response.status == 200 and response.headers["content-type"] == "image/jpeg"
    at = response.body.index(b"\xff\xc0")
    return (int.from_bytes(response.body[at + 7:at + 9], "big"),
            int.from_bytes(response.body[at + 5:at + 7], "big"))


def template(program: Program) -> dict[str, str]:
    """The attributes of the SegmentTemplate of thumbnails in the newest Period.

    The start of the program may be a gap, after which a Period begins.
    """
    root = ET.fromstring(get(program.port, "/live/dvr.mpd").text)
    for period in root.findall("m:Period", SPACE):
        sets = period.findall("m:AdaptationSet", SPACE)
        assert [found.get("contentType") for found in sets] == ["video", "audio", "image"]
    [video, _, images] = sets
    [found] = images.findall("m:SegmentTemplate", SPACE)
    [own] = video.findall("m:SegmentTemplate", SPACE)
    for name in ("timescale", "duration", "startNumber", "presentationTimeOffset"):
        assert found.get(name) == own.get(name), name
    [tile] = images.findall("m:Representation/m:EssentialProperty", SPACE)
    assert tile.attrib == {
        "schemeIdUri": "http://dashif.org/guidelines/thumbnail_tile", "value": "1x1"}
    [picture] = images.findall("m:Representation", SPACE)
    assert (picture.get("width"), picture.get("height")) == ("320", "180")
    return dict(found.attrib)


@pytest.mark.timeout(120)
def test_thumbnail_is_the_key_frame_of_its_segment(past: tuple[Program, int]) -> None:
    """In the window and in the archive, by the names and times of the MPD."""
    program, first = past
    found = template(program)
    live = int(time.time()) - 3
    start_number, scale = int(found["startNumber"]), int(found["timescale"])
    begin = int(found["presentationTimeOffset"]) / scale
    for number in (live, live - 1):
        path = found["media"].replace("$Number$", str(number))
        response = get(program.port, f"/live/{path}")
        assert size_of(response) == (320, 180)
        assert "immutable" in response.headers["cache-control"] and "etag" in response.headers
        [clock] = clocks_of(response.body)
        shown = begin + (number - start_number) * int(found["duration"]) / scale
        assert clock == shown * 1000
        assert get(program.port, f"/live/{path}").body == response.body
    header = next(line.split('"')[1] for line in get(
        program.port, "/live/video/playlist.m3u8").text.splitlines() if "EXT-X-MAP" in line)
    head = get(program.port, f"/live/video/{header}").body
    for number in (first, first + 100):
        response = get(program.port, f"/live/thumb/segment{number}.jpg")
        assert size_of(response) == (320, 180)
        media = get(program.port, f"/live/video/segment{number}.m4s").body
        # The archive of the test repeats segments: their clocks are those of the recorded ones.
        assert clocks_of(response.body) == clocks_of(head + media)[:1]


@pytest.mark.timeout(60)
def test_other_numbers_are_refused(past: tuple[Program, int]) -> None:
    """Segments of the future, and those that the archive does not have or viewers may not see."""
    program, first = past
    for name, status in ((f"segment{int(time.time()) + 60}.jpg", 404), ("segment17.jpg", 404),
                         (f"segment{first - 3000}.jpg", 404), ("segment.jpg", 404),
                         (f"segment{first}.png", 404), (f"segment{first}.0.jpg", 404)):
        assert get(program.port, f"/live/thumb/{name}").status == status, name
    assert "image" not in get(program.port, "/live/manifest.mpd").text


@pytest.mark.timeout(120)
def test_dashjs_provides_thumbnails(past: tuple[Program, int], browser: Browser,
                                    dashjs: Path) -> None:
    """dash.js finds the picture of a time of the window, and plays on."""
    program, _ = past
    page = browser.new_page()
    page.route("**/thumb-test.html", lambda route: route.fulfill(
        content_type="text/html", body=PAGE))
    page.route("**/player/dash.all.min.js", lambda route: route.fulfill(
        content_type="text/javascript", body=dashjs.read_text()))
    page.goto(program.url("/thumb-test.html"))
    page.wait_for_function("() => window.v && v.currentTime > 0 && v.readyState > 2",
                           timeout=30_000)
    found = page.evaluate("""() => new Promise((done) => {
        const window_ = player.getDvrWindow();
        player.provideThumbnail(window_.size - 5, (picture) => done(picture && picture.url));
      })""")
    page.close()
    assert found and "/live/thumb/segment" in found, found
