# SPDX-License-Identifier: Apache-2.0
"""The workers of a run: tests of a file stay together, and few workers have browsers."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import order
from harness.order import Unit
from harness.scheduler import UNITS, UnitScheduling

WORKERS = 5
PAGES = {f"page{number}.py::test_{case}": Unit(f"page{number}.py players", plays=True)
         for number in range(4) for case in "ab"}
SHARED = {f"shared{number}.py::test_{case}": Unit(f"shared{number}.py", shares=True)
          for number in range(9) for case in "ab"}
ALONE = {f"alone{number}.py::test_{case}": Unit(f"alone{number}.py")
         for number in range(20) for case in "ab"}
UNITS_OF = {**PAGES, **SHARED, **ALONE}


class Node:
    """A worker that runs its tests in order."""

    def __init__(self, number: int) -> None:
        self.gateway = SimpleNamespace(id=f"gw{number}")
        self.shutting_down = False
        self.queue: list[int] = []
        self.ran: list[str] = []

    def send_runtest_some(self, indices: list[int]) -> None:
        """Takes tests."""
        self.queue += indices

    def shutdown(self) -> None:
        """Takes no more."""
        self.shutting_down = True


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, playing: str,
        units: dict[str, Unit] = UNITS_OF) -> list[Node]:
    """Runs all tests, one of each worker in turn; returns the workers."""
    path = tmp_path / "units"
    order.tell(units, path)
    monkeypatch.setenv(UNITS, str(path))
    monkeypatch.setenv("PLAYING_WORKERS", playing)
    values = {"tx": ["popen"] * WORKERS}
    config = SimpleNamespace(getvalue=values.__getitem__, hook=None,
                             option=SimpleNamespace(loadscopereorder=False))
    scheduling = UnitScheduling(config, None)
    nodes = [Node(number) for number in range(WORKERS)]
    tests = list(units)
    for node in nodes:
        scheduling.add_node(node)
    for node in nodes:
        scheduling.add_node_collection(node, tests)
    scheduling.schedule()
    while any(node.queue for node in nodes):
        for node in nodes:
            # A worker begins with a test when it knows the next one, or that there is none.
            if len(node.queue) > (0 if node.shutting_down else 1):
                index = node.queue.pop(0)
                node.ran.append(tests[index])
                scheduling.mark_test_complete(node, index)
    assert sorted(test for node in nodes for test in node.ran) == sorted(tests)
    assert not scheduling.has_pending and scheduling.tests_finished
    return nodes


def names(node: Node) -> list[str]:
    """The units of a worker, in the order of their tests."""
    return [UNITS_OF[test].name for test in node.ran]


@pytest.mark.parametrize("playing", ["", "2"])
def test_tests_of_a_unit_run_in_one_worker(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, playing: str) -> None:
    """One after another, in one worker."""
    seen: set[str] = set()
    for node in run(tmp_path, monkeypatch, playing):
        units = names(node)
        assert units == [name for name in dict.fromkeys(units) for _ in "ab"]
        assert not seen & set(units)
        seen |= set(units)


def test_few_workers_play_and_they_play_first(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers have the tests with browsers, and take others afterwards."""
    nodes = run(tmp_path, monkeypatch, "2")
    for node in nodes:
        plays = [UNITS_OF[test].plays for test in node.ran]
        assert plays == sorted(plays, reverse=True)
        assert any(plays) == (node in nodes[:2])
    assert all(len(node.ran) > 4 for node in nodes[:2])


@pytest.mark.parametrize(("playing", "few"), [("", 2), ("2", 4)])
def test_few_workers_have_the_programs_of_the_whole_run(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, playing: str, few: int) -> None:
    """Other workers would start the programs again."""
    for number, node in enumerate(run(tmp_path, monkeypatch, playing)):
        assert number < few or not any(UNITS_OF[test].shares for test in node.ran)


def test_programs_of_the_whole_run_are_shared_first(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose next unit does not share them can end them."""
    units = {test: Unit(unit.name, unit.plays, shares=int(unit.name[4]) % 2 == 1)
             for test, unit in PAGES.items()} | SHARED | ALONE
    for node in run(tmp_path, monkeypatch, "2", units):
        for plays in (True, False):
            shares = [units[test].shares for test in node.ran if units[test].plays == plays]
            assert shares == sorted(shares, reverse=True), node.ran
