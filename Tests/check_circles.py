# SPDX-License-Identifier: Apache-2.0
"""Finds circles: files of a target that name each other's types in a loop, and folders that do.

A file in a circle cannot be read without the others. For each target, computes from its sources
which types each file declares and which it names; names in comments and in strings do not count.
Prints the largest circle of files and of folders of each target. Exits with 1 if one is above its
bound. `--why TARGET` also prints the types that hold its largest circles together.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SOURCES = Path(__file__).resolve().parent.parent / "Sources"
# The largest permitted circle of files and of folders of a target; 0 for targets that are not here.
BOUNDS: dict[str, tuple[int, int]] = {
    "Capture": (3, 0), "HTTP": (6, 0),
    "Isolation": (2, 0), "Logging": (2, 0), "Packaging": (2, 0),
    "Publishing": (3, 0), "Server": (4, 0), "Sharing": (2, 0), "Sockets": (4, 0),
    "Statistics": (2, 0), "Streams": (2, 0),
    "streamer": (2, 0),
}

TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*) | (?P<string>\#*\"(?:\"\")?) | (?P<word>`?\w+`?)
    | (?P<mark>[{}().])""", re.VERBOSE)
KINDS = {"struct", "class", "enum", "protocol", "actor", "typealias", "associatedtype"}
# Before these words, `private` hides no type.
MEMBERS = {"func", "var", "let", "case", "init", "subscript", "import"}
HIDING = {"private", "fileprivate"}


def end_of_comment(text: str, start: int) -> int:
    """The offset after the block comment that begins at `start`; such comments nest."""
    depth = 0
    for match in re.compile(r"/\*|\*/").finditer(text, start):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    return len(text)


def tokens(text: str, start: int = 0, nested: bool = False) -> Iterator[tuple[str, int]]:
    """The words and marks of code, each with the offset after it.

    Those inside `\\(…)` of a string are code too. If `nested`, ends with the parenthesis that
    closes the first one.
    """
    at, depth = start, 0
    while match := TOKEN.search(text, at):
        at = match.end()
        if match["comment"]:
            at = end_of_comment(text, match.start()) if match[0] == "/*" else at
        elif match["string"]:
            for word, at in string(text, at, match[0]):
                if word:
                    yield word, at
        else:
            yield match[0].strip("`"), at
            depth += {"(": 1, ")": -1}.get(match[0], 0)
            if nested and depth == 0:
                return


def string(text: str, start: int, opening: str) -> Iterator[tuple[str, int]]:
    """The tokens of the code inside a string literal; at last an empty one with its end."""
    hashes = "#" * opening.count("#")
    closing, escape = opening.lstrip("#") + hashes, "\\" + hashes
    at = start
    while at < len(text) and not text.startswith(closing, at):
        if not text.startswith(escape, at):
            at += 1
        elif not text.startswith("(", at + len(escape)):
            at += len(escape) + 1
        else:
            for word, at in tokens(text, at + len(escape), nested=True):
                yield word, at
    yield "", at + len(closing)


@dataclass
class File:
    """The types that a file declares, and the names in it, each with the types around it."""

    declared: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    named: set[tuple[str, str]] = field(default_factory=set)


def read(text: str) -> File:
    """The types and names of a file. A nested type has its qualified name: `Outer.Inner`."""
    file = File()
    scopes: list[str] = [""]  # the type around each open brace
    opening: str | None = None  # the type whose brace follows
    is_hidden = False
    words = [word for word, _ in tokens(text)]
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        if word == "{":
            scopes.append(scopes[-1] if opening is None else opening)
            opening, is_hidden = None, False
        elif word == "}":
            scopes = scopes[:-1] or [""]
        elif word in HIDING:
            is_hidden = words[index:index + 1] != ["("]  # `private(set)` hides no type
        elif word in MEMBERS:
            is_hidden = False
        elif word == "extension" and is_declaration(words, index):
            opening, index = qualified(words, index)
            file.named.add(("", opening))
        elif word in KINDS and is_declaration(words, index):
            name = f"{scopes[-1]}.{words[index]}".lstrip(".")
            is_hidden = is_hidden or word == "associatedtype"
            (file.hidden if is_hidden else file.declared).add(name)
            opening = None if word in {"typealias", "associatedtype"} else name
            index += 1
            is_hidden = False
        elif word[0].isupper() and words[index - 2:index - 1] != ["."]:
            name, index = qualified(words, index - 1)
            file.named.add((scopes[-1], name))
    return file


def is_declaration(words: list[str], index: int) -> bool:
    """Whether the name of a type follows; `class func` and `.extension` declare none."""
    following = words[index:index + 1]
    return bool(following) and following[0][0].isupper() and words[index - 2:index - 1] != ["."]


