# SPDX-License-Identifier: Apache-2.0
"""The archive over kill -9, and on a disk that is full, read-only, and back again.

ARCHIVE_KILLS=200 kills as often. The table of the kills is printed.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.archive import WRITING, Recorder, complete, digest, digests, hour_files
from harness.http1 import get
from harness.program import Program, kill, stop
from harness.tools import streamer_binary
from harness.waiting import pause, wait_until

KILLS = int(os.environ.get("ARCHIVE_KILLS", "20"))
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
