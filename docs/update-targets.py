# SPDX-License-Identifier: Apache-2.0
"""Writes the graph of targets into docs/architecture/targets.md, from Package.swift.

    python3 docs/update-targets.py            writes the graph
    python3 docs/update-targets.py --check    prints whether the page has the present graph

The level of a target is one above the highest level among its dependencies. The exit status of
--check is 1 if the page differs.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/architecture/targets.md"
MARKED = re.compile(r"<!-- targets -->.*?<!-- /targets -->", re.DOTALL)
# All targets above these may use them, so arrows to them are left out.
COMMON = {"Time", "Sharing", "Media", "Logging"}
WIDTH = 100
# The manifest has other targets with these variables.
CHOICES = ("FUZZ", "QUICK")

Graph = dict[str, set[str]]


def described() -> list[dict]:
    """The targets of the manifest, as SwiftPM evaluates it."""
    environment = {name: text for name, text in os.environ.items() if name not in CHOICES}
    dump = subprocess.run(["swift", "package", "dump-package"], cwd=ROOT, capture_output=True,
                          check=True, timeout=120, env=environment)
    return json.loads(dump.stdout)["targets"]


def graph(targets: list[dict]) -> Graph:
    """The targets of the program by name, each with its direct dependencies in Sources."""
    own = {target["name"]: target for target in targets
           if target["type"] != "test" and not target.get("path")}
    return {name: {next(iter(kind.values()))[0] for kind in target["dependencies"]} & own.keys()
            for name, target in own.items()}


def levels(dependencies: Graph) -> dict[str, int]:
    """The level of each target; ValueError for a circle."""
    found: dict[str, int] = {}
    waiting = dict(dependencies)
    while waiting:
        ready = [name for name, below in waiting.items() if below <= found.keys()]
        if not ready:
            raise ValueError(f"a circle of targets: {', '.join(sorted(waiting))}")
        # A whole level at a time: each of these has a dependency in the level before.
        level = 1 + max(found.values(), default=-1)
        for name in ready:
            found[name] = level
            del waiting[name]
    return found


def wrapped(names: list[str], indent: int) -> str:
    """Names in lines of at most WIDTH columns, each but the first indented."""
    lines = [""]
    for name in names:
        if lines[-1] and indent + len(lines[-1]) + 1 + len(name) > WIDTH:
            lines.append("")
        lines[-1] += f" {name}" if lines[-1] else name
    return f"\n{' ' * indent}".join(lines)


def drawn(dependencies: Graph) -> str:
    """The graph as text, the highest level first."""
    at = levels(dependencies)
    fences = {name for name in dependencies if re.match(r"C[A-Z]", name) and name != "CMAF"
              and not dependencies[name]}
    lines = []
    for level in range(max(at.values()), -1, -1):
        head = f"level {level}"
        for name in sorted(name for name in at if at[name] == level and name not in fences):
            arrow = f"{head:<8} {name}"
            below = sorted(dependencies[name] - COMMON)
            if below:
                arrow += " ─► "
                arrow += wrapped(below, len(arrow))
            lines.append(arrow)
            head = ""
    lines.append(f"         C fences: {wrapped(sorted(fences), 19)}")
    return "\n".join(lines)


def page(text: str, dependencies: Graph) -> str:
    """The page with the graph between its marks."""
    block = f"<!-- targets -->\n```\n{drawn(dependencies)}\n```\n<!-- /targets -->"
    replaced, count = MARKED.subn(lambda _: block, text)
    if count != 1:
        raise ValueError(f"{PAGE.name}: expected one <!-- targets --> … <!-- /targets -->")
    return replaced


def main() -> int:
    """Writes the page, or compares it."""
    before = PAGE.read_text()
    after = page(before, graph(described()))
    if "--check" not in sys.argv:
        PAGE.write_text(after)
        return 0
    if before != after:
        print(f"{PAGE.relative_to(ROOT)}: differs from Package.swift; "
              "run python3 docs/update-targets.py", file=sys.stderr)
    return int(before != after)


if __name__ == "__main__":
    sys.exit(main())
