# SPDX-License-Identifier: Apache-2.0
"""`streamer canary` without burned clock, without prft, and over many requests."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from harness.http1 import get
from harness.program import Program, start, stop
from harness.proxy import Proxy
from harness.sources import ENCODER
from harness.tls import certificate_of
from harness.tools import need
from harness.waiting import wait_until
from test_canary import canary


def stripped(media: bytes) -> bytes:
    """Boxes without those of type `prft`."""
    kept, offset = b"", 0
    while offset < len(media):
        size = int.from_bytes(media[offset:offset + 4])
        box = media[offset:offset + size]
        kept += b"" if box[4:8] == b"prft" else box
        offset += size
    return kept


@contextmanager
def without_prft(origin: int) -> Iterator[int]:
    """A server with the responses of another one, but without `prft`; gives its port."""
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer = get(origin, self.path, timeout=15)
            body = stripped(answer.body) if ".m4s" in self.path else answer.body
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def test_canary_names_frames_without_a_clock(streamer: Callable[..., Program],
                                             tmp_path: Path) -> None:
    """The video of a file has no burned clock: an error after 60 frames, and no age."""
    film = tmp_path / "film.mp4"
    subprocess.run([need("ffmpeg", "a film without a burned clock"), "-v", "error", "-f", "lavfi",
                    "-i", "testsrc2=size=320x180:rate=30", "-t", "4", *ENCODER, "-g", "30",
                    str(film)], check=True, timeout=60)
    program = streamer("--input", str(film), "--loop", "--host", "127.0.0.1", "--http-port", "0",
                       defaults=False)
    wait_until(lambda: get(program.port, "/live/playlist.m3u8", timeout=15).status == 200, 20,
               "a playlist")
    run = canary(program.url("/live/video/playlist.m3u8"), "--clock", "burned", "--interval", 6,
                 "--seconds", 6)
    assert run.returncode == 1 and "parts: no media, 0 chunks" in run.stdout, run.stdout
    assert "the burned clock cannot be read: 60 frames in succession have none" in run.stderr


def test_canary_uses_dates_without_prft(server: Program) -> None:
    """A server without `prft`: one age per part, by EXT-X-PROGRAM-DATE-TIME."""
    with without_prft(server.port) as port:
        url = f"http://127.0.0.1:{port}/live.m3u8"
        began = time.monotonic()
        run = canary(url, "--interval", 4, "--seconds", 4)
        ran = (time.monotonic() - began) * 1000
        assert run.returncode == 0, run.stdout + run.stderr
        assert " ms by pdt, " in run.stdout
        found = re.search(r"age p50 (\d+) p95 \d+ p99 (\d+) ms by pdt, (\d+) chunks.* 0 errors",
                          run.stdout)
        assert found, run.stdout
        # The part duration is 0.1 s, and an age contains it.
        assert int(found[1]) >= 60 and int(found[2]) < ran and 20 <= int(found[3]) <= 45
        none = canary(url, "--clock", "prft", "--interval", 2, "--seconds", 2)
        assert none.returncode == 1 and "the media have no prft" in none.stderr
    both = canary(server.url("/live.m3u8"), "--clock", "pdt", "--interval", 2, "--seconds", 2)
    assert both.returncode == 0 and " ms by pdt, " in both.stdout


def test_canary_keeps_its_connection(tmp_path: Path) -> None:
    """Parts over TLS: no part is late, over one connection; the certificate is verified."""
    program = start(["--resolution", "320x180", "--https-port", "0", "--self-signed"],
                    env={"XDG_STATE_HOME": str(tmp_path)})
    program.secure_url("/")
    proxy = Proxy(program.secure_port or 0)
    try:
        url = f"https://127.0.0.1:{proxy.port}/live.m3u8"
        run = canary(url, "--json", "--interval", 4, "--seconds", 4,
                     "--verify", certificate_of(tmp_path))
        assert run.returncode == 0, run.stdout + run.stderr
        found = json.loads(run.stdout)
        assert found["chunks"] >= 100 and found["errors"] == 0, found
        assert proxy.accepted == 1
        refused = canary(url, "--interval", 1, "--seconds", 1)
        assert refused.returncode == 1 and "self-signed certificate" in refused.stderr
        blind = canary(url, "--interval", 2, "--seconds", 2, "--verify", "none")
        assert blind.returncode == 0, blind.stderr
    finally:
        proxy.close()
        stop(program)
