# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests of edges: the shared streamer behind each configuration of deploy/edge."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.edges import KINDS, Edge
from harness.program import Program


@pytest.fixture(scope="module", params=KINDS)
def edge(request: pytest.FixtureRequest, server: Program,
         tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Each edge in turn, in front of the shared streamer."""
    with KINDS[request.param](tmp_path_factory.mktemp("edge"), server.port) as found:
        found.name = request.param
        yield found
