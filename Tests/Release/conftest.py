# SPDX-License-Identifier: Apache-2.0
"""The files of a release, which `make dist` has put into dist/."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from harness.tools import ROOT


class Dist:
    """The folder, and the files in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.version = subprocess.run(
            [sys.executable, str(ROOT / "release/version.py"), "--check"], capture_output=True,
            text=True, check=True, timeout=20).stdout.strip()
        self.commit = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=-modified"],
            cwd=ROOT, capture_output=True, text=True, check=True, timeout=20).stdout.strip()

    def file(self, pattern: str) -> Path:
        """The one file with a name of this pattern."""
        found = sorted(self.folder.glob(pattern))
        assert len(found) == 1, f"{pattern}: {found} (run make dist)"
        return found[0]

    def unpacked(self, pattern: str, folder: Path) -> Path:
        """The files of an archive, in a new folder."""
        with tarfile.open(self.file(pattern)) as archive:
            archive.extractall(folder, filter="tar")
        return folder


@pytest.fixture(scope="session")
def dist() -> Dist:
    """The files of the release of this commit."""
    return Dist(ROOT / "dist")
