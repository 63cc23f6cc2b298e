# SPDX-License-Identifier: Apache-2.0
"""Accepted deviations from the suites of others, each with the clause that permits it.

A file of Tests/Suites lists them. An unlisted finding is a failure, and so is a row that no finding
has any more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path


@dataclass(frozen=True)
class Finding:
    """The report of a suite about one of its cases.

    `outcome` is in words of the suite; `detail` is for the report only.
    """

    case: str
    outcome: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.case}: {self.outcome}" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True)
class Deviation:
    """A row of a list: cases, of which each may have `*`, their outcome, clause and reason."""

    cases: tuple[str, ...]
    outcome: str
    clause: str
    reason: str

    def accepts(self, finding: Finding) -> bool:
        """Whether the row is about a finding."""
        return finding.outcome == self.outcome and any(
            fnmatchcase(finding.case, case) for case in self.cases)


def read(path: Path) -> list[Deviation]:
    """The rows of a file; each has a clause and a reason."""
    found = [Deviation(tuple(row["cases"]), row["outcome"], row["clause"], row["reason"])
             for row in json.loads(path.read_text())]
    assert all(row.cases and row.clause and row.reason for row in found), path
    return found


def faults(findings: Iterable[Finding], accepted: list[Deviation]) -> list[str]:
    """The findings without a row, and the cases of rows without a finding."""
    seen = list(findings)
    unlisted = [f"not accepted: {finding}" for finding in seen
                if not any(row.accepts(finding) for row in accepted)]
    unused = [f"accepted, but not found: {case}: {row.outcome}"
              for row in accepted for case in row.cases
              if not any(finding.outcome == row.outcome and fnmatchcase(finding.case, case)
                         for finding in seen)]
    return unlisted + unused


def check(findings: Iterable[Finding], path: Path,
          concerns: Callable[[Deviation], bool] = lambda _: True) -> None:
    """AssertionError with the faults of a run, if it has any; `concerns` chooses its rows."""
    found = faults(findings, [row for row in read(path) if concerns(row)])
    assert not found, "\n".join([path.name, *found])
