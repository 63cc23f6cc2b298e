# SPDX-License-Identifier: Apache-2.0
"""The targets of the Makefile whose commands differ between two of its versions.

Most changes of the Makefile are in one recipe. What `make --dry-run` prints for a target, what it
needs included, says whether such a change touches it.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

# Facts of the commit and of the run, which no recipe depends on.
SAME = {"BUILD_COMMIT": "0" * 40, "BUILD_COMMIT_DATE": "2000-01-01", "BUILD_SWIFT": "0",
        "TEST_RUN": "dry", "SOURCE_DATE_EPOCH": "0", "MAKEFLAGS": "", "MAKELEVEL": "0"}


def commands(makefile: str, target: str, folder: Path) -> str | None:
    """What make would run for a target; nil if it has no such target, or cannot read the file."""
    with tempfile.NamedTemporaryFile("w", suffix=".mk") as file:
        file.write(makefile)
        file.flush()
        command = ["make", "--no-print-directory", "-n", "-f", file.name, target]
        done = subprocess.run(command, cwd=folder, check=False, text=True, capture_output=True,
                              env={**os.environ, **SAME})
    return done.stdout.replace(file.name, "Makefile") if done.returncode == 0 else None


def differing(old: str, new: str, targets: Iterable[str], folder: Path) -> frozenset[str]:
    """The targets whose commands differ, or which only one of the versions has."""
    return frozenset(target for target in targets
                     if commands(old, target, folder) != commands(new, target, folder))
