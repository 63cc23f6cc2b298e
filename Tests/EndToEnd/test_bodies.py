# SPDX-License-Identifier: Apache-2.0
"""Request content sent by curl and nghttp, to `POST /api/streams` and to paths that accept none."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.http1 import Connection, get
from harness.metrics import total
from harness.program import Program, start, stop
from harness.tools import need
from harness.waiting import not_before, pause

TOKEN = "an-admin-token-of-a-test"
LIMIT = 20_000


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A streamer with /api and small limits."""
    folder = tmp_path_factory.mktemp("bodies")
    path = folder / "streamer.json"
    path.write_text(json.dumps({"adminToken": TOKEN, "streams": [
        {"stream": "live", "testSrc": True, "resolution": "320x180"}]}))
    program = start([
        "-c",
        str(path), "--max-body-bytes",
        str(LIMIT), "--body-timeout", "1", "--https-port", "0", "--self-signed", "--host",
        "127.0.0.1", "--http-port", "0"
    ], defaults=False, env={"XDG_STATE_HOME": str(folder)})
    program.secure_url("/")
    yield program
    assert stop(program) == 0, program.log_text()


def document(folder: Path, size: int) -> Path:
    """A request of `size` bytes with an invalid stream name, which the response quotes."""
    path = folder / f"{size}.json"
    head, tail = '{"name": "', '", "stream": "a/b"}'
    path.write_text(head + "x" * (size - len(head) - len(tail)) + tail)
    return path


def curl(url: str, *arguments: str) -> tuple[int, str, str]:
    """Status, body and verbose lines of one request by curl."""
    done = subprocess.run([
        "curl", "-skv", "-m", "20", "-H", f"Authorization: Bearer {TOKEN}", "-w",
        "\n%{http_code}", *arguments, url
    ], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, (done.returncode, done.stdout[-500:], done.stderr[-500:])
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body, done.stderr


FORMS = {
    "length": ["--http1.1"],
    "chunked": ["--http1.1", "-H", "Transfer-Encoding: chunked"],
    "expect-100": ["--http1.1", "-H", "Expect: 100-continue"],
    "h2": ["--http2"],
}


@pytest.mark.parametrize("form", FORMS)
def test_content_is_read_up_to_the_limit_in_every_form(form: str, host: Program,
                                                       tmp_path: Path) -> None:
    """Content up to the limit is read, in every form; above the limit the response is 413."""
    url = host.secure_url("/api/streams")
    for size in (30, LIMIT):
        status, text, lines = curl(url, *FORMS[form], "--data-binary",
                                   f"@{document(tmp_path, size)}")
        assert status == 400 and "a/b" in text, text
        assert (form == "expect-100") == ("< HTTP/1.1 100 Continue" in lines), lines
    status, text, _ = curl(url, *FORMS[form], "--data-binary", f"@{document(tmp_path, LIMIT + 1)}")
    assert status == 413 and str(LIMIT) in text


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nghttp_gets_100_continue(scheme: str, host: Program, tmp_path: Path) -> None:
    """nghttp sends its content over HTTP/2 after 100 (Continue)."""
    base = f"http://127.0.0.1:{host.port}" if scheme == "http" else host.secure_url("")
    done = subprocess.run([
        need("nghttp", "bodies by nghttp"), "-v", "--expect-continue", "-H",
        f"authorization: Bearer {TOKEN}", "-d",
        str(document(tmp_path, LIMIT)), f"{base}/api/streams"
    ], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    assert ":status: 100" in done.stdout and ":status: 400" in done.stdout and "a/b" in done.stdout


def test_slow_content_gets_408(host: Program) -> None:
    """Content that arrives too slowly gets 408 after --body-timeout; other clients do not wait."""
    begun = time.monotonic()
    with Connection(host.port) as slow:
        slow.send_raw("POST /api/streams HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
                      f"Authorization: Bearer {TOKEN}\r\n\r\n".encode())
        others = 0
        for _ in range(8):
            slow.socket.sendall(b" ")
            pause(0.1, "ten bytes per second, each below the limit")
            assert get(host.port, "/health").status == 200
            others += not slow.poll.poll(0)
        assert slow.read().status == 408
        not_before(begun, 1, "--body-timeout")
        assert others, "no other client is answered before the slow one"
    assert total(host.port, "streamer_connection_faults_total", reason="body_time") >= 1


def test_hundred_interleaved_bodies_are_not_mixed_up(host: Program) -> None:
    """A hundred bodies arrive in pieces at the same time; each response quotes its own."""
    connections = [Connection(host.port, timeout=10) for _ in range(100)]
    for connection in connections:
        connection.send_raw(
            "POST /api/streams HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {TOKEN}\r\n"
            "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"stream\r\n".encode())
    for number, connection in enumerate(connections):
        piece = f'": "a/{number}"}}'
        connection.socket.sendall(f"{len(piece):x}\r\n{piece}\r\n0\r\n\r\n".encode())
    for number, connection in enumerate(connections):
        response = connection.read("POST")
        assert response.status == 400 and f"a/{number}" in response.text
        connection.close()


def test_content_of_a_path_without_any_is_refused_unread(host: Program, tmp_path: Path) -> None:
    """A large file sent to /health is refused at once, without being read."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    done = subprocess.run([
        "curl", "-s", "-m", "20", "-H", "Expect:", "-o", "/dev/null", "-w",
        "%{http_code} %{size_upload}", "-T",
        str(path), f"http://127.0.0.1:{host.port}/health"
    ], capture_output=True, text=True, timeout=30, check=False)
    status, uploaded = done.stdout.split()
    assert status == "405" and int(uploaded) < 20_000_000, done.stdout
