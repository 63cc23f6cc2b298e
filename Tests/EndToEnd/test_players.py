# SPDX-License-Identifier: Apache-2.0
"""Other players and parsers: ffprobe, ffmpeg, mpv, VLC, and the m3u8 package."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from harness import players
from harness.boxes import chunks
from harness.http1 import Closed, Later, get
from harness.metrics import wait_held
from harness.mpd import fetch as fetch_manifest
from harness.players import Played
from harness.playlist import parse
from harness.program import Program, stop
from harness.tools import need
from harness.tunein import PLAYLIST, align, fetch
from harness.waiting import pause, wait_until

BASE = "/live/video/"
SECONDS = 9
PLAYERS: dict[str, Callable[[str, Path], Played]] = {
    "ffmpeg": lambda url, _: players.ffmpeg(url, SECONDS),
    "mpv": lambda url, _: players.mpv(url, SECONDS),
    "vlc": lambda url, folder: players.vlc(url, SECONDS + 1, folder),
}
# Of the frames that the server made in the time that a player shows.
LEAST_SHARE = 0.85


@dataclass(frozen=True)
class Run:
    """The output of a player, and two figures of the server for the same time."""

    found: Played
    made: int
    """The frames that the server made: a busy encoder halves the rate."""
    window: float
    """The duration of the playlist, ms."""


class Made(threading.Thread):
    """Collects the times of the frames that a server makes, Unix ms, while players play.

    Burned clocks are frame times, and media times count from 1970.
    """

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.scale = fetch_manifest(port).last.timescale
        self.times: set[int] = set()
        self.start()

    def run(self) -> None:
        """Reads each segment once, as long as the server runs."""
        seen: set[int] = set()
        with suppress(OSError, Closed, AssertionError):
            while True:
                for segment in fetch(self.port).segments:
                    if segment.msn not in seen:
                        seen.add(segment.msn)
                        media = get(self.port, f"{BASE}{segment.uri}").body
                        self.times |= {c.tfdt * 1000 // self.scale for c in chunks(media)}
                pause(0.5, "a segment lasts for at least half a second")

    def count(self, first: int, last: int) -> int:
        """The number of frames in a range of times, once the segment of its end is complete."""
        wait_until(lambda: max(self.times, default=0) >= last, 20, "the last segment")
        return sum(first <= time <= last for time in set(self.times))


_runs: dict[str, dict[str, Future[Run]]] = {}


def run(play: Callable[[str, Path], Played], url: str, folder: Path, made: Made) -> Run:
    """The output of a player, beside the frames of that time."""
    found = play(url, folder)
    assert found.clocks, found
    window = sum(segment.duration for segment in fetch(made.port).segments)
    return Run(found, made.count(found.clocks[0], found.clocks[-1]), 1000 * float(window))


def played(name: str, url: str, folder: Path) -> Run:
    """The output of a player; all three play a URL at the same time, once."""
    if url not in _runs:
        port = urlsplit(url).port
        assert port
        pool, made = ThreadPoolExecutor(len(PLAYERS)), Made(port)
        _runs[url] = {each: pool.submit(run, play, url, folder, made)
                      for each, play in PLAYERS.items()}
    return _runs[url][name].result(80)


@pytest.fixture(scope="module")
def half(binary: Path):
    """A streamer with segments of half a second: numbers above 2^31."""
    from harness.program import start
    program = start(["--segment-duration", "0.5", "--playlist-length", "20", "--max-files", "40",
                     "--resolution", "640x360", "--bitrate", "1000"])
    yield program
    stop(program)


def plays(name: str, url: str, folder: Path) -> None:
    """Checks that most frames decode, burned clocks rise, and at most a few are missing."""
    about = played(name, url, folder)
    found = about.found
    print(f"{name} {url}: {found}; {about.made} frames were made")
    clocks = found.clocks
    assert len(clocks) >= 60, found
    # The first ten seconds may be slate, which has no burned clock.
    assert found.undecoded <= 330, found
    assert clocks == sorted(clocks), "the burned clock falls"
    span = (clocks[-1] - clocks[0]) / 1000
    assert span >= 3, f"only {span} s of time shown"
    assert 10 * span < about.made <= 30 * span + 2, about
    assert len(set(clocks)) >= LEAST_SHARE * about.made, about
    if found.late:
        # No frame is shown before its time, and most at the live end of the window.
        assert min(found.late) >= 0 and sorted(found.late)[len(found.late) // 2] \
            < about.window / 2, about


@pytest.mark.parametrize("name", PLAYERS)
@pytest.mark.parametrize("path", ["/live.m3u8", "/live/chunked.m3u8"])
def test_player_plays_both_playlists(name: str, path: str, server: Program, recording: object,
                                     tmp_path: Path) -> None:
    """Each player plays both playlists without options; the slate has left the window."""
    plays(name, server.url(path), tmp_path)


@pytest.mark.parametrize("which", ["whole", "half"])
def test_ffprobe_reads_header_and_part(which: str, request: pytest.FixtureRequest,
                                       tmp_path: Path) -> None:
    """ffprobe reads CMAF header + one part: H.264 of the right size, IDR first."""
    port = request.getfixturevalue("server" if which == "whole" else "half").port
    segment = fetch(port).segments[-1]
    path = tmp_path / "part.mp4"
    init = get(port, BASE + str(segment.map_uri)).body
    part = get(port, BASE + segment.parts[0].uri).body
    path.write_bytes(init + part)
    command = [
        need("ffprobe", "init + part"), "-v", "error", "-show_streams", "-show_frames", "-of",
        "json",
        str(path)
    ]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert run.returncode == 0 and not run.stderr, run.stderr
    data = json.loads(run.stdout)
    stream, frames = data["streams"][0], data["frames"]
    assert (stream["codec_name"], stream["width"], stream["height"]) == ("h264", 640, 360)
    assert stream["has_b_frames"] == 0 and stream["pix_fmt"] == "yuv420p"
    # Three, or fewer if the encoder is too slow.
    assert len(frames) == len(chunks(part))
    assert frames[0]["pict_type"] == "I" and frames[0]["key_frame"] == 1


def test_ffmpeg_decodes_a_segment_without_error(server: Program) -> None:
    """ffmpeg -xerror decodes a complete segment and prints nothing."""
    segment = fetch(server.port).segments[-1]
    media = get(server.port, BASE + str(segment.map_uri)).body + get(server.port,
                                                                     BASE + str(segment.uri)).body
    run = subprocess.run(
        [need("ffmpeg", "decoding"), "-v", "warning", "-xerror", "-i", "-", "-f", "null", "-"],
        input=media, capture_output=True, timeout=30)
    assert run.returncode == 0 and not run.stderr, run.stderr.decode()


def m3u8_reads(text: str) -> object:
    """The playlist parsed by the PyPI package m3u8."""
    import m3u8
    return m3u8.loads(text)


@pytest.mark.parametrize("which", ["whole", "half"])
@pytest.mark.parametrize(("kind", "path"), [
    ("full", PLAYLIST), ("delta", PLAYLIST + "?_HLS_skip=YES"), ("v2", PLAYLIST + "?_HLS_skip=v2"),
    ("chunked", BASE + "chunked.m3u8"), ("short", "/live.m3u8"),
])
def test_m3u8_package_reads_every_playlist(kind: str, path: str, which: str,
                                           request: pytest.FixtureRequest) -> None:
    """The m3u8 package reads every kind of playlist, with the printed values."""
    port = request.getfixturevalue("server" if which == "whole" else "half").port
    text = get(port, path).text
    read = m3u8_reads(text)
    assert read.segments and read.target_duration == 1
    assert read.media_sequence == parse(text).media_sequence or kind != "full"
    assert read.segments[0].program_date_time
    if kind == "chunked":
        assert not read.server_control and not any(segment.parts for segment in read.segments)
    else:
        assert read.server_control.can_block_reload == "YES"
        assert read.preload_hint.hint_type == "PART"
        assert any(segment.parts for segment in read.segments)
    if kind in ("delta", "v2"):
        assert read.skip.skipped_segments > 0


def test_m3u8_package_reads_the_ended_playlist(streamer) -> None:
    """The m3u8 package reads the ended playlist."""
    program = streamer("--resolution", "320x180")
    parent = align(program.port, 3).last_part[0]
    request = Later(program.port, f"{PLAYLIST}?_HLS_msn={parent + 1}")
    wait_held(program.port, 1)
    stop(program)
    read = m3u8_reads(request.result().text)
    assert read.is_endlist and read.segments and not read.preload_hint


def test_ch_01_chunked_playlist_has_two_nominal_segments(server: Program) -> None:
    """CH-01, CH-02: no low-latency tag; the open segment and one future segment, nominal."""
    parent = align(server.port, 4).last_part[0]
    playlist = fetch(server.port, path=BASE + "chunked.m3u8")
    for tag in ("SERVER-CONTROL", "PART", "PRELOAD-HINT", "RENDITION-REPORT", "SKIP", "PREFETCH"):
        assert f"#EXT-X-{tag}" not in playlist.text
    assert playlist.version == 6
    assert [s.msn for s in playlist.segments[-3:]] == [parent - 1, parent, parent + 1]
    assert {s.duration for s in playlist.segments} == {playlist.segments[0].duration}
    assert all(b.milliseconds() - a.milliseconds() == 1000
               for a, b in zip(playlist.segments, playlist.segments[1:]))
    plain = {s.msn: s.uri for s in fetch(server.port).segments}
    assert all(s.uri == plain[s.msn] for s in playlist.segments if s.msn in plain)
