# SPDX-License-Identifier: Apache-2.0
"""Fetches a file out of a package of PyPI and checks its sum; it is not kept in the repository."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(__file__).resolve().parent.parent / ".deps"


@dataclass(frozen=True)
class PackagedFile:
    """A file in a package: its path there, or the paths in archives within archives."""

    package: str
    members: tuple[str, ...]
    sha256: str
    name: str

    def is_genuine(self, path: Path) -> bool:
        """Whether the file exists and has the expected sum."""
        return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == self.sha256

    def fetch(self, folder: Path = CACHE) -> Path:
        """Path of the file, downloaded at most once; RuntimeError if it is not available."""
        target = folder / self.name
        if self.is_genuine(target):
            return target
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as scratch:
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--dest",
                       scratch, self.package]
            run = subprocess.run(command, capture_output=True, text=True, timeout=300)
            archives = list(Path(scratch).iterdir())
            if run.returncode or not archives:
                raise RuntimeError(
                    f"pip download {self.package} failed: {run.stderr.strip()[-300:]}")
            data = archives[0].read_bytes()
        for member in self.members:
            data = unpacked(data, member)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise RuntimeError(
                f"{self.members[-1]} of {self.package} has another SHA-256 than expected")
        part = target.with_suffix(".part")
        part.write_bytes(data)
        part.replace(target)
        return target


def unpacked(archive: bytes, member: str) -> bytes:
    """A file of an archive of the form zip, or tar with any compression."""
    if zipfile.is_zipfile(io.BytesIO(archive)):
        return zipfile.ZipFile(io.BytesIO(archive)).read(member)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        found = files.extractfile(member)
        if found is None:
            raise RuntimeError(f"{member} is no file")
        return found.read()
