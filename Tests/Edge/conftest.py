# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests of edges: the shared streamer behind each configuration of deploy/edge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.edges import KINDS, Edge
from harness.http1 import get
from harness.program import Program, start, stop
from harness.waiting import wait_until


@pytest.fixture(scope="module", params=KINDS)
def edge(request: pytest.FixtureRequest, server: Program,
         tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Each edge in turn, in front of the shared streamer."""
    with KINDS[request.param](tmp_path_factory.mktemp("edge"), server.port) as found:
        found.name = request.param
        yield found


@pytest.fixture(scope="module")
def trusting(binary: Path) -> Iterator[Program]:
    """A server that believes edges on this machine; statistics are for loopback only."""
    program = start(["--resolution", "320x180", "--trusted-proxy", "127.0.0.1"])
    wait_until(lambda: get(program.port, "/ready").status == 200, 15, "the stream")
    yield program
    stop(program)
