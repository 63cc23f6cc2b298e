# SPDX-License-Identifier: Apache-2.0
"""The archive over kill -9, and on a disk that is slow, full, read-only, gone, and back again.

ARCHIVE_KILLS=200 kills as often. The table of the kills is printed.
"""

from __future__ import annotations

import os
import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from harness.archive import WRITING, Recorder, complete, digest, digests, hour_files
from harness.clockstep import ClockStep
from harness.http1 import Closed, get
from harness.preload import preloaded
from harness.program import Program, kill, stop
from harness.tools import streamer_binary
from harness.waiting import pause, wait_until

KILLS = int(os.environ.get("ARCHIVE_KILLS", "10"))
SMALL = ("--resolution", "320x180", "--bitrate", "300", "--audio", "tone", "--playlist-length", "6",
         "--max-files", "8", "--dvr", "1d")


def missing(program: Program, found: dict[tuple[str, int], str]) -> list[tuple[str, int]]:
    """The recorded segments that the archive does not have, or has with other bytes."""
    return [(name, number) for (name, number), expected in sorted(found.items())
            if digest(get(program.port, f"/live/{name}/segment{number}.m4s").body) != expected]


@pytest.mark.timeout(60 + 15 * KILLS)
def test_closed_segments_survive_kills(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """After each SIGKILL all segments that were complete are in the archive, byte by byte."""
    choice = random.Random(1)
    found: dict[tuple[str, int], str] = {}
    flags = (*SMALL, "--archive", str(tmp_path))
    lost = 0
    for turn in range(KILLS):
        program = streamer(*flags)
        with Recorder(program) as recorder:
            pause(choice.uniform(2.5, 5), "segments")
            before = dict(recorder.found)
            pause(WRITING, "the archive has them")
            kill(program)
        lost += len(set(found) & set(before))
        found |= {key: value for key, value in before.items() if key not in found}
        torn = [path for name in ("video", "audio") for path in hour_files(tmp_path, name)]
        print(f"kill {turn + 1}: {len(before)} segments in this run, {len(torn)} files")
    program = streamer(*flags)
    # At first the window has slate under the numbers of the outage, also two segments (--max-files)
    # before the first one of the playlist, and audio is behind video.
    last = max(number for _, number in found)
    wait_until(lambda: all(min(complete(program, name), default=0) > last + 3
                           for name in ("video", "audio")), 30, "the past")
    gone = missing(program, found)
    print(f"{KILLS} kills, {len(found)} segments, {len(gone)} missing, {lost} names twice")
    assert not gone
    assert stop(program) == 0
    checked = subprocess.run([str(streamer_binary()), "archive", "check", str(tmp_path)],
                             capture_output=True, text=True, timeout=60, check=False)
    assert (checked.stdout, checked.returncode) == ("", 0)
    for path in hour_files(tmp_path) + hour_files(tmp_path, "audio"):
        decoded = subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-f", "null", "-"],
                                 capture_output=True, text=True, timeout=120, check=True)
        assert not decoded.stderr, decoded.stderr


class OldReader:
    """Fetches segments of the past of a program until the end; none may have other bytes."""

    def __init__(self, program: Program, found: dict[tuple[str, int], str]) -> None:
        self.program, self.found = program, dict(found)
        self.count, self.wrong = 0, list[tuple[str, int]]()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> OldReader:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join(10)

    def _run(self) -> None:
        while not self.ended.wait(0.02):
            for (name, number), expected in self.found.items():
                with suppress(OSError, Closed, ValueError):
                    response = get(self.program.port, f"/live/{name}/segment{number}.m4s",
                                   timeout=2)
                    if response.status == 200 and len(response.body) > 100:
                        self.count += 1
                        if digest(response.body) != expected:
                            self.wrong.append((name, number))


