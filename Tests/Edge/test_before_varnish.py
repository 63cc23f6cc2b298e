# SPDX-License-Identifier: Apache-2.0
"""A further cache before Varnish keeps no error that Varnish states itself about one head."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cdn import Decision, EvaluatedEdge, Request, own_lifetime
from harness.crowd import connect
from harness.edges import KINDS, Edge
from harness.http1 import Response
from harness.program import Program
from harness.waiting import pause

KEPT_SECONDS = 1


class PlainCache:
    """Keeps what Cache-Control permits, under the path without its query, and passes heads on."""

    def decide(self, request: Request) -> Decision:
        """Each request is looked up: methods other than GET are sent on as they are."""
        verdict = "lookup" if request.method in ("GET", "HEAD") else "pass"
        return Decision(verdict, 0, request.path, request.target,
                        request.without({"connection"}))

    def deliver(self, request: Request, decision: Decision,
                response: Response) -> tuple[Response, Decision | None]:
        """The response as it is."""
        return response, None

    def kept(self, request: Request, decision: Decision, response: Response) -> float:
        """The lifetime that the response states."""
        return own_lifetime(response)


HEADS = {
    "Host with a brace": ("GET", "", "a{b", 400),
    "another host that is none": ("GET", "", "a b", 400),
    "another method": ("BREW", "", "a.example", 405),
}


@pytest.mark.parametrize("name", HEADS)
def test_an_error_of_varnish_about_a_head_is_not_kept(name: str, server: Program,
                                                      tmp_path: Path) -> None:
    """RFC 9111 §5.2.2.5: it is `no-store`, as that of the server."""
    method, query, host, status = HEADS[name]
    with KINDS["varnish"](tmp_path, server.port) as cache:
        outer = EvaluatedEdge("plain", PlainCache(), cache.port, tmp_path)
        try:
            def ask(method: str, host: str) -> Response:
                with connect(outer) as connection:
                    connection.send_raw(
                        f"{method} /live/video/playlist.m3u8{query} HTTP/1.1\r\nHost: {host}\r\n"
                        "Connection: close\r\n\r\n".encode())
                    return connection.read(method)

            pause(KEPT_SECONDS + 0.2, "no cache has the playlist of another test")
            refused = ask(method, host)
            assert refused.status == status
            assert refused.headers["cache-control"] == "no-store"
            assert ask("GET", "viewer.example").status == 200
        finally:
            outer.close()


def test_a_closed_path_may_be_kept(server: Program, tmp_path: Path) -> None:
    """The answer depends on the address alone."""
    with KINDS["varnish"](tmp_path, server.port) as cache:
        answer = closed(cache, "/metrics")
        assert answer.status == 404 and answer.headers["cache-control"] == "public, max-age=1"
        assert closed(cache, "/%6detrics").headers["cache-control"] == "no-store"


def closed(edge: Edge, path: str) -> Response:
    """The answer to a path that edges do not serve."""
    with connect(edge) as connection:
        return connection.get(path)
