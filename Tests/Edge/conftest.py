# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests of edges: the shared streamer behind each configuration of deploy/edge."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
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


Site = Callable[..., Program]


@pytest.fixture(scope="module")
def site(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Starts servers of two streams with a past; keywords are further settings."""
    started: list[Program] = []

    def begin(**settings: object) -> Program:
        folder = tmp_path_factory.mktemp("site")
        file = folder / "streamer.json"
        file.write_text(json.dumps({
            "resolution": "320x180", "archive": str(folder / "archive"), "dvr": "1h",
            "streams": [{"stream": "live", "testSrc": True}, {"stream": "yard", "testSrc": True}],
            **settings}))
        program = start(["-c", str(file), "--host", "127.0.0.1", "--http-port", "0"],
                        defaults=False)
        started.append(program)
        wait_until(lambda: get(program.port, "/ready").status == 200, 15, "the streams")
        return program

    yield begin
    for program in started:
        stop(program)


@pytest.fixture(scope="module")
def trusting(site: Site) -> Program:
    """A server that believes edges on this machine; statistics are for loopback only."""
    return site(trustedProxy="127.0.0.1")
