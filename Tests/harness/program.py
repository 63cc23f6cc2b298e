# SPDX-License-Identifier: Apache-2.0
"""Starts the streamer, reads its log, and ends it by its process id.

The log is read as JSON (`--log-format json`, added by `launch`), so that tests can ask for events
by name: event names are stable, the texts of messages are not.

Contract: one event `listening` with http://HOST:PORT/ as soon as the port is open; status 0 after SIGTERM.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO

from harness.tools import ROOT, streamer_binary
from harness.waiting import wait_until

LISTENING = re.compile(r"listening.* http://[^\s/]+:(\d+)")
SECURE = re.compile(r"listening.* https://[^\s/]+:(\d+)")
DEFAULT_FLAGS = ("--test-src", "--host", "127.0.0.1", "--http-port", "0")


@dataclass(frozen=True)
class LogEntry:
    """One log line; `event` is empty if the line is not JSON. `at` is its time, Unix seconds."""

    event: str
    level: str
    stream: str
    message: str
    at: float = 0

    def __str__(self) -> str:
        if not self.event:
            return self.message
        subject = f"{self.stream}: " if self.stream else ""
        return f"{self.level} {self.event}: {subject}{self.message}"


def log_entry(line: str) -> LogEntry:
    """Parses one line of the log."""
    try:
        found = json.loads(line)
        at = datetime.fromisoformat(found["ts"].replace("Z", "+00:00")).timestamp()
        return LogEntry(found["event"], found["level"], found.get("stream", ""), found["message"],
                        at)
    except (ValueError, KeyError, TypeError):
        return LogEntry("", "", "", line)


@dataclass
class Program:
    """A running streamer: `port` is known once it listens; `log` grows while it runs."""

    process: subprocess.Popen[bytes]
    command: list[str]
    started: float
    is_json: bool = True
    port: int = 0
    secure_port: int = 0
    log: list[str] = field(default_factory=list)
    entries: list[LogEntry] = field(default_factory=list)
    listening: threading.Event = field(default_factory=threading.Event)
    reader: threading.Thread | None = None

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    def url(self, path: str) -> str:
        """Absolute address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def secure_url(self, path: str) -> str:
        """Absolute address of a path over HTTPS; the program must serve HTTPS."""
        try:
            wait_until(lambda: self.secure_port, 5, "HTTPS")
        except AssertionError:
            raise AssertionError("no HTTPS:\n" + self.log_text()) from None
        return f"https://127.0.0.1:{self.secure_port}{path}"

    def log_text(self) -> str:
        """Command line and log, for the report of a failure."""
        return "$ " + " ".join(self.command) + "\n" + "\n".join(self.log)

    def logged(self, event: str, *words: str, stream: str = "") -> list[LogEntry]:
        """The log entries of an event, of one stream if given, whose message has all `words`."""
        return [entry for entry in list(self.entries)
                if entry.event == event and stream in ("", entry.stream)
                and all(word in entry.message for word in words)]

    def description(self) -> str:
        """The message that describes the default stream when it starts."""
        return self.wait_logged("stream").message

    def wait_logged(self, event: str, *words: str, stream: str = "", count: int = 1,
                    within: float = 5) -> LogEntry:
        """Waits until `count` such entries have been logged; returns the last."""
        what = f"{count} × {event} {stream} {' '.join(words)}"
        return wait_until(lambda: self.logged(event, *words, stream=stream)[count - 1:], within,
                          what)[-1]

    def check_logged(self, event: str, *words: str, stream: str = "", count: int = 1) -> None:
        """Waits until `count` such entries have been logged; AssertionError if there are more."""
        self.wait_logged(event, *words, stream=stream, count=count)
        found = self.logged(event, *words, stream=stream)
        assert len(found) == count, [str(entry) for entry in found]


def _read_log(program: Program) -> None:
    assert program.process.stderr is not None
    for raw in program.process.stderr:
        line = raw.decode(errors="replace").rstrip("\n")
        entry = log_entry(line) if program.is_json else LogEntry("", "", "", line)
        program.entries.append(entry)
        program.log.append(f"{time.monotonic() - program.started:8.3f} {entry}")
        line = str(entry)
        secure = SECURE.search(line)
        if secure:
            program.secure_port = int(secure.group(1))
        match = LISTENING.search(line)
        if match and not program.listening.is_set():
            program.port = int(match.group(1))
            program.listening.set()
    program.listening.set()


# The programs that were started and not ended by `stop`, oldest first.
RUNNING: list[Program] = []


def launch(
        flags: Sequence[str] = (),
        *,
        defaults: bool = True,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        prefix: Sequence[str] = (),
        pass_fds: Sequence[int] = (),
        port: int = 0,
        stdin: IO[bytes] | None = None,
        program: str = "",
) -> Program:
    """Starts the program and returns at once; `defaults` puts DEFAULT_FLAGS before `flags`.

    `--log-format json` is added unless `flags` choose a format, or an access log, which uses it.
    `program` is the path of another build than that under test.
    """
    is_json = not {"--log-format", "--access-log"} & set(flags)
    command = [*prefix, program or str(streamer_binary()),
               *(("--log-format", "json") if is_json else ()),
               *(DEFAULT_FLAGS if defaults else ()), *flags]
    process = subprocess.Popen(
        command, stdin=stdin or subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, env={**os.environ, **(env or {})}, cwd=cwd or ROOT,
        pass_fds=tuple(pass_fds),
    )
    running = Program(process, command, time.monotonic(), is_json=is_json, port=port)
    RUNNING.append(running)
    running.reader = threading.Thread(target=_read_log, args=(running,), daemon=True)
    running.reader.start()
    return running


def start(flags: Sequence[str] = (), *, within: float = 10, **options: object) -> Program:
    """Starts the program and waits until it has logged its port."""
    program = launch(flags, **options)  # type: ignore[arg-type]
    if not program.listening.wait(within) or not program.port:
        stop(program)
        raise RuntimeError("the streamer does not listen:\n" + program.log_text())
    return program


def stop(program: Program, within: float = 7) -> int:
    """Ends the program by SIGTERM, after `within` seconds by SIGKILL; returns its exit status."""
    RUNNING[:] = [other for other in RUNNING if other is not program]
    if program.process.poll() is None:
        program.process.send_signal(signal.SIGTERM)
        try:
            program.process.wait(within)
        except subprocess.TimeoutExpired:
            kill(program)
    if program.reader:
        program.reader.join(1)
    return program.process.wait(5)


def children(program: Program) -> list[int]:
    """The process ids of the children; a thread may end while its children are read."""
    found = []
    for task in Path(f"/proc/{program.pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            found += [int(pid) for pid in (task / "children").read_text().split()]
    return found


def kill(program: Program) -> None:
    """Ends the program by SIGKILL and waits for it."""
    if program.process.poll() is None:
        program.process.kill()
    program.process.wait(5)


def run_to_end(flags: Sequence[str], within: float = 10,
               **options: object) -> tuple[int, list[str]]:
    """Exit status and log lines (without times) of a program that exits without a signal."""
    program = launch(flags, **options)  # type: ignore[arg-type]
    try:
        status = program.process.wait(within)
    except subprocess.TimeoutExpired:
        stop(program)
        raise AssertionError(f"still running after {within} s:\n" + program.log_text()) from None
    if program.reader:
        program.reader.join(2)
    return status, [line[9:] for line in program.log if line[9:].strip()]
