# SPDX-License-Identifier: Apache-2.0
"""Fetches hls.js 1.6.15 from a Python wheel and checks its sum; it is not kept in the repository.

The wheel of pikaraoke 1.23.0 contains the unmodified UMD build (Apache-2.0).
Run: python Tests/fetch_hlsjs.py [FOLDER]; prints the path of the file.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fetch_package import CACHE, PackagedFile

HLSJS = PackagedFile(
    "pikaraoke==1.23.0", ("pikaraoke/static/hls-1.6.15.min.js",),
    "413a83e2bb0c77ed0bf0be105d539d17ef45dfd984a0b13ecd3b14a901383938", "hls-1.6.15.min.js")


def fetch_hlsjs(folder: Path = CACHE) -> Path:
    """Path of hls.js 1.6.15, downloaded at most once; RuntimeError if it is not available."""
    return HLSJS.fetch(folder)


def script_flags() -> list[str]:
    """--hlsjs FILE if the file is available, else nothing."""
    try:
        return ["--hlsjs", str(fetch_hlsjs())]
    except (RuntimeError, OSError):
        return []


if __name__ == "__main__":
    print(fetch_hlsjs(Path(sys.argv[1]) if len(sys.argv) > 1 else CACHE))
