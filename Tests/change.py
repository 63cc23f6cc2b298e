# SPDX-License-Identifier: Apache-2.0
"""Checks a change: a fixed part, which always runs whole, and then the tests that it touches.

The fixed part is lint, every feature once, and one case for each class of faults; for a change of
documents alone, lint and the tests of documents. Then follow the files of Thorough, Faults and Edge
that the change touches (Tests/scope.py): tests of the changed targets first, then tests of their
dependants; among equals tests that had to be repeated before, then the shortest. Files for which 60
minutes do not suffice are NOT RUN, with their command, and so are touched jobs of `make thorough`.

change.py [--plan]   the difference from BASE (default: Tests/checked); --plan only prints the
                     fixed part, the touched files, and the jobs that are NOT RUN
The output of each step is kept in .build/check/, and its line names the skipped tests.
CHECK_BEGAN: the Unix time from which the minutes count (default: now)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import repeated
import skipped
from scope import ROOT, Scope, base_of, scope_since, tests_of
from thorough import touches
from thorough_jobs import JOBS

# No batch begins unless it is expected to end within these minutes. One that is stopped after them
# is NOT RUN.
MINUTES = 60
# The fixed part is ended after these minutes.
LAST_MINUTES = 75
# The expected seconds of a file that has never been measured, and of the start of a batch.
UNKNOWN_SECONDS = 60
START_SECONDS = 15
BATCH_SECONDS = 240
LOGS = ROOT / ".build/check"
DOCUMENT_TESTS = "Tests/EndToEnd/test_documents.py"
FIXED = {"lint": ["lint"], "make test": ["test"], "fault classes": ["BUILT=1", "fault-classes"]}
FIXED_OF_DOCUMENTS = {"lint": ["lint"], "documents": ["files", f"FILES={DOCUMENT_TESTS}"]}
PLAYERS = tuple(f"Tests/harness/{name}.py" for name in ("browser", "firefox", "players", "webkit"))


@dataclass(frozen=True)
class Kind:
    """How files run together: the workers of a batch, and the arguments of make before it."""

    name: str
    workers: int
    needs: tuple[str, ...] = ()


ALONE = Kind("alone", 1)
PLAYING = Kind("players", 2)
OTHERS = Kind("others", 4)
EDGES = Kind("edge", 3, ("deps-edge", "PLAYING=1"))


@dataclass
class Batch:
    """Files that run together."""

    kind: Kind
    files: list[str] = field(default_factory=list)
    seconds: float = 0

    def expected(self) -> float:
        """The seconds that it is expected to take."""
        return START_SECONDS + self.seconds / min(self.kind.workers, len(self.files) or 1)

    def command(self) -> list[str]:
        """The arguments of make."""
        return [*self.kind.needs, "BUILT=1", "files", f"WORKERS={self.kind.workers}",
                f"FILES={' '.join(self.files)}"]


def kind_of(path: str, plays: bool, measured: Iterable[str]) -> Kind:
    """How a file runs."""
    if path.startswith("Tests/Edge/"):
        return EDGES
    if path in measured:
        return ALONE
    return PLAYING if plays else OTHERS


def ordered(tests: dict[str, int], repeats: dict[str, int],
            seconds: Callable[[str], float]) -> list[str]:
    """The files in the order of likely failure."""
    return sorted(tests, key=lambda path: (tests[path], -repeats.get(path, 0), seconds(path), path))


def batches(files: list[str], kind: Callable[[str], Kind],
            seconds: Callable[[str], float]) -> list[Batch]:
    """Batches of one kind and folder, in the order of their first files.

    Two folders have modules of one name, of which a run imports only one.
    """
    found: list[Batch] = []
    open_batches: dict[tuple[Kind, str], Batch] = {}
    for path in files:
        key = kind(path), path.rpartition("/")[0]
        batch = open_batches.get(key)
        if batch is None or batch.expected() >= BATCH_SECONDS:
            batch = open_batches[key] = Batch(key[0])
            found.append(batch)
        batch.files.append(path)
        batch.seconds += seconds(path)
    return found


def seconds_of(measured: dict[str, float], path: str) -> float:
    """The measured seconds of a file, its players included."""
    name = path.removeprefix("Tests/")
    found = [measured[key] for key in (name, f"{name} players") if key in measured]
    return sum(found) if found else UNKNOWN_SECONDS


def plays(imports: dict[str, frozenset[str]], path: str) -> bool:
    """Whether a file imports a player, itself or through files that it imports."""
    seen: set[str] = set()
    waiting = [path]
    while waiting:
        for other in imports.get(waiting.pop(), frozenset()) - seen:
            seen.add(other)
            # The fixtures of conftest.py start a browser only for tests that ask for one.
            if not other.endswith("conftest.py"):
                waiting.append(other)
    return any(player in seen for player in PLAYERS)


def candidates(found: Scope) -> dict[str, int]:
    """The touched files that the fixed part does not run.

    The input laboratory, the matrix of consumers and the suites of others take a quarter of an hour
    each, or have packages of their own: they are jobs by themselves.
    """
    if found.only_documents():
        return {}
    return {path: distance for path, distance in found.tests.items()
            if not path.startswith(("Tests/EndToEnd/", "Tests/Inputs/", "Tests/Suites/",
                                    "Tests/Consumers/"))}


def not_run_jobs(found: Scope, ran: set[str]) -> list[str]:
    """The commands of the touched jobs, other than those whose touched files have all run."""
    lines = []
    for job in JOBS:
        folder = [cover for cover in job.covers if cover.endswith("/*")]
        if folder:
            files = {path for path in found.tests if any(fnmatch(path, one) for one in folder)}
            missing = bool(files - ran) or not files or bool(found.recipes & job.targets)
        else:
            missing = job.name != "build"
        if missing and (why := touches(found, job)):
            lines.append(f"NOT RUN  make thorough JOB={job.name} ({job.what}; touched: {why})")
    return lines


@dataclass
class Check:
    """The results, and the clock."""

    began: float
    passed: int = 0
    failed: int = 0
    lines: list[str] = field(default_factory=list)

    def left(self, minutes: float = MINUTES) -> float:
        """The seconds until a number of minutes are over."""
        return self.began + minutes * 60 - time.time()

    def make(self, name: str, arguments: list[str], limit: float, *,
             may_stop: bool = False) -> str:
        """Runs make; notes and returns the outcome: `passed`, `FAILED` or `stopped`.

        At its limit it is stopped, which is no failure if it `may_stop`.
        """
        print(f"--- {name}: make {' '.join(arguments)}", flush=True)
        begun = time.monotonic()
        log = LOGS / f"{len(self.lines)}.log"
        try:
            with skipped.copied(log) as output:
                status = subprocess.run(["timeout", "--kill-after=20", str(max(1, round(limit))),
                                         "make", "--no-print-directory", *arguments],
                                        cwd=ROOT, check=False, stdin=subprocess.DEVNULL,
                                        stdout=output, stderr=subprocess.STDOUT).returncode
        except OSError as error:
            status = error.errno or 1
        took = time.monotonic() - begun
        why = "" if status == 0 else f": status {status}{', its limit' if status == 124 else ''}"
        is_stopped = may_stop and status == 124
        outcome = "stopped" if is_stopped else "FAILED" if status else "passed"
        left_out = skipped.note_of(log)
        self.lines.append(f"{outcome:8} {name}, {took // 60:.0f} min {took % 60:02.0f} s{why}"
                          f"{left_out and f'; {left_out}'}")
        self.passed += outcome == "passed"
        self.failed += outcome == "FAILED"
        return outcome


def run_touched(check: Check, planned: list[Batch]) -> set[str]:
    """Runs batches while they fit; the files that ran."""
    ran: set[str] = set()
    for batch in planned:
        if batch.expected() > check.left():
            continue
        name = f"{len(batch.files)} touched files ({batch.kind.name})"
        outcome = check.make(name, batch.command(), check.left(), may_stop=True)
        if outcome != "passed":
            check.lines.append(f"         {' '.join(batch.files)}")
        if outcome != "stopped":
            ran.update(batch.files)
    return ran


def plan(found: Scope) -> list[Batch]:
    """The batches of the touched files."""
    measured = json.loads((ROOT / "Tests/seconds.json").read_text())
    alone = set(subprocess.run(["make", "-s", "print-MEASURED"], cwd=ROOT, check=True, text=True,
                               stdout=subprocess.PIPE).stdout.split())
    imports = tests_of().imports
    repeats: dict[str, int] = {}
    for line in repeated.lines(repeated.TRACKED):
        path = f"Tests/{line.name.partition('::')[0]}"
        repeats[path] = repeats.get(path, 0) + 1

    def seconds(path: str) -> float:
        return seconds_of(measured, path)

    return batches(ordered(candidates(found), repeats, seconds),
                   lambda path: kind_of(path, plays(imports, path), alone), seconds)


def headline(found: Scope, base: str, planned: list[Batch]) -> str:
    """The size of the change and of its touch."""
    files = sum(len(batch.files) for batch in planned)
    why = f" EVERYTHING IS TOUCHED: {found.everything}." if found.everything else ""
    return (f"{len(found.changed)} files differ from {base}.{why} They touch "
            f"{len(found.targets)} targets, and {files} test files beside the fixed part.")


def plan_lines(found: Scope, fixed: dict[str, list[str]], planned: list[Batch]) -> list[str]:
    """The steps of the fixed part, the batches, and the jobs that no time is left for."""
    files = {path for batch in planned for path in batch.files}
    return [*(f"fixed   {name}: make {' '.join(command)}" for name, command in fixed.items()),
            *(f"{batch.expected():5.0f} s {batch.kind.name:8}{' '.join(batch.files)}"
              for batch in planned),
            *not_run_jobs(found, files)]


def main(arguments: list[str]) -> int:
    """Runs the check; the exit status."""
    base = base_of(dict(os.environ))
    found = scope_since(base)
    planned = plan(found)
    print(headline(found, base, planned), flush=True)
    fixed = FIXED_OF_DOCUMENTS if found.only_documents() else FIXED
    if arguments == ["--plan"]:
        print(*plan_lines(found, fixed, planned), sep="\n")
        return 0
    check = Check(float(os.environ.get("CHECK_BEGAN", time.time())))
    outcomes = [check.make(name, command, check.left(LAST_MINUTES))
                for name, command in fixed.items()]
    ran = run_touched(check, planned) if set(outcomes) == {"passed"} else set()
    missing = [batch for batch in planned if not ran.issuperset(batch.files)]
    lines = [f"NOT RUN  make {' '.join(batch.kind.needs)} files WORKERS={batch.kind.workers} "
             f"FILES=\"{' '.join(batch.files)}\"".replace("  files", " files") for batch in missing]
    lines += not_run_jobs(found, ran)
    print("--- what was checked", headline(found, base, planned), *check.lines, *lines, sep="\n")
    for line in repeated.summary(repeated.KEPT, repeated.this_run()):
        print(line)
    files = sum(len(batch.files) for batch in missing)
    print(f"{check.passed} steps passed, {check.failed} FAILED, {files} files NOT RUN, "
          f"in {(time.time() - check.began) / 60:.0f} minutes", flush=True)
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
