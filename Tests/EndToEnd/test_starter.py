# SPDX-License-Identifier: Apache-2.0
"""The installed command: signals never end the program, also while its libraries are loaded."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from harness.http1 import get
from harness.program import Program, children, launch, stop
from harness.tools import ROOT, need, streamer_binary
from harness.waiting import pause, wait_until
from test_supervise import SMALL, child

PLAYLIST = "/live/playlist.m3u8"
SIGNALS = [signal.SIGHUP, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM]
STAYING = [signal.SIGHUP, signal.SIGUSR1]


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter and the program, in the folders of an installation."""
    need("clang", "the starter")
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(["make", "-s", "starter", f"STATIC_SCRATCH={folder}/scratch"], cwd=ROOT,
                   check=True, timeout=60)
    for name in ("bin", "lib/streamer"):
        (folder / name).mkdir(parents=True)
    (folder / "scratch/starter/streamer").rename(folder / "bin/streamer")
    (folder / "lib/streamer/streamer").symlink_to(streamer_binary())
    return folder / "bin/streamer"


def blocked(pid: int) -> set[signal.Signals]:
    """The signals of operators that a process has blocked; all once it has ended."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return set(SIGNALS)
    mask = int((re.findall(r"^SigBlk:\s*(\w+)", text, re.M) or ["0"])[0], 16)
    return {number for number in SIGNALS if mask >> (number - 1) & 1}


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A pipe as a library to load first: the loader waits at it until a writer opens it."""
    path = tmp_path / "gate.so"
    os.mkfifo(path)
    return path


@pytest.mark.parametrize("number", STAYING, ids=lambda number: number.name)
def test_a_signal_waits_while_the_loader_is_at_work(command: Path, gate: Path,
                                                    number: signal.Signals) -> None:
    """No code of the program has run, and it has no library: the signal has its effect later."""
    program = launch(SMALL, defaults=False, program=str(command),
                     env={"LD_PRELOAD": str(gate)})
    try:
        wait_until(lambda: blocked(program.pid) == set(SIGNALS), 5, "the starter")
        wait_until(lambda: "/ld-" in Path(f"/proc/{program.pid}/maps").read_text(), 5, "the loader")
        for _ in range(20):
            os.kill(program.pid, number)
        assert "libav" not in Path(f"/proc/{program.pid}/maps").read_text()
        with gate.open("wb"):
            pass
        assert program.listening.wait(10) and program.port, program.log_text()
        assert get(program.port, PLAYLIST).status == 200
    finally:
        stop(program)


@pytest.mark.parametrize("first", [0, 2, 5, 20], ids=lambda first: f"{first}-ms")
def test_a_signal_at_each_millisecond_ends_nothing(command: Path, first: int) -> None:
    """SIGHUP from the first instruction on, and each millisecond, until the program listens."""
    program = launch(SMALL, defaults=False, program=str(command))
    try:
        wait_until(lambda: blocked(program.pid) == set(SIGNALS), 5, "the starter", interval=0)
        pause(first / 1000, "each test has its first signal at another instant of the start")
        count = 0
        while not program.listening.wait(0.001):
            os.kill(program.pid, signal.SIGHUP)
            count += 1
        assert count > 0 and program.port, program.log_text()
        assert get(program.port, PLAYLIST).status == 200
        assert program.process.poll() is None
    finally:
        assert stop(program) == 0


def test_the_process_is_that_of_the_program(command: Path) -> None:
    """Its id, name and arguments stay, and its file is the program."""
    program = launch(SMALL, defaults=False, program=str(command))
    try:
        assert program.listening.wait(10) and program.port, program.log_text()
        folder = Path(f"/proc/{program.pid}")
        assert folder.joinpath("comm").read_text() == "streamer\n"
        words = folder.joinpath("cmdline").read_bytes().split(b"\0")
        assert words[0].decode() == str(command) and SMALL[-1].encode() in words
        assert os.readlink(folder / "exe") == os.path.realpath(streamer_binary())
    finally:
        assert stop(program) == 0


def test_the_starter_is_small_and_needs_no_loader(command: Path) -> None:
    """Static, without an interpreter, and of less than a page or two."""
    assert command.stat().st_size < 8192
    readelf = need("readelf", "the starter")
    shown = subprocess.run([readelf, "-ldW", str(command)], capture_output=True, text=True,
                           check=True, timeout=20).stdout
    assert "INTERP" not in shown and "NEEDED" not in shown


def test_a_missing_program_is_one_line(command: Path, tmp_path: Path) -> None:
    """The line names the path that is missing; the status is that of a shell."""
    (tmp_path / "bin").mkdir()
    copy = tmp_path / "bin/streamer"
    copy.write_bytes(command.read_bytes())
    copy.chmod(0o755)
    done = subprocess.run([str(copy), "--version"], capture_output=True, text=True, check=False,
                          timeout=20)
    assert done.returncode == 127 and done.stdout == ""
    assert done.stderr == ("streamer: cannot execute the program "
                           f"{tmp_path}/lib/streamer/streamer\n")


def test_a_supervised_program_is_replaced(command: Path) -> None:
    """SIGUSR2 to the parent: the next process is the program too, and signals end neither."""
    program = launch(["--supervise", *SMALL], defaults=False, program=str(command))
    try:
        assert program.listening.wait(10) and program.port, program.log_text()
        before = child(program)
        os.kill(program.pid, signal.SIGUSR2)

        def replaced() -> bool:
            found = children(program)
            for one in found:
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGHUP)
            return bool(found) and before not in found

        wait_until(replaced, 20, "the next process")
        assert get(program.port, PLAYLIST).status == 200
        assert os.readlink(f"/proc/{child(program)}/exe") == os.path.realpath(streamer_binary())
        assert not program.logged("supervisor", "ended by signal")
    finally:
        stop(program, 12)


def variants(tmp_path: Path, command: Path) -> list[list[str]]:
    """The ways in which a shell names the command: by a link, a relative path, and PATH."""
    link = tmp_path / "other"
    link.symlink_to(command)
    return [[str(link)], ["bin/streamer"], ["env", f"PATH={command.parent}", "streamer"]]


def test_the_program_is_found_however_the_command_is_named(command: Path, tmp_path: Path) -> None:
    """The path of the file counts, and not the name by which it was called."""
    for words in variants(tmp_path, command):
        done = subprocess.run([*words, "--version"], cwd=command.parent.parent, text=True,
                              capture_output=True, check=False, timeout=20)
        assert done.returncode == 0 and done.stdout.startswith("streamer "), (words, done.stderr)
