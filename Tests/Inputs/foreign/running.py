# SPDX-License-Identifier: Apache-2.0
"""The cases of foreign senders in a test file: parameters, batches, and skips."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pytest
from _pytest.mark.structures import ParameterSet

from batches import Batches
from foreign.sender import ForeignCase, ForeignTrial
from laboratory import Result, run_batch
from table import SOMETIMES

AT_ONCE = 20


def parameters(rows: Iterable[tuple[str, ForeignCase, str]],
               cases: dict[str, ForeignCase]) -> Iterator[ParameterSet]:
    """A parameter for each case, which is added to `cases`; a known fault is expected to fail."""
    for name, case, reason in rows:
        assert name not in cases, name
        cases[name] = case
        is_strict = not reason.startswith(SOMETIMES)
        marks = [pytest.mark.xfail(reason=reason, strict=is_strict)] if reason else []
        yield pytest.param(name, id=name, marks=marks)


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
    """Judges a case, or skips it with the name of what is missing."""
    missing = cases[name].missing()
    if missing:
        pytest.skip(f"{missing} not found: {cases[name].tool} as a sender")
    result = results.of(name)
    assert not result.faults, result.text()
