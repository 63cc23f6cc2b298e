# SPDX-License-Identifier: Apache-2.0
"""The results of a table's cases, which run in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

from harness.tools import ROOT
from laboratory import Result

FOLDER = ROOT / ".build/inputs"


def parameters(rows: Iterable[tuple[str, Any, str]],
               cases: dict[str, Any]) -> Iterator[ParameterSet]:
    """A parameter for each case, which is added to `cases`; a known fault must fail."""
    for name, case, reason in rows:
        assert name not in cases, name
        cases[name] = case
        marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
        yield pytest.param(name, id=name, marks=marks)


class Batches:
    """Runs a selected case together with the next ones of its length."""

    def __init__(self, cases: Mapping[str, Any], selected: Sequence[str],
                 run: Callable[[Sequence[Any]], list[Result]], at_once: int, file: str) -> None:
        self.cases, self.run, self.at_once, self.file = cases, run, at_once, FOLDER / file
        self.selected = [one for one in dict.fromkeys(selected) if one in cases]
        self.results: dict[str, Result] = {}

    def of(self, name: str) -> Result:
        """The result of a case, which brings those of the next cases with it."""
        if name not in self.results:
            alike = [one for one in self.selected if one not in self.results
                     and self.cases[one].seconds == self.cases[name].seconds]
            batch = [name, *(one for one in alike if one != name)][:self.at_once]
            found = self._run(batch)
            void = [one for one, result in found.items() if result.is_void and result.faults]
            if void:
                found |= self._run(void)
            self.results |= found
            self._write()
        return self.results[name]

    def _run(self, names: Sequence[str]) -> dict[str, Result]:
        return dict(zip(names, self.run([self.cases[one] for one in names]), strict=True))

    def _write(self) -> None:
        """Writes permitted and seen deviations of all cases that have run, and logs of faults."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        self.file.write_text("".join(
            f"{name} | {one.case.allowed.text()} | {one.counts()} | "
            f"{'; '.join(one.faults) or 'ok'}\n" for name, one in sorted(self.results.items())))
        self.file.with_suffix(".faults").write_text("\n\n".join(
            f"{name}: {one.text()}" for name, one in sorted(self.results.items()) if one.faults))
