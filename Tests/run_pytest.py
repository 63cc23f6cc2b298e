# SPDX-License-Identifier: Apache-2.0
"""Runs tests in some workers (harness/scheduler.py); repeats failed tests once, one by one.

Players and encoders stall while other tests or other machines of the same host keep the processors
busy. A repetition therefore runs alone, and waits for calm processors. A test that fails twice is a
failure, and so are more than three repeated tests of a run of all targets (see repeated.py); all
results are printed.
run_pytest.py WORKERS [ARGUMENTS OF pytest]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from harness.stolen import StolenTime
from repeated import MOST_REPEATED, forgive

# Workers read the tests that a first process has compiled, and need a third of its time.
COMPILED = {"PYTHONPYCACHEPREFIX": str(Path(".build/pycache").absolute()),
            "PYTHONDONTWRITEBYTECODE": ""}
CALM_PERCENT = 10
LONGEST_WAIT_SECONDS = 120
PYTEST = [sys.executable, "-m", "pytest", "-c", "Tests/pytest.ini", "-rfEs"]


def take_usual_priority() -> None:
    """Leaves a lower priority than usual, as background jobs have it.

    Browsers give themselves the usual priority or more: servers that have less would have no
    processor time while a browser draws.
    """
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, min(0, os.getpriority(os.PRIO_PROCESS, 0)))


def wait_for_calm() -> None:
    """Waits until other machines leave the processors to this one for five seconds."""
    end = time.monotonic() + LONGEST_WAIT_SECONDS
    while time.monotonic() < end:
        stolen = StolenTime()
        time.sleep(5)
        if stolen.percent() < CALM_PERCENT:
            return


def run(arguments: list[str], failed: Path) -> tuple[int, list[str]]:
    """The status of pytest, and the names of its failed tests; `failed` is a file for them."""
    failed.write_text("")
    stolen = StolenTime()
    status = subprocess.run([*PYTEST, *arguments], check=False,
                            env={**os.environ, **COMPILED, "FAILED_TESTS": str(failed)}).returncode
    print(f"other machines had {stolen.percent()} % of the processors", flush=True)
    return status, failed.read_text().splitlines()


def compile_tests(arguments: list[str]) -> None:
    """Compiles the tests; errors are those of the run that follows."""
    subprocess.run([*PYTEST, "--collect-only", *arguments], check=False, capture_output=True,
                   env={**os.environ, **COMPILED})


def main(workers: str, *arguments: str) -> int:
    """Runs the tests and repeats the failed ones."""
    take_usual_priority()
    parallel = ["-n", workers, "--dist", "loadscope", "--no-loadscope-reorder"]
    with tempfile.TemporaryDirectory() as folder:
        names = Path(folder, "failed")
        if workers != "1":
            compile_tests(list(arguments))
        status, failed = run([*(parallel if workers != "1" else []), *arguments], names)
        if status != 1 or not 0 < len(failed) <= MOST_REPEATED:
            return forgive([], status)
        print(f"repeating {len(failed)} of the tests, one at a time", flush=True)
        wait_for_calm()
        status, again = run([f"Tests/{name}" for name in failed], names)
        for name in failed:
            print(f"{'FAILED AGAIN' if name in again else 'PASSED when repeated'} {name}",
                  flush=True)
        return forgive([name for name in failed if name not in again], status)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
