# SPDX-License-Identifier: Apache-2.0
"""docs/safari.md: each rule that Apple's players enforce has a test that cites it."""

from __future__ import annotations

import re

import pytest

from check_rules import citations, definitions
from harness.tools import ROOT

PAGE = (ROOT / "docs/safari.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE[PAGE.index("| refused or punished |"):].split("\n\n")[0].split("\n")[2:]]


def files_of(cell: str) -> list[str]:
    """The text of each test that a cell names."""
    names = re.findall(r"`([\w.]+)`", cell)
    assert names, "no test"
    found = []
    for name in names:
        paths = list((ROOT / "Tests").rglob(name if "." in name else f"{name}.swift"))
        assert len(paths) == 1, f"{name}: {paths}"
        found.append(paths[0].read_text())
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1])
def test_the_named_tests_cite_the_rule(row: list[str]) -> None:
    """Each rule of a row is defined, and cited by one of its tests; each test cites one of them."""
    rules = set(re.findall(r"[A-Z]{2}-\d{2}", row[1]))
    tests = [{rule for _, rule in citations(text)} for text in files_of(row[2])]
    if not rules:
        assert row[1] == "–"
        return
    assert rules <= definitions((ROOT / "docs/rules.md").read_text())[0]
    assert rules <= set().union(*tests), "not cited"
    assert all(cited & rules for cited in tests), "a test of other rules"


def test_the_page_names_rules_of_the_validator() -> None:
    """Each name in the column of `validate` is in the list of its rules."""
    known = set(re.findall(r"^\| `([\w-]+)` \|", (ROOT / "docs/validate.md").read_text(), re.M))
    named = {name for row in ROWS for name in re.findall(r"`([\w-]+)`", row[3])}
    assert len(named) > 15 and named <= known
