# SPDX-License-Identifier: Apache-2.0
"""Starts the streamer, reads its log, and ends it by its process id.

Contract: one line with ``listening http://HOST:PORT/`` at once; status 0 after SIGTERM.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.tools import ROOT, streamer_binary

LISTENING = re.compile(r"listening\s+http://[^\s/]+:(\d+)")
SECURE = re.compile(r"listening\s+https://[^\s/]+:(\d+)")
DEFAULT_FLAGS = ("--test-src", "--host", "127.0.0.1", "--http-port", "0")


@dataclass
class Program:
    """A running streamer: `port` is known once it listens; `log` grows while it runs."""

    process: subprocess.Popen[bytes]
    command: list[str]
    started: float
    port: int = 0
    secure_port: int = 0
    log: list[str] = field(default_factory=list)
    listening: threading.Event = field(default_factory=threading.Event)
    reader: threading.Thread | None = None

    @property
    def pid(self) -> int:
        """The id it was started under."""
        return self.process.pid

    def url(self, path: str) -> str:
        """Absolute address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def secure_url(self, path: str) -> str:
        """Absolute address of a path over HTTPS; the program must serve it."""
        deadline = time.monotonic() + 5
        while not self.secure_port:
            assert time.monotonic() < deadline, "no HTTPS:\n" + self.log_text()
            time.sleep(0.01)
        return f"https://127.0.0.1:{self.secure_port}{path}"

    def log_text(self) -> str:
        """Command line and everything it has logged, for a failure report."""
        return "$ " + " ".join(self.command) + "\n" + "\n".join(self.log)


def _read_log(program: Program) -> None:
    assert program.process.stderr is not None
    for raw in program.process.stderr:
        line = raw.decode(errors="replace").rstrip("\n")
        program.log.append(f"{time.monotonic() - program.started:8.3f} {line}")
        secure = SECURE.search(line)
        if secure:
            program.secure_port = int(secure.group(1))
        match = LISTENING.search(line)
        if match and not program.listening.is_set():
            program.port = int(match.group(1))
            program.listening.set()
    program.listening.set()


def launch(
        flags: Sequence[str] = (),
        *,
        defaults: bool = True,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        prefix: Sequence[str] = (),
        pass_fds: Sequence[int] = (),
        port: int = 0,
) -> Program:
    """Starts the program and returns at once; `defaults` puts DEFAULT_FLAGS before `flags`."""
    command = [*prefix, str(streamer_binary()), *(DEFAULT_FLAGS if defaults else ()), *flags]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env={**os.environ, **(env or {})}, cwd=cwd or ROOT, pass_fds=tuple(pass_fds),
    )
    program = Program(process, command, time.monotonic(), port=port)
    program.reader = threading.Thread(target=_read_log, args=(program,), daemon=True)
    program.reader.start()
    return program


def start(flags: Sequence[str] = (), *, within: float = 10, **options: object) -> Program:
    """Starts the program and waits until it says where it listens."""
    program = launch(flags, **options)  # type: ignore[arg-type]
    if not program.listening.wait(within) or not program.port:
        stop(program)
        raise RuntimeError("the streamer does not listen:\n" + program.log_text())
    return program


def stop(program: Program, within: float = 7) -> int:
    """Ends the program by SIGTERM, after `within` seconds by SIGKILL; its exit status."""
    if program.process.poll() is None:
        program.process.send_signal(signal.SIGTERM)
        try:
            program.process.wait(within)
        except subprocess.TimeoutExpired:
            kill(program)
    if program.reader:
        program.reader.join(1)
    return program.process.wait(5)


def kill(program: Program) -> None:
    """Ends the program by SIGKILL and waits for it."""
    if program.process.poll() is None:
        program.process.kill()
    program.process.wait(5)


def run_to_end(flags: Sequence[str], within: float = 10,
               **options: object) -> tuple[int, list[str]]:
    """Exit status and log lines (without times) of a program that ends by itself."""
    program = launch(flags, **options)  # type: ignore[arg-type]
    try:
        status = program.process.wait(within)
    except subprocess.TimeoutExpired:
        stop(program)
        raise AssertionError(f"still running after {within} s:\n" + program.log_text()) from None
    if program.reader:
        program.reader.join(2)
    return status, [line[9:] for line in program.log if line[9:].strip()]
