# SPDX-License-Identifier: Apache-2.0
"""The tests that failed once and passed when they were repeated: counted, named, and kept.

All targets of one run (`make test`, `.ci/run`, a job of `make thorough`) have the same TEST_RUN in
their environment, and share one limit. A run writes to .build/repeated-tests.txt, which has the
last ten runs, also those without a repeated test. Tests/repeated.txt is part of the repository: a
test that is in it twice fails lint, until the commit that mends or moves the test removes its
lines.

repeated.py           prints the repeated tests of this run
repeated.py --keep    adds the repeated tests of the last run to Tests/repeated.txt
repeated.py --lint    fails if a test is in Tests/repeated.txt twice
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

# More in one run are a failure: the machine is too slow to tell a fault from a delay.
MOST_FORGIVEN = 3
# More of one target are not repeated at all.
MOST_REPEATED = 12
RUNS_KEPT = 10
ROOT = Path(__file__).parents[1]
KEPT = ROOT / ".build/repeated-tests.txt"
TRACKED = ROOT / "Tests/repeated.txt"


@dataclass(frozen=True)
class Line:
    """A repeated test of a run; the name is empty for a run without one."""

    run: str
    commit: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.run} {self.commit} {self.name}".rstrip()


def this_run() -> str:
    """The name of this run: a target that is started by itself is a run of its own."""
    return os.environ.get("TEST_RUN") or f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}-{os.getpid()}"


def this_commit() -> str:
    """The commit of the work tree, shortened, or "unknown"."""
    done = subprocess.run(["git", "rev-parse", "--short=8", "HEAD"], cwd=ROOT, check=False,
                          capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def lines(kept: Path) -> list[Line]:
    """The lines of a file, oldest first; comments are left out."""
    texts = kept.read_text().splitlines() if kept.is_file() else []
    parts = [text.split(" ", 2) for text in texts if text and not text.startswith("#")]
    return [Line(run, *rest) for run, *rest in parts if rest]


def summary(kept: Path, run: str, tracked: Path = TRACKED) -> list[str]:
    """The lines that name the repeated tests of a run; empty if there are none."""
    found = lines(kept)
    names = [line.name for line in found if line.run == run and line.name]
    before = {line.name for line in [*found, *lines(tracked)] if line.run != run}
    if not names:
        return []
    return [f"repeated tests of this run, at most {MOST_FORGIVEN} (make keep-repeated keeps them):",
            *(f"  {name}{', as in a former run: rewrite it' if name in before else ''}"
              for name in names)]


def keep(repeated: list[str], kept: Path, run: str, commit: str) -> None:
    """Adds a run, or repeated tests to it, and forgets all but the last runs."""
    found = lines(kept)
    if repeated or run not in (line.run for line in found):
        found += [Line(run, commit, name) for name in repeated or [""]]
    last = list(dict.fromkeys(whole(line.run) for line in found))[-RUNS_KEPT:]
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("".join(f"{line}\n" for line in found if whole(line.run) in last))


def whole(run: str) -> str:
    """The name of the run of all jobs: those of `make thorough` differ after a point."""
    return run.partition(".")[0]


def forgive(repeated: list[str], status: int, kept: Path = KEPT) -> int:
    """Keeps the names of tests that passed when they were repeated.

    All such tests of this run are printed last. Returns `status`, or 1 if there are too many.
    """
    run = this_run()
    keep(repeated, kept, run, this_commit())
    for line in summary(kept, run):
        print(line, flush=True)
    count = sum(line.run == run and bool(line.name) for line in lines(kept))
    if count <= MOST_FORGIVEN:
        return status
    print(f"FAILED: {count} tests had to be repeated", flush=True)
    return status or 1


def keep_last(kept: Path = KEPT, tracked: Path = TRACKED) -> list[str]:
    """Adds the repeated tests of the last run to the file of the repository; the added lines.

    A line that is there already is not added again.
    """
    found = lines(kept)
    last = whole(found[-1].run) if found else ""
    present = {(line.run.partition("Z")[0], line.name) for line in lines(tracked)}
    added = [f"{line.run.partition('Z')[0]}Z {line.commit} {line.name}" for line in found
             if line.name and whole(line.run) == last
             and (line.run.partition("Z")[0], line.name) not in present]
    if added:
        with tracked.open("a") as file:
            file.write("".join(f"{text}\n" for text in added))
    return added


def faults(tracked: list[Line]) -> Iterator[str]:
    """A line for each test that is in the file of the repository more than once."""
    for name, count in sorted(Counter(line.name for line in tracked).items()):
        if count > 1:
            yield (f"Tests/repeated.txt: {name} was repeated in {count} runs: mend or move it, and "
                   "remove its lines")


def main(arguments: list[str]) -> int:
    """Prints, keeps or checks; the exit status."""
    if arguments == ["--keep"]:
        print("\n".join(keep_last()) or "the last run repeated no test that is not kept")
        return 0
    if arguments == ["--lint"]:
        tracked = lines(TRACKED)
        found = list(faults(tracked))
        print("\n".join(found) or f"{len(tracked)} repeated tests are kept, none of them twice")
        return 1 if found else 0
    for text in summary(KEPT, this_run()):
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
