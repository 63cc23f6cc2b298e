# SPDX-License-Identifier: Apache-2.0
"""The cases of foreign senders in a test file: batches, and skips."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import pytest

from batches import Batches
from foreign.sender import ForeignCase, ForeignTrial
from laboratory import Result, run_batch

AT_ONCE = 20


def run(cases: Sequence[ForeignCase]) -> list[Result]:
    """Makes the films, and runs the cases."""
    for case in cases:
        for leg in case.legs:
            leg.film.file()
    return run_batch(cases, ForeignTrial)


def batches(session: pytest.Session, cases: Mapping[str, ForeignCase], file: str) -> Batches:
    """The selected cases whose programs are installed."""
    selected = [item.callspec.params["name"] for item in session.items
                if getattr(item, "callspec", None) and "name" in item.callspec.params]
    installed = [one for one in selected if one in cases and not cases[one].missing()]
    return Batches(cases, installed, run, AT_ONCE, file)


def check(name: str, cases: Mapping[str, ForeignCase], results: Batches) -> None:
    """Judges a case, or skips it with the name of what is missing; INPUTS=all: that is a fault."""
    if missing := cases[name].missing():
        reason = f"{missing} not found: {cases[name].tool} as a sender"
        if os.environ.get("INPUTS") == "all":
            pytest.fail(reason)
        pytest.skip(reason)
    result = results.of(name)
    assert not result.faults, result.text()
