# SPDX-License-Identifier: Apache-2.0
"""One case for each class of faults, with at most one browser; `.ci/run` runs them for each change.

The other cases are in `make thorough`.
fault_classes.py           prints the names of the tests
fault_classes.py --lint    fails if a test does not exist, or its parameters in brackets
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from itertools import product
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


def cell(node: ast.AST) -> str | None:
    """The part of an id for a value; nil if pytest numbers it, or it is not a literal."""
    match node:
        case ast.Constant(value=str() | int() | float() | None as value):
            return str(value)
    return None


def rows(mark: ast.Call, tree: ast.Module) -> list[str | None]:
    """The ids of one `parametrize`; nil for those that this script does not know."""
    table = next((word.value for word in mark.keywords if word.arg == "ids"), mark.args[1])
    if isinstance(table, ast.Name):
        table = next((node.value for node in tree.body if isinstance(node, ast.Assign)
                      and getattr(node.targets[0], "id", "") == table.id), table)
    if isinstance(table, ast.Dict):
        return [cell(key) if key else None for key in table.keys]
    found: list[str | None] = []
    for row in getattr(table, "elts", [table]):
        cells = [cell(one) for one in (row.elts if isinstance(row, ast.Tuple) else [row])]
        known = [one for one in cells if one is not None]
        found.append("-".join(known) if len(known) == len(cells) else None)
    return found


def functions(text: str) -> dict[str, set[str] | None]:
    """The test functions of a file: the ids of each, empty without parameters, nil if unknown."""
    tree = ast.parse(text)
    found: dict[str, set[str] | None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            marks = [mark for mark in reversed(node.decorator_list) if isinstance(mark, ast.Call)
                     and getattr(mark.func, "attr", "") == "parametrize" and len(mark.args) > 1]
            ids = [rows(mark, tree) for mark in marks]
            unknown = any(None in one for one in ids)
            found[node.name] = None if unknown else {
                "-".join(map(str, one)) for one in product(*ids)} - {""}
    return found


def faults(cases: dict[str, str], texts: dict[str, str]) -> Iterator[str]:
    """A line for each case whose file, by its name below Tests/, lacks the function."""
    for what, name in cases.items():
        file, _, test = name.partition("::")
        function, _, parameters = test.removesuffix("]").partition("[")
        found = functions(texts.get(file, ""))
        ids = found.get(function)
        if function not in found:
            yield f"Tests/fault_classes.py: {what}: no test {name}"
        elif ids is not None and parameters and parameters not in ids:
            yield f"Tests/fault_classes.py: {what}: no parameters {name} " \
                  f"(expected {', '.join(sorted(ids)) or 'none'})"


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
