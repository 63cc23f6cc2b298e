# SPDX-License-Identifier: Apache-2.0
"""Cookies pass each edge at /login and nowhere else, in front of an origin that notes them.

The server itself reads and sets no cookie elsewhere, so its answers do not show what passes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness import edges
from harness.curled import ask
from harness.edges import Edge, single
from harness.waiting import wait_until

COOKIE = "viewer-live=secret"
SET = "viewer-live=next; Path=/login; HttpOnly"
LOGIN = [("GET", "/login"), ("POST", "/login"), ("POST", "/login/live")]
# Each location of the configurations that asks the origin.
OTHERS = [("GET", path) for path in (
    "/", "/live/", "/t/x/live/", "/time", "/live/timestamps.json", "/live/snapshot.jpg",
    "/live/video/playlist.m3u8", "/t/x/live/video/playlist.m3u8", "/live/ll.m3u8",
    "/live/video/segment1.m4s", "/live/video/segment1.0.m4s", "/live/auto/playlist.m3u8",
    "/live/manifest.mpd", "/ldash/play/live/manifest.mpd", "/live/ws", "/t/x/live/ws",
    "/login/live/x", "/live/login")]
OTHERS.append(("POST", "/live/clearkey"))


class Origin(ThreadingHTTPServer):
    """Sets a cookie with every answer; `asked` has the paths and cookies of requests."""

    asked: list[tuple[str, str | None]]


class Handler(BaseHTTPRequestHandler):
    """An answer to each request."""

    server: Origin
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Notes the request."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.path, self.headers.get("Cookie")))
        self.send_response(200)
        self.send_header("Set-Cookie", SET)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", "2")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"ok")

    do_POST = do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        """Writes nothing."""


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    """The origin of all edges."""
    with Origin(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


Begin = Callable[[Path, int], AbstractContextManager[Edge]]
# Each file by itself: nothing behind it drops what it lets through. As in front of Varnish, Caddy
# asks by HTTP/1.1.
EDGES: dict[str, Begin] = {
    "varnish": lambda folder, port: single(lambda: edges.varnish(folder, [port])),
    "trafficserver": lambda folder, port: single(lambda: edges.traffic_server(folder, port)),
    "caddy": lambda folder, port: single(lambda: edges.caddy(folder, port, port)),
    **{f"nginx-{name}": lambda folder, port, file=f"{name}.conf": single(
        lambda: edges.nginx(folder, file, port)) for name in ("alone", "terminator", "checking")},
}


@pytest.fixture(scope="module", params=EDGES)
def edge(request: pytest.FixtureRequest, origin: Origin,
         tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Each configuration in turn, in front of that origin."""
    with EDGES[request.param](tmp_path_factory.mktemp("edge"), origin.server_port) as found:
        wait_until(lambda: ask(found, "/version").status == 200, 10,
                   "an answer of the edge, whose probes take some time")
        yield found


def exchange(edge: Edge, origin: Origin, method: str, path: str) -> tuple[set[str | None], bool]:
    """The cookies of the requests that reach the origin; whether the viewer gets its cookie."""
    origin.asked.clear()
    flags = ("-X", method, *(("-d", "x=1") if method == "POST" else ()))
    answer = ask(edge, path, *flags, "-H", f"Cookie: {COOKIE}")
    assert answer.status == 200, (method, path, answer)
    # Not the probes of an edge; with nginx-checking a token is a request for /auth beside it.
    cookies = {cookie for asked, cookie in origin.asked if asked not in ("/ready", "/health")}
    assert cookies, (method, path)
    return cookies, "set-cookie" in answer.fields


@pytest.mark.parametrize(("method", "path"), LOGIN)
def test_cookies_pass_at_login(edge: Edge, origin: Origin, method: str, path: str) -> None:
    """The cookie of the viewer reaches the origin, whose cookie reaches the viewer."""
    assert exchange(edge, origin, method, path) == ({COOKIE}, True)


@pytest.mark.parametrize(("method", "path"), OTHERS)
def test_no_cookie_passes_elsewhere(edge: Edge, origin: Origin, method: str, path: str) -> None:
    """Neither the cookie of a viewer nor one of the origin passes."""
    assert exchange(edge, origin, method, path) == ({None}, False)
