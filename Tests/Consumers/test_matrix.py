# SPDX-License-Identifier: Apache-2.0
"""Consumers of the field play each scenario; the consumers of a group play at the same time.

`.build/consumers/results.txt` has a line for each cell. With CONSUMERS=all, as in `make thorough`,
a missing consumer is a failure.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from audience import Cell
from consumer import MPD_PAGES, PAGES, PROGRAMS, SCREEN, Consumer
from expected import excused
from harness.browser import chromium_running
from harness.tools import chromium
from matrix import CONSUMERS, group, write
from pages import Browsers
from result import VALIDATED
from scenarios import SCENARIOS, rows_of

GROUPS = (PROGRAMS, PAGES, MPD_PAGES, SCREEN)


def outcome(name: str, cell: Cell, permitted: bool) -> str:
    """The words of a cell."""
    if permitted:
        return f"theirs: {cell}" if cell.fault else f"plays, although it has a row: {cell}"
    return f"FAULT: {cell}" if cell.fault else str(cell)


@pytest.mark.parametrize("row", CONSUMERS, ids=lambda row: row.name)
def test_the_consumer_is_installed(row: Consumer) -> None:
    """All programs of the consumer are installed, or its file is named."""
    if missing := row.missing():
        reason = f"{missing} not found: {row.name} is not in the matrix"
        if os.environ.get("CONSUMERS") == "all":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", GROUPS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_consumers_play(scenario: str, part: str, tmp_path: Path) -> None:
    """Each plays, or has a row in the table of faults; the bytes of the server break no rule."""
    rows = rows_of(scenario, group(part))
    if not rows:
        pytest.skip(f"no consumer of the group {part}: {scenario} is not tried")
    tmp_path.chmod(0o755)
    theirs = excused(scenario)
    with ExitStack() as stack:
        if part in (PAGES, MPD_PAGES):
            path = chromium()
            assert path
            Browsers.running = stack.enter_context(chromium_running(path))
        result = SCENARIOS[scenario](rows, tmp_path, theirs)
    lines = [f"{scenario:10} {name:20} {outcome(name, cell, name in theirs)}"
             for name, cell in result.cells.items()]
    write(scenario, part, lines)
    print("\n".join(lines))
    faults = [line for line in lines if "FAULT: " in line]
    assert not faults, "\n".join([*faults, result.reports])
    assert VALIDATED in result.cells or scenario == "killed"
