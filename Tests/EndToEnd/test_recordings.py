# SPDX-License-Identifier: Apache-2.0
"""The past of streams without a session: their archive answers, and nothing is started."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser

from harness import pasthours
from harness.archive import complete
from harness.browser import Viewer, viewer
from harness.configuration import stream, write
from harness.frames import clocks_of
from harness.http1 import Response, get
from harness.program import Program, start, stop
from harness.tools import need
from harness.waiting import wait_until

FLAGS = ("--resolution", "320x180", "--bitrate", "150", "--audio", "tone")
TOKEN = "token-of-the-recordings"
# A stream on demand, a camera that is off, a stream whose publisher has not come, and one that a
# publisher had created.
NAMES = ("demand", "camera", "studio", "guest")
LENGTH = 120
GAP = range(60, 70)


@dataclass
class Recording:
    """A program after its restart, and the times of the media that its archive has."""

    program: Program
    first: int
    tracks: list[pasthours.Track]

    @property
    def end(self) -> int:
        """The number after the last segment."""
        return self.first + LENGTH

    def get(self, path: str, **fields: str) -> Response:
        """The response: no request waits for a session, one for a picture waits for its decoder."""
        response = get(self.program.port, path, headers=fields)
        # A playlist of the future is refused after a pause.
        assert response.held_ms is None or path.endswith(".jpg") or response.status == 425, (
            path, response.held_ms)
        return response

    def text(self, path: str) -> str:
        """The text of a response with status 200."""
        response = self.get(path)
        assert response.status == 200, (path, response.status, response.text)
        return response.text

    def state(self, name: str) -> str:
        """The state of a stream."""
        streams = self.get("/api/streams", Authorization=f"Bearer {TOKEN}").json()
        return next(each["state"] for each in streams if each["stream"] == name)


def has_no_session(program: Program, name: str, first: int) -> bool:
    """Whether a playlist to the live edge ends: it is held while a session may begin."""
    response = get(program.port, f"/{name}/video/from/{first}/playlist.m3u8", timeout=20)
    return response.status == 200 and response.text.endswith("#EXT-X-ENDLIST\n")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory, binary: Path) -> Iterator[Recording]:
    """Two minutes of half an hour ago, of four streams that have no session."""
    folder = tmp_path_factory.mktemp("archive")
    program = start(list(FLAGS))
    tracks = pasthours.record(program)
    stop(program)
    first = int(time.time()) - 1800
    for name in NAMES:
        pasthours.write(folder, tracks, first, first + LENGTH,
                        range(first + GAP.start, first + GAP.stop), name)
    (folder / "guest" / "created").write_text("a publisher has created the stream\n")
    # No publisher has created this one: it may have been removed from the configuration.
    pasthours.write(folder, tracks, first, first + LENGTH, stream="former")
    path = write(tmp_path_factory.mktemp("configuration"), [
        stream("demand", onDemand=True), stream("camera", input="rtsp://127.0.0.1:9/camera"),
        {"stream": "studio", "source": "rtmp", "publishKey": "a-key-of-the-studio"},
    ], archive=str(folder), dvr="1h", adminToken=TOKEN, rtmp="127.0.0.1:0")
    program = start(["-c", str(path)], defaults=False)
    try:
        found = Recording(program, first, tracks)
        for name in NAMES:
            wait_until(lambda name=name: (answer := found.get(f"/{name}/dvr.json")).status == 200
                       and "from" in answer.json(), 30, "the archive")
        for name in NAMES[1:]:
            wait_until(lambda name=name: has_no_session(program, name, first), 30, "no session")
        yield found
    finally:
        stop(program)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", NAMES)
def test_segments_and_headers_are_answered(recording: Recording, name: str) -> None:
    """Media has the bytes of the archive; missing segments and unknown headers have none."""
    for track in recording.tracks:
        for number in (recording.first, recording.end - 1):
            response = recording.get(f"/{name}/{track.name}/segment{number}.m4s")
            assert response.status == 200
            assert response.body == pasthours.repeated(track, number)
            assert response.headers["cache-control"] == "public, max-age=3600, immutable"
        header = recording.get(f"/{name}/{track.name}/init-{track.hash}.mp4")
        assert (header.status, header.body) == (200, track.header)
    gap = recording.get(f"/{name}/video/segment{recording.first + GAP.start}.m4s")
    assert gap.status == 200 and gap.body[4:8] == b"styp" and len(gap.body) < 64
    old = recording.get(f"/{name}/video/segment{recording.first - 7200}.m4s")
    assert old.status in {404, 410}
    ranged = recording.get(f"/{name}/video/segment{recording.first}.m4s", Range="bytes=0-7")
    assert ranged.status == 206 and len(ranged.body) == 8


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", NAMES)
def test_closed_playlists_are_answered(recording: Recording, name: str) -> None:
    """A playlist with an end lists its segments; one with a later end stops with the recording."""
    first, end = recording.first, recording.end
    path = f"/{name}/video/from/{first}/to/{first + 20}/playlist.m3u8"
    response = recording.get(path)
    assert response.text.count("#EXTINF") == 20 and response.text.endswith("#EXT-X-ENDLIST\n")
    assert "#EXT-X-PLAYLIST-TYPE:VOD" in response.text
    assert "immutable" in response.headers["cache-control"]
    master = recording.text(f"/{name}/from/{first}/to/{first + 20}/playlist.m3u8")
    assert f"../../../../video/from/{first}/to/{first + 20}/playlist.m3u8" in master
    assert "RESOLUTION=320x180" in master and 'CODECS="avc1.' in master and "mp4a.40.2" in master
    late = recording.get(f"/{name}/video/from/{end - 5}/to/{end + 60}/playlist.m3u8")
    assert late.status == 200 and late.text.count("#EXTINF") == 5
    assert "EXT-X-GAP" not in late.text and "immutable" not in late.headers["cache-control"]
    gaps = recording.text(f"/{name}/video/from/{first}/to/{end}/playlist.m3u8")
    assert gaps.count("#EXT-X-GAP") == len(GAP)
    future = int(time.time()) + 60
    assert recording.get(f"/{name}/video/from/{first}/to/{future}/playlist.m3u8").status == 425
    after = recording.get(f"/{name}/video/from/{end + 5}/to/{end + 9}/playlist.m3u8")
    assert after.status == 410
    too_old = int(time.time()) - 3 * 3600
    old = recording.get(f"/{name}/video/from/{too_old}/to/{too_old + 9}/playlist.m3u8")
    assert old.status == 410


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", ["camera", "studio", "guest"])
def test_a_playlist_to_the_live_edge_ends_with_the_recording(recording: Recording,
                                                             name: str) -> None:
    """Nothing is live: players play the past, and stop; caches ask again soon."""
    first = recording.first
    address = recording.get(f"/{name}/video/from/{first - 3}/playlist.m3u8")
    if address.status == 307:
        assert address.headers["location"] == f"../../from/{first}/playlist.m3u8"
    playlist = recording.get(f"/{name}/video/from/{first}/playlist.m3u8")
    assert playlist.status == 200, playlist.text
    assert playlist.text.endswith("#EXT-X-ENDLIST\n")
    assert playlist.text.count("#EXTINF") == LENGTH
    assert "#EXT-X-PLAYLIST-TYPE" not in playlist.text and "#EXT-X-PART" not in playlist.text
    assert playlist.headers["cache-control"] == "public, max-age=1"
    run = subprocess.run(
        [need("ffmpeg", "plays the past"), "-v", "error", "-i",
         recording.program.url(f"/{name}/from/{first}/playlist.m3u8"), "-map", "0:v:0", "-map",
         "0:a:0", "-progress", "-", "-f", "null", "-"],
        capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)
    frames = [line for line in run.stdout.splitlines() if line.startswith("frame=")]
    assert run.returncode == 0 and frames, run.stderr[-500:]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", NAMES)
def test_clips_instants_and_stills_are_answered(recording: Recording, name: str,
                                                tmp_path: Path) -> None:
    """Their frames are the right ones; times without media have none."""
    first, end = recording.first, recording.end
    clip = recording.get(f"/{name}/clip/{first + 2}.5--{first + 4}.5.mp4")
    assert clip.status == 200, clip.text
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip.body)
    clocks = clocks_of(path)
    assert len(clocks) == 60
    playlist = recording.text(f"/{name}/video/clip/{first + 2}.5--{first + 4}.5.m3u8")
    assert playlist.count("#EXTINF") == 3 and playlist.endswith("#EXT-X-ENDLIST\n")
    assert "RESOLUTION" in recording.text(f"/{name}/clip/{first + 2}--{first + 4}.m3u8")
    instant = recording.get(f"/{name}/at/{first + 3}.5").json()
    assert (instant["segment"], instant["frame"]) == (first + 3, 15)
    for still in (f"at/{first + 3}.5.jpg", f"at/{first + 3}.5/160.jpg",
                  f"thumb/segment{first + 3}.jpg"):
        picture = recording.get(f"/{name}/{still}")
        assert picture.status == 200 and picture.body[:2] == b"\xff\xd8", still
        assert "immutable" in picture.headers["cache-control"]
    for time_without in (first + GAP.start + 2, end + 60):
        assert recording.get(f"/{name}/at/{time_without}").status == 404
        assert recording.get(f"/{name}/at/{time_without}.jpg").status == 404
    too_old = int(time.time()) - 2 * 3600
    for path in (f"at/{too_old}", f"at/{too_old}.jpg", f"clip/{too_old}--{too_old + 2}.mp4"):
        assert recording.get(f"/{name}/{path}").status == 410
    unlimited = recording.get(f"/{name}/at/{too_old}", Authorization=f"Bearer {TOKEN}")
    assert unlimited.status == 404
    assert "private" in unlimited.headers["cache-control"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", NAMES)
def test_the_extent_states_that_nothing_is_live(recording: Recording, name: str) -> None:
    """The document has both ends, the gap and the headers of the recording."""
    found = json.loads(recording.text(f"/{name}/dvr.json"))
    assert found["archive"] and found["live"] is False
    assert (found["from"], found["to"]) == (recording.first, recording.end)
    assert found["frameRate"] == [30, 1] and found["framesPerSegment"] == 30
    first = recording.first
    assert found["gaps"] == [[first + GAP.start, first + GAP.stop]]
    assert [each["name"] for each in found["renditions"]] == ["video", "audio"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", ["camera", "studio", "guest"])
def test_the_manifest_of_the_past_is_static(recording: Recording, name: str) -> None:
    """Each run is a Period with its duration."""
    manifest = recording.text(f"/{name}/dvr.mpd")
    assert 'type="static"' in manifest and manifest.count("<Period ") == 2
    first = recording.first
    for start_number, count in ((first, GAP.start), (first + GAP.stop, LENGTH - GAP.stop)):
        assert f'id="p{start_number}"' in manifest and f'duration="PT{count}S"' in manifest


def wait_shown(view: Viewer, at: float) -> None:
    """Waits until the page plays at a media time, or up to ten seconds later."""
    view.page.wait_for_function(
        "at => { const v = document.querySelector('video');"
        " return v.readyState > 2 && v.currentTime > at && v.currentTime < at + 10; }",
        arg=at, timeout=20_000)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", NAMES)
def test_a_link_to_a_time_is_played(recording: Recording, browser: Browser, name: str) -> None:
    """The page plays from the time of its address; it starts no source for that."""
    at = recording.first + 20
    with viewer(browser) as view:
        view.open(recording.program.url(f"/{name}/?at={at}"))
        wait_shown(view, at)
    assert not recording.program.logged("live", stream="demand")


@pytest.mark.timeout(120)
def test_the_time_bar_leads_to_the_recording(recording: Recording, browser: Browser) -> None:
    """The page of a camera that is off has the bar; a click plays, up to the end."""
    with viewer(browser) as view:
        view.open(recording.program.url("/camera/"))
        view.page.wait_for_selector("#track", state="visible", timeout=20_000)
        box = view.page.locator("#track").bounding_box()
        assert box
        view.page.mouse.click(box["x"] + 3, box["y"] + box["height"] / 2)
        wait_shown(view, recording.first)
        view.open(recording.program.url(f"/camera/?at={recording.end - 4}"))
        wait_shown(view, recording.end - 4)
        view.page.wait_for_function(
            "end => document.querySelector('video').currentTime > end - 0.2", arg=recording.end,
            timeout=20_000)
        requests = len(view.requests)
        view.watch(3)
        assert not [url for url in view.requests[requests:] if "/segment" in url]
        assert view.page.evaluate("() => __player.status") == "wait"


@pytest.mark.timeout(120)
def test_the_past_does_not_start_a_stream_on_demand(recording: Recording) -> None:
    """Only a request for live media starts the source, and it is then followed by the past."""
    first = recording.first
    assert recording.state("demand") == "idle"
    assert not recording.program.logged("live", stream="demand")
    assert recording.get("/former/dvr.json").status == 404
    assert recording.get("/guest/video/playlist.m3u8").status == 404
    assert recording.get("/guest/").status == 200 and recording.get("/former/").status == 404
    number = recording.end - 30
    assert get(recording.program.port, "/demand/video/playlist.m3u8").status == 200
    playlist = get(recording.program.port, f"/demand/video/from/{first}/playlist.m3u8")
    if playlist.status == 307:
        path = f"/demand/video/{playlist.headers['location'].removeprefix('../../')}"
        playlist = get(recording.program.port, path)
    assert playlist.status == 200 and "#EXT-X-ENDLIST" not in playlist.text
    assert recording.get(f"/demand/video/segment{number}.m4s").status == 200
    assert "live" not in recording.get("/demand/dvr.json").json()


@pytest.mark.timeout(60)
def test_a_key_of_a_reload_protects_recordings(streamer: Callable[..., Program], tmp_path: Path,
                                               recording: Recording) -> None:
    """The recording of a publisher's stream obeys the playback key that a reload brings."""
    folder = tmp_path / "archive"
    pasthours.write(folder, recording.tracks, recording.first, recording.end, stream="guest")
    (folder / "guest" / "created").write_text("a publisher has created the stream\n")
    shown = {"archive": str(folder), "dvr": "1h", "rtmp": "127.0.0.1:0"}
    path = write(tmp_path, [stream("other", onDemand=True)], **shown)
    program = streamer("-c", str(path), defaults=False)
    media = f"/guest/video/segment{recording.first + 3}.m4s"
    wait_until(lambda: get(program.port, media).status == 200, 20, "the recording")
    write(tmp_path, [stream("other", onDemand=True)], playbackKey="k1:" + "5" * 32, **shown)
    program.process.send_signal(signal.SIGHUP)
    wait_until(lambda: get(program.port, media).status == 403, 5, "the key")
    assert get(program.port, "/guest/dvr.json").status == 403


