# SPDX-License-Identifier: Apache-2.0
"""The files of a release, which `make dist` has put into dist/."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from harness.tools import ROOT

# Debian's packages with the frameworks. They are unpacked, not installed.
FRAMEWORKS = ["node-react", "node-react-dom", "node-scheduler", "node-loose-envify",
              "node-object-assign", "node-vue"]


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


@pytest.fixture(scope="session")
def modules(dist, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package in node_modules."""
    folder = tmp_path_factory.mktemp("npm")
    dist.unpacked("streamer-live-player-*.tgz", folder / "unpacked")
    target = folder / "node_modules/streamer-live-player"
    target.parent.mkdir()
    shutil.move(folder / "unpacked/package", target)
    return folder


@pytest.fixture(scope="session")
def frameworks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of node modules with React and Vue; skipped if Debian's mirror does not answer."""
    folder = tmp_path_factory.mktemp("frameworks")
    got = subprocess.run(["apt-get", "download", "-qq", *FRAMEWORKS], cwd=folder, check=False,
                         capture_output=True, text=True, timeout=120)
    if got.returncode != 0:
        pytest.skip(f"no React and no Vue: {got.stderr[-200:]}")
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True, timeout=60)
    return folder / "usr/share/nodejs"
