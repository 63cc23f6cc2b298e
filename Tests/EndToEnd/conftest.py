# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the end-to-end tests: one recording of the shared streamer for all playlist rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.http1 import get
from harness.playlist import parse
from harness.program import Program
from harness.recorder import Recording, record
from harness.tunein import PLAYLIST

RECORD_SECONDS = 15
BROWSERS = re.compile(r"^from harness\.(browser|firefox) import", re.M)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spreads the files that need a whole processor, browsers above all, over the run."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    playing = [path for path in files
               if BROWSERS.search(path.read_text()) or path.stem == "test_bitrate"]
    others = [path for path in files if path not in playing]
    place = {path: (index + 0.5) / len(group)
             for group in (playing, others) for index, path in enumerate(group)}
    items[:] = [item for path in sorted(files, key=place.__getitem__) for item in files[path]]


@pytest.fixture(scope="session")
def first_names(server: Program) -> list[str]:
    """URIs of the segments that the streamer listed at the start of the session."""
    return [segment.uri or "" for segment in parse(get(server.port, PLAYLIST).text).segments]


@pytest.fixture(scope="session")
def recording(server: Program, first_names: list[str]) -> Recording:
    """Fifteen seconds of the shared streamer, recorded by an eager client."""
    found = record(server.port, RECORD_SECONDS)
    assert not found.errors, found.errors
    return found
