# SPDX-License-Identifier: Apache-2.0
"""Counts the verdicts of tests that depend on the speed of the machine, and long pauses.

Counted, in Python (see measured_times.py) and in Swift (`#expect`, `#require`):

- a comparison of a measured time with a constant: a clock reading, a value computed from one, or
  one of the names and keys that stand for measured times; also with another measured time and a
  constant (`end < begun + 2`);
- a pause, sleep or loop of five seconds and more, see long_pauses.py.

Not counted: a comparison of two measured times (a ratio, an order of events), a comparison with
zero, and a deadline of a wait. `Tests/times.txt` has the permitted number of each file with its
reason; each only falls, and their sum is at most that of the commit from which a change is counted.

A test file does not call `time.sleep`: `wait_until` awaits an event, `pause` says why a duration is
the subject (Tests/harness/waiting.py).

Prints one line per fault; exits with 1 if there is one.
`--list` prints every finding, `--lower` writes smaller numbers into the file.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from long_pauses import LONG_PAUSE, constants
from measured_times import Findings, measuring, python_findings
from scope import base_of, git

TESTS = Path(__file__).resolve().parent
PERMITTED = TESTS / "times.txt"

CLOCK = r"(?:SystemClock\.(?:monotonicTime|wallTime)|(?:Continuous|Suspending)Clock\(?\)?\.now|"\
    r"\bprocessorTime\b|\.duration\(to: \.now\)|\bDate(?:\(\)|\.now)\.timeIntervalSince|"\
    r"\.timeIntervalSinceNow\b)"
SWIFT_CLOCK = re.compile(CLOCK)
# A clock with a name, whose readings are replaced by those of its type.
SWIFT_LOCAL_CLOCK = re.compile(r"\blet (\w+)(?:: \w+)? = (?:Continuous|Suspending)Clock\(\)")
SWIFT_MEASURED = re.compile(
    r"\b(?:let|var) (\w+)(?:: \w+)? = (?:try )?(?:await )?(?:[^\n]*" + CLOCK
    + r"[^\n]* - |[^\n]* - " + CLOCK + r"|[^\n]*\.duration\(to: " + CLOCK
    + r"|[^\n]*(?:\.duration\(to: \.now|\.timeIntervalSince)|[^\n]*\.measure\b)")
SWIFT_SLEEP = re.compile(r"\b(u?sleep)\(")
SWIFT_NUMBER = re.compile(r"(?:\.(\w+)\(|(\w+): |^)([\d_]+(?:\.\d+)?)\b(?! *[*/])")
SWIFT_UNITS = {"seconds": 1.0, "milliseconds": 1e-3, "microseconds": 1e-6, "nanoseconds": 1e-9,
               "forTimeInterval": 1.0}
SWIFT_CONDITION = re.compile(r"#(?:expect|require)\(")
SWIFT_BOUND = re.compile(r" (?:<=?|>=?) ")
SWIFT_DEADLINE = re.compile(CLOCK + r" <=? (?:\w+\.)*\w*(?:deadline|until|limit|end)\w*",
                            re.IGNORECASE)
SWIFT_ZERO = re.compile(r" (?:<=?|>=?) (?:0|\.zero)\b")
SWIFT_TEXT = re.compile(r'"(?:\\.|[^"\\])*"')


def calls(code: str, name: re.Pattern[str]) -> Iterator[tuple[re.Match[str], str]]:
    """Each call, whose name and first bracket match, and the text of its arguments."""
    for match in name.finditer(code):
        depth, end = 1, match.end()
        while depth and end < len(code):
            depth += {"(": 1, ")": -1}.get(code[end], 0)
            end += 1
        yield match, code[match.end():end - 1]


def swift_pause(function: str, arguments: str) -> float:
    """The most seconds that the arguments of a sleep name."""
    units = {**SWIFT_UNITS, "": 1e-6 if function == "usleep" else 1.0}
    return max((float(number.replace("_", "")) * units.get(unit or word, 0.0)
                for unit, word, number in SWIFT_NUMBER.findall(arguments)), default=0.0)


def swift_findings(text: str) -> Findings:
    """Line and kind of each finding of a Swift file."""
    code = SWIFT_TEXT.sub('""', text)
    for name in set(SWIFT_LOCAL_CLOCK.findall(code)):
        code = re.sub(rf"\b{name}\.now\b", "ContinuousClock.now", code)
    # The names of one function: the text from the `func` before the assertion.
    found = []
    for match, arguments in calls(code, SWIFT_SLEEP):
        if (seconds := swift_pause(match[1], arguments)) >= LONG_PAUSE:
            found.append((code.count("\n", 0, match.start()) + 1, f"pause of {seconds:g} s"))
    for match, condition in calls(code, SWIFT_CONDITION):
        offset = match.start()
        begin = code.rfind("func ", 0, offset)
        names = SWIFT_MEASURED.findall(code[max(begin, 0):offset])
        if not SWIFT_BOUND.search(condition) or SWIFT_DEADLINE.search(condition) \
                or SWIFT_ZERO.search(condition):
            continue
        if SWIFT_CLOCK.search(condition) or any(
                re.search(rf"\b{name}\b", condition) for name in names):
            found.append((code.count("\n", 0, offset) + 1, "bound of a measured time"))
    return sorted(found)


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


def raised(permitted: dict[str, tuple[int, str]], former: str | None) -> Iterator[str]:
    """A sum above that of the former table; None if that is unknown."""
    total = sum(number for number, _ in permitted.values())
    before = sum(number for number, _ in read_permitted(former or "").values())
    if former is not None and total > before:
        yield f"Tests/times.txt: the numbers sum to {total}, before to {before}: they only fall"


def bare_sleeps(text: str) -> list[int]:
    """The lines of a Python file that call `time.sleep`."""
    return [node.lineno for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)
            and ast.unparse(node.func) in ("sleep", "time.sleep")]


def all_bare_sleeps() -> Iterator[str]:
    """The faults of the test files: those in folders, which can import the harness."""
    for path in sorted(TESTS.glob("*/**/test_*.py")):
        for line in bare_sleeps(path.read_text()):
            yield f"Tests/{path.relative_to(TESTS)}:{line}: time.sleep: an event is awaited by " \
                  "wait_until(), and pause() says why a duration is the subject"


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
    numbers = {path.stem: constants(tree) for path, tree in trees.items()}
    found = {path: python_findings(tree, functions, numbers) for path, tree in trees.items()}
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
    permitted = read_permitted(PERMITTED.read_text())
    former = git("show", f"{base_of(dict(os.environ))}:Tests/times.txt")
    faults = [*compare(found, permitted), *raised(permitted, former), *all_bare_sleeps()]
    number = sum(map(len, found.values()))
    print("\n".join(faults) or f"{number} bounds of measured times and long pauses, all permitted")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
