# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests of edges: the shared streamer behind each configuration of deploy/edge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import edges
from harness.edges import Edge
from harness.program import Program


@contextmanager
def terminated_varnish(folder: Path, port: int) -> Iterator[Edge]:
    """nginx with TLS in front of Varnish."""
    inner, outer = folder / "varnish", folder / "nginx"
    inner.mkdir()
    outer.mkdir()
    cache = edges.varnish(inner, [port])
    try:
        edge = edges.nginx(outer, "terminator.conf", cache.port)
    except BaseException:
        cache.close()
        raise
    edge.behind = cache
    try:
        yield edge
    finally:
        edge.close()


@contextmanager
def single(start: Callable[[], Edge]) -> Iterator[Edge]:
    """An edge of one process."""
    edge = start()
    try:
        yield edge
    finally:
        edge.close()


KINDS = {
    "varnish": lambda folder, port: single(lambda: edges.varnish(folder, [port])),
    "nginx-varnish": terminated_varnish,
    "trafficserver": lambda folder, port: single(lambda: edges.traffic_server(folder, port)),
    "nginx-alone": lambda folder, port: single(lambda: edges.nginx(folder, "alone.conf", port)),
}


@pytest.fixture(scope="module", params=KINDS)
def edge(request: pytest.FixtureRequest, server: Program,
         tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Each edge in turn, in front of the shared streamer."""
    with KINDS[request.param](tmp_path_factory.mktemp("edge"), server.port) as found:
        found.name = request.param
        yield found
