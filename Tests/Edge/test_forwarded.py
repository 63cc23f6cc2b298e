# SPDX-License-Identifier: Apache-2.0
"""What each edge states about its viewers, to a program that trusts it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.crowd import ask
from harness.edges import KINDS, Edge
from harness.http1 import get
from harness.program import Program, start, stop
from harness.waiting import wait_until

MANIFEST = "/live/manifest.mpd"


@pytest.fixture(scope="module")
def trusting(binary: Path) -> Iterator[Program]:
    """A program that believes edges on this machine; statistics are for loopback only."""
    program = start(["--resolution", "320x180", "--trusted-proxy", "127.0.0.1"])
    wait_until(lambda: get(program.port, "/ready").status == 200, 15, "the stream")
    yield program
    stop(program)


@pytest.fixture(scope="module", params=KINDS)
def edge(request: pytest.FixtureRequest, trusting: Program,
         tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Each edge in turn, in front of that program."""
    with KINDS[request.param](tmp_path_factory.mktemp("edge"), trusting.port) as found:
        found.name = request.param
        yield found


def test_scheme_is_that_of_the_viewer(edge: Edge) -> None:
    """Clock addresses have the scheme by which the viewer came."""
    text = ask(edge, MANIFEST).text
    scheme = "https" if edge.is_secure else "http"
    assert f"{scheme}://127.0.0.1:{edge.port}/time" in text


@pytest.mark.parametrize("field", [
    {"X-Forwarded-Proto": "http"}, {"X-Forwarded-Proto": "https"}, {"X-Forwarded-Proto": "ftp"},
    {"Forwarded": "for=198.51.100.1;proto=http"}, {"Forwarded": 'for="'},
    {"X-Forwarded-For": "198.51.100.1"}, {"X-Forwarded-For": "127.0.0.1, unknown"},
])
def test_viewer_cannot_change_the_answer_of_others(edge: Edge, field: dict[str, str]) -> None:
    """A field that a viewer has written does not become a part of what others get."""
    with_field = ask(edge, MANIFEST, headers=field)
    assert with_field.status == 200
    others = ask(edge, MANIFEST)
    scheme = "https" if edge.is_secure else "http"
    assert others.status == 200 and f"{scheme}://127.0.0.1:{edge.port}/time" in others.text
