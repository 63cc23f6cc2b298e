# SPDX-License-Identifier: Apache-2.0
"""Checks that each rule id cited in the repository is defined in docs/rules.md, and the reverse.

A citation is an id such as PL-05, a range such as MV-01…MV-12, or a Python function named after
a rule (`pl_05_parts_last_85_percent`). Prints one line per fault and exits with 1 if there is one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "docs/rules.md"
# A definition must be cited in one of these folders; a citation in PROSE alone tests nothing.
CODE = ("Sources", "Tests", "Fuzz", "Bench", "client")
PROSE = ("docs", "README.md", "CHANGELOG.md", "CONTRIBUTING.md")
SUFFIXES = {".swift", ".py", ".c", ".h", ".ts", ".js", ".mjs", ".sh", ".md"}

DEFINITION = re.compile(r"^- \*\*([A-Z]{2}-\d{2}[a-z]?)\*\* \S")
ID = re.compile(r"\b([A-Z]{2})-(\d{2}[a-z]?)\b(?:(?:…| to |–)(?:\1-)?(\d{2})\b)?")
FUNCTION = re.compile(r"^def (?:test_)?([a-z]{2})_(\d{2}[a-z]?)[_(]", re.MULTILINE)


def definitions(text: str) -> tuple[set[str], list[str]]:
    """The ids that the page defines, and its faults."""
    found: set[str] = set()
    faults = []
    for number, line in enumerate(text.splitlines(), 1):
        if match := DEFINITION.match(line):
            if match[1] in found:
                faults.append(f"{RULES.relative_to(ROOT)}:{number}: {match[1]} is defined twice")
            found.add(match[1])
    return found, faults


def citations(text: str) -> Iterator[tuple[int, str]]:
    """Offset and id of each citation, ranges expanded."""
    for match in ID.finditer(text):
        family, first, last = match.groups()
        yield match.start(), f"{family}-{first}"
        if last:
            for number in range(int(first[:2]) + 1, int(last) + 1):
                yield match.start(), f"{family}-{number:02d}"
    for match in FUNCTION.finditer(text):
        yield match.start(), f"{match[1].upper()}-{match[2]}"


def files(names: tuple[str, ...]) -> Iterator[Path]:
    """The text files under these names, build products and fuzz corpora left out."""
    for name in names:
        top = ROOT / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            hidden = any(part.startswith(".") or part == "node_modules"
                         for part in path.relative_to(ROOT).parts)
            if path.suffix in SUFFIXES and path.is_file() and not hidden:
                yield path


def main() -> int:
    """Prints the faults; the exit status."""
    defined, faults = definitions(RULES.read_text())
    used: set[str] = set()
    for path in files(CODE + PROSE):
        if path in (RULES, Path(__file__).resolve()):
            continue
        name = path.relative_to(ROOT)
        text = path.read_text(errors="replace")
        for offset, rule in citations(text):
            if rule not in defined:
                line = text.count("\n", 0, offset) + 1
                faults.append(f"{name}:{line}: {rule} is not defined in docs/rules.md")
            elif name.parts[0] in CODE:
                used.add(rule)
    faults += [f"docs/rules.md: {rule} is cited by no code" for rule in sorted(defined - used)]
    print("\n".join(dict.fromkeys(faults)) or f"{len(defined)} rules, all defined and cited")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