@pytest.mark.timeout(150)
def test_kills_while_the_hour_ends_and_the_past_is_read(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """SIGKILL near the end of an hour, with a reader of old segments, costs no closed segment."""
    clock = ClockStep(tmp_path)
    archive = tmp_path / "archive"
    flags = (*SMALL, "--archive", str(archive))
    found: dict[tuple[str, int], str] = {}
    first = (int(time.time()) // 3600 + 1) * 3600
    read = 0

    def begin(turn: int) -> Program:
        """A program whose hour ends 5 s after its start."""
        clock.set(int((first + 3600 * turn - 5 - time.time()) * 1e9))
        return streamer(*flags, env=clock.env)

    # Before the hour ends, and after it.
    for turn, length in enumerate((4, 6.5, 7.5)):
        program = begin(turn)
        with OldReader(program, found) as reader, Recorder(program) as recorder:
            pause(length, "segments over the end of the hour")
            before = dict(recorder.found)
            pause(WRITING, "the archive has them")
            kill(program)
        assert not reader.wrong
        read += reader.count
        print(f"kill {turn + 1}: {sorted(before)[0]}-{sorted(before)[-1]}, {reader.count} read")
        found |= before
    assert read > 10
    # At least one kill was after the change of the hour.
    assert len({number // 3600 for _, number in found}) > 3
    program = begin(3)
    wait_until(lambda: complete(program, "video"), 20, "a playlist")
    gone = missing(program, found)
    assert not gone
    assert stop(program) == 0
    checked = subprocess.run([str(streamer_binary()), "archive", "check", str(archive)],
                             capture_output=True, text=True, timeout=60, check=False)
    assert (checked.stdout, checked.returncode) == ("", 0)


@pytest.mark.timeout(60)
def test_slow_synchronisation_costs_no_closed_segment(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Each fdatasync lasts for 5 s: closed segments survive SIGKILL all the same."""
    archive = tmp_path / "archive"
    flags = (*SMALL, "--archive", str(archive))
    env = preloaded("slowdisk", tmp_path, FOLDER=archive, WRITES=0)
    program = streamer(*flags, env=env)
    with Recorder(program) as recorder:
        recorder.wait_for(6, 20)
        before = dict(recorder.found)
        pause(WRITING, "the archive has them")
        kill(program)
    program = streamer(*flags)
    last = max(number for _, number in before)
    wait_until(lambda: all(min(complete(program, name), default=0) > last + 3
                           for name in ("video", "audio")), 30, "the past")
    assert not missing(program, before)


@pytest.mark.timeout(60)
def test_frozen_disk_delays_no_live_segment(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Each write lasts for 5 s: live segments stay on time, and dropped ones are counted."""
    archive = tmp_path / "archive"
    env = preloaded("slowdisk", tmp_path, FOLDER=archive, WRITES=1)
    program = streamer(*SMALL, "--archive", str(archive), env=env)
    wait_until(lambda: complete(program, "video"), 15, "a playlist")
    latest: list[float] = []
    end = time.monotonic() + 12
    while time.monotonic() < end:
        latest.append(time.time() - max(complete(program, "video")) - 1)
        pause(0.2, "the next segment")
    print(f"newest segment {max(latest):.2f} s after its end at most")
    # A segment is published when it ends, and is the newest one for a second.
    assert max(latest) < 2
    assert get(program.port, "/ready").status == 200


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB, if this user may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
                             capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("this user may not mount a disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


def remount(folder: Path, *options: str) -> None:
    """Changes the options of a disk; it can be read-only when no file is open for writing."""
    command = ["mount", "-o", ",".join(["remount", *options]), str(folder)]
    wait_until(lambda: subprocess.run(command, capture_output=True, check=False).returncode == 0,
               30, " ".join(command))


@pytest.mark.timeout(150)
def test_full_and_read_only_disk_costs_archive_only(
        disk: Path, streamer: Callable[..., Program]) -> None:
    """Live segments stay on time; the log has one line per change; the archive resumes."""
    program = streamer(*SMALL, "--archive", str(disk))
    program.wait_logged("archive-failed", "No space left", within=60)
    remount(disk, "ro")
    pause(5, "a read-only disk")
    state = get(program.port, "/ready")
    assert (state.status, state.text) == (200, "ready\nlive: the archive fails\n")
    newest = max(complete(program, "video"))
    assert abs(newest - time.time()) < 3
    remount(disk, "rw", "size=50m")
    program.wait_logged("archive-recovered", within=20)
    assert len(program.logged("archive-failed")) == 1
    with Recorder(program, ("video",)) as recorder:
        recorder.wait_for(3, 20)
        last = recorder.numbers("video")[2]
        wait_until(lambda: last < min(complete(program, "video")) - 2, 30, "the past")
    assert recorder.found["video", last] in digests(hour_files(disk))
    assert not missing(program, {key: value for key, value in recorder.found.items()
                                 if key[1] <= last})
    assert get(program.port, "/ready").text == "ready\n"


@pytest.mark.timeout(90)
def test_unmounted_disk_is_a_failure_until_it_returns(
        disk: Path, tmp_path: Path, streamer: Callable[..., Program]) -> None:
    """Nothing is written below the mount point; the archive resumes with the disk."""
    folder = tmp_path / "mounted"
    folder.mkdir()
    remount(disk, "size=50m")
    mount = ["mount", "--bind", str(disk), str(folder)]
    subprocess.run(mount, check=True)
    try:
        program = streamer(*SMALL, "--archive", str(folder))
        wait_until(lambda: hour_files(disk), 20, "an hour file")
        subprocess.run(["umount", "-l", str(folder)], check=True)
        program.wait_logged("archive-failed", "not on the disk of the start", within=10)
        pause(3, "nothing is written")
        assert not list(folder.iterdir())
        subprocess.run(mount, check=True)
        program.wait_logged("archive-recovered", within=10)
        assert len(program.logged("archive-failed")) == 1
        with Recorder(program, ("video",)) as recorder:
            recorder.wait_for(2, 20)
        pause(WRITING, "the archive has them")
        assert set(recorder.found.values()) <= digests(hour_files(disk))
        stop(program)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)
