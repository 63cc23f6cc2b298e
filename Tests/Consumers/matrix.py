# SPDX-License-Identifier: Apache-2.0
"""All consumers of the matrix, and the file of results."""

from __future__ import annotations

from consumer import Consumer
from harness.tools import ROOT
from kodiplayer import KODI_ROWS
from pages import PAGE_ROWS
from programs import PROGRAM_ROWS

RESULTS = ROOT / ".build/consumers"
CONSUMERS: tuple[Consumer, ...] = (*PROGRAM_ROWS, *PAGE_ROWS, *KODI_ROWS)
NAMES = {row.name for row in CONSUMERS}


def group(name: str) -> list[Consumer]:
    """The installed consumers of a group."""
    return [row for row in CONSUMERS if row.group == name and not row.missing()]


def write(scenario: str, part: str, lines: list[str]) -> None:
    """Writes the cells of a scenario and a group, and the file of all results."""
    folder = RESULTS / "cells"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{scenario}-{part}.txt").write_text("".join(f"{line}\n" for line in lines))
    (RESULTS / "results.txt").write_text("".join(
        path.read_text() for path in sorted(folder.glob("*.txt"))))
