# SPDX-License-Identifier: Apache-2.0
"""One case for each class of faults, with at most one browser; `.ci/run` runs them for each change.

The other cases are in `make thorough`.
fault_classes.py           prints the names of the tests
fault_classes.py --lint    fails if a test does not exist
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CASES = {
    "a killed server":
        "Faults/test_killed.py::test_players_continue_after_a_restart_with_a_kept_socket[frames]",
    "a frozen server": "Faults/test_frozen.py::test_frozen_program_is_replaced",
    "a cut line": "Faults/test_recovery.py::test_page_recovers_from_a_network_outage[frames-cut]",
    "a full disk": "Faults/test_archive.py::test_full_and_read_only_disk_costs_archive_only",
    "a damaged input": "Faults/test_damaged_media.py::test_damaged_inputs_cost_only_their_stream",
    "a lying twin": "Faults/test_twins.py::test_lies_of_twins_are_bounded",
    "an overloaded machine": "Faults/test_overload.py::test_late_encoder_has_fewer_frames",
}


def functions(text: str) -> set[str]:
    """The names of the test functions of a file."""
    return {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}


def faults(cases: dict[str, str], texts: dict[str, str]) -> Iterator[str]:
    """A line for each case whose file, by its name below Tests/, lacks the function."""
    for what, name in cases.items():
        file, _, test = name.partition("::")
        if test.partition("[")[0] not in functions(texts.get(file, "")):
            yield f"Tests/fault_classes.py: {what}: no test {name}"


def main(arguments: list[str]) -> int:
    """Prints the names or the faults; the exit status."""
    if arguments != ["--lint"]:
        print("\n".join(f"Tests/{name}" for name in CASES.values()))
        return 0
    files = {name.partition("::")[0] for name in CASES.values()}
    texts = {file: (ROOT / "Tests" / file).read_text() for file in files
             if (ROOT / "Tests" / file).is_file()}
    found = list(faults(CASES, texts))
    print("\n".join(found) or f"{len(CASES)} classes of faults have a case")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
