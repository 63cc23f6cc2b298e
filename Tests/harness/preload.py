# SPDX-License-Identifier: Apache-2.0
"""Libraries of Tests/Preload, which are loaded before others into the program."""

from __future__ import annotations

import subprocess
from pathlib import Path

from harness.tools import ROOT, need


def preloaded(name: str, folder: Path, *, quoted: bool = True,
              **values: object) -> dict[str, str]:
    """Compiles a library with macros, texts if quoted; the variables of a program that loads it."""
    library = folder / f"{name}.so"
    quote = '"' if quoted else ""
    macros = [f"-D{key}={quote}{value}{quote}" for key, value in values.items()]
    subprocess.run([need("cc", name), "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
                    *macros, "-o", str(library), str(ROOT / f"Tests/Preload/{name}.c"), "-ldl"],
                   check=True)
    return {"LD_PRELOAD": str(library)}
