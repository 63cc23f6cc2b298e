# SPDX-License-Identifier: Apache-2.0
"""Fetches hls.js 1.6.15 from a Python wheel and checks its sum; it is not kept in the repository.

The wheel of pikaraoke 1.23.0 contains the unmodified UMD build (Apache-2.0).
Run: python Tests/fetch_hlsjs.py [FOLDER]; prints the path of the file.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEEL = "pikaraoke==1.23.0"
MEMBER = "pikaraoke/static/hls-1.6.15.min.js"
SHA256 = "413a83e2bb0c77ed0bf0be105d539d17ef45dfd984a0b13ecd3b14a901383938"
CACHE = Path(__file__).resolve().parent.parent / ".deps"


def is_genuine(path: Path) -> bool:
    """Whether the file exists and has the expected sum."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == SHA256


def fetch_hlsjs(folder: Path = CACHE) -> Path:
    """Path of hls.js 1.6.15, downloaded at most once; RuntimeError if it is not available."""
    target = folder / "hls-1.6.15.min.js"
    if is_genuine(target):
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        command = [
            sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--dest", scratch, WHEEL
        ]
        run = subprocess.run(command, capture_output=True, text=True, timeout=300)
        wheels = list(Path(scratch).glob("*.whl"))
        if run.returncode or not wheels:
            raise RuntimeError(f"pip download {WHEEL} failed: {run.stderr.strip()[-300:]}")
        data = zipfile.ZipFile(wheels[0]).read(MEMBER)
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise RuntimeError(f"{MEMBER} of {WHEEL} has another SHA-256 than expected")
    part = target.with_suffix(".part")
    part.write_bytes(data)
    part.replace(target)
    return target


def script_flags() -> list[str]:
    """--hlsjs FILE if the file is available, else nothing."""
    try:
        return ["--hlsjs", str(fetch_hlsjs())]
    except (RuntimeError, OSError):
        return []


if __name__ == "__main__":
    print(fetch_hlsjs(Path(sys.argv[1]) if len(sys.argv) > 1 else CACHE))
