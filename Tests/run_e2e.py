# SPDX-License-Identifier: Apache-2.0
"""Runs end-to-end tests, three files at a time; repeats failed tests once, one at a time.

Players and encoders stall while other tests keep the machine busy. A test that fails again alone
is a failure, and so are more than sixteen failed tests; both results are printed.
run_e2e.py [ARGUMENTS OF pytest]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

MOST_REPEATED = 16
PYTEST = [sys.executable, "-m", "pytest", "-c", "Tests/pytest.ini", "-rfE"]


def run(arguments: list[str], failed: Path) -> tuple[int, list[str]]:
    """The status of pytest, and the names of its failed tests; `failed` is a file for them."""
    failed.write_text("")
    status = subprocess.run([*PYTEST, *arguments], check=False,
                            env={**os.environ, "FAILED_TESTS": str(failed)}).returncode
    return status, failed.read_text().splitlines()


def main(arguments: list[str]) -> int:
    """Runs the tests and repeats the failed ones."""
    with tempfile.TemporaryDirectory() as folder:
        names = Path(folder, "failed")
        parallel = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]
        status, failed = run([*parallel, *arguments], names)
        if status != 1 or not 0 < len(failed) <= MOST_REPEATED:
            return status
        print(f"repeating {len(failed)} of the tests, one at a time", flush=True)
        status, again = run([f"Tests/{name}" for name in failed], names)
        for name in failed:
            print(f"{'FAILED AGAIN' if name in again else 'PASSED when repeated'} {name}")
        return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
