# SPDX-License-Identifier: Apache-2.0
"""Reads the Markdown documents of the repository: blocks of code, links, anchors."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from harness.tools import ROOT

EXCEPTION = re.compile(r"<!-- not run: (.*?) ?-->$")
BESIDE = "<!-- beside the block before -->"
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block of code."""

    path: str
    line: int
    language: str
    info: str  # the words after the language
    text: str
    reason: str | None  # of the comment `<!-- not run: REASON -->` on the line before
    is_beside: bool = False  # run while the commands of the block before run

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


def documents() -> list[str]:
    """The Markdown files that git tracks, relative to the root of the repository."""
    listed = subprocess.run(["git", "ls-files", "--", "*.md"], cwd=ROOT, capture_output=True,
                            text=True, check=True)
    return listed.stdout.split()


def blocks(path: str, text: str) -> list[Block]:
    """The fenced blocks of a document."""
    found: list[Block] = []
    lines = text.split("\n")
    start = -1
    for number, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if start < 0:
            start = number
            continue
        language, _, info = lines[start][3:].strip().partition(" ")
        mark = EXCEPTION.match(lines[start - 1]) if start else None
        found.append(Block(path, start + 1, language, info, "\n".join(lines[start + 1:number]),
                           mark[1] if mark else None, start > 0 and lines[start - 1] == BESIDE))
        start = -1
    return found


def joined(found: list[Block]) -> list[Block]:
    """Shell blocks, each with the commands of those that run beside it."""
    together: list[Block] = []
    for block in found:
        if block.language != "sh":
            continue
        if block.is_beside:
            first = together.pop()
            assert first.path == block.path, f"{block}: no block before"
            together.append(replace(first, text=f"{first.text}\n{block.text}"))
        else:
            together.append(block)
    return together


def prose(text: str) -> str:
    """A document with empty lines in place of its blocks of code."""
    lines, is_code = [], False
    for line in text.split("\n"):
        is_fence = line.startswith("```")
        lines.append("" if is_code or is_fence else line)
        is_code = is_code != is_fence
    return "\n".join(lines)


def anchors(text: str) -> set[str]:
    """The anchors that a Markdown renderer gives to the headings of a document."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.*)$", prose(text), re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-"))
    return found


def broken_links(path: str, text: str, root: Path = ROOT) -> list[str]:
    """The relative links of a document below `root` that lead to no file or to no heading."""
    broken: list[str] = []
    for match in LINK.finditer(re.sub(r"`[^`]*`", "", prose(text))):
        link = match[1] or match[2]
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (root / path).parent / name if name else root / path
        if name and not target.exists():
            broken.append(f"{path}: {link}: no such file")
        elif anchor and anchor not in anchors(target.read_text() if name else text):
            broken.append(f"{path}: {link}: no such heading")
    return broken


def commands(text: str) -> list[str]:
    """The commands of a block: continued lines are joined, comments and blank lines left out."""
    lines = re.sub(r"\\\n\s*", "", text).split("\n")
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


def make_targets() -> set[str]:
    """The targets of the Makefile."""
    return set(re.findall(r"^([a-z0-9-]+):", Path(ROOT / "Makefile").read_text(), re.M))
