# SPDX-License-Identifier: Apache-2.0
"""Counts `@testable import` of each test target, which the access level `package` mostly replaces.

A test that imports a module like any other target shows that the module can be used, and does not
need it to be built for tests. Prints a line per target above its bound, and per bound that is too
high; exits with 1 if there is one. The sum of the bounds only falls: it is at most that of the
commit from which a change is counted.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from scope import base_of, git

TESTS = Path(__file__).resolve().parent
# The permitted imports of a test target; 0 for targets that are not here.
BOUNDS: dict[str, int] = {
    "AccessTests": 5, "ArchiveTests": 15, "CMAFTests": 1, "CaptureTests": 45,
    "ConfigurationTests": 12, "EncryptionTests": 4, "EventsTests": 2, "HTTPTests": 2,
    "IngestTests": 3, "IsolationTests": 2, "LoggingTests": 3, "NetTests": 3, "PackagingTests": 8,
    "PublishingTests": 2, "PushTests": 2, "RegistryTests": 2, "SchedulingTests": 3,
    "ServerTests": 29, "SocketsTests": 6, "StatisticsTests": 3, "StillsTests": 1,
    "StreamsTests": 51, "SwitchingTests": 2, "ValidationTests": 6,
}
BOUND = re.compile(r'"(\w+Tests)": (\d+)')
IMPORT = re.compile(r"^\s*@testable\s+import\s+\w+", re.MULTILINE)


def count(target: Path) -> int:
    """The number of such imports in the files of a target."""
    return sum(len(IMPORT.findall(file.read_text())) for file in target.rglob("*.swift"))


def faults(tests: Path, bounds: dict[str, int]) -> Iterator[str]:
    """The targets whose count differs from their bound."""
    for target in sorted(path for path in tests.iterdir() if path.name.endswith("Tests")):
        found, bound = count(target), bounds.get(target.name, 0)
        if found > bound:
            yield f"Tests/{target.name}: {found} times @testable, above its bound of {bound}"
        if found < bound:
            yield f"Tests/{target.name}: {found} times @testable; lower its bound of {bound}"


def raised(total: int, former: str | None) -> Iterator[str]:
    """A sum above that of the former text of this file; None if that is unknown."""
    before = sum(int(number) for _, number in BOUND.findall(former or ""))
    if former is not None and total > before:
        yield f"Tests/check_testable.py: the bounds sum to {total}, before to {before}: they fall"


def main() -> int:
    """Prints the faults; the exit status."""
    former = git("show", f"{base_of(dict(os.environ))}:Tests/check_testable.py")
    lines = [*faults(TESTS, BOUNDS), *raised(sum(BOUNDS.values()), former)]
    print("\n".join(lines) if lines else f"{sum(BOUNDS.values())} times @testable, as permitted")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
