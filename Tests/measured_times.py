# SPDX-License-Identifier: Apache-2.0
"""Finds verdicts of Python tests that bound a measured time by a constant, and long pauses.

Measured is a clock reading, a value computed from one, a name of MEASURED, and a spread.
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
    r"(?:_?ms|Ms)?|first_byte|first_body|asked|arrived|syncOffset")
# Functions whose value is measured if an argument is.
KEEPERS = {"abs", "float", "int", "list", "map", "max", "mean", "min", "round", "sorted", "sum"}
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

    def has(self, node: ast.AST | None) -> bool:
        """Whether an expression is a measured time, or a collection of measured times."""
        match node:
            case ast.Call(func=function):
                name = last_name(function)
                if name in CLOCKS:
                    return not node.args and isinstance(function, (ast.Attribute, ast.Name))
                return name in self.functions or name in SPREADS \
                    or name in KEEPERS and any(map(self.has, node.args))
            case ast.Name(id=name):
                return name in self.names or bool(MEASURED.fullmatch(name))
            case ast.Attribute(attr=name):
                return f".{name}" in self.names or bool(MEASURED.fullmatch(name))
            case ast.Subscript(value=value):
                return bool(MEASURED.fullmatch(last_name(node))) or self.has(value)
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
            case ast.NamedExpr(target=target, value=value):
                self.assign(target, value)
                return self.has(value)
        return False

    def bind(self, generators: list[ast.comprehension]) -> None:
        """Marks the loop names of comprehensions over measured times."""
        for generator in generators:
            if self.has(generator.iter):
                self.assign(generator.target, generator.iter)

    def assign(self, target: ast.AST, value: ast.AST) -> None:
        """Marks the names to which a measured time is assigned."""
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) \
                and len(target.elts) == len(value.elts):
            for name, one in zip(target.elts, value.elts):
                self.assign(name, one)
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


def fails(node: ast.If) -> bool:
    """Whether a branch only ends a test: it raises, or calls `fail`."""
    last = node.body[-1]
    return isinstance(last, ast.Raise) or isinstance(last, ast.Expr) \
        and isinstance(last.value, ast.Call) and last_name(last.value.func) == "fail"


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
    for function in functions_of(tree):
        arguments = function.args.args + function.args.kwonlyargs
        measured = Measured(functions)
        measured.read(function.body)
        parameters = {argument.arg for argument in arguments} - measured.names
        for node in ast.walk(function):
            if (isinstance(node, ast.Assert) or isinstance(node, ast.If) and fails(node)) \
                    and any(bounds(node.test, measured, parameters)):
                found[node.lineno] = "bound of a measured time"
    for line, seconds in long_pauses(tree, numbers).items():
        found[line] = f"pause of {seconds:g} s"
    return sorted(found.items())