def qualified(words: list[str], index: int) -> tuple[str, int]:
    """The name that begins at `index`, with the types inside it, and the index after it."""
    name = words[index]
    index += 1
    while index + 1 < len(words) and words[index] == "." and words[index + 1][0].isupper():
        name += "." + words[index + 1]
        index += 2
    return name, index


def homes_of(name: str, around: str, homes: dict[str, str], hidden: set[str]) -> Iterator[str]:
    """The files that declare the types of a name, which is inside the type `around`.

    As in Swift, the innermost type of that name is meant. `Outer.Inner` names both types.
    """
    name = name.removeprefix("Self.")
    first = name.split(".")[0]
    candidate = f"{around}.{first}".lstrip(".")
    while candidate not in homes and candidate not in hidden and around:
        around = around.rpartition(".")[0]
        candidate = f"{around}.{first}".lstrip(".")
    if candidate in hidden:
        return
    whole = candidate + name[len(first):]
    while len(whole) >= len(candidate):
        if whole in homes:
            yield homes[whole]
        whole = whole.rpartition(".")[0]


# Of each file, or folder, the others that it names, and the types of them that it names.
Graph = dict[str, dict[str, set[str]]]


def graph(texts: dict[str, str], module: str = "") -> Graph:
    """The files of a target, each with those that it names."""
    files = {path: read(text) for path, text in sorted(texts.items())}
    homes = {name: path for path, file in files.items() for name in file.declared}
    edges: Graph = {path: {} for path in files}
    for path, file in files.items():
        for around, name in file.named:
            own = name.removeprefix(f"{module}.")
            for home in homes_of(own, around, homes, file.hidden):
                if home != path:
                    edges[path].setdefault(home, set()).add(own)
    return edges


def folders(edges: Graph) -> Graph:
    """The same for the folders of a target; files beside the folders are in the folder `.`."""
    found: Graph = {}
    for path, others in edges.items():
        folder = str(Path(path).parent)
        found.setdefault(folder, {})
        for other, names in others.items():
            if (target := str(Path(other).parent)) != folder:
                found[folder].setdefault(target, set()).update(names)
    return found


def circles(edges: Graph) -> list[list[str]]:
    """The sets of at least two vertices that reach each other, the largest first."""
    reached = {start: reach(edges, start) for start in edges}
    found, seen = [], set()
    for start in sorted(edges):
        if start not in seen and start in reached[start]:
            circle = [other for other in sorted(reached[start]) if start in reached[other]]
            seen.update(circle)
            found.append(circle)
    return sorted(found, key=len, reverse=True)


def reach(edges: Graph, start: str) -> set[str]:
    """The vertices that a path from `start` ends at."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for other in edges.get(waiting.pop(), {}):
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return seen


def why(edges: Graph, circle: list[str]) -> Iterator[str]:
    """A line per pair of a circle, with the types that one names of the other."""
    for path in circle:
        for other, names in sorted(edges[path].items()):
            if other in circle:
                yield f"    {path} names {', '.join(sorted(names))} of {other}"


def report(target: str, texts: dict[str, str], bounds: tuple[int, int],
           explain: bool = False) -> tuple[list[str], bool]:
    """The lines about one target, and whether it is above a bound."""
    files = graph(texts, target)
    lines, is_above = [], False
    for noun, edges, bound in (("files", files, bounds[0]), ("folders", folders(files), bounds[1])):
        found = circles(edges)
        if not found:
            continue
        size = len(found[0])
        excess = f", above its bound of {bound}" if size > bound else ""
        is_above = is_above or size > bound
        shown = [path.removesuffix(".swift") for path in found[0]]
        lines.append(f"{target}: {size} {noun} in a circle{excess}: {', '.join(shown)}")
        if explain:
            lines += [line for circle in found for line in why(edges, circle)]
    return lines, is_above


def main(arguments: list[str], sources: Path = SOURCES,
         bounds: dict[str, tuple[int, int]] = BOUNDS) -> int:
    """Prints the circles; the exit status."""
    explained = arguments[1] if arguments[:1] == ["--why"] and len(arguments) > 1 else None
    failed = False
    for target in sorted(path for path in sources.iterdir() if path.is_dir()):
        texts = {str(path.relative_to(target)): path.read_text()
                 for path in target.rglob("*.swift")}
        lines, is_above = report(
            target.name, texts, bounds.get(target.name, (0, 0)), explained == target.name)
        failed = failed or is_above
        if explained in (None, target.name) and lines:
            print("\n".join(lines))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
