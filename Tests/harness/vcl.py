# SPDX-License-Identifier: Apache-2.0
"""Evaluates snippets of Fastly's VCL: the statements and expressions that deploy/terraform uses.

Anything else raises Unevaluable, so that a new construct is noticed and not skipped.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any

TOKEN = re.compile(r"""
    (?P<space>\s+|\#[^\n]*|//[^\n]*|/\*.*?\*/)
  | \{"(?P<long>.*?)"\}
  | "(?P<short>[^"\n]*)"
  | (?P<time>\d+(?:\.\d+)?)(?:ms|s|m|h)\b
  | (?P<number>\d+)
  | (?P<word>[A-Za-z_][\w.:-]*)
  | (?P<mark>\+=|==|!=|!~|>=|<=|&&|\|\||[~!<>(){};,=])
""", re.VERBOSE | re.DOTALL)
ORDERS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")

Value = str | int | float | bool | None
Variables = MutableMapping[str, Value]
Function = Callable[..., Value]


class Unevaluable(Exception):
    """A construct that this evaluator does not know."""


@dataclass(frozen=True)
class End:
    """How a snippet ends: the action of `return`, `error` with a status, or `restart`."""

    action: str
    status: int = 0


def unescaped(text: str) -> str:
    """A string between quotes: `%25` is a percent sign, and a sign alone is no string."""
    def character(found: re.Match[str]) -> str:
        if found[1] is None:
            raise Unevaluable(f"a percent sign that is no escape in {text!r}")
        return chr(int(found[1], 16))

    return ESCAPE.sub(character, text)


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """The kind and the text of each token."""
    place = 0
    while place < len(text):
        found = TOKEN.match(text, place)
        if found is None:
            raise Unevaluable(f"no token: {text[place:place + 40]!r}")
        place = found.end()
        kind = str(found.lastgroup)
        if kind == "short":
            yield "text", unescaped(found[kind])
        elif kind == "long":
            yield "text", found[kind]
        elif kind != "space":
            yield kind, found[kind]


class Snippet:
    """A snippet, run on variables: it reads and writes them, and may end the subroutine."""

    def __init__(self, text: str, functions: dict[str, Function] | None = None) -> None:
        self.tokens = list(tokens(text))
        self.functions: dict[str, Function] = {"regsub": regsub, **(functions or {})}
        self.place = 0
        self.variables: Variables = {}

    def run(self, variables: Variables) -> End | None:
        """Runs the snippet; None if it goes on to the next statement of the subroutine."""
        self.place, self.variables = 0, variables
        while self.place < len(self.tokens):
            if end := self.statement(is_run=True):
                return end
        return None

    # Tokens.

    def peek(self) -> str:
        """The text of the next token; empty at the end, and for a string."""
        if self.place >= len(self.tokens):
            return ""
        kind, text = self.tokens[self.place]
        return "" if kind == "text" else text

    def take(self, expected: str = "") -> str:
        """The next token, which must be `expected` if that is given."""
        if self.place >= len(self.tokens):
            raise Unevaluable("the snippet ends too early")
        kind, text = self.tokens[self.place]
        if expected and (text != expected or kind == "text"):
            raise Unevaluable(f"{text!r} (expected {expected!r})")
        self.place += 1
        return text

    def accept(self, *texts: str) -> str:
        """The next token if it is one of these, else an empty text."""
        found = self.peek()
        return self.take() if found and found in texts else ""

    # Statements.

    def statement(self, is_run: bool) -> End | None:
        """Reads a statement, and runs it if `is_run`."""
        word = self.take()
        if word == "if":
            return self.choice(is_run)
        end = None
        if word == "set":
            name = self.take()
            sign = self.accept("+=") or self.take("=")
            value = self.value(is_run)
            if is_run:
                before = text_of(self.variable(name)) if sign == "+=" else ""
                self.variables[name] = before + text_of(value) if sign == "+=" else value
        elif word == "unset":
            name = self.take()
            if is_run:
                self.variables[name] = None
        elif word == "return":
            self.take("(")
            end = End(self.take())
            self.take(")")
        elif word == "error":
            end = End("error", int(self.take()))
            if self.peek() != ";":
                self.take()
        elif word == "restart":
            end = End("restart")
        else:
            raise Unevaluable(f"statement {word!r}")
        self.take(";")
        return end if is_run else None

    def choice(self, is_run: bool) -> End | None:
        """The rest of `if`, with its alternatives."""
        end, is_done = None, False
        while True:
            self.take("(")
            holds = self.either(is_run and not is_done)
            self.take(")")
            end = self.block(is_run and not is_done and holds) or end
            is_done = is_done or holds
            if self.accept("elsif", "elseif", "elif"):
                continue
            if not self.accept("else"):
                return end
            if not self.accept("if"):
                return self.block(is_run and not is_done) or end

    def block(self, is_run: bool) -> End | None:
        """The statements between braces; nothing runs after the end of the snippet."""
        self.take("{")
        end = None
        while not self.accept("}"):
            end = self.statement(is_run and end is None) or end
        return end

    # Expressions. Without `is_run` they are only read.

    def either(self, is_run: bool) -> bool:
        """Conditions of which one must hold."""
        holds = self.both(is_run)
        while self.accept("||"):
            other = self.both(is_run and not holds)
            holds = holds or other
        return holds

    def both(self, is_run: bool) -> bool:
        """Conditions that must all hold."""
        holds = self.condition(is_run)
        while self.accept("&&"):
            other = self.condition(is_run and holds)
            holds = holds and other
        return holds

    def condition(self, is_run: bool) -> bool:
        """A comparison, a match, or a value that is true if it is set."""
        if self.accept("!"):
            return not self.condition(is_run) and is_run
        if self.accept("("):
            holds = self.either(is_run)
            self.take(")")
            return holds
        left = self.term(is_run)
        sign = self.accept("==", "!=", "~", "!~", *ORDERS)
        if not sign:
            return is_run and left is not None and left is not False
        right = self.term(is_run)
        if not is_run:
            return False
        if sign in ("~", "!~"):
            return bool(re.search(str(right), text_of(left))) is (sign == "~")
        if sign in ORDERS:
            return ORDERS[sign](float(text_of(left)), float(text_of(right)))
        return (left == right) is (sign == "==")

    def value(self, is_run: bool) -> Value:
        """A term, or several that are joined."""
        found = [self.term(is_run)]
        # A token of another kind than a sign goes on with the string.
        while self.place < len(self.tokens) and self.tokens[self.place][0] != "mark":
            found.append(self.term(is_run))
        return found[0] if len(found) == 1 else "".join(map(text_of, found))

    def term(self, is_run: bool) -> Value:
        """A literal, a variable or a call."""
        if self.place >= len(self.tokens):
            raise Unevaluable("the snippet ends too early")
        kind, text = self.tokens[self.place]
        self.place += 1
        if kind == "text":
            return text
        if kind in ("number", "time"):
            return float(text) if kind == "time" else int(text)
        if kind != "word":
            raise Unevaluable(f"{text!r} in an expression")
        if text in ("true", "false"):
            return text == "true"
        if not self.accept("("):
            return self.variable(text) if is_run else None
        arguments = []
        while not self.accept(")"):
            arguments.append(self.value(is_run))
            self.accept(",")
        if text not in self.functions:
            raise Unevaluable(f"function {text}")
        return self.functions[text](*arguments) if is_run else None

    def variable(self, name: str) -> Value:
        """The value of a variable; a field that the message lacks is None."""
        if name not in self.variables and ".http." not in name:
            raise Unevaluable(f"variable {name}")
        return self.variables.get(name)


def text_of(value: Any) -> str:
    """A value as a part of a string."""
    return "" if value is None else str(value)


def regsub(value: Value, pattern: str, replacement: str) -> str:
    """The first match replaced."""
    return re.sub(pattern, replacement, text_of(value), count=1)
