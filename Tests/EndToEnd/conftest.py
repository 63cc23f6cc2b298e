# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the end-to-end tests: one recording of the shared streamer for all playlist rules."""

from __future__ import annotations

import pytest

from harness.program import Program
from harness.recorder import Recording, record

RECORD_SECONDS = 15


@pytest.fixture(scope="session")
def recording(server: Program) -> Recording:
    """Fifteen seconds of the shared streamer, recorded by an eager client."""
    found = record(server.port, RECORD_SECONDS)
    assert not found.errors, found.errors
    return found
