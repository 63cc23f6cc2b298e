# SPDX-License-Identifier: Apache-2.0
"""Foreign senders: players notice the permitted deviations at most."""

from __future__ import annotations

import pytest

from batches import Batches, parameters
from foreign.rows import ROWS
from foreign.running import batches, check
from foreign.sender import ForeignCase

CASES: dict[str, ForeignCase] = {}
PARAMETERS = list(parameters((case for row in ROWS for case in row.cases()), CASES))


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest) -> Batches:
    """The results of all selected cases."""
    return batches(request.session, CASES, "senders.txt")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", PARAMETERS)
def test_players_get_what_a_foreign_sender_sends(name: str, results: Batches) -> None:
    """Frames, their order and times, audio, headers, names, Discontinuities, lines."""
    check(name, CASES, results)
