# SPDX-License-Identifier: Apache-2.0
"""Counts the assertions of tests whose verdict is the speed of the machine.

Counted, in Python (`assert`) and in Swift (`#expect`, `#require`):

- a comparison of a measured time with a constant: a clock reading, a value computed from one, or
  one of the names in MEASURED;
- `pause()` of five seconds and more (Python).

Not counted: a comparison of two measured times (a ratio, an order of events), a comparison with
zero, and a deadline of a wait. `Tests/times.txt` has the permitted number of each file with its
reason; it may only fall. Prints one line per fault; exits with 1 if there is one.
`--list` prints every finding, `--lower` writes smaller numbers into the file.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from measured_times import Findings, measuring, python_findings

TESTS = Path(__file__).resolve().parent
PERMITTED = TESTS / "times.txt"

CLOCK = r"(?:SystemClock\.(?:monotonicTime|wallTime)|(?:Continuous|Suspending)Clock\(?\)?\.now|"\
    r"\bprocessorTime\b)"
SWIFT_CLOCK = re.compile(CLOCK)
SWIFT_MEASURED = re.compile(
    r"\b(?:let|var) (\w+)(?:: \w+)? = (?:try )?(?:await )?(?:[^\n]*" + CLOCK
    + r"[^\n]* - |[^\n]* - " + CLOCK + r"|[^\n]*\.measure\b)")
SWIFT_BOUND = re.compile(r" (?:<=?|>=?) ")
SWIFT_DEADLINE = re.compile(CLOCK + r" <=? (?:\w+\.)*\w*(?:deadline|until|limit|end)\w*",
                            re.IGNORECASE)
SWIFT_ZERO = re.compile(r" (?:<=?|>=?) (?:0|\.zero)\b")
SWIFT_TEXT = re.compile(r'"(?:\\.|[^"\\])*"')


def conditions(code: str) -> Iterator[tuple[int, str]]:
    """Offset and text of the arguments of each #expect and #require."""
    for match in re.finditer(r"#(?:expect|require)\(", code):
        depth, end = 1, match.end()
        while depth and end < len(code):
            depth += {"(": 1, ")": -1}.get(code[end], 0)
            end += 1
        yield match.start(), code[match.end():end - 1]


def swift_findings(text: str) -> Findings:
    """Line and kind of each finding of a Swift file."""
    code = SWIFT_TEXT.sub('""', text)
    # The names of one function: the text from the `func` before the assertion.
    found = []
    for offset, condition in conditions(code):
        begin = code.rfind("func ", 0, offset)
        names = SWIFT_MEASURED.findall(code[max(begin, 0):offset])
        if not SWIFT_BOUND.search(condition) or SWIFT_DEADLINE.search(condition) \
                or SWIFT_ZERO.search(condition):
            continue
        if SWIFT_CLOCK.search(condition) or any(
                re.search(rf"\b{name}\b", condition) for name in names):
            found.append((code.count("\n", 0, offset) + 1, "bound of a measured time"))
    return found


def read_permitted(text: str) -> dict[str, tuple[int, str]]:
    """Number and reason of each file."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, number, reason = line.split(maxsplit=2)
            found[name] = (int(number), reason)
    return found


def compare(found: dict[str, Findings], permitted: dict[str, tuple[int, str]]) -> Iterator[str]:
    """The faults: files with more findings than permitted, and numbers that can fall."""
    for name in sorted({*found, *permitted}):
        mine, number = found.get(name, []), permitted.get(name, (0, ""))[0]
        if len(mine) > number:
            yield f"{name}: {len(mine)} findings, permitted {number}"
            yield from (f"{name}:{line}: {kind}" for line, kind in mine)
        elif len(mine) < number:
            yield f"{name}: permitted {number}, found {len(mine)}: " \
                  "python3 Tests/check_times.py --lower"


def lowered(text: str, found: dict[str, Findings]) -> str:
    """The file with numbers that fell; files without findings are removed."""
    lines = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, number, reason = line.split(maxsplit=2)
            count = min(int(number), len(found.get(name, [])))
            if not count:
                continue
            line = f"{name} {count} {reason}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def all_findings() -> dict[str, Findings]:
    """The findings of every file of tests, by name."""
    trees = {path: ast.parse(path.read_text()) for path in sorted(TESTS.rglob("*.py"))
             if not path.name.startswith(("check_", "test_check_"))}
    functions = {path.stem: measuring(tree) for path, tree in trees.items()}
    found = {path: python_findings(tree, functions) for path, tree in trees.items()}
    found |= {path: swift_findings(path.read_text()) for path in sorted(TESTS.rglob("*.swift"))}
    return {str(path.relative_to(TESTS)): mine for path, mine in found.items() if mine}


def main(arguments: list[str]) -> int:
    """Prints the faults; the exit status."""
    found = all_findings()
    if "--list" in arguments:
        for name, mine in found.items():
            print("\n".join(f"Tests/{name}:{line}: {kind}" for line, kind in mine))
    if "--lower" in arguments:
        PERMITTED.write_text(lowered(PERMITTED.read_text(), found))
    faults = list(compare(found, read_permitted(PERMITTED.read_text())))
    number = sum(map(len, found.values()))
    print("\n".join(faults) or f"{number} bounds of measured times and long pauses, all permitted")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
