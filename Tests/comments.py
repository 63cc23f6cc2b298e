# SPDX-License-Identifier: Apache-2.0
"""The text of a file for the word check: comments, string literals, prose of documents.

Code is left out. Each text is a `Block` with the numbers of its lines.
"""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path

HASH_COMMENTS = {".sh", ".mk"}
SLASH_COMMENTS = {".swift", ".h", ".c", ".ts", ".js", ".mjs"}


@dataclass
class Block:
    """Adjacent lines of text: a comment, a paragraph, a string literal."""

    lines: list[tuple[int, str]]  # number of the line, its text without comment marks
    counts: bool = True  # whether its lines count in the share of headless lines


def grouped(lines: list[tuple[int, str]]) -> list[Block]:
    """Blocks of lines with adjacent numbers."""
    blocks: list[Block] = []
    last = -1
    for number, text in lines:
        if number != last + 1 or not blocks:
            blocks.append(Block([]))
        blocks[-1].lines.append((number, text))
        last = number
    return blocks


def slash_comments(text: str, suffix: str) -> tuple[list[Block], list[Block]]:
    """Comments and string literals of a language with `//` and `/* */`."""
    comments: list[tuple[int, str]] = []
    strings: list[Block] = []
    at, number, before = 0, 1, ""
    is_script = suffix in {".ts", ".js", ".mjs"}
    while at < len(text):
        one, two = text[at], text[at:at + 2]
        end = at + 1
        if two == "//":
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            comments.append((number, text[at:end].lstrip("/!").strip()))
        elif two == "/*":
            end = text.find("*/", at + 2)
            end = len(text) if end < 0 else end + 2
            for index, line in enumerate(text[at:end].split("\n")):
                comments.append((number + index, line.strip().strip("/*").strip()))
        elif text.startswith('"""', at) and suffix == ".swift":
            end = text.find('"""', at + 3)
            end = len(text) if end < 0 else end + 3
            strings.append(Block([(number + index, line.strip()) for index, line
                                  in enumerate(text[at + 3:end - 3].split("\n"))], counts=False))
        elif one == '"' or (one in "'`" and suffix != ".swift"):
            end = string_end(text, at)
            strings.append(Block([(number, text[at + 1:end - 1])], counts=False))
        elif one == "/" and is_script and before in "(,=:[!&|?{};\n>":
            found = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/").match(text, at)
            end = found.end() if found else end
        if not one.isspace() or one == "\n":
            before = one
        number += text.count("\n", at, end)
        at = end
    return grouped(comments), strings


def string_end(text: str, start: int) -> int:
    """The offset after the string literal that begins at `start`."""
    quote, at = text[start], start + 1
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == quote:
            return at + 1
        elif text[at] == "\n" and quote != "`":
            return at
        at += 1
    return len(text)


def python_comments(text: str) -> list[Block]:
    """Comments and docstrings of a Python file."""
    lines: list[tuple[int, str]] = []
    before = tokenize.NEWLINE
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                lines.append((token.start[0], token.string.lstrip("#!").strip()))
            elif token.type == tokenize.STRING and before in {
                    tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}:
                for index, line in enumerate(token.string.split("\n")):
                    lines.append((token.start[0] + index, line.strip().strip('"\'').strip()))
            if token.type not in {tokenize.COMMENT, tokenize.NL}:
                before = token.type
    except (tokenize.TokenError, SyntaxError):
        pass
    return grouped(lines)


def hash_comments(text: str) -> list[Block]:
    """Comments of a shell file or a Makefile, with the help texts of its targets."""
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), 1):
        found = re.match(r"\s*#+!?(.*)", line) or re.search(r"\s##\s(.*)", line)
        if found:
            lines.append((number, found.group(1).strip()))
    return grouped(lines)


def paragraphs(text: str) -> list[Block]:
    """Prose of a Markdown file: no code blocks and no HTML comments, but the help text."""
    lines: list[tuple[int, str]] = []
    fence, is_help, is_comment = "", False, False
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        is_help = "<!-- help -->" in line or (is_help and "<!-- /help -->" not in line)
        if is_comment or (stripped.startswith("<!--") and "-->" not in stripped):
            is_comment = "-->" not in stripped
            continue
        mark = re.match(r"(```+|~~~+)", stripped)
        if mark and not fence:
            fence = mark.group(1)
        elif fence and stripped == fence:
            fence = ""
        elif not fence or is_help:
            lines.append((number, re.sub(r"<!--.*?-->", "", line).strip()))
    return [block for group in grouped(lines) for block in split_at_blanks(group)]


def split_at_blanks(block: Block) -> list[Block]:
    """The paragraphs of a block; headings and list items are paragraphs of their own."""
    blocks: list[Block] = [Block([])]
    for number, text in block.lines:
        if not text or re.match(r"(#|[-*|] ?|\d+\. )", text):
            blocks.append(Block([]))
        if text:
            blocks[-1].lines.append((number, text))
    return [block for block in blocks if block.lines]


def blocks_of(path: str, text: str) -> list[Block]:
    """All text of a file that is checked."""
    suffix, name = Path(path).suffix, Path(path).name
    if suffix in SLASH_COMMENTS:
        comments, strings = slash_comments(text, suffix)
        return comments + (strings if suffix == ".swift" and "Sources/" in path else [])
    if suffix == ".py":
        return python_comments(text)
    if suffix in HASH_COMMENTS or name == "Makefile":
        return hash_comments(text)
    if suffix == ".md":
        return paragraphs(text)
    return []


def is_checked(path: str) -> bool:
    """Whether a file has a type that is checked."""
    suffix = Path(path).suffix
    return (suffix in SLASH_COMMENTS | HASH_COMMENTS | {".py", ".md"}
            or Path(path).name == "Makefile")
