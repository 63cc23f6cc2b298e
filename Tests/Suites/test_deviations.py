# SPDX-License-Identifier: Apache-2.0
"""The lists of accepted deviations: an unlisted finding fails, and so does an unused row."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.deviations import Deviation, Finding, faults, read

ROWS = [Deviation(("6.*", "1.1"), "closed", "RFC 6455 7.4", "no echo")]
FOLDER = Path(__file__).parent


def test_listed_findings_are_accepted() -> None:
    """Each case of a row has a finding, and each finding has a row."""
    assert not faults([Finding("6.2", "closed"), Finding("1.1", "closed")], ROWS)


@pytest.mark.parametrize("findings, fault", [
    ([Finding("6.2", "closed"), Finding("1.1", "closed"), Finding("2.1", "closed", "late")],
     "not accepted: 2.1: closed (late)"),
    ([Finding("6.2", "open"), Finding("6.1", "closed"), Finding("1.1", "closed")],
     "not accepted: 6.2: open"),
    ([Finding("6.2", "closed")], "accepted, but not found: 1.1: closed"),
])
def test_an_unlisted_or_unused_deviation_is_a_fault(findings: list[Finding], fault: str) -> None:
    """Also a listed case with another outcome."""
    assert faults(findings, ROWS) == [fault]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("test_*.py")), ids=lambda path: path.stem)
def test_each_suite_has_a_list(path: Path) -> None:
    """Without findings the whole list is unused."""
    if path != Path(__file__):
        rows = read(FOLDER / f"{path.stem.removeprefix('test_')}.json")
        assert len(faults([], rows)) == sum(len(row.cases) for row in rows)
