# SPDX-License-Identifier: Apache-2.0
"""Finds verdicts of Python tests that bound a measured time by a constant, and long pauses.

Measured is a clock reading, a value computed from one, a name of MEASURED, a key of KEYS, a number
that a test reads from a text with a unit, and a spread. A verdict is an `assert`, an `if` before a
failure or before the `return` of a loop that ends with a failure, and the value of an attempt of
`seen_once`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from long_pauses import Values, last_name, long_pauses

CLOCKS = {"time", "monotonic", "perf_counter", "time_ns", "monotonic_ns", "perf_counter_ns",
          "process_time"}
MEASURED = re.compile(
    r"(?:.*_)?(?:elapsed|took|taken|waited|held|late|lateness|delays?|latency|latencies|pauses?"
    r"|seconds)"
    r"(?:_?ms|Ms)?|first_byte|first_body|asked|arrived|syncOffset|ages?|rtt(?:_?ms)?"
    r"|longest(?:_(?:pause|stall|picture))?")
# Keys of reports and of pages whose values are measured, beside the names.
KEYS = re.compile(r"at|p\d\d|stalls|now|samples")
# The pattern of a text in which a measured time has its unit or its rank.
TIMES_OF_TEXT = re.compile(r"\bp\d\d\b|\\d\+?\)? ?(?:ms|s)\b")
# Functions whose value is measured if an argument is.
KEEPERS = {"abs", "enumerate", "float", "int", "list", "map", "max", "mean", "min", "next", "round",
           "sorted", "sum", "zip"}
NUMBERS = {"float", "int"}
READERS = {"findall", "fullmatch", "match", "search"}
VIEWS = {"group", "groups", "items", "values"}
# Functions whose value is taken for a measured time: a test has them of nothing else.
SPREADS = {"median", "percentile", "quantiles"}
DEADLINE = re.compile(r".*(?:deadline|until|_?end)", re.IGNORECASE)
CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*")

Findings = list[tuple[int, str]]


class Measured:
    """The names of one function that hold measured times."""

    def __init__(self, functions: set[str]) -> None:
        self.functions = functions
        self.names: set[str] = set()
        # The names that stand for keys of measured times.
        self.keys: set[str] = set()

    def has(self, node: ast.AST | None) -> bool:
        """Whether an expression is a measured time, or a collection of measured times."""
        match node:
            case ast.Call(func=function):
                name = last_name(function)
                if name in CLOCKS:
                    return not node.args and isinstance(function, (ast.Attribute, ast.Name))
                return name in self.functions or name in SPREADS \
                    or name in KEEPERS and any(map(self.has, node.args)) \
                    or name in NUMBERS and any(map(is_before_its_unit, node.args)) \
                    or name in READERS and any(map(names_times, node.args)) \
                    or name in VIEWS and isinstance(function, ast.Attribute) \
                    and self.has(function.value)
            case ast.Name(id=name):
                return name in self.names or bool(MEASURED.fullmatch(name))
            case ast.Attribute(attr=name):
                return f".{name}" in self.names or bool(MEASURED.fullmatch(name))
            case ast.Subscript(value=value, slice=key):
                return is_measured_key(key) or self.has(value) \
                    or isinstance(key, ast.Name) and key.id in self.keys
            case ast.BoolOp(values=parts):
                return any(map(self.has, parts))
            case ast.BinOp(left=left, op=operator, right=right):
                if isinstance(operator, ast.Div) and self.has(left) and self.has(right):
                    return False  # a ratio
                return self.has(left) or self.has(right)
            case ast.UnaryOp(operand=operand):
                return self.has(operand)
            case ast.IfExp(body=body, orelse=other):
                return self.has(body) or self.has(other)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return any(map(self.has, parts))
            case ast.ListComp(elt=element, generators=generators) | ast.GeneratorExp(
                    elt=element, generators=generators) | ast.SetComp(
                        elt=element, generators=generators):
                self.bind(generators)
                return self.has(element)
            case ast.DictComp(value=element, generators=generators):
                self.bind(generators)
                return self.has(element)
            case ast.NamedExpr(target=target, value=value):
                self.assign(target, value)
                return self.has(value)
        return False

    def bind(self, generators: list[ast.comprehension]) -> None:
        """Marks the loop names of comprehensions over measured times."""
        for generator in generators:
            self.assign(generator.target, generator.iter)

    def assign(self, target: ast.AST, value: ast.AST) -> None:
        """Marks the names to which a measured time is assigned."""
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) \
                and len(target.elts) == len(value.elts):
            for name, one in zip(target.elts, value.elts):
                self.assign(name, one)
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Call) \
                and last_name(value.func) == "zip" and len(target.elts) == len(value.args):
            for name, one in zip(target.elts, value.args):
                self.assign(name, one)
        elif isinstance(target, ast.Tuple) and self.has(value):
            for name in target.elts:
                self.assign(name, value)
        elif isinstance(target, ast.Name) and isinstance(value, (ast.List, ast.Tuple)) \
                and any(map(is_measured_key, value.elts)):
            self.keys.add(target.id)
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) \
                and self.has(value):
            self.names.add(target.value.id)
        elif isinstance(target, ast.Name) and self.has(value):
            self.names.add(target.id)
        elif isinstance(target, ast.Attribute) and self.has(value):
            self.names.add(f".{target.attr}")

    def read(self, body: Iterable[ast.AST]) -> None:
        """Marks the names of all statements; twice, since a loop may use later ones."""
        nodes = [node for one in body for node in ast.walk(one)]
        for node in nodes + nodes:
            match node:
                case ast.Assign(targets=targets, value=value):
                    for target in targets:
                        self.assign(target, value)
                case ast.AugAssign(target=target, value=value) | ast.AnnAssign(
                        target=target, value=ast.expr() as value):
                    self.assign(target, value)
                case ast.For(target=target, iter=value):
                    self.assign(target, value)
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"),
                              args=[value]) if self.has(value):
                    self.names.add(name)
                case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=name), attr="append"),
                              args=[value]) if self.has(value):
                    self.names.add(f".{name}")


def is_measured_key(node: ast.AST) -> bool:
    """Whether an expression is the key of a measured time."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) \
        and bool(MEASURED.fullmatch(node.value) or KEYS.fullmatch(node.value))


