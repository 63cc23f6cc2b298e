# SPDX-License-Identifier: Apache-2.0
"""Compares the flags of the editors' builds with those of `make build-unit`.

    python3 Tests/check_editor.py FLAGS

Equal flags and one folder mean one build: with other flags the editor would build everything
again. Prints one line per difference; exits with 1 if there is one.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVER = ".sourcekit-lsp/config.json"
EDITOR = ".vscode/settings.json"
# Of `swift test` only, see Tests/run_unit.py.
OF_TESTS = ["--disable-xctest"]


def split(flags: list[str]) -> tuple[str, list[str]]:
    """The scratch path, and the flags of the compiler."""
    path, compiler = "", []
    words = iter(flags)
    for word in words:
        if word == "--scratch-path":
            path = next(words, "")
        elif word == "-Xswiftc":
            compiler.append(next(words, ""))
        else:
            raise ValueError(f"UNIT_BUILD: {word} has no counterpart in {SERVER}")
    return path, compiler


def differences(flags: list[str], server: dict, editor: dict) -> Iterator[str]:
    """The keys of both files whose values differ from the flags."""
    path, compiler = split(flags)
    arguments = [word for flag in compiler for word in ("-Xswiftc", flag)]
    package = server.get("swiftPM", {})
    for file, key, found, expected in (
            (SERVER, "swiftPM.scratchPath", package.get("scratchPath"), path),
            (SERVER, "swiftPM.swiftCompilerFlags", package.get("swiftCompilerFlags"), compiler),
            (EDITOR, "swift.buildPath", editor.get("swift.buildPath"), path),
            (EDITOR, "swift.buildArguments", editor.get("swift.buildArguments"), arguments),
            (EDITOR, "swift.additionalTestArguments",
             editor.get("swift.additionalTestArguments"), OF_TESTS + arguments)):
        if found != expected:
            yield f"{file}: {key} is {found}, but UNIT_BUILD of the Makefile has {expected}"


def main() -> int:
    """Prints the differences."""
    flags = shlex.split(" ".join(sys.argv[1:]))
    lines = list(differences(flags, json.loads((ROOT / SERVER).read_text()),
                             json.loads((ROOT / EDITOR).read_text())))
    print("\n".join(lines) if lines else "the editors build with the flags of make build-unit")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
