# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the end-to-end tests: one recording of the shared streamer for all playlist rules."""

from __future__ import annotations

import pytest

from harness.http1 import get
from harness.playlist import parse
from harness.program import Program
from harness.recorder import Recording, record
from harness.tunein import PLAYLIST

RECORD_SECONDS = 15


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
