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

from consumer import MPD_PAGES, PAGES, PROGRAMS, SCREEN, Consumer
from expected import certain, excused
from harness.browser import chromium_running
from harness.tools import chromium
from matrix import CONSUMERS, group, is_wrong, outcome, write
from pages import Browsers
from result import VALIDATED
from scenarios import AWAY_SECONDS, LONG_AWAY, SCENARIOS, rows_of

GROUPS = (PROGRAMS, PAGES, MPD_PAGES, SCREEN)


@pytest.mark.parametrize("row", CONSUMERS, ids=lambda row: row.name)
def test_the_consumer_is_installed(row: Consumer) -> None:
    """All programs of the consumer are installed, or its file is named."""
    if missing := row.missing():
        reason = f"{missing} not found: {row.name} is not in the matrix"
        if os.environ.get("CONSUMERS") == "all":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.mark.timeout(300 + max(AWAY_SECONDS.values()))
@pytest.mark.parametrize("part", GROUPS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_consumers_play(scenario: str, part: str, tmp_path: Path) -> None:
    """Each plays, or has a row in the table of faults; the bytes of the server break no rule."""
    if scenario in LONG_AWAY and os.environ.get("LONG") != "1":
        pytest.skip(f"{scenario} is tried with LONG=1")
    rows = rows_of(scenario, group(part))
    if not rows:
        pytest.skip(f"no consumer of the group {part}: {scenario} is not tried")
    tmp_path.chmod(0o755)
    # A consumer that plays a shorter or longer outage than that of its row has no stale row.
    theirs, own = excused(scenario), certain(scenario)
    with ExitStack() as stack:
        if part in (PAGES, MPD_PAGES):
            path = chromium()
            assert path
            Browsers.running = stack.enter_context(chromium_running(path))
        result = SCENARIOS[scenario](rows, tmp_path, theirs)
    lines = [f"{scenario:10} {name:20} {outcome(cell, name in (theirs if cell.fault else own))}"
             for name, cell in result.cells.items()]
    write(scenario, part, lines)
    print("\n".join(lines))
    faults = [line for line in lines if is_wrong(line)]
    assert not faults, "\n".join([*faults, result.reports])
    assert VALIDATED in result.cells
