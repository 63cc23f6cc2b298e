# SPDX-License-Identifier: Apache-2.0
"""A fault of the server ends its process at once, and the next process answers soon."""

from __future__ import annotations

import os
import re
import resource
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.http1 import get
from harness.preload import preloaded
from harness.program import Program, children, launch, stop
from harness.supervisor import Supervisor
from harness.tools import ROOT
from harness.waiting import wait_until
from test_supervise import SMALL, child

PLAYLIST = "/live/playlist.m3u8"
FATAL = [signal.SIGSEGV, signal.SIGABRT, signal.SIGILL, signal.SIGTRAP, signal.SIGBUS,
         signal.SIGFPE, signal.SIGQUIT]
UNITS = ["streamer.service", "streamer@.service"]
RUNS = 3
# From a fault to the next answer a restart takes the time of a start, and this, s: the pause of the
# supervisor is 0.1 s. A handler that waits for a trace of the threads takes 6 s, or never ends.
MORE_THAN_A_START = 0.4
# No verdict: a process without a handler ends at once, and so does its log, s.
LONGEST_END = 30


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test inherits a choice of its operator."""
    monkeypatch.delenv("SWIFT_BACKTRACE", raising=False)


def variables(unit: str) -> dict[str, str]:
    """The environment of a unit of systemd."""
    text = (ROOT / "deploy/systemd" / unit).read_text()
    return dict(line.split("=", 1) for line in re.findall(r"^Environment=(.+)$", text, re.M))


def handled(pid: int) -> set[signal.Signals]:
    """The fatal signals for which a process has handlers, by its SigCgt."""
    text = Path(f"/proc/{pid}/status").read_text()
    mask = int(re.findall(r"^SigCgt:\s*(\w+)", text, re.M)[0], 16)
    return {number for number in FATAL if mask >> (number - 1) & 1}


class Courses:
    """The times of starts and of restarts after faults, in s, on the machine as it is."""

    def __init__(self) -> None:
        self.starts: list[float] = []
        self.restarts: list[float] = []

    def check(self) -> None:
        """A restart takes as long as a start; both are longer on a loaded machine."""
        print("starts:", [f"{time:.3f} s" for time in self.starts],
              "from the fault to the answer:", [f"{time:.3f} s" for time in self.restarts])
        assert min(self.restarts) < 2 * max(self.starts) + MORE_THAN_A_START
        assert sum(self.restarts) < sum(self.starts) + RUNS * MORE_THAN_A_START


def answer(port: int) -> None:
    """Waits until a request is answered, on one connection after another."""
    def is_answered() -> bool:
        try:
            assert get(port, PLAYLIST, timeout=20).status == 200
        except OSError:
            return False
        return True

    wait_until(is_answered, 60, "an answer", interval=0.005)


@pytest.mark.parametrize("number", FATAL, ids=lambda number: number.name)
def test_a_fatal_signal_ends_the_server(streamer: Callable[..., Program],
                                        number: signal.Signals) -> None:
    """The default action: no handler waits for a trace of the threads, and no core is written."""
    program = streamer(*SMALL, defaults=False)
    soft, _ = resource.prlimit(program.pid, resource.RLIMIT_CORE)
    assert soft == 0 and not handled(program.pid)
    program.wait_logged("live", "playable", within=20)
    os.kill(program.pid, number)
    assert program.process.wait(LONGEST_END) == -number
    assert program.reader is not None
    program.reader.join(LONGEST_END)
    assert not program.reader.is_alive(), "the log has not ended"
    # A trace has lines of its own form; entries of events before the signal may arrive after it.
    traces = [entry.message for entry in program.entries if not entry.event]
    assert traces == [], "a handler writes a trace"


def test_an_operator_can_ask_for_traces(streamer: Callable[..., Program]) -> None:
    """With SWIFT_BACKTRACE the handlers of the runtime and the limit of core files remain."""
    program = streamer(*SMALL, defaults=False, env={"SWIFT_BACKTRACE": "enable=yes"},
                       prefix=["bash", "-c", 'ulimit -S -c 1; exec "$@"', "limited"])
    assert resource.prlimit(program.pid, resource.RLIMIT_CORE)[0] == 1024


def test_settings_of_traces_do_not_enable_them(streamer: Callable[..., Program]) -> None:
    """Without `enable` the signals keep their default actions, and no core file is written."""
    program = streamer(*SMALL, defaults=False, env={"SWIFT_BACKTRACE": "color=no,threads=all"},
                       prefix=["bash", "-c", 'ulimit -S -c 1; exec "$@"', "limited"])
    assert resource.prlimit(program.pid, resource.RLIMIT_CORE)[0] == 0
    os.kill(program.pid, signal.SIGSEGV)
    assert program.process.wait(5) == -signal.SIGSEGV


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """The file that lets an encoder of the program fail."""
    return tmp_path / "mark"


def test_a_fault_in_a_thread_ends_the_server(streamer: Callable[..., Program], tmp_path: Path,
                                             mark: Path) -> None:
    """An encoder of the server that writes to no memory leaves neither process nor port behind."""
    program = streamer(*SMALL, defaults=False, env=preloaded("faultyencoder", tmp_path, MARK=mark))
    mark.touch()
    assert program.process.wait(5) == -signal.SIGSEGV


def test_supervised_crash(streamer: Callable[..., Program], tmp_path: Path, mark: Path) -> None:
    """With --supervise the next answer follows soon; the log says in one line what happened."""
    courses = Courses()
    for _ in range(RUNS):
        begun = time.monotonic()
        program = streamer("--supervise", *SMALL, defaults=False,
                           env=preloaded("faultyencoder", tmp_path, MARK=mark))
        answer(program.port)
        courses.starts.append(time.monotonic() - begun)
        first = child(program)
        assert not handled(first)
        mark.touch()
        wait_until(lambda: not mark.exists(), 5, "the fault")
        fault = time.monotonic()
        wait_until(lambda: not os.path.exists(f"/proc/{first}"), 5, "the end of the process")
        answer(program.port)
        courses.restarts.append(time.monotonic() - fault)
        line = program.wait_logged("supervisor", f"process {first}")
        assert "SIGSEGV" in program.wait_logged("supervisor", "ended by signal").message, line
        assert len(program.logged("supervisor", "ended by signal")) == 1
        program.process.send_signal(signal.SIGTERM)
        program.process.wait(10)
    courses.check()


@pytest.fixture
def systemd(monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """The socket and the environment of the unit."""
    for name, value in variables("streamer.service").items():
        monkeypatch.setenv(name, value)
    found = Supervisor(["--resolution", "160x90"])
    yield found
    found.close()


def test_crash_below_systemd(systemd: Supervisor) -> None:
    """A parent that restarts the program as the unit says (RestartSec=0) has an answer soon."""
    courses = Courses()
    for _ in range(RUNS):
        begun = time.monotonic()
        program = systemd.run()
        answer(systemd.port)
        courses.starts.append(time.monotonic() - begun)
        assert not handled(program.pid)
        fault = time.monotonic()
        os.kill(program.pid, signal.SIGSEGV)
        assert program.process.wait(5) == -signal.SIGSEGV
        systemd.run()
        answer(systemd.port)
        courses.restarts.append(time.monotonic() - fault)
        systemd.kill()
    courses.check()


@pytest.mark.parametrize("unit", UNITS)
def test_units_write_no_trace(unit: str) -> None:
    """Neither a trace, which takes seconds, nor a core file, which may contain keys."""
    text = (ROOT / "deploy/systemd" / unit).read_text()
    assert variables(unit)["SWIFT_BACKTRACE"] == "enable=no"
    assert "\nLimitCORE=0\n" in text and "\nRestartSec=0\n" in text


@pytest.mark.parametrize("image", ["container/Containerfile", "home-assistant/addon/Dockerfile"])
def test_images_write_no_core(streamer: Callable[..., Program], image: str) -> None:
    """An image limits no core files: with its variables the program does, whatever limit it has."""
    text = (ROOT / "deploy" / image).read_text()
    env = dict(line.split("=", 1) for line in re.findall(r"^ENV (.+)$", text, re.M))
    program = streamer(*SMALL, defaults=False, env=env,
                       prefix=["bash", "-c", 'ulimit -S -c 1; exec "$@"', "limited"])
    assert resource.prlimit(program.pid, resource.RLIMIT_CORE)[0] == 0
    assert not handled(program.pid)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1], ids=["SIGHUP", "SIGUSR1"])
def test_a_signal_during_the_start_waits(streamer: Callable[..., Program], tmp_path: Path,
                                         number: signal.Signals) -> None:
    """A signal while libraries are initialised does not end the program, and has its effect."""
    program = streamer(*SMALL, defaults=False,
                       env=preloaded("earlysignal", tmp_path, quoted=False, NUMBER=int(number)))
    assert get(program.port, PLAYLIST).status == 200
    assert program.process.poll() is None


def test_a_signal_waits_from_the_first_code_on() -> None:
    """A bare start: SIGHUP is sent as soon as the program has blocked it, before its libraries."""
    program = launch(SMALL, defaults=False)
    try:
        status = Path(f"/proc/{program.pid}/status")
        while not int(re.findall(r"^SigBlk:\s*(\w+)", status.read_text(), re.M)[0], 16) & 1:
            assert program.process.poll() is None
        os.kill(program.pid, signal.SIGHUP)
        assert program.listening.wait(10) and program.port, program.log_text()
        assert get(program.port, PLAYLIST).status == 200
    finally:
        stop(program)


@pytest.mark.parametrize("how", ["--block-signal=HUP,USR1,USR2", "--ignore-signal=HUP"])
def test_no_signal_ends_the_first_instant(how: str) -> None:
    """A parent protects a program without the starter, as nohup does."""
    program = launch(SMALL, defaults=False, prefix=["env", how])
    try:
        name = Path(f"/proc/{program.pid}/comm")
        # Before `env` it has the name of this process, for an instant.
        while name.read_text() != "streamer\n":
            assert program.process.poll() is None
        os.kill(program.pid, signal.SIGHUP)
        assert program.listening.wait(10) and program.port, program.log_text()
        assert get(program.port, PLAYLIST).status == 200
    finally:
        stop(program)


def test_a_supervised_program_is_not_ended_while_it_starts() -> None:
    """The parent blocks signals before it starts the program."""
    program = launch(["--supervise", *SMALL], defaults=False)
    try:
        while not (found := children(program)):
            assert program.process.poll() is None
        os.kill(found[0], signal.SIGHUP)
        assert program.listening.wait(10) and program.port, program.log_text()
        assert get(program.port, PLAYLIST).status == 200
        assert not program.logged("supervisor", "ended by signal")
    finally:
        stop(program, 12)
