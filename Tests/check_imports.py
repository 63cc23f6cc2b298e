# SPDX-License-Identifier: Apache-2.0
"""Compares the imports of each target with its dependencies in Package.swift.

A build that is not from scratch accepts an import without its dependency, because the module is
there from another target. Prints one line per import without a dependency, and per dependency
without an import; exits with 1 if there is one.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\(\w+\))?\s+)*(?:\w+\s+)?import\s+(?:(?:struct|class|enum|func)\s+)?(\w+)",
    re.MULTILINE)


def package() -> dict:
    dump = subprocess.run(
        ["swift", "package", "dump-package"], cwd=ROOT, capture_output=True, check=True,
        timeout=120)
    return json.loads(dump.stdout)


def folder(target: dict) -> Path:
    default = ("Tests/" if target["type"] == "test" else "Sources/") + target["name"]
    return ROOT / (target.get("path") or default)


def imports(target: dict) -> dict[str, Path]:
    """The modules that a target imports, each with one file that does."""
    found: dict[str, Path] = {}
    for file in sorted(folder(target).rglob("*.swift")):
        for match in IMPORT.finditer(file.read_text()):
            found.setdefault(match[1], file.relative_to(ROOT))
    return found


def faults(targets: list[dict]) -> Iterator[str]:
    own = {target["name"] for target in targets}
    # Targets in C, and the shim that a test only links, import nothing.
    linked = {"CAllocations", "CStart", "GlobShim"}
    for target in targets:
        declared = {next(iter(kind.values()))[0] for kind in target["dependencies"]}
        used = imports(target)
        for module in sorted(used.keys() & own - declared - {target["name"]}):
            yield f"{used[module]}: imports {module}, which {target['name']} does not depend on"
        for module in sorted(declared & own - used.keys() - linked):
            yield f"Package.swift: {target['name']} depends on {module}, which it does not import"


def main() -> int:
    lines = list(faults(package()["targets"]))
    print("\n".join(lines) if lines else "every import has its dependency")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
