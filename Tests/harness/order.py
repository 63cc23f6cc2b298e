# SPDX-License-Identifier: Apache-2.0
"""The order of a run with several workers: what takes longest begins first.

The tests of a file run in one worker, because they share programs and browsers. A long test that
shares none is a unit of its own, and so are the tests of a file with one edge. Tests/seconds.json
has the measured seconds of long tests, and of files; MEASURE_TESTS=1 writes those of a run into it.
A file without a time begins first: it may be the longest.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

MEASURED = Path(__file__).parents[1] / "seconds.json"
LONG_SECONDS = 4
# The seconds of a file that was not measured: more than those of any other.
UNKNOWN_SECONDS = 10_000
# Programs of a whole run: each worker with a test that uses one has its own until it ends.
PROGRAMS = {"server", "recording"}


@dataclass
class Unit:
    """Tests that run in one worker, one after another."""

    name: str
    plays: bool = False
    shares: bool = False
    """Whether a test uses a program of the whole run."""


def file_of(nodeid: str, plays: bool) -> str:
    """The name of a file of tests, some of which play in browsers, VLC or mpv."""
    return nodeid.partition("::")[0] + (" players" if plays else "")


def is_alone(item: pytest.Item) -> bool:
    """Whether a test shares nothing with the others of its file.

    A program or a browser of the whole run is shared with all tests of a worker. A recording takes
    as long as a test.
    """
    assert isinstance(item, pytest.Function)
    fixtures = [definition for name in item.fixturenames
                for definition in item.session._fixturemanager.getfixturedefs(name, item) or []]
    return not any(definition.scope in ("module", "class") or definition.argname == "recording"
                   for definition in fixtures)


def edge_of(item: pytest.Item) -> str | None:
    """The edge of deploy/edge that a test needs, which starts once for all tests with it."""
    assert isinstance(item, pytest.Function)
    found = item.callspec.params.get("edge") if hasattr(item, "callspec") else None
    return found if isinstance(found, str) else None


def arrange(items: list[pytest.Item]) -> dict[str, Unit]:
    """Sorts the tests by their units; returns the unit of each test."""
    measured: dict[str, float] = json.loads(MEASURED.read_text())
    seconds: dict[str, float] = defaultdict(float, measured)
    tests: dict[str, list[pytest.Item]] = defaultdict(list)
    units: dict[str, Unit] = {}
    for item in items:
        plays = item.get_closest_marker("players") is not None
        name = file = file_of(item.nodeid, plays)
        if file not in measured:
            seconds[file] = UNKNOWN_SECONDS
        if seconds[item.nodeid] >= LONG_SECONDS and is_alone(item):
            name = item.nodeid
            seconds[file] -= seconds[name]
        if edge := edge_of(item):
            name = f"{file} {edge}"
            seconds[name] = seconds[file]
        tests[name].append(item)
        unit = units.setdefault(name, Unit(name, plays))
        unit.shares |= bool(PROGRAMS & set(item.fixturenames))
    order = sorted(tests, key=lambda name: -seconds[name])
    items[:] = [item for name in order for item in tests[name]]
    return {item.nodeid: units[name] for name in order for item in tests[name]}


def tell(units: dict[str, Unit], path: Path) -> None:
    """Writes the units for the scheduler, in another process; all workers write the same."""
    own = path.with_name(f"{path.name}.{os.getpid()}")
    own.write_text(json.dumps({nodeid: asdict(unit) for nodeid, unit in units.items()}))
    own.replace(path)


def told(path: Path) -> dict[str, Unit]:
    """The units that a worker wrote."""
    return {nodeid: Unit(**unit) for nodeid, unit in json.loads(path.read_text()).items()}


def write(reports: list[pytest.TestReport], path: Path = MEASURED) -> None:
    """Writes what a run measured; what it did not run stays."""
    tests: dict[str, float] = defaultdict(float)
    files: dict[str, float] = defaultdict(float)
    for report in reports:
        tests[report.nodeid] += report.duration
        files[file_of(report.nodeid, "players" in report.keywords)] += report.duration
    found: dict[str, float] = json.loads(path.read_text()) if path.is_file() else {}
    known = {name: seconds for name, seconds in found.items() if name not in tests}
    long = {name: seconds for name, seconds in tests.items() if seconds >= LONG_SECONDS}
    rounded = {name: round(seconds) for name, seconds in {**files, **long}.items()}
    path.write_text(json.dumps(dict(sorted({**known, **rounded}.items())), indent=0) + "\n")
