# SPDX-License-Identifier: Apache-2.0
"""Instants, stills and clips of times that only the archive has."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.archive import Recorder
from harness.frames import clocks_of
from harness.http1 import Response, get
from harness.playlist import parse
from harness.program import Program, start, stop
from harness.tools import need

TOKEN = "token-of-the-archive-tests"
# A window of eight segments: older ones come from the archive.
FLAGS = ("--resolution", "320x180", "--bitrate", "300", "--audio", "tone", "--playlist-length",
         "6", "--max-files", "8", "--admin-token", TOKEN)
LENGTH = 10


@dataclass
class Past:
    """A program, seconds that have left its window, and answers from when they were in it."""

    program: Program
    first: int
    live: dict[str, Response]
    recorder: Recorder

    def span(self) -> tuple[float, float]:
        """A random span of the past, in whole milliseconds."""
        begin = round(random.uniform(self.first, self.first + LENGTH - 3), 3)
        return begin, round(begin + random.uniform(0.2, 3), 3)


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory, binary: Path) -> Iterator[Past]:
    """A program whose archive has the first seconds of its stream."""
    folder = tmp_path_factory.mktemp("archive")
    program = start(["--test-src", *FLAGS, "--archive", str(folder), "--dvr", "1h"])
    try:
        with Recorder(program) as recorder:
            recorder.wait_for(5, 30)
            first = recorder.numbers("video")[0]
            begin = first + 0.733
            paths = [f"/live/clip/{begin:.3f}--{first + 2.9:.3f}.mp4", f"/live/at/{begin:.3f}",
                     f"/live/audio/clip/{begin:.3f}--{first + 2.9:.3f}.mp4"]
            live = {path: get(program.port, path) for path in paths}
            recorder.wait_for(LENGTH + 14, 60)
        yield Past(program, first, live, recorder)
    finally:
        stop(program)


def test_clips_of_the_past_have_exactly_their_frames(past: Past, tmp_path: Path) -> None:
    """Random spans, and one that begins in the archive and ends in the window."""
    spans = [past.span() for _ in range(8)]
    spans.append((past.first + 1.2345, round(time.time() - 2.5, 3)))
    for number, (begin, end) in enumerate(spans):
        answer = get(past.program.port, f"/live/clip/{begin:.3f}--{end:.3f}.mp4")
        assert answer.status == 200, answer.text
        path = tmp_path / f"{number}.mp4"
        path.write_bytes(answer.body)
        clocks = [clock for clock in clocks_of(path) if clock is not None]
        # The clock has whole milliseconds, rounded down.
        assert clocks[0] <= begin * 1000 < clocks[0] + 35, (begin, end)
        assert end * 1000 - 35 < clocks[-1] < end * 1000, (begin, end)
        assert clocks == sorted(set(clocks))
        probe = subprocess.run(
            [need("ffprobe", "clips"), "-v", "error", "-show_entries", "format=duration", "-of",
             "csv=p=0", str(path)], capture_output=True, check=True, text=True)
        assert not probe.stderr, probe.stderr
        # From the start of the first slot to the end of the last one.
        assert -0.001 < float(probe.stdout) - (end - begin) < 0.0677


@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
def test_ranges_of_a_clip_are_those_of_the_whole_file(past: Past, version: str) -> None:
    path = f"/live/clip/{past.first}.5--{past.first + 9}.4.mp4"
    url = past.program.url(path)

    def fetched(*arguments: str) -> bytes:
        run = subprocess.run(
            [need("curl", "ranges"), "-sS", "--fail", version, *arguments, url],
            capture_output=True, check=True)
        return run.stdout
    whole = fetched()
    assert get(past.program.port, path, "HEAD").headers["content-length"] == str(len(whole))
    for _ in range(15):
        begin = random.randrange(len(whole))
        end = random.randrange(begin, len(whole))
        assert fetched("-r", f"{begin}-{end}") == whole[begin:end + 1]
    assert fetched("-r", "-1000") == whole[-1000:]


def test_instants_and_stills_of_the_past_are_their_frames(past: Past) -> None:
    for _ in range(6):
        at = round(random.uniform(past.first, past.first + LENGTH), 3)
        found = get(past.program.port, f"/live/at/{at:.3f}")
        assert found.status == 200 and "immutable" in found.headers["cache-control"], found.text
        index = round(at * 1000) * 30 // 1000
        assert found.json()["frameIndex"] == index
        assert found.json()["segment"] == index // 30 and found.json()["frame"] == index % 30
        still = get(past.program.port, f"/live/at/{found.json()['urls']['still']}")
        assert still.status == 200, still.text
        [shown] = clocks_of(still.body)
        assert shown == index * 1000 // 30
        small = get(past.program.port, f"/live/at/{at:.3f}/160.jpg")
        assert small.status == 200 and len(small.body) < len(still.body)


def test_playlist_of_a_clip_covers_its_span(past: Past) -> None:
    first = past.first
    path = f"/live/video/clip/{first + 1}.5--{first + 4}.2.m3u8"
    playlist = parse(get(past.program.port, path).text)
    assert [segment.uri for segment in playlist.segments] == [
        f"../segment{number}.m4s" for number in range(first + 1, first + 5)]
    run = subprocess.run(
        [need("ffmpeg", "playlists"), "-v", "error", "-i",
         past.program.url(path.replace("/video", "")), "-f", "null", "-"],
        capture_output=True, check=True, text=True)
    assert not run.stderr, run.stderr


def test_times_without_media_are_refused(past: Past) -> None:
    """Before the archive 404, beyond --dvr 410 and uncached with the admin token."""
    assert get(past.program.port, f"/live/at/{past.first - 600}").status == 404
    for path in (f"/live/at/{past.first - 7200}", f"/live/at/{past.first - 7200}.jpg",
                 f"/live/clip/{past.first - 7200}--{past.first - 7199}.mp4"):
        assert get(past.program.port, path).status == 410
        admin = get(past.program.port, path, headers={"Authorization": f"Bearer {TOKEN}"})
        assert admin.status == 404
        assert admin.headers["cache-control"] == "private, no-store"
