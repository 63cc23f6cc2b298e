# SPDX-License-Identifier: Apache-2.0
"""The archive over kill -9, and on a disk that is slow, full, read-only, gone, and back again.

`test_frozen_disk.py` has disks that do not answer.

ARCHIVE_KILLS=200 kills as often, ARCHIVE_SEED=2 at other moments. The tables are printed.
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
from harness.clockstep import ClockStep
from harness.follower import check_undisturbed
from harness.http1 import get
from harness.mounts import mounted, remount
from harness.pastreaders import PastReaders
from harness.preload import preloaded
from harness.program import Program, kill, stop
from harness.tools import streamer_binary
from harness.waiting import pause, wait_until

KILLS = int(os.environ.get("ARCHIVE_KILLS", "6"))
SMALL = ("--resolution", "320x180", "--bitrate", "300", "--audio", "tone", "--playlist-length", "6",
         "--max-files", "8", "--dvr", "1d")


def missing(program: Program, found: dict[tuple[str, int], str]) -> list[tuple[str, int]]:
    """The recorded segments that the archive does not have, or has with other bytes."""
    return [(name, number) for (name, number), expected in sorted(found.items())
            if digest(get(program.port, f"/live/{name}/segment{number}.m4s").body) != expected]


def tear(folder: Path, choice: random.Random, known: set[str]) -> str:
    """Damages an archive as a crash may: indexes are lost, and a tail ends at any byte."""
    done = []
    indexes = sorted(folder.glob("live/*/*/*.index"))
    if indexes and choice.random() < 0.3:
        for path in indexes[-4:] if choice.random() < 0.8 else indexes:
            path.unlink()
        done.append("indexes")
    for name in ("video", "audio"):
        files = hour_files(folder, name)
        data = files[-1].read_bytes() if files else b""
        start = data.rfind(b"styp") - 4
        # A mark of a complete segment, and of the next one, may follow.
        end = data.find(b"free", start) - 4
        ends = {len(data), end if end > start else len(data)}
        # Only the open segment, and not the size of its first box, which completes its forerunner.
        if start > 0 and not any(digest(data[start:end]) in known for end in ends) \
                and choice.random() < 0.5:
            size = choice.randint(start + 4, len(data))
            os.truncate(files[-1], size)
            done.append(f"{len(data) - size} bytes of {name}")
    return ", ".join(done)


@pytest.mark.timeout(60 + 20 * KILLS)
def test_kills_while_hours_end_and_the_past_is_read(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """SIGKILL around the end of an hour, with readers of the past, costs no closed segment.

    Between two programs indexes are deleted, and the open segment is cut at any byte.
    """
    seed = int(os.environ.get("ARCHIVE_SEED", "1"))
    choice = random.Random(seed)
    clock = ClockStep(tmp_path)
    archive = tmp_path / "archive"
    flags = (*SMALL, "--dvr", "60d", "--archive", str(archive))
    readers = PastReaders({})
    offset, ended, damaged = 0.0, 0, 0

    def begin(ends_in: float | None) -> Program:
        """A program whose hour ends soon after its start, or that continues the hour."""
        nonlocal offset
        if ends_in is not None:
            now = time.time() + offset
            # Without a step back: the hour of this time, or the following one.
            offset += (int(now + ends_in) // 3600 + 1) * 3600 - ends_in - now
        clock.set(int(offset * 1e9))
        return streamer(*flags, env=clock.env)

    for turn in range(KILLS):
        known = set(readers.found.values())
        torn = tear(archive, choice, known)
        damaged += bool(torn)
        # The first turns end an hour; the later ones do so two times of three.
        program = begin(choice.uniform(2, 6) if turn < 3 or choice.random() < 0.67 else None)
        readers.start(program)
        if turn > 3 and choice.random() < 0.1:
            # While the folder is read and the tail is cut.
            pause(choice.uniform(0, 0.6), "the start")
            kill(program)
            readers.stop()
            print(f"kill {turn + 1}: at the start, lost: {torn or 'nothing'}")
            continue
        with Recorder(program) as recorder:
            pause(choice.uniform(1.5, 7), "segments over the end of the hour")
            before = dict(recorder.found)
            pause(WRITING, "the archive has them")
            kill(program)
        readers.stop()
        assert not readers.wrong, readers.wrong[:10]
        again = [key for key in before if readers.found.get(key, before[key]) != before[key]]
        assert not again, again
        readers.found.update(before)
        numbers = sorted({number for _, number in before})
        ended += len({number // 3600 for number in numbers}) - 1 if numbers else 0
        print(f"kill {turn + 1}: {numbers[:1]}-{numbers[-1:]}, lost: {torn or 'nothing'}")
    program = begin(3)
    wait_until(lambda: complete(program, "video"), 20, "a playlist")
    gone = missing(program, readers.found)
    print(f"{KILLS} kills (ARCHIVE_SEED={seed}), {ended} with a change of the hour, {damaged} with "
          f"damage, {len(readers.found)} segments, {len(gone)} missing, "
          f"{len(readers.known)} clips and stills")
    print(", ".join(f"{name}: {count}" for name, count in sorted(readers.answers.items())))
    assert not gone
    assert ended > 0
    assert sum(readers.answers[f"{what} 200"] > 0 for what in ("segment", "clip", "still",
                                                             "playlist")) == 4
    assert stop(program) == 0
    checked = subprocess.run([str(streamer_binary()), "archive", "check", str(archive)],
                             capture_output=True, text=True, timeout=120, check=False)
    assert (checked.stdout, checked.returncode) == ("", 0)
    for path in hour_files(archive) + hour_files(archive, "audio"):
        decoded = subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-f", "null", "-"],
                                 capture_output=True, text=True, timeout=120, check=True)
        assert not decoded.stderr, f"{path}: {decoded.stderr}"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("hours", [1, -1])
def test_steps_of_the_clock_cost_no_segment(
        hours: int, streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Steps by an hour are one line of the log; no two hour files have the same numbers."""
    clock = ClockStep(tmp_path)
    archive = tmp_path / "archive"
    flags = (*SMALL, "--archive", str(archive))
    program = streamer(*flags, env=clock.env)
    with Recorder(program) as recorder:
        recorder.wait_for(3, 20)
        step = len(recorder.found)
        clock.set(hours * 3600 * 10**9)
        wait_until(lambda: len(recorder.found) >= step + 12, 40, "segments after the step")
        found = dict(recorder.found)
        pause(WRITING, "the archive has them")
        last = {name: recorder.numbers(name)[-1] for name in ("video", "audio")}
        wait_until(lambda: all(min(complete(program, name), default=0) > last[name] + 2
                               for name in last), 30, "the past")
    assert not missing(program, found)
    files = hour_files(archive) + hour_files(archive, "audio")
    kept = digests(files)
    assert not [key for key, value in found.items() if value not in kept]
    assert len(program.logged("clock-step")) == 1
    assert len({path.name[:2] for path in files}) > 1
    listed = subprocess.run([str(streamer_binary()), "archive", "list", str(archive)],
                            capture_output=True, text=True, timeout=60, check=True).stdout
    for name in ("video", "audio"):
        spans = sorted(tuple(map(int, line.split()[3].split("-")))
                       for line in listed.splitlines() if f"live/{name}/" in line)
        assert len(spans) > 1 and all(a[1] < b[0] for a, b in zip(spans, spans[1:])), listed
    assert stop(program) == 0
    # A clock that was set back is right again: numbers that are ahead are not the past.
    clock.set(max(hours, 0) * 3600 * 10**9)
    program = streamer(*flags, env=clock.env)
    wait_until(lambda: complete(program, "video"), 20, "a playlist")
    assert not missing(program, found)
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


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB, if this user may mount one."""
    with mounted(tmp_path / "disk") as folder:
        yield folder


@pytest.mark.timeout(150)
def test_full_and_read_only_disk_costs_archive_only(
        disk: Path, streamer: Callable[..., Program]) -> None:
    """Viewers get one part after another; the log has one line per change; the archive resumes."""
    program = streamer(*SMALL, "--archive", str(disk))
    program.wait_logged("archive-failed", "No space left", within=60)
    remount(disk, "ro")
    check_undisturbed(program, 40)
    state = get(program.port, "/ready")
    assert (state.status, state.text) == (200, "ready\nlive: the archive fails\n")
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
