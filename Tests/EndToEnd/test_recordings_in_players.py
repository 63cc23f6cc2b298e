# SPDX-License-Identifier: Apache-2.0
"""A recording without a session: the order of its renditions, the root page, dash.js."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness import pasthours
from harness.browser import viewer
from harness.configuration import stream, write
from harness.http1 import get
from harness.program import Program, start, stop
from harness.waiting import wait_until
from test_recordings import has_no_session

FLAGS = ("--resolution", "320x180", "--bitrate", "150", "--audio", "tone")
LENGTH = 40
GAP = range(20, 24)
NOTE = "streamer-renditions-1\nvideo\na-copy\naudio default\na-speech\nend\n"
DASH_PAGE = """<video id=v muted autoplay width=320></video><script src=/player/dash.all.min.js>
</script><script>
const errors = [], periods = [], d = dashjs.MediaPlayer().create();
d.on('error', ({ error }) => errors.push(error.code + ' ' + error.message));
d.on('periodSwitchCompleted', ({ toStreamInfo }) => periods.push(toStreamInfo.id));
d.initialize(v, location.hash.slice(1), true);</script>"""


@dataclass
class Recording:
    """The only stream of a program, whose camera is off."""

    program: Program
    first: int


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory, binary: Path) -> Iterator[Recording]:
    """Two videos of one size and two audio tracks, of which the names give another order."""
    folder = tmp_path_factory.mktemp("archive")
    program = start(list(FLAGS))
    video, audio = pasthours.record(program)
    stop(program)
    first = int(time.time()) - 1800
    tracks = [video, replace(video, name="a-copy"), audio, replace(audio, name="a-speech")]
    pasthours.write(folder, tracks, first, first + LENGTH,
                    range(first + GAP.start, first + GAP.stop), "camera")
    (folder / "camera" / "renditions").write_text(NOTE)
    path = write(tmp_path_factory.mktemp("configuration"),
                 [stream("camera", input="rtsp://127.0.0.1:9/camera")],
                 archive=str(folder), dvr="1h")
    program = start(["-c", str(path)], defaults=False)
    try:
        wait_until(lambda: "from" in get(program.port, "/camera/dvr.json").json(), 30,
                   "the archive")
        wait_until(lambda: has_no_session(program, "camera", first), 30, "no session")
        yield Recording(program, first)
    finally:
        stop(program)


@pytest.mark.timeout(60)
def test_a_session_notes_the_order_of_its_renditions(streamer: Callable[..., Program],
                                                     tmp_path: Path) -> None:
    """The folder of the stream has the order and the default audio."""
    streamer(*FLAGS, "--archive", str(tmp_path))
    note = tmp_path / "live" / "renditions"
    wait_until(note.exists, 20, "the note")
    assert note.read_text() == "streamer-renditions-1\nvideo\naudio default\nend\n"


@pytest.mark.timeout(60)
def test_the_order_is_that_of_the_session(recording: Recording) -> None:
    """The extent, playlists and their default audio have the order of the note."""
    port, first = recording.program.port, recording.first
    names = get(port, "/camera/dvr.json").json()["renditions"]
    assert [each["name"] for each in names] == ["video", "a-copy", "audio", "a-speech"]
    master = get(port, f"/camera/from/{first}/to/{first + 9}/playlist.m3u8").text
    assert master.index("/video/from/") < master.index("/a-copy/from/")
    sounds = {name: line for line in master.splitlines() if line.startswith("#EXT-X-MEDIA:")
              for name in ("audio", "a-speech") if f"/{name}/from/" in line}
    assert "DEFAULT=YES" in sounds["audio"] and "DEFAULT=YES" not in sounds["a-speech"]
    assert get(port, f"/camera/at/{first + 3}.5").json()["rendition"] == "video"


@pytest.mark.timeout(90)
def test_the_page_at_the_root_has_the_time_bar(recording: Recording, browser: Browser) -> None:
    """The page of the only stream plays its recording; the query of an extent stays."""
    extent = get(recording.program.port, "/dvr.json?x=1")
    assert extent.status == 307 and extent.headers["location"] == "camera/dvr.json?x=1"
    with viewer(browser) as view:
        view.open(recording.program.url("/"))
        view.page.wait_for_selector("#track", state="visible", timeout=30_000)
        box = view.page.locator("#track").bounding_box()
        assert box
        view.page.mouse.click(box["x"] + 3, box["y"] + box["height"] / 2)
        view.page.wait_for_function(
            "at => { const v = document.querySelector('video');"
            " return v.readyState > 2 && v.currentTime > at && v.currentTime < at + 10; }",
            arg=recording.first, timeout=20_000)
        asked = [url for url in view.requests if url.endswith("/dvr.json")]
        assert len(asked) < 10


@pytest.mark.timeout(120)
def test_dashjs_plays_a_recording_to_its_end(recording: Recording, browser: Browser,
                                             dashjs: Path) -> None:
    """dash.js plays the static MPD: seeks, both Periods over a gap, and the end."""
    page = browser.new_page()
    try:
        page.route("**/player/dash.all.min.js", lambda route: route.fulfill(
            content_type="text/javascript", path=str(dashjs)))
        page.route("**/page", lambda route: route.fulfill(
            content_type="text/html", body=DASH_PAGE))
        page.goto(recording.program.url("/page#/camera/dvr.mpd"))
        page.wait_for_function("() => v.readyState > 2 && v.currentTime > 0.5", timeout=30_000)
        state = page.evaluate("() => ({live: d.isDynamic(), length: d.duration()})")
        print(state, page.evaluate("() => [v.currentTime, v.duration, periods, errors]"))
        assert state["live"] is False
        # Times count from 1970: the presentation begins with the first Period.
        start_time = page.evaluate("() => d.time()")
        assert recording.first - 1 <= start_time < recording.first + 10
        page.evaluate("at => d.seek(at)", start_time + 16)
        page.wait_for_function("() => v.readyState > 2 && !v.seeking", timeout=20_000)
        page.wait_for_function("() => periods.length > 1", timeout=30_000)
        page.evaluate("() => d.seek(d.duration() - 3)")
        page.wait_for_function("() => v.ended || d.time() > d.duration() - 0.3", timeout=30_000)
        print(start_time, page.evaluate("() => [v.currentTime, v.ended, periods, errors]"))
        assert page.evaluate("() => errors") == []
    finally:
        page.close()
