# SPDX-License-Identifier: Apache-2.0
"""Varnish asks a bucket for segments and headers that the server does not have any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness import edges
from harness.http1 import get
from harness.program import Program

PRESENT = "/bucket/prefix/live/video/segment1000.m4s"
HEADER = "/bucket/prefix/live/video/init-0123abcd.mp4"


class Bucket(BaseHTTPRequestHandler):
    """Two objects; all other keys are 404."""

    asked: list[str] = []

    def do_GET(self) -> None:  # noqa: N802
        """Answers like a store."""
        self.asked.append(self.path)
        is_known = self.path in (PRESENT, HEADER)
        body = b"object" if is_known else b"<Code>NoSuchKey</Code>"
        self.send_response(200 if is_known else 404)
        if is_known:
            self.send_header("Cache-Control", "public, max-age=31536000, immutable")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *_: object) -> None:
        """Prints nothing."""


@pytest.fixture
def bucket() -> Iterator[int]:
    """The port of the bucket."""
    Bucket.asked = []
    found = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield found.server_port
    found.shutdown()
    found.server_close()


@pytest.mark.timeout(90)
def test_old_media_comes_from_the_bucket(
        server: Program, tmp_path: Path, bucket: int) -> None:
    """404 and 410 for media lead to the bucket, once per object; other paths do not."""
    edge = edges.varnish(tmp_path, [server.port], bucket)
    try:
        for path in (PRESENT, HEADER):
            found = path.removeprefix("/bucket/prefix")
            for _ in range(2):
                response = get(edge.port, found)
                assert (response.status, response.body) == (200, b"object"), found
                assert response.headers["access-control-allow-origin"] == "*"
        assert Bucket.asked == [PRESENT, HEADER]
        assert get(edge.port, "/live/video/segment1001.m4s").status == 404
        assert Bucket.asked.pop() == "/bucket/prefix/live/video/segment1001.m4s"
        for path in ("/live/none.m3u8", "/other/playlist.m3u8", PRESENT + "x", "/live/x.m4s"):
            assert get(edge.port, path, headers={"X-Cold": "1"}).status == 404
        assert get(edge.port, "/live/video/playlist.m3u8").status == 200
        assert Bucket.asked == [PRESENT, HEADER]
    finally:
        edge.close()
