# SPDX-License-Identifier: Apache-2.0
"""The tests that failed once and passed when they were repeated: counted, named, and kept.

All targets of one run (`make test`, `.ci/run`) have the same TEST_RUN in their environment, and
share one limit. The file has the last ten runs, also those without a repeated test. A test that is
in it for two runs does not test the program, or the program is at fault: it is rewritten so that it
does not depend on the speed of the machine, or belongs in `make faults`.
repeated.py: prints the repeated tests of this run, and those of former runs among them
"""

from __future__ import annotations

import os
from pathlib import Path

# More in one run are a failure: the machine is too slow to tell a fault from a delay.
MOST_FORGIVEN = 3
# More of one target are not repeated at all.
MOST_REPEATED = 12
RUNS_KEPT = 10
KEPT = Path(__file__).parents[1] / ".build/repeated-tests.txt"


def this_run() -> str:
    """The name of this run: a target that is started by itself is a run of its own."""
    return os.environ.get("TEST_RUN") or f"process-{os.getpid()}"


def lines(kept: Path) -> list[tuple[str, str]]:
    """Run and name of each repeated test, oldest first; the name is empty for a run without one."""
    texts = kept.read_text().splitlines() if kept.is_file() else []
    return [(run, name) for run, _, name in (text.partition(" ") for text in texts)]


def summary(kept: Path, run: str) -> list[str]:
    """The lines that name the repeated tests of a run; empty if there are none."""
    found = lines(kept)
    names = [name for other, name in found if other == run and name]
    before = {name for other, name in found if other != run}
    if not names:
        return []
    return [f"repeated tests of this run, at most {MOST_FORGIVEN}, also in {kept}:",
            *(f"  {name}{', as in a former run: rewrite it' if name in before else ''}"
              for name in names)]


def keep(repeated: list[str], kept: Path, run: str) -> None:
    """Adds a run, or repeated tests to it, and forgets all but the last runs."""
    found = lines(kept)
    if repeated or run not in (other for other, _ in found):
        found += [(run, name) for name in repeated or [""]]
    last = list(dict.fromkeys(other for other, _ in found))[-RUNS_KEPT:]
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("".join(f"{other} {name}".rstrip() + "\n"
                            for other, name in found if other in last))


def forgive(repeated: list[str], status: int, kept: Path = KEPT) -> int:
    """Keeps the names of tests that passed when they were repeated.

    All such tests of this run are printed last. Returns `status`, or 1 if there are too many.
    """
    run = this_run()
    keep(repeated, kept, run)
    for line in summary(kept, run):
        print(line, flush=True)
    count = sum(other == run and bool(name) for other, name in lines(kept))
    if count <= MOST_FORGIVEN:
        return status
    print(f"FAILED: {count} tests had to be repeated", flush=True)
    return status or 1


if __name__ == "__main__":
    for text in summary(KEPT, this_run()):
        print(text)
