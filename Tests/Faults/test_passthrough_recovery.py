# SPDX-License-Identifier: Apache-2.0
"""A pass-through source is killed and returns: a gap, one discontinuity, players play."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness import avsync, stillness
from harness.boxes import chunks
from harness.browser import viewer
from harness.http1 import get
from harness.mpd import fetch as fetch_mpd
from harness.mpd import validate
from harness.newframes import now, wait_frames
from harness.playlist import Playlist
from harness.ports import free_port
from harness.program import Program
from harness.audio import Track
from harness.sources import ENCODER, Source, ffmpeg_sender, rtsp_server
from harness.tone import record
from harness.tunein import fetch, next_segments
from harness.waiting import pause, wait_until

HOST = ["--host", "127.0.0.1", "--http-port", "0"]


class Camera:
    """An RTSP server that can be killed and restarted with another size."""

    def __init__(self) -> None:
        self.port = free_port()
        self.source: Source | None = None

    def start(self, size: str = "640x360") -> None:
        """Starts the server."""
        self.source = rtsp_server(self.port, "--size", size)

    def send(self, file: Path) -> None:
        """Starts the server; it sends the video and audio of a file."""
        self.source = rtsp_server(self.port, "--file", str(file))

    def kill(self) -> None:
        """Kills the server."""
        if self.source:
            self.source.kill()
        self.source = None


@pytest.fixture
def camera():
    """A camera that is killed after the test."""
    made = Camera()
    made.start()
    yield made
    made.kill()


def pull(streamer: Callable[..., Program], camera: Camera, *more: str) -> Program:
    """A streamer that passes the camera through, once it plays."""
    program = streamer("--input", f"rtsp://127.0.0.1:{camera.port}/x", "--passthrough", "always",
                       *HOST, *more, defaults=False, within=20)
    wait_until(lambda: get(program.port, "/live/video/playlist.m3u8", timeout=15).status == 200, 25,
               "a playlist")
    return program


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("away", "size"), [(0.2, "640x360"), (3, "640x360"), (3, "480x270")])
def test_killed_source_is_a_gap_and_one_discontinuity(away: float, size: str, camera: Camera,
                                                      streamer) -> None:
    """Numbers never fall; skipped ones are gaps; one discontinuity; a new header if needed."""
    program = pull(streamer, camera)
    next_segments(program.port, 2)

    def change() -> None:
        pause(1.4, "the source plays while playlists are recorded")
        camera.kill()
        pause(away, "the duration of the outage")
        camera.start(size)

    playlists = []
    with ThreadPoolExecutor(1) as pool:
        changing = pool.submit(change)
        until = time.monotonic() + away + 6
        while time.monotonic() < until:
            playlists.append(fetch(program.port))
            pause(0.03, "the sampling rate")
        changing.result()
    last = playlists[-1]
    assert sum(s.discontinuity for s in last.segments) == 1, last.text
    maps = [s.map_uri for s in last.segments]
    assert len(set(maps)) == (2 if size != "640x360" else 1)
    numbers = [s.msn for s in last.segments]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    gaps = [s for s in last.segments if s.gap]
    assert len(gaps) >= away - 1
    for gap in gaps:
        response = get(program.port, f"/live/video/{gap.uri}")
        assert response.status == 200 and response.body[4:8] == b"styp" and len(response.body) < 40
    places = [s.discontinuity for s in last.segments].index(True)
    assert places > 0
    for uri in set(maps):
        assert get(program.port, f"/live/video/{uri}").status == 200
    tfdt = -1
    for segment in last.segments:
        if segment.gap:
            continue
        init, media = (get(program.port, f"/live/video/{uri}").body
                       for uri in (segment.map_uri, segment.uri))
        parts = chunks(media, init)
        assert parts[0].tfdt > tfdt
        tfdt = parts[-1].tfdt
    edges = [playlist.last_part for playlist in playlists]
    assert edges == sorted(edges)
    for playlist in playlists:
        assert not playlist.segments[0].gap, "it begins without media"
        # The first part after the discontinuity is listed with it.
        assert not any(s.discontinuity and s.gap for s in playlist.segments), playlist.text
    sequences = [playlist.media_sequence for playlist in playlists]
    assert sequences == sorted(sequences)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("segment", [1, 4])
def test_frozen_source_continues(segment: int, camera: Camera, streamer) -> None:
    """SIGSTOP for three seconds: segments of 4 s have all frames, those of 1 s have gaps."""
    program = pull(streamer, camera, "--segment-duration", str(segment))
    next_segments(program.port, 1)
    assert camera.source
    # Segments of 4 s are listed up to 6 s apart.
    camera.source.freeze()
    pause(3, "the duration of the freeze")
    camera.source.thaw()
    program.wait_logged("source-resumed")
    next_segments(program.port, 3 if segment == 1 else 2)
    playlist = fetch(program.port)
    gaps = [s.msn for s in playlist.segments if s.gap]
    discontinuities = [s.msn for s in playlist.segments if s.discontinuity]
    if segment == 1:
        assert gaps and discontinuities == [gaps[-1] + 1], playlist.text
    else:
        assert not gaps and not discontinuities, playlist.text

    def is_live() -> bool:
        begun = fetch(program.port).segments[-1].milliseconds() / 1000
        assert time.time() > begun, "it is ahead of its time"
        return time.time() < begun + 2 + segment

    wait_until(is_live, 30, "it is no longer behind")


@pytest.mark.timeout(180)
def test_dash_continues_after_three_seconds_without_source(
        camera: Camera, browser: Browser, streamer) -> None:
    """The page's player of the MPD continues; others do with audio, see below."""
    program = pull(streamer, camera)
    next_segments(program.port, 3)
    with viewer(browser) as view:
        view.open(program.url("/?player=dashjs"))
        view.wait_playing(frames=90)
        camera.kill()
        pause(3, "the duration of the outage")
        camera.start()
        wait_frames(lambda: view.data()["samples"], now(), 90)


