# SPDX-License-Identifier: Apache-2.0
"""Each row of the table: players notice the permitted deviations of an input at most."""

from __future__ import annotations

import pytest

from batches import Batches, parameters
from case import Case
from laboratory import run_batch
from rows import ROWS

AT_ONCE = 20
CASES: dict[str, Case] = {}
PARAMETERS = list(parameters((case for row in ROWS for case in row.cases()), CASES))


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest) -> Batches:
    """The results of all selected cases."""
    selected = [item.callspec.params["name"] for item in request.session.items
                if getattr(item, "callspec", None) and "name" in item.callspec.params]
    return Batches(CASES, selected, run_batch, AT_ONCE, "seen.txt")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", PARAMETERS)
def test_players_get_what_the_table_permits(name: str, results: Batches) -> None:
    """Frames, their order and times, audio, headers, names, Discontinuities, lines."""
    result = results.of(name)
    assert not result.faults, result.text()
