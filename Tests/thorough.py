# SPDX-License-Identifier: Apache-2.0
"""Runs the jobs of Tests/thorough_jobs.py, one by one, and names the result of each.

A result is written when its job has ended, to .build/thorough/JOB.json, and then the summary of all
jobs, .build/thorough/summary.txt. A result of an older commit is valid if nothing that changed
since touches the job (Tests/scope.py), and if its work tree had no changes. A job without a valid
result is NOT RUN.

thorough.py            runs the jobs without a valid result; 0 only if then every job has passed
thorough.py JOB ...    runs these jobs; 0 only if they have passed
thorough.py --summary  prints the summary; 0 only if every job has passed
LONG=1: more seeds, kills and inputs; only results of such runs count.
AGAIN=1: also the jobs with a valid result.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path

import skipped
from scope import MAKEFILE, ROOT, Scope, git, scope_since
from thorough_jobs import JOBS, Job

RESULTS = ROOT / ".build/thorough"
PASSED = "passed"
# The scope of the commits after another one.
Between = Callable[[str], Scope]


@dataclass(frozen=True)
class Result:
    """The outcome of a job."""

    job: str
    commit: str
    modified: bool
    """Whether the work tree had changes, or was changed while the job ran."""
    result: str
    """`passed`, or why it did not pass."""
    seconds: int
    date: str
    is_long: bool
    run: str = ""
    """The run of thorough.py that made it."""
    command: str = ""
    """The arguments of make; the row of the job may have others now."""
    skipped: str = ""
    """How many tests were skipped, and why the first one; empty if none was."""


def touches(found: Scope, job: Job) -> str:
    """A changed file because of which a change touches a job; empty if none does."""
    if found.everything:
        return found.everything
    if found.recipes & job.targets:
        return MAKEFILE
    for cover in job.covers:
        if cover.endswith("/*") and (tests := [path for path in found.tests
                                               if fnmatch(path, cover)]):
            nearest = min(tests, key=lambda path: (found.tests[path], path))
            return found.causes.get(nearest, nearest)
        if near := found.nearest(cover.removesuffix("/*")):
            return near[1]
    return ""


@dataclass(frozen=True)
class State:
    """A row of the summary: `kind` is `passed`, `FAILED` or `NOT RUN`."""

    job: Job
    kind: str
    note: str
    seconds: int = 0

    def __str__(self) -> str:
        took = f"{self.seconds // 60:3} min {self.seconds % 60:02} s" if self.seconds else " " * 12
        return f"{self.kind:8} {self.job.name:17}{took} of {self.job.minutes:2}  {self.note}"


def state(job: Job, result: Result | None, head: str, between: Between, run: str = "",
          is_long: bool = False) -> State:
    """The row of a job: its result, if that is valid for a commit without changes.

    With `is_long` only a result at full length counts.
    """
    command = f"{'LONG=1 ' if is_long else ''}make thorough JOB={job.name}"
    if result is None:
        return State(job, "NOT RUN", command)
    length = ", LONG" if result.is_long else ""
    at = f"{result.commit[:8]}{length}"
    if is_long and not result.is_long:
        return State(job, "NOT RUN", f"{command} (the result of {at} is not of LONG=1)")
    if result.command != " ".join(job.arguments(result.is_long)):
        return State(job, "NOT RUN", f"{command} (the result of {at} is of another command: make "
                                     f"{result.command or 'unknown'})")
    if result.modified and result.run != run:
        return State(job, "NOT RUN", f"{command} (the result of {at} is of a modified work tree)")
    if result.modified:
        at += ", modified work tree: not valid for any commit"
    elif result.commit != head:
        if why := touches(between(result.commit), job):
            return State(job, "NOT RUN", f"{command} (a result of {at}; changed since: {why})")
        at += f", valid for {head[:8]}: nothing between touches it"
    if result.skipped:
        at += f"; {result.skipped}"
    if result.result == PASSED:
        return State(job, "passed", at, result.seconds)
    log = f"{RESULTS.relative_to(ROOT)}/{job.name}.log"
    return State(job, "FAILED", f"{at}: {result.result}; {log}", result.seconds)


def read(folder: Path, job: Job) -> Result | None:
    """The result of a job; nil if there is none that can be read."""
    try:
        return Result(**json.loads((folder / f"{job.name}.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def write(folder: Path, result: Result) -> None:
    """Replaces the result of a job at once."""
    new = folder / f"{result.job}.json.new"
    new.write_text(json.dumps(asdict(result), indent=1) + "\n")
    new.replace(folder / f"{result.job}.json")


def summary(states: Iterable[State], head: str) -> str:
    """The text that names every job."""
    rows = list(states)
    count = Counter(row.kind for row in rows)
    minutes = sum(row.seconds for row in rows) // 60
    last = (f"{count['passed']} of {len(rows)} jobs passed at {head[:8]} ({minutes} min), "
            f"{count['FAILED']} FAILED, {count['NOT RUN']} NOT RUN")
    return "".join(f"{line}\n" for line in [*rows, last])


class Repository:
    """The work tree, and the scopes between its commit and older ones."""

    def __init__(self) -> None:
        self.head = git("rev-parse", "HEAD") or "unknown"
        self.known: dict[str, Scope] = {}

    def between(self, commit: str) -> Scope:
        """The scope of the commits after another one."""
        if commit not in self.known:
            self.known[commit] = scope_since(commit, self.head)
        return self.known[commit]

    def is_modified(self) -> bool:
        """Whether the work tree differs from the commit, or the commit is another one now."""
        return git("status", "--porcelain") != "" or git("rev-parse", "HEAD") != self.head


def children(pid: int) -> list[int]:
    """The processes below a process, deepest first."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [*children(child), child]
    return found


