# SPDX-License-Identifier: Apache-2.0
"""Finds long pauses of Python tests: calls of `pause`, `sleep`, `watch` and `wait_for_timeout`, and
loops until a time is over, of five seconds and more.

A duration is a number, or has names that are resolved simply: constants of modules, assigned
numbers, values of `parametrize`, defaults of parameters, and arguments of calls in the same file.
What is not resolved counts as zero.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from itertools import product

LONG_PAUSE = 5.0
# The functions that let time pass, with the seconds of their unit.
PAUSES = {"pause": 1.0, "sleep": 1.0, "watch": 1.0, "wait_for_timeout": 0.001}
CLOCKS = {"time", "monotonic", "perf_counter"}
# Functions whose value is one of their arguments.
CHOOSERS = {"float", "int", "max", "min", "round"}
MOST_VALUES = 64

Values = dict[str, set[float]]


def last_name(node: ast.AST) -> str:
    """The last part of a dotted name, a subscript by text, or an empty text."""
    if isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            return node.slice.value
        return last_name(node.value)
    return getattr(node, "attr", getattr(node, "id", ""))


def joined(operator: ast.operator, left: float, right: float) -> float:
    """The value of two numbers and an operator; zero if it is unknown."""
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div() if right:
            return left / right
    return 0.0


def values(node: ast.AST, known: Mapping[str, set[float]]) -> set[float]:
    """The numbers that an expression may be; zero if nothing is known."""
    match node:
        case ast.Constant(value=bool()):
            pass
        case ast.Constant(value=int() | float() as value):
            return {float(value)}
        case ast.Constant(value=str(text)) if text.replace(".", "", 1).isdigit():
            return {float(text)}
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in known:
            return known[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return {-value for value in values(operand, known)}
        case ast.BinOp(left=left, op=operator, right=right):
            sides = (sorted(values(side, known))[-MOST_VALUES:] for side in (left, right))
            return {joined(operator, one, other) for one, other in product(*sides)}
        case ast.IfExp(body=body, orelse=other):
            return values(body, known) | values(other, known)
        case ast.Subscript(value=ast.Name() as value):
            return values(value, known)
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in CHOOSERS and arguments:
            found = [values(argument, known) for argument in arguments]
            lowest = {min(map(max, found))} if name == "min" else set()
            return lowest or set().union(*found)
        case ast.Call(func=ast.Attribute(attr="get", value=ast.Attribute(attr="environ")),
                      args=[_, default]):
            return values(default, known)
        case ast.Dict(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts) if parts:
            return set().union(*(values(part, known) for part in parts))
    return {0.0}


def constants(tree: ast.Module, known: Mapping[str, set[float]] = {}) -> Values:
    """The names to which a module assigns numbers, or tables of numbers."""
    found: Values = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) \
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = values(value, {**known, **found})
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=parts)):
                found |= {name.id: values(part, {**known, **found})
                          for name, part in zip(names, parts) if isinstance(name, ast.Name)}
    return found


def imported(tree: ast.Module, others: Mapping[str, Values]) -> Values:
    """The constants that a module imports from others, by name."""
    return {name.asname or name.name: others[module][name.name] for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
            and (module := node.module.split(".")[-1]) in others
            for name in node.names if name.name in others[module]}


def parameters(node: ast.AST) -> list[str]:
    """The names of the first argument of `parametrize`."""
    texts = node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node]
    return [name.strip() for text in texts if isinstance(text, ast.Constant)
            for name in str(text.value).split(",")]


def cells(row: ast.AST, names: list[str]) -> list[ast.expr]:
    """The values of a row of `parametrize`, in the order of the names."""
    if isinstance(row, ast.Call) and last_name(row.func) == "param":
        return row.args
    return [row] if len(names) == 1 and isinstance(row, ast.expr) else getattr(row, "elts", [])


def parametrized(function: ast.FunctionDef, known: Values) -> Iterator[tuple[str, set[float]]]:
    """Names and values of the decorators `parametrize`."""
    for mark in function.decorator_list:
        if not (isinstance(mark, ast.Call) and last_name(mark.func) == "parametrize"
                and len(mark.args) >= 2 and isinstance(mark.args[1], (ast.List, ast.Tuple))):
            continue
        names = parameters(mark.args[0])
        for row in mark.args[1].elts:
            yield from ((name, values(cell, known)) for name, cell in zip(names, cells(row, names)))


def local(function: ast.FunctionDef, tree: ast.Module, known: Values) -> Values:
    """The numbers of the names of a function, and of the functions in it."""
    found: Values = {}

    def add(name: str, more: set[float]) -> None:
        found[name] = found.get(name, set()) | more

    for name, more in parametrized(function, known):
        add(name, more)
    names = [argument.arg for argument in function.args.args]
    defaults = function.args.defaults
    for name, value in [*zip(names[len(names) - len(defaults):], defaults),
                        *((argument.arg, value) for argument, value in zip(
                            function.args.kwonlyargs, function.args.kw_defaults) if value)]:
        add(name, values(value, known))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) \
                and node.func.id == function.name:
            for name, value in [*zip(names, node.args),
                                *((word.arg, word.value) for word in node.keywords if word.arg)]:
                add(name, values(value, known))
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) \
                    | ast.For(target=ast.Name(id=name), iter=value):
                add(name, values(value, {**known, **found}))
    return found


def asks_clock(node: ast.AST) -> bool:
    """Whether an expression reads the clock."""
    return any(isinstance(one, ast.Call) and last_name(one.func) in CLOCKS and not one.args
               for one in ast.walk(node))


def pause_of(node: ast.AST, names: Values) -> float:
    """The most seconds that a statement lets pass; 0 if it is no pause.

    A loop that may end earlier is a wait with a limit.
    """
    match node:
        case ast.Call(func=function, args=arguments, keywords=keywords) \
                if last_name(function) in PAUSES:
            words = {word.arg: word.value for word in keywords}
            seconds = arguments[0] if arguments else words.get("seconds", words.get("timeout"))
            return max(values(seconds, names)) * PAUSES[last_name(function)] if seconds else 0.0
        case ast.While(test=ast.Compare(left=left, ops=[ast.Lt() | ast.LtE()],
                                        comparators=[right]), body=body) \
                if asks_clock(left) and not any(isinstance(one, (ast.Break, ast.Return))
                                                for part in body for one in ast.walk(part)):
            return max(values(right, names))
    return 0.0


def long_pauses(tree: ast.Module, others: Mapping[str, Values] = {}) -> dict[int, float]:
    """The seconds of each long pause, by its line; `others` has the constants of other modules."""
    taken = imported(tree, others)
    known = {**taken, **constants(tree, taken)}
    found: dict[int, float] = {}

    def search(owner: ast.AST, names: Values) -> None:
        for node in ast.iter_child_nodes(owner):
            if (longest := pause_of(node, names)) >= LONG_PAUSE:
                found[node.lineno] = longest
            inner = names
            if isinstance(node, ast.FunctionDef):
                own = {argument.arg: {0.0} for argument in node.args.args}
                inner = {**names, **own, **local(node, tree, names)}
            search(node, inner)

    search(tree, known)
    return found
