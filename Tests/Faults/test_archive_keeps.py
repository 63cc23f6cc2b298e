# SPDX-License-Identifier: Apache-2.0
"""The archive keeps its hours: over wrong clocks, removed folders, and a disk that others fill."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import ExitStack
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import pasthours
from harness.archive import WRITING, Recorder, complete, digest, hour_files
from harness.clockstep import ClockStep
from harness.http1 import get
from harness.mounts import mounted
from harness.program import Program, kill, run_to_end, stop
from harness.tools import streamer_binary
from harness.waiting import pause, wait_until

SMALL = ("--resolution", "320x180", "--bitrate", "300", "--playlist-length", "6",
         "--max-files", "8", "--dvr", "1d")
# Retention looks at the hours this often.
RETENTION = 5
DAY = 86_400


@pytest.fixture
def hours(streamer: Callable[..., Program], tmp_path: Path) -> Iterator[Path]:
    """An archive with the first seconds of the last four hours."""
    program = streamer(*SMALL, "--playlist-length", "10", "--max-files", "12")
    [track] = pasthours.record(program, ["video"])
    stop(program)
    folder = tmp_path / "archive"
    last = int(time.time()) // 3600 * 3600
    for hour in range(1, 5):
        pasthours.write(folder, [track], last - 3600 * hour, last - 3600 * hour + 8)
    yield folder


@pytest.mark.timeout(180)
def test_starts_with_a_wrong_clock_remove_no_hour(
        hours: Path, streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Three starts 40 days ahead, ended by SIGKILL: all hours of seven days stay, with a line."""
    clock = ClockStep(tmp_path)
    clock.set(40 * DAY * 10**9)
    before = [path.name for path in hour_files(hours)]
    flags = (*SMALL, "--archive", str(hours), "--archive-keep", "7d")
    for _ in range(3):
        program = streamer(*flags, env=clock.env)
        program.wait_logged("archive-clock", "--set", within=30)
        pause(2 * RETENTION, "hours that are too old are removed")
        kill(program)
        assert set(before) <= {path.name for path in hour_files(hours)}
    # The media of these days is no past when the clock is right again.
    program = streamer(*flags)
    program.wait_logged("archive-ahead", "streamer archive shift", within=30)
    pause(RETENTION, "hours that are too old are removed")
    extent = get(program.port, "/live/dvr.json").text
    assert float(extent.split('"to":')[1].split(",")[0]) < time.time() + 5, extent
    assert stop(program) == 0
    assert set(before) <= {path.name for path in hour_files(hours)}


@pytest.mark.timeout(60)
def test_the_clock_of_the_ages_is_shown_and_set(hours: Path) -> None:
    """`archive clock` has both clocks; with --set they agree."""
    command = [str(streamer_binary()), "archive", "clock", str(hours)]
    for flags, least, most in (([], 0, 8 * 3600), (["--set"], 0, 2), ([], 0, 30)):
        shown = subprocess.run([*command, *flags], capture_output=True, text=True, timeout=30,
                               check=True).stdout
        difference = int(shown.split("difference")[1].split()[0])
        assert least <= difference <= most, shown


@pytest.mark.timeout(120)
@pytest.mark.parametrize("what", ["stream", "day", "files", "root", "link"])
def test_removed_folders_cost_no_segment_of_the_window(
        what: str, streamer: Callable[..., Program], tmp_path: Path) -> None:
    """A folder that others remove or replace has the window's segments again within seconds."""
    folder = tmp_path / "archive"
    program = streamer(*SMALL, "--archive", str(folder))
    with Recorder(program, ("video",)) as recorder:
        recorder.wait_for(3, 20)
        pause(WRITING, "the archive has them")
        day = hour_files(folder)[0].parent
        match what:
            case "stream": shutil.rmtree(folder / "live")
            case "day": shutil.rmtree(day)
            case "files":
                for path in day.iterdir():
                    path.unlink()
            case "root":
                shutil.rmtree(folder)
                folder.mkdir(mode=0o750)
            case "link":
                shutil.move(day.parent, tmp_path / "elsewhere")
                (tmp_path / "other").mkdir()
                day.parent.symlink_to(tmp_path / "other")
        removed = time.time()
        program.wait_logged("archive-replaced", within=20)
        if what == "link":
            # Nothing is written behind a link: that is a failure, until it is gone.
            program.wait_logged("archive-failed", within=20)
            day.parent.unlink()
            program.wait_logged("archive-recovered", within=20)
        last = max(recorder.numbers("video"))
        wait_until(lambda: min(complete(program, "video"), default=0) > last + 1, 40, "the past")
    assert not list((tmp_path / "other").glob("*")) if what == "link" else True
    # The window had six seconds when the folder was removed.
    kept = {number: value for (_, number), value in recorder.found.items()
            if removed - 4 < number <= last}
    assert kept
    for number, value in kept.items():
        body = get(program.port, f"/live/video/segment{number}.m4s").body
        assert digest(body) == value, number
    assert stop(program) == 0
    checked = subprocess.run([str(streamer_binary()), "archive", "check", str(folder)],
                             capture_output=True, text=True, timeout=60, check=False)
    assert (checked.stdout, checked.returncode) == ("", 0)


@pytest.mark.timeout(90)
def test_a_second_program_is_refused_on_a_new_folder_of_the_same_name(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """After `rm -rf DIR; mkdir DIR` the first program has the lock of the new folder."""
    folder = tmp_path / "archive"
    program = streamer(*SMALL, "--archive", str(folder))
    wait_until(lambda: hour_files(folder), 20, "the archive")
    shutil.rmtree(folder)
    folder.mkdir(mode=0o750)
    program.wait_logged("archive-replaced", "the lock is taken again", within=20)
    status, log = run_to_end(["--test-src", "--http-port", "0", "--archive", str(folder)])
    assert status == 2 and "another program" in log[0], log
    wait_until(lambda: hour_files(folder), 20, "the archive")


@pytest.mark.timeout(150)
@pytest.mark.parametrize("floor", ["24h", "0"])
def test_a_disk_that_others_fill_costs_at_most_the_hours_above_the_floor(
        floor: str, hours: Path, streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Nothing below the floor is removed; with a floor of 0 removal ends if it frees nothing."""
    with mounted(tmp_path / "disk", "40m") as disk:
        shutil.copytree(hours, disk / "archive")
        before = {path.name for path in hour_files(disk / "archive")}
        with ExitStack() as held:
            # The space of an open file stays taken: removal frees nothing.
            for path in hour_files(disk / "archive"):
                held.enter_context(path.open("rb"))
            program = streamer(*SMALL, "--archive", str(disk / "archive"), "--archive-floor", floor)
            noise = held.enter_context((disk / "noise").open("ab", buffering=0))
            deadline = time.monotonic() + 6 * RETENTION
            while time.monotonic() < deadline:
                try:
                    noise.write(b"x" * 500_000)
                except OSError:
                    pass
                pause(0.05, "the disk is full all the time")
            program.wait_logged("archive-failed", "No space left", within=30)
        left = before & {path.name for path in hour_files(disk / "archive")}
        assert len(before - left) <= (0 if floor == "24h" else 3), left
        os.unlink(disk / "noise")
        program.wait_logged("archive-recovered", within=30)
        assert stop(program) == 0
