# SPDX-License-Identifier: Apache-2.0
"""A web server of another origin, with one page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@contextmanager
def site(html: str, policy: str | None = None,
         files: dict[str, tuple[str, bytes]] | None = None) -> Iterator[str]:
    """Serves `html` under every path of a port of its own; the address of the page.

    `files` have other paths, and a type each.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = (files or {}).get(
                self.path.partition("?")[0], ("text/html; charset=utf-8", html.encode()))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if policy:
                self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            """Nothing is logged."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_port}/"
    finally:
        running.shutdown()
        running.server_close()