# The bytes of decoded audio, and the number of shown frames.
PLAYED = """() => [document.querySelector('video').webkitAudioDecodedByteCount,
  __player.framesShown]"""


@pytest.fixture(scope="module")
def tone(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty seconds of video and audio with flash and beep."""
    return record(tmp_path_factory.mktemp("tone")).with_name("long.mkv")


@pytest.fixture
def speaker(tone: Path):
    """A camera with audio that is killed after the test."""
    made = Camera()
    made.send(tone)
    yield made
    made.kill()


def shape(playlist: Playlist) -> dict[int, tuple[bool, bool]]:
    """The segments with a Discontinuity, and the gaps."""
    return {segment.msn: (segment.discontinuity, segment.gap) for segment in playlist.segments}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("away", [0.2, 3])
def test_audio_has_the_discontinuity_of_the_video(away: float, speaker: Camera, tone: Path,
                                                  streamer) -> None:
    """Audio has the Discontinuity and gaps of the video; after it flash and beep match."""
    # The outage, the retry and the 8 s after it are longer than the ten segments of the default.
    program = pull(streamer, speaker, "--playlist-length", "20", "--max-files", "30")
    video, audio = Track(program.port, "video"), Track(program.port, "audio")
    next_segments(program.port, 1)
    speaker.kill()
    pause(away, "the duration of the outage")
    speaker.send(tone)
    until = time.monotonic() + 8
    while time.monotonic() < until:
        heard, seen = shape(audio.playlist()), shape(video.playlist())
        assert all(heard[msn] == seen[msn] for msn in heard if msn in seen)
        pause(0.05, "the sampling rate")
    playlists = video.playlist(), audio.playlist()
    for playlist in playlists:
        assert sum(s.discontinuity for s in playlist.segments) == 1, playlist.text
        assert sum(s.gap for s in playlist.segments) >= away - 1
    assert abs(playlists[0].last_part[0] - playlists[1].last_part[0]) <= 1
    marks = avsync.marks(video.media(playlists[0], 3), audio.media(playlists[1], 3))
    print([f"{mark.offset * 1000:.1f} ms" for mark in marks])
    assert marks and all(abs(mark.offset) <= 1 / 30 for mark in marks)
    validate(fetch_mpd(program.port).text, "audio of a source that was interrupted")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("path", ["/", "/?player=hlsjs"])
def test_players_continue_with_audio(path: str, speaker: Camera, tone: Path, browser: Browser,
                                     hlsjs: Path, streamer) -> None:
    """The page's players continue with video and audio after three seconds without source."""
    program = pull(streamer, speaker, "--hlsjs", str(hlsjs))
    with viewer(browser) as view:
        view.open(program.url(path))
        view.wait_playing(frames=60)
        speaker.kill()
        pause(3, "the duration of the outage")
        speaker.send(tone)
        # The file has no burned clock: frames that are shown after the return, and their audio.
        program.wait_logged("source-open", count=2, within=60)
        before = view.page.evaluate(PLAYED)
        view.page.wait_for_function(
            f"([bytes, frames]) => {{ const now = ({PLAYED})();"
            " return now[0] > bytes + 2000 && now[1] > frames + 60; }", arg=before, timeout=60000)


UNEVEN = [*ENCODER, "-g", "300", "-x264-params", "scenecut=0", "-force_key_frames",
          "expr:if(mod(n,97),eq(mod(n,97),20)+eq(mod(n,97),64),1)"]
# Like UNEVEN, but the first 300 frames have a key frame per second.
LATER = [
    *UNEVEN[:-1],
    "expr:if(lt(n,300),eq(mod(n,30),0),if(mod(n,97),eq(mod(n,97),20)+eq(mod(n,97),64),1))"
]


@pytest.mark.timeout(180)
def test_irregular_source_returns_with_one_discontinuity(browser: Browser, hlsjs: Path, streamer,
                                                         sources: list[Source]) -> None:
    """A source with irregular key frames, absent for three seconds: one discontinuity.

    There is one new Period, numbers rise by one, and all players of the page continue.
    """
    to = f"udp://127.0.0.1:{free_port()}"

    def send() -> Source:
        sources.append(ffmpeg_sender([*UNEVEN, "-f", "mpegts", f"{to}?pkt_size=1316"]))
        return sources[-1]

    source = send()
    program = streamer("--input", to, "--hlsjs", str(hlsjs), *HOST, defaults=False, within=25)
    wait_until(lambda: get(program.port, "/live/video/playlist.m3u8", timeout=15).status == 200, 25,
               "a playlist")

    def discontinuities() -> int:
        return sum(segment.discontinuity for segment in fetch(program.port).segments)

    with ExitStack() as stack:
        views = {
            path: stack.enter_context(viewer(browser))
            for path in ("/", "/?player=hlsjs", "/?player=dashjs")
        }
        for path, view in views.items():
            view.open(program.url(path))
        for view in views.values():
            view.wait_playing(frames=90)
        # A loaded machine may have delayed the sender before.
        before = discontinuities()
        source.kill()
        pause(3, "the duration of the outage")
        send()
        back = now()
        for view in views.values():
            wait_frames(lambda view=view: view.data()["samples"], back, 90)
    playlist = fetch(program.port)
    assert discontinuities() == before + 1, playlist.text
    numbers = [s.msn for s in playlist.segments]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    manifest = get(program.port, "/live/manifest.mpd").text
    validate(manifest)
    assert manifest.count("<Period ") == before + 2 == manifest.count("<SegmentTimeline>")


@pytest.mark.timeout(240)
def test_source_that_turns_irregular_pauses_players_for_less_than_two_seconds(
        streamer, sources: list[Source], browser: Browser, hlsjs: Path) -> None:
    """A source that was regular moves its key frames: a Discontinuity, then one restart."""
    to = f"udp://127.0.0.1:{free_port()}"
    sources.append(ffmpeg_sender([*LATER, "-f", "mpegts", f"{to}?pkt_size=1316"]))
    program = streamer("--input", to, "--hlsjs", str(hlsjs), *HOST, defaults=False, within=25)
    program.wait_logged("live", within=25)
    regular = fetch(program.port)
    assert regular.target_duration == 1
    with viewer(browser) as own, viewer(browser) as hls:
        for view in (own, hls):
            stillness.measure(view.page)
        own.open(program.url("/"))
        hls.open(program.url("/?player=hlsjs"))
        views = {"frame player": own, "hls.js": hls}
        for view in views.values():
            view.wait_playing()
            stillness.begin(view.page)
        program.wait_logged("live", count=2, within=60)
        for view in views.values():
            wait_frames(lambda view=view: view.data()["samples"], now(), 120)
        found = {name: stillness.found(view.page) for name, view in views.items()}
    # Fifteen segments are listed, three target durations.
    wait_until(lambda: fetch(program.port).segments[0].msn > regular.segments[0].msn, 60,
               "the first segment leaves the list")
    after = fetch(program.port)
    assert after.target_duration == 5
    program.check_logged("live", count=2)  # the stream restarts once
    assert sum(segment.discontinuity for segment in after.segments) <= 2, after.text
    print(found)
    assert max(one["page_picture"] for one in found.values()) < 2, found