@pytest.mark.timeout(120)
def test_an_encrypted_recording_stays_encrypted(streamer: Callable[..., Program],
                                                tmp_path: Path) -> None:
    """Playlists name the keys and the server gives them; there are no pictures and no files."""
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [{"kid": "00" * 15 + "01", "key": "11" * 16}]}))
    keys.chmod(0o600)
    path = write(
        tmp_path, [stream("d", onDemand=True, encryption={"scheme": "cbcs", "keys": str(keys)})],
        archive=str(tmp_path / "archive"), dvr="1h")
    program = streamer("-c", str(path), defaults=False)
    first = wait_until(lambda: max(complete(program, "video", "d"), default=0), 20, "media")
    # The playlist begins with prefill; the archive may begin one segment after it.
    number = first + 1
    wait_until(lambda: max(complete(program, "video", "d")) > number + 3, 20, "segments")
    assert stop(program) == 0
    program = streamer("-c", str(path), defaults=False)
    closed = f"/d/video/from/{number + 1}/to/{number + 3}/playlist.m3u8"
    playlist = wait_until(lambda: (found := get(program.port, closed)).status == 200 and found, 10,
                          "the recording")
    assert "#EXT-X-KEY:METHOD=SAMPLE-AES" in playlist.text
    assert playlist.text.count("#EXTINF") == 2
    assert get(program.port, f"/d/video/segment{number + 1}.m4s").status == 200
    for refused in (f"clip/{number + 1}--{number + 2}.mp4", f"at/{number + 1}.5.jpg",
                    f"thumb/segment{number + 1}.jpg"):
        response = get(program.port, f"/d/{refused}")
        assert response.status == 404 and "encrypted" in response.text, refused
    kid = urlsafe_b64encode(bytes(15) + b"\x01").decode().rstrip("=")
    asked = Request(program.url("/d/clearkey"), json.dumps({"kids": [kid]}).encode())
    with urlopen(asked, timeout=5) as response:
        assert kid in {key["kid"] for key in json.load(response)["keys"]}
    assert not program.logged("live", stream="d")
