# SPDX-License-Identifier: Apache-2.0
"""Measures this program and the one of another commit in turns: the cost of a change.

    python Bench/against.py COMMIT [--only CELL ...]
    python Bench/against.py --program FILE [--only CELL ...]

The commit is built twice, in .build-against/COMMIT and in .build-against/COMMIT-again. Each cell
has three rounds; in each of them both builds are measured, and this program, in another order. The
ratio of the figures of the two builds is the noise of the table: two builds of one commit differ in
the places of their code, and each run in the state of the machine. A program that is given has no
second build: a copy of it has the second figure. A cell is "more" or "less" only if the ratios of
all rounds are beyond the noise of all rounds. JSON is written to bench-results/. The exit status is
1 if a cell was not run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ROOT = Path(__file__).resolve().parent.parent
for folder in ("Tests", "Tests/EndToEnd", "Bench"):
    sys.path.insert(0, str(ROOT / folder))

from against_cells import CELLS  # noqa: E402
from against_table import Result, Round, table, turns  # noqa: E402
from harness.stolen import StolenTime  # noqa: E402
from harness.tools import streamer_binary  # noqa: E402

ROUNDS = 3
# With the two builds of the other commit, of about 5 minutes each, all is over within an hour.
MOST_SECONDS = 3450
LONGEST_ROUND = 90.0
GATE = [name for name, cell in CELLS.items() if cell.is_gate]
# Facts of this commit that the Makefile exports; the other one finds its own.
OURS = ("BUILD_COMMIT", "BUILD_COMMIT_DATE", "BUILD_SWIFT", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")


def built(commit: str, build: str = "") -> Path:
    """The release program of a commit, in a work tree of its own that is kept; `build` names it."""
    found = subprocess.run(["git", "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}"],
                           cwd=ROOT, capture_output=True, text=True)
    if found.returncode:
        raise SystemExit(f"AGAINST: invalid value \"{commit}\" (expected a commit)")
    identifier = found.stdout.strip()
    folder = ROOT / ".build-against" / f"{identifier}{build}"
    program = folder / ".build/release/streamer"
    if not program.is_file():
        print(f"building {identifier} in {folder}", flush=True)
        if not (folder / "Package.swift").is_file():
            subprocess.run(["git", "worktree", "prune"], cwd=ROOT, check=True)
            subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(folder),
                            identifier], cwd=ROOT, check=True)
        environment = {name: text for name, text in os.environ.items() if name not in OURS}
        subprocess.run(["make", "build"], cwd=folder, check=True, env=environment,
                       stdout=sys.stderr)
    return program


def version(program: Path) -> str:
    """The first lines of `--version`."""
    run = subprocess.run([str(program), "--version"], capture_output=True, text=True, timeout=20)
    return " ".join(run.stdout.split("\n")[:2])


def measured(name: str, programs: dict[str, Path], folder: Path, end: float) -> Result:
    """All rounds of a cell."""
    cell = CELLS[name]
    result = Result(name, cell.unit)
    for number in range(ROUNDS):
        if time.monotonic() + LONGEST_ROUND > end:
            result.absent = "no time was left"
            break
        figures = {}
        try:
            for program in turns(number):
                os.environ["STREAMER"] = str(programs[program])
                figures[program] = cell.measure(folder)
            result.rounds.append(Round(**figures))
        except (Exception, pytest.skip.Exception) as error:  # the other cells continue
            result.absent = f"{type(error).__name__}: {str(error)[:200]}"
            break
    if len(result.rounds) < ROUNDS:
        result.rounds.clear()
    return result


def main() -> int:
    """Builds, measures and prints the table."""
    began = time.monotonic()
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("commit", nargs="?", help="the other commit")
    parser.add_argument("--program", type=Path, help="the other program, already built")
    parser.add_argument("--only", nargs="*", choices=list(CELLS), default=GATE,
                        help=f"cells (default {' '.join(GATE)})")
    options = parser.parse_args()
    if (options.commit is None) == (options.program is None):
        parser.error("expected a commit or --program")
    if options.program and not options.program.is_file():
        parser.error(f"--program: invalid value \"{options.program}\" (expected a program)")
    this = streamer_binary()
    older = options.program.resolve() if options.program else built(options.commit)
    again = None if options.program else built(options.commit, "-again")
    print(f"older: {older}: {version(older)}\nagain: {again or 'a copy'}\n"
          f"this: {this}: {version(this)}\n"
          f"{os.cpu_count()} processors, load before {os.getloadavg()[0]:.1f}", flush=True)
    results, stolen = [], StolenTime()
    with TemporaryDirectory() as scratch:
        if again is None:
            again = Path(scratch) / "again"
            shutil.copy2(older, again)
        programs = {"older": older, "again": again, "this": this}
        for name in options.only:
            # The films of a cell serve all its rounds.
            folder = Path(scratch) / name
            folder.mkdir()
            results.append(measured(name, programs, folder, began + MOST_SECONDS))
            print(table(results[-1:]).split("\n")[-1], flush=True)
    print(f"\n{table(results)}\n\nprocessor time stolen by other machines {stolen.percent()} %, "
          f"{time.monotonic() - began:.0f} s")
    path = ROOT / "bench-results" / time.strftime("against-%Y%m%d-%H%M%S.json")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"older": version(older), "this": version(this),
                                "cells": [asdict(result) for result in results]}, indent=1))
    print(f"written: {path}")
    return int(any(not result.rounds for result in results))


if __name__ == "__main__":
    sys.exit(main())