def end_children() -> None:
    """Ends the processes of a job: this process inherits the processes whose parent has ended."""
    for number, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
        for pid in children(os.getpid()):
            with suppress(OSError):
                os.kill(pid, number)
        end = time.monotonic() + seconds
        while time.monotonic() < end and children(os.getpid()):
            with suppress(ChildProcessError):
                os.waitpid(-1, os.WNOHANG)
            time.sleep(0.2)


def run(job: Job, repository: Repository, is_long: bool, name: str) -> Result:
    """Runs a job within its limit; its output is in a file beside its result."""
    limit = job.seconds(is_long)
    log = RESULTS / f"{job.name}.log"
    was_modified = repository.is_modified()
    print(f"{job.name}: make {' '.join(job.arguments(is_long))}, at most {limit // 60} minutes; "
          f"{log.relative_to(ROOT)}", flush=True)
    begun = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(["make", "--no-print-directory", *job.arguments(is_long)],
                                   cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, start_new_session=True,
                                   env={**os.environ, "TEST_RUN": f"{name}.{job.name}"})
        try:
            status = process.wait(limit)
            outcome = PASSED if status == 0 else f"status {status}"
        except subprocess.TimeoutExpired:
            outcome = f"stopped at its limit of {limit // 60} minutes"
        finally:
            end_children()
    return Result(job.name, repository.head, was_modified or repository.is_modified(), outcome,
                  max(1, round(time.monotonic() - begun)),
                  f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", is_long, name,
                  " ".join(job.arguments(is_long)), skipped.note_of(log))


def chosen(words: list[str], states: dict[str, State], again: bool) -> list[Job]:
    """The jobs to run: those of the command line, or those without a valid result that passed."""
    if words:
        if unknown := [word for word in words if word not in states]:
            raise SystemExit(f"no job {', '.join(unknown)} (expected {', '.join(states)})")
        return [states[word].job for word in words]
    return [state.job for state in states.values() if again or state.kind != "passed"]


def stop(*_: object) -> None:
    """Ends the program, after the processes of its job, and the summary."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(143)


def main(arguments: list[str]) -> int:
    """Runs jobs and prints the summary, also if it is interrupted; the exit status."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    signal.signal(signal.SIGTERM, stop)
    repository = Repository()
    name = os.environ.get("TEST_RUN") or f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}-{os.getpid()}"
    is_long, again = (os.environ.get(word, "") not in ("", "0") for word in ("LONG", "AGAIN"))

    def states() -> dict[str, State]:
        return {job.name: state(job, read(RESULTS, job), repository.head, repository.between, name,
                                is_long)
                for job in JOBS}

    def write_summary() -> str:
        text = summary(states().values(), repository.head)
        (RESULTS / "summary.txt").write_text(text)
        return text

    only_summary = arguments == ["--summary"]
    words = [] if only_summary else [word for text in arguments
                                     for word in text.replace(",", " ").split()]
    jobs = [] if only_summary else chosen(words, states(), again)
    write_summary()
    try:
        for job in jobs:
            result = run(job, repository, is_long, name)
            write(RESULTS, result)
            write_summary()
            if result.result != PASSED:
                lines = (RESULTS / f"{job.name}.log").read_text(errors="replace").splitlines()
                print("\n".join(lines[-40:]))
            print(states()[job.name], flush=True)
    finally:
        print(write_summary(), end="", flush=True)
    rows = states()
    return 0 if all(rows[word].kind == "passed" for word in words or rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
