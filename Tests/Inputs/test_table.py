# SPDX-License-Identifier: Apache-2.0
"""Each row of the table: players notice the permitted deviations of an input at most."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from case import Case
from harness.tools import ROOT
from laboratory import Result, run_batch
from rows import ROWS
from table import SOMETIMES

AT_ONCE = 20
# Permitted and seen deviations of the cases of a run.
SEEN = ROOT / ".build/inputs/seen.txt"
CASES: dict[str, Case] = {}
PARAMETERS = []
for row in ROWS:
    for name, case, reason in row.cases():
        assert name not in CASES, name
        CASES[name] = case
        is_strict = not reason.startswith(SOMETIMES)
        marks = [pytest.mark.xfail(reason=reason, strict=is_strict)] if reason else []
        PARAMETERS.append(pytest.param(name, id=name, marks=marks))


class Results:
    """The results of the selected cases; cases of one length run at the same time."""

    def __init__(self, selected: list[str]) -> None:
        self.selected = selected
        self.results: dict[str, Result] = {}

    def of(self, name: str) -> Result:
        """The result of a case, which brings those of the next cases with it."""
        if name not in self.results:
            alike = [one for one in self.selected if one not in self.results
                     and CASES[one].seconds == CASES[name].seconds]
            batch = [name, *(one for one in alike if one != name)][:AT_ONCE]
            found = dict(zip(batch, run_batch([CASES[one] for one in batch]), strict=True))
            void = [one for one, result in found.items() if result.is_void and result.faults]
            if void:
                found |= dict(zip(void, run_batch([CASES[one] for one in void]), strict=True))
            self.results |= found
        return self.results[name]


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest) -> Iterator[Results]:
    """The results of all selected cases."""
    selected = [item.callspec.params["name"] for item in request.session.items
                if getattr(item, "callspec", None) and "name" in item.callspec.params]
    found = Results([one for one in dict.fromkeys(selected) if one in CASES])
    yield found
    SEEN.parent.mkdir(parents=True, exist_ok=True)
    SEEN.write_text("".join(
        f"{name} | {one.case.allowed.text()} | {one.counts()} | {'; '.join(one.faults) or 'ok'}\n"
        for name, one in sorted(found.results.items())))


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", PARAMETERS)
def test_players_get_what_the_table_permits(name: str, results: Results) -> None:
    """Frames, their order and times, audio, headers, names, Discontinuities, lines."""
    result = results.of(name)
    assert not result.faults, result.text()
