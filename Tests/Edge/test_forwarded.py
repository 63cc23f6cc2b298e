# SPDX-License-Identifier: Apache-2.0
"""What each edge states about its viewers, to a program that trusts it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.crowd import ask, connect
from harness.edges import KINDS, TERMINATORS, Edge
from harness.http1 import Response, get
from harness.metrics import read_metrics
from harness.program import Program, start, stop
from harness.waiting import pause, wait_until

MANIFEST = "/live/manifest.mpd"


@pytest.fixture(scope="module", params=KINDS | TERMINATORS)
def edge(request: pytest.FixtureRequest, trusting: Program,
         tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Each edge in turn, in front of that program."""
    begin = (KINDS | TERMINATORS)[request.param]
    with begin(tmp_path_factory.mktemp("edge"), trusting.port) as found:
        found.name = request.param
        yield found


def manifests(program: Program) -> int:
    """The server's requests of MPDs."""
    return int(sum(value for name, labels, value in read_metrics(program.port)
                   if name == "streamer_requests_total" and labels["kind"] == "manifest"))


def ask_as(edge: Edge, host: str, fields: dict[str, str]) -> Response:
    """The MPD under a host, by a request with these fields."""
    head = [f"GET {MANIFEST} HTTP/1.1", f"Host: {host}",
            *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    with connect(edge) as connection:
        connection.send_raw("\r\n".join(head).encode())
        return connection.read()


def test_scheme_is_that_of_the_viewer(edge: Edge) -> None:
    """Clock addresses have the scheme by which the viewer came."""
    text = ask(edge, MANIFEST).text
    scheme = "https" if edge.is_secure else "http"
    assert f"{scheme}://127.0.0.1:{edge.port}/time" in text


FIELDS = [
    {"X-Forwarded-Proto": "http"}, {"X-Forwarded-Proto": "https"}, {"X-Forwarded-Proto": "ftp"},
    {"Forwarded": "proto=http"}, {"Forwarded": "for=198.51.100.1;proto=http"},
    {"Forwarded": 'for="'},
    {"X-Forwarded-For": "198.51.100.1"}, {"X-Forwarded-For": "127.0.0.1, unknown"},
]


@pytest.mark.parametrize("number", range(len(FIELDS)))
def test_viewer_cannot_change_the_answer_of_others(edge: Edge, trusting: Program,
                                                   number: int) -> None:
    """A field that a viewer has written does not become a part of what others get.

    The MPD of each host is an object of its own: the viewer's request reaches the server.
    """
    host = f"viewer{number}.example"
    pause(0.2, "the text of metrics is at most 0.1 s old")
    before = manifests(trusting)
    assert ask_as(edge, host, FIELDS[number]).status == 200
    wait_until(lambda: manifests(trusting) > before, 2, "the request in the metrics")
    assert manifests(trusting) == before + 1
    others = ask_as(edge, host, {})
    scheme = "https" if edge.is_secure else "http"
    assert others.status == 200 and f"{scheme}://{host}/time" in others.text
