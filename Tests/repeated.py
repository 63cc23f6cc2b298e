# SPDX-License-Identifier: Apache-2.0
"""The tests that failed once and passed when they were repeated: counted, named, and kept.

A test that is often in the file does not test the program, or the program is at fault: it is
rewritten so that it does not depend on the speed of the machine, or belongs in `make faults`.
"""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

# More are a failure: the machine is too slow to tell a fault from a delay.
MOST_FORGIVEN = 3
# More are not repeated at all.
MOST_REPEATED = 12
KEPT = Path(__file__).parents[1] / ".build/repeated-tests.txt"


def forgive(names: list[str], status: int) -> int:
    """Keeps the names of tests that passed when they were repeated, and prints them last.

    Returns `status`, or 1 if there are too many.
    """
    if not names:
        return status
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    KEPT.parent.mkdir(exist_ok=True)
    with KEPT.open("a") as file:
        file.writelines(f"{now} {name}\n" for name in names)
    print(f"repeated tests, at most {MOST_FORGIVEN}, also in {KEPT}:")
    for name in names:
        print(f"  {name}")
    if len(names) <= MOST_FORGIVEN:
        return status
    print(f"FAILED: {len(names)} tests had to be repeated", flush=True)
    return status or 1
