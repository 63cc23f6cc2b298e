# SPDX-License-Identifier: Apache-2.0
"""Checks the words of comments, messages and documents, and the width of lines.

    python3 Tests/wordcheck.py [--list] [PATH ...]

Without a path, all files that git tracks are checked. Text is checked in:

- comments of Swift, C, TypeScript, JavaScript, Python, shell files and Makefiles;
- string literals in `Sources/*.swift`: log messages, errors and help texts;
- Markdown outside code blocks, and the help text in `docs/command-line.md`.

Text in double quotes or backquotes is not checked: specifications and names are cited unchanged.

Each finding is one line, `path:line: "anew" (write: again; re-)`. Lines of comments and documents
with a headless "what" or "who" are counted; above `HEADLESS_LIMIT` of all lines they are findings.
`--list` prints them in any case. Exit status: 0 without findings, 1 with findings.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from comments import Block, blocks_of, is_checked

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = 100
HEADLESS_LIMIT = 0.01

# A pattern, and the words to write instead. Patterns are matched without regard to case, in text
# whose lines are joined by one space.
RULES: list[tuple[str, str]] = [
    (r"\banew\b", "again; re-"),
    (r"\bof no more use\b", "unusable"),
    (r"\b(?:thread|loop)['’]s own\b", "confined to one thread"),
    (r"\ballowed (?:is|are)\b", "expected X"),
    (r"\bso many\b(?! (?:that|as)\b)", "the name of the quantity"),
    (r"\bso long\b(?! (?:that|as)\b)", "the name of the quantity"),
    (r"\bthat much\b(?! (?:later|earlier|more|less)\b)", "the name of the quantity"),
    (r"\b(?:is|are|was|were) to be let go\b", "the imperative: Release …"),
    (r"\bshall be\b", "the imperative, or must be"),
    (r"\b(?:the|its|their|own|a|every|each) begin\b(?! (?:with|at|in)\b)", "the start"),
    (r"\bin vain\b", "without result"),
    (r"\bfor good\b(?! (?:reasons?|measure)\b)", "permanently"),
    (r"\b(?:speaks?|runs?|comes?|closes?|ends?|begins?|stops?|starts?) of itself\b",
     "by default; without a request"),
    (r"\b(?:says?|said|tells?|told) of\b", "contains, reports"),
    (r"\b(?:is|are|was|were|not) to be had\b", "available"),
    (r"\btruthful(?:ly)?\b", "a number, or nothing"),
    (r"\bhardly\b", "a number, or nothing"),
    (r"\bnext to (?:nothing|none|no)\b", "a number, or nothing"),
    (r"\bwhere there (?:is|are|was|were) (?:none|no)\b", "if there is none, or the value"),
    (r"\bwho (?:is|are|was|were) held\b", "held requests"),
    (r"\bwho waits?\b", "waiting threads, held requests"),
    (r"\bthose (?:that|who|which) (?:is|are|was|were|have|had|has|come|came|go|went)\b",
     "the noun"),
    (r"\bwho(?:so)?ever\b", "the noun: client, sender, caller, thread, device"),
    (r"\b(?:nobody|somebody)\b", "the noun: client, sender, caller, thread, device"),
    (r"\bwho (?:is|are|was|were)\b", "the noun: clients, senders, callers, threads, devices"),
    (r"\bwhat (?:comes|came|goes|went|is left|was left|remains)\b", "the noun it stands for"),
    (r"\blet(?:s|ting)? go\b(?! of\b)", "releases, closes"),
]
HEADLESS = re.compile(r"\b(?:what|whatever|who|whoever|nobody|somebody)\b", re.I)
PATTERNS = [(re.compile(pattern, re.I), instead) for pattern, instead in RULES]
QUOTED = re.compile(r"`[^`]*`|\"[^\"]{0,600}\"|“[^”]{0,600}”")


@dataclass
class Result:
    """The findings in some files, and the figures of the share of headless lines."""

    findings: list[str] = field(default_factory=list)
    headless: list[str] = field(default_factory=list)
    lines: int = 0

    @property
    def share(self) -> float:
        """Headless lines per line of comments and documents, 0 to 1."""
        return len(self.headless) / self.lines if self.lines else 0

    def add(self, other: Result) -> None:
        """Adds the findings and lines of another result."""
        self.findings += other.findings
        self.headless += other.headless
        self.lines += other.lines


def check_words(path: str, block: Block) -> Result:
    """Findings in the words of one block."""
    result = Result()
    joined, offsets = "", []
    for number, text in block.lines:
        offsets.append((len(joined), number))
        joined += text + " "
    plain = QUOTED.sub(lambda found: " " * len(found.group()), joined)

    def line_at(offset: int) -> int:
        return [number for start, number in offsets if start <= offset][-1]

    for pattern, instead in PATTERNS:
        for found in pattern.finditer(plain):
            result.findings.append(
                f'{path}:{line_at(found.start())}: "{found.group()}" (write: {instead})')
    if not block.counts:
        return result
    result.lines = sum(1 for _, text in block.lines if text)
    is_question = block.lines[0][1].startswith("#") and "?" in joined
    counted: set[int] = set()
    for found in HEADLESS.finditer(plain):
        number = line_at(found.start())
        if not is_question and number not in counted:
            counted.add(number)
            result.headless.append(
                f'{path}:{number}: "{found.group()}" (write: the noun it stands for)')
    return result


def check_columns(path: str, text: str) -> list[str]:
    """Findings in the width of lines; tables, code blocks and links in Markdown may be wider."""
    findings: list[str] = []
    is_document, fence = path.endswith(".md"), ""
    for number, line in enumerate(text.split("\n"), 1):
        if is_document:
            mark = re.match(r"\s*(```+|~~~+)", line)
            if mark and not fence:
                fence = mark.group(1)
            elif fence and line.strip() == fence:
                fence = ""
            line = re.sub(r"\]\([^)]*\)", "]", line)
        if len(line) <= COLUMNS or (is_document and (fence or line.startswith("|"))):
            continue
        if len(re.sub(r"https?://\S+", "", line)) > COLUMNS:
            findings.append(f"{path}:{number}: {len(line)} columns (expected at most {COLUMNS})")
    return findings


def check_text(path: str, text: str) -> Result:
    """All findings in one file."""
    result = Result(check_columns(path, text))
    for block in blocks_of(path, text):
        result.add(check_words(path, block))
    return result


def tracked(paths: list[str]) -> list[str]:
    """The files to check, as paths relative to the current directory; none that a program wrote."""
    asked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--",
         *paths, ":(exclude,attr:linguist-generated)"],
        capture_output=True, text=True, check=True, cwd=None if paths else ROOT)
    return [line for line in asked.stdout.split("\n") if line and is_checked(line)]


def main(arguments: list[str]) -> int:
    """Checks the files, prints the findings, and returns the exit status."""
    paths = [argument for argument in arguments if not argument.startswith("-")]
    base = Path.cwd() if paths else ROOT
    result, files = Result(), tracked(paths)
    for path in files:
        if (base / path).is_file():
            result.add(check_text(path, (base / path).read_text(errors="replace")))
    is_above = result.share > HEADLESS_LIMIT
    shown = result.findings + (result.headless if is_above or "--list" in arguments else [])
    for line in sorted(shown, key=lambda line: (line.split(":")[0], int(line.split(":")[1]))):
        print(line)
    print(f"{len(files)} files, {len(result.findings)} findings; headless lines: "
          f"{len(result.headless)} of {result.lines}, {100 * result.share:.2f} % "
          f"(at most {100 * HEADLESS_LIMIT:.0f} %)")
    return 1 if result.findings or is_above else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
