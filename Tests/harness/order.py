# SPDX-License-Identifier: Apache-2.0
"""The order of a run with several workers: what takes longest begins first.

The tests of a file run in one worker, because they share programs and browsers. A long test that
shares none is a unit of its own. Tests/seconds.json has the measured seconds of long tests, and of
files; MEASURE_TESTS=1 writes those of a run into it.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

MEASURED = Path(__file__).parents[1] / "seconds.json"
LONG_SECONDS = 4
# Fixtures of a whole run: each worker with a test that uses one starts its program again.
PROGRAMS = {"server", "recording"}


def name_of(nodeid: str) -> str:
    """The name of a test without the group that pytest-xdist adds."""
    return nodeid.rpartition("@")[0] if nodeid.rfind("@") > nodeid.rfind("]") else nodeid


def file_of(nodeid: str, plays: bool) -> str:
    """The name of a file of tests, of which `make e2e` runs some and `make players` the others."""
    return nodeid.partition("::")[0] + (" players" if plays else "")


def is_alone(item: pytest.Item) -> bool:
    """Whether a test shares no program and no browser with others."""
    assert isinstance(item, pytest.Function)
    fixtures = [definition for name in item.fixturenames
                for definition in item.session._fixturemanager.getfixturedefs(name, item) or []]
    return not any(definition.scope in ("module", "class") or definition.argname in PROGRAMS
                   for definition in fixtures)


def arrange(items: list[pytest.Item]) -> None:
    """Gives each test its group, and sorts the groups."""
    seconds: dict[str, float] = defaultdict(float, json.loads(MEASURED.read_text()))
    units: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        unit = file = file_of(item.nodeid, item.get_closest_marker("players") is not None)
        if seconds[item.nodeid] >= LONG_SECONDS and is_alone(item):
            unit = item.nodeid
            seconds[file] -= seconds[unit]
        units[unit].append(item)
        item.add_marker(pytest.mark.xdist_group(re.sub(r"[@\[\]]", "-", unit)))
    order = sorted(units, key=lambda unit: -seconds[unit])
    items[:] = [item for unit in order for item in units[unit]]


def write(reports: list[pytest.TestReport], path: Path = MEASURED) -> None:
    """Writes what a run measured; what it did not run stays."""
    tests: dict[str, float] = defaultdict(float)
    files: dict[str, float] = defaultdict(float)
    for report in reports:
        tests[name_of(report.nodeid)] += report.duration
        files[file_of(report.nodeid, "players" in report.keywords)] += report.duration
    found: dict[str, float] = json.loads(path.read_text()) if path.is_file() else {}
    known = {name: seconds for name, seconds in found.items() if name not in tests}
    long = {name: seconds for name, seconds in tests.items() if seconds >= LONG_SECONDS}
    rounded = {name: round(seconds) for name, seconds in {**files, **long}.items()}
    path.write_text(json.dumps(dict(sorted({**known, **rounded}.items())), indent=0) + "\n")
