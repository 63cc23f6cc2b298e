# SPDX-License-Identifier: Apache-2.0
"""Renders a chart of Helm with the parts of Go's templates that deploy/helm uses.

Tests/Thorough/test_chart.py compares the objects with those of `helm template`. An unknown
function, field or construction is an error.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ACTION = re.compile(r"\{\{(-?) *(.*?) *(-?)\}\}", re.S)
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|:=|[|()]|[$.\w-]+')
# Text, an action, or a block: its keyword, its condition, and its two bodies.
Node = str | tuple[str] | tuple[str, str, list, list]


def parse(text: str) -> list[Node]:
    """The nodes of a template."""
    pieces, last = [], 0
    for found in ACTION.finditer(text):
        before = text[last:found.start()]
        pieces += [before.rstrip() if found[1] else before, (found[2],)]
        last = found.end()
        if found[3]:
            last += len(text[last:]) - len(text[last:].lstrip())
    return _body(iter([*pieces, text[last:], ("end",)]))[0]


def _body(pieces: Iterator[str | tuple[str]]) -> tuple[list[Node], str]:
    nodes: list[Node] = []
    for piece in pieces:
        if isinstance(piece, str):
            nodes.append(piece)
            continue
        keyword, _, rest = piece[0].partition(" ")
        if keyword in ("end", "else"):
            return nodes, keyword
        if keyword in ("if", "define"):
            first, ended = _body(pieces)
            nodes.append((keyword, rest, first, _body(pieces)[0] if ended == "else" else []))
        else:
            nodes.append(piece)
    raise AssertionError("no end")


@dataclass
class Chart:
    """A chart and its values."""

    folder: Path
    values: dict
    release: str = "live"
    named: dict[str, list[Node]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        chart = yaml.safe_load((self.folder / "Chart.yaml").read_text())
        self.data = {
            "Values": self.values,
            "Chart": {key[0].upper() + key[1:]: value for key, value in chart.items()},
            "Release": {"Name": self.release, "Namespace": "video", "Service": "Helm"},
            "Files": {"Get": lambda name: (self.folder / name).read_text()}}
        self.functions: dict[str, Callable] = {
            "include": lambda name, data: self._text(self.named[name], {}),
            "printf": lambda form, *words: form % words, "quote": json.dumps,
            "toPrettyJson": lambda value: json.dumps(value, indent=2, sort_keys=True),
            "nindent": lambda count, text: "".join(
                f"\n{' ' * count}{line}" for line in text.split("\n")),
            "sha256sum": lambda text: hashlib.sha256(text.encode()).hexdigest(),
            "replace": lambda old, new, text: text.replace(old, new),
            "default": lambda other, value: value or other, "not": lambda value: not value,
            "ne": lambda one, two: one != two}
        for path in (self.folder / "templates").glob("*.tpl"):
            self._text(parse(path.read_text()), {})

    def rendered(self) -> dict[str, str]:
        """The text of each template, by its name."""
        return {path.name: self._text(parse(path.read_text()), {})
                for path in sorted((self.folder / "templates").iterdir())
                if path.suffix != ".tpl"}

    def documents(self) -> list[dict]:
        """The objects of all templates."""
        return [document for name, text in self.rendered().items() if name.endswith(".yaml")
                for document in yaml.safe_load_all(text) if document]

    def _text(self, nodes: list[Node], variables: dict[str, object]) -> str:
        out = []
        for node in nodes:
            if isinstance(node, str):
                out.append(node)
            elif node[0] == "define":
                self.named[json.loads(node[1])] = node[2]
            elif node[0] == "if":
                chosen = node[2] if self._value(node[1], variables) else node[3]
                out.append(self._text(chosen, variables))
            elif " := " in node[0]:
                name, _, rest = node[0].partition(" := ")
                variables[name] = self._value(rest, variables)
            else:
                out.append(str(self._value(node[0], variables)))
        return "".join(out)

    def _value(self, text: str, variables: dict[str, object]) -> object:
        assert not TOKEN.sub("", text).strip(), text
        return self._pipeline(iter(TOKEN.findall(text)), variables)

    def _pipeline(self, tokens: Iterator[str], variables: dict[str, object]) -> object:
        command: list[object] = []
        piped: list[object] = []
        for token in tokens:
            if token in ("|", ")"):
                piped, command = [self._call(command + piped)], []
                if token == ")":
                    return piped[0]
            elif token == "(":
                command.append(self._pipeline(tokens, variables))
            elif token.startswith('"'):
                command.append(json.loads(token))
            elif re.fullmatch(r"-?\d+", token):
                command.append(int(token))
            elif token.startswith("$"):
                command.append(variables[token])
            elif token.startswith("."):
                found: object = self.data
                for name in token.strip(".").split(".") if token != "." else []:
                    assert isinstance(found, dict)
                    found = found[name]
                command.append(found)
            else:
                command.append(self.functions[token])
        return self._call(command + piped)

    @staticmethod
    def _call(words: list) -> object:
        return words[0](*words[1:]) if callable(words[0]) else words[0]
