# SPDX-License-Identifier: Apache-2.0
"""Finds the skipped tests in the output of a run, so that its row names them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

# pytest -rs: `SKIPPED [2] Tests/a.py:27: reason`; Swift Testing: `Test a() skipped: "reason"`;
# node in TAP: `ok 3 - name # SKIP reason`.
SKIPPED = re.compile(
    r'^SKIPPED \[(?P<count>\d+)\] \S+?: (?P<pytest>.*)$'
    r'|^\S+ (?:Test|Suite) .+ skipped(?:: "?(?P<swift>.*?)"?)?\.?$'
    r'|^\s*ok \d+ - .* # SKIP ?(?P<node>.*)$', re.MULTILINE)
LONGEST_REASON = 100
# A process that outlives its step keeps the pipe open.
PIPE_SECONDS = 10


def skips(text: str) -> tuple[int, str]:
    """The number of skipped tests in an output, and the reason of the first one."""
    found = list(SKIPPED.finditer(text))
    reasons = (one["pytest"] or one["swift"] or one["node"] for one in found)
    return sum(int(one["count"] or 1) for one in found), next(
        (" ".join(reason.split()) for reason in reasons if reason), "no reason")


def note(text: str) -> str:
    """`2 skipped: REASON` for the row of a run; empty if its output has no skipped test."""
    count, reason = skips(text)
    if not count:
        return ""
    short = reason if len(reason) <= LONGEST_REASON else reason[:LONGEST_REASON - 1] + "…"
    return f"{count} skipped: {short}"


def note_of(log: Path) -> str:
    """The note of a file with the output of a run; empty without the file."""
    try:
        return note(log.read_text(errors="replace"))
    except OSError:
        return ""


@contextmanager
def copied(log: Path) -> Iterator[IO[bytes]]:
    """A file for the output of a process: it is printed, and written to `log` too."""
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    tee = subprocess.Popen(["tee", str(log)], stdin=subprocess.PIPE)
    assert tee.stdin
    try:
        yield tee.stdin
    finally:
        tee.stdin.close()
        try:
            tee.wait(PIPE_SECONDS)
        except subprocess.TimeoutExpired:
            tee.kill()
            tee.wait()