def is_before_its_unit(node: ast.AST) -> bool:
    """Whether a text is split for the number before its unit: `text.split()[0]`."""
    match node:
        case ast.Subscript(value=ast.Call(func=ast.Attribute(attr="split"), args=[]),
                           slice=ast.Constant(value=0)):
            return True
    return False


def names_times(node: ast.AST) -> bool:
    """Whether an expression is a pattern of measured times."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) \
        and bool(TIMES_OF_TEXT.search(node.value))


def is_constant(node: ast.AST, parameters: set[str]) -> bool:
    """Whether an expression has only numbers, named constants and parameters of the test."""
    match node:
        case ast.Constant(value=value):
            return isinstance(value, (int, float)) and value != 0
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return bool(CONSTANT.fullmatch(name)) or name in parameters
        case ast.BinOp(left=left, right=right):
            return all(is_constant(side, parameters) or getattr(side, "value", None) == 0
                       for side in (left, right))
        case ast.UnaryOp(operand=operand):
            return is_constant(operand, parameters)
        case ast.Call(func=ast.Name(id="max" | "min" | "float" | "abs"), args=arguments):
            return all(is_constant(argument, parameters) for argument in arguments)
    return False


def is_bound(one: ast.AST, other: ast.AST, measured: Measured, parameters: set[str]) -> bool:
    """Whether `other` bounds a measured time: a constant, or another reading and a constant."""
    if not measured.has(one) or DEADLINE.fullmatch(last_name(other)):
        return False
    if not measured.has(other):
        return is_constant(other, parameters)
    return isinstance(other, ast.BinOp) and isinstance(other.op, (ast.Add, ast.Sub)) and any(
        measured.has(reading) and not measured.has(number) and is_constant(number, parameters)
        for reading, number in ((other.left, other.right), (other.right, other.left)))


def is_failure(node: ast.stmt) -> bool:
    """Whether a statement ends a test: it raises, or calls `fail`."""
    return isinstance(node, ast.Raise) or isinstance(node, ast.Expr) \
        and isinstance(node.value, ast.Call) and last_name(node.value.func) == "fail"


def attempts(tree: ast.AST) -> set[str]:
    """The functions of which one call of several has to be true."""
    return {last_name(node.args[0]) for node in ast.walk(tree)
            if isinstance(node, ast.Call) and last_name(node.func) == "seen_once" and node.args}


def verdicts(function: ast.FunctionDef, tried: set[str]) -> Iterator[tuple[int, ast.expr]]:
    """Line and condition of each verdict of a function; `tried` are functions of `attempts`."""
    may_return = is_failure(function.body[-1])
    for node in ast.walk(function):
        match node:
            case ast.Assert(test=test):
                yield node.lineno, test
            case ast.If(test=test, body=[*_, last]) if is_failure(last) \
                    or may_return and isinstance(last, ast.Return):
                yield node.lineno, test
            case ast.Return(value=ast.expr() as value) if function.name in tried:
                yield node.lineno, value


def bounds(test: ast.AST, measured: Measured, parameters: set[str]) -> Iterator[ast.Compare]:
    """The comparisons of a condition that bound a measured time by a constant."""
    skipped: set[int] = set()
    for node in ast.walk(test):
        if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp)):
            measured.bind(node.generators)
            skipped |= {id(one) for generator in node.generators for part in generator.ifs
                        for one in ast.walk(part)}
    for node in ast.walk(test):
        if not isinstance(node, ast.Compare) or id(node) in skipped:
            continue
        sides = [node.left, *node.comparators]
        for left, operator, right in zip(sides, node.ops, sides[1:]):
            if isinstance(operator, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)) and any(
                    is_bound(one, other, measured, parameters)
                    for one, other in ((left, right), (right, left))):
                yield node
                break


def functions_of(tree: ast.Module) -> list[ast.FunctionDef]:
    """All functions of a module, also those of classes."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def measuring(tree: ast.Module) -> dict[str, set[str]]:
    """The functions that return a measured time, by the name of a function or of their class."""
    found: dict[str, set[str]] = {}
    for owner in [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))]:
        for function in owner.body:
            if isinstance(function, ast.FunctionDef):
                measured = Measured(set())
                measured.read(owner.body if owner is not tree else function.body)
                if function.name not in KEEPERS | CLOCKS and any(
                        isinstance(node, ast.Return) and measured.has(node.value)
                        for node in ast.walk(function)):
                    found.setdefault(getattr(owner, "name", function.name), set()).add(
                        function.name)
    return found


def imported(tree: ast.Module) -> set[tuple[str, str]]:
    """Module and name of each import by name."""
    return {(node.module.split(".")[-1], name.name) for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module for name in node.names}


def python_findings(tree: ast.Module,
                    others: Mapping[str, Mapping[str, set[str]]] = {},
                    numbers: Mapping[str, Values] = {}) -> Findings:
    """Line and kind of each finding of a module.

    `others` has the functions of other modules that measure, `numbers` their constants.
    """
    found: dict[int, str] = {}
    functions = set().union(*measuring(tree).values(), *(
        others.get(module, {}).get(name, set()) for module, name in imported(tree)))
    tried = attempts(tree)
    for function in functions_of(tree):
        arguments = function.args.args + function.args.kwonlyargs
        measured = Measured(functions)
        measured.read(function.body)
        parameters = {argument.arg for argument in arguments} - measured.names
        for line, test in verdicts(function, tried):
            if any(bounds(test, measured, parameters)):
                found[line] = "bound of a measured time"
    for line, seconds in long_pauses(tree, numbers).items():
        found[line] = f"pause of {seconds:g} s"
    return sorted(found.items())
