# SPDX-License-Identifier: Apache-2.0
"""Clauses of HTTP that players do not exercise: HTTP/1.0, absolute targets, hosts, conditions."""

from __future__ import annotations

import json
import re
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from harness.http1 import get
from harness.program import Program, start, stop
from harness.tools import need
from harness.tunein import PLAYLIST
from harness.waiting import wait_until

TOKEN = "0123456789abcdef0123456789abcdef"
SMALL = ["--resolution", "320x180", "--bitrate", "300"]
UPGRADE = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: llws.v1"]


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A streamer with HTTPS, an admin token, and limited origins of WebSockets."""
    program = start(
        [*SMALL, "--https-port", "0", "--self-signed", "--admin-token", TOKEN,
         "--websocket-origin", "https://good.example", "--api-host", "own.example"],
        env={"XDG_STATE_HOME": str(tmp_path_factory.mktemp("state"))})
    program.secure_url("/")
    yield program
    assert stop(program) == 0, program.log_text()


def head_of(data: bytes) -> tuple[int, dict[str, str]]:
    """Status and fields of a response; names in lower case."""
    lines = data.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    fields = dict((name.lower(), value.strip()) for name, _, value in
                  (line.partition(":") for line in lines[1:]))
    return int(lines[0].split()[1]), fields


def answer(port: int, line: str, fields: list[str], until: bytes = b"",
           stream: socket.socket | None = None) -> bytes:
    """The bytes of a response up to some bytes of its body, or to the end of the connection."""
    with closing(stream or socket.create_connection(("127.0.0.1", port), 15)) as connection:
        connection.sendall("\r\n".join([line, *fields, "", ""]).encode("latin-1"))
        received = b""
        while not until or until not in received.partition(b"\r\n\r\n")[2]:
            piece = connection.recv(65536)
            if not piece:
                assert not until, received[:300]
                break
            received += piece
        return received


@pytest.mark.parametrize("path,type,first", [
    ("/live/stream.mjpeg", "multipart/x-mixed-replace; boundary=picture", b"\r\n--picture\r\n"),
    ("/feed", "application/octet-stream", b"moof"),
    ("/api/events", "text/event-stream", b"retry: "),
])
def test_streams_over_http_1_0(path: str, type: str, first: bytes, origin: Program) -> None:
    """RFC 9112 §6.3, §7.1: no chunked coding; the end of the connection will end the body."""
    for keep in ([], ["Connection: keep-alive"]):
        status, fields = head_of(answer(
            origin.port, f"GET {path} HTTP/1.0",
            ["Host: 127.0.0.1", f"Authorization: Bearer {TOKEN}", *keep], first))
        assert status == 200 and fields["content-type"] == type
        assert "transfer-encoding" not in fields and "content-length" not in fields
        assert fields["connection"] == "close"
    head = answer(origin.port, f"HEAD {path} HTTP/1.0",
                  ["Host: 127.0.0.1", f"Authorization: Bearer {TOKEN}"])
    assert head_of(head)[0] == 200 and head.endswith(b"\r\n\r\n")


@pytest.mark.timeout(60)
def test_body_over_http_1_0_ends_with_the_stream() -> None:
    """RFC 9112 §6.3: the body ends cleanly, with its last delimiter, at the end of the stream."""
    program = start(SMALL)
    try:
        with closing(socket.create_connection(("127.0.0.1", program.port), 20)) as connection:
            connection.sendall(b"GET /live/stream.mjpeg HTTP/1.0\r\n\r\n")
            received = b""
            while b"\r\n--picture\r\n" not in received:
                received += connection.recv(65536)
            program.process.send_signal(signal.SIGTERM)
            while piece := connection.recv(65536):
                received += piece
        assert received.endswith(b"\r\n--picture--\r\n")
        assert program.process.wait(20) == 0, program.log_text()
    finally:
        stop(program)


def test_http_1_0_over_tls(origin: Program) -> None:
    """RFC 7301 §3.2: a client that offers HTTP/1.0 alone is served."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.0"])
    plain = socket.create_connection(("127.0.0.1", origin.secure_port), 15)
    with context.wrap_socket(plain) as stream:
        assert stream.selected_alpn_protocol() == "http/1.0"
        status, fields = head_of(answer(0, "GET /live.m3u8 HTTP/1.0", [], stream=stream))
    assert status == 200 and fields["connection"] == "close"


def test_absolute_target_names_the_host(origin: Program) -> None:
    """RFC 9112 §3.2.2: the host of the target counts, for clock addresses and for /api."""
    for line in ("GET http://right.example/live/manifest.mpd HTTP/1.1",
                 "GET HTTP://right.example/live/manifest.mpd HTTP/1.0"):
        body = answer(origin.port, line, ["Host: wrong.example", "Connection: close"])
        assert set(re.findall(rb'value="http://([^/"]*)', body)) == {b"right.example"}
    token = [f"Authorization: Bearer {TOKEN}", "Connection: close"]
    for target, host, status in (
            ("http://evil.example/api/streams", "127.0.0.1", 403),
            ("http://own.example/api/streams", "evil.example", 200)):
        found = answer(origin.port, f"GET {target} HTTP/1.1", [f"Host: {host}", *token])
        assert head_of(found)[0] == status
    for line, status in (("GET http://right.example HTTP/1.1", 200),
                         ("GET http://right.example?x HTTP/1.1", 200),
                         ("OPTIONS http://right.example HTTP/1.1", 204)):
        found = answer(origin.port, line, ["Host: wrong.example", "Connection: close"])
        assert head_of(found)[0] == status, line


@pytest.mark.parametrize("host", ["a:b", "a:65536", "[::1", "[::g]", "a^b", "a%zz", "a{b", "a@b",
                                  "\xe4", ":80", "a,b c"])
def test_malformed_host_is_kept_by_no_cache(host: str, origin: Program) -> None:
    """RFC 9112 §3.2, RFC 3986 §3.2: 400; RFC 9111 §5.2.2.5: no-store."""
    for line, field in ((f"GET {PLAYLIST} HTTP/1.1", f"Host: {host}"),
                        (f"GET http://{host}{PLAYLIST} HTTP/1.1", "Host: a")):
        status, fields = head_of(answer(origin.port, line, [field, "Connection: close"]))
        assert status == 400 and fields["cache-control"] == "no-store"


def test_conditions_come_before_ranges(origin: Program) -> None:
    """RFC 9110 §13.2.2: If-Match, If-None-Match, Range; §15.4.5: what a 304 has."""
    whole = get(origin.port, "/live/manifest.mpd")
    unchanged = get(origin.port, "/live/manifest.mpd",
                    headers={"If-None-Match": whole.headers["etag"]})
    if unchanged.status == 200:  # another edition since
        unchanged = get(origin.port, "/live/manifest.mpd",
                        headers={"If-None-Match": unchanged.headers["etag"]})
    assert unchanged.status == 304 and "content-type" not in unchanged.headers
    path = "/player/live-player.js"
    tag = get(origin.port, path).headers["etag"]
    for fields, status in (
            ({"If-Match": tag}, 200), ({"If-Match": '"x"'}, 412), ({"If-Match": "*"}, 200),
            ({"If-Match": f"W/{tag}"}, 412), ({"If-Match": '"x"', "If-None-Match": tag}, 412),
            ({"If-Match": tag, "If-None-Match": tag}, 304)):
        response = get(origin.port, path, headers=fields)
        assert response.status == status, fields
        if status == 412:
            assert response.headers["cache-control"] == "no-store"
            assert response.headers["access-control-allow-origin"] == "*"
    # A response without end.
    assert get(origin.port, "/live/stream.mjpeg", headers={"If-Match": '"x"'}).status == 412
    header = re.search(r'MAP:URI="([^"]*)"', get(origin.port, PLAYLIST).text)
    assert header
    media = "/live/video/" + header[1]
    tag = get(origin.port, media).headers["etag"]
    for fields, status in (({"If-Match": tag}, 206), ({"If-Match": '"x"'}, 412),
                           ({"If-None-Match": tag}, 304)):
        assert get(origin.port, media, headers={"Range": "bytes=0-9", **fields}).status == status
    assert get(origin.port, media, headers={"Range": "bytes=99999999-",
                                            "If-None-Match": tag}).status == 304


def test_embedded_media_are_for_all_pages(origin: Program) -> None:
    """Fetch §3.8: Cross-Origin-Resource-Policy, for pages with COEP."""
    for path in ("/live/snapshot.jpg", "/live.m3u8", "/live/manifest.mpd", "/none",
                 "/player/live-player.js"):
        response = get(origin.port, path)
        assert response.headers["cross-origin-resource-policy"] == "cross-origin", path


def test_handshakes_of_sockets(origin: Program) -> None:
    """RFC 9110 §9.3.2, §15.5.22; RFC 9113 §8.2.2: Upgrade in each 426, and no 426 over HTTP/2."""
    for line, fields, status in (
            ("GET /live/ws HTTP/1.1", [], 426), ("HEAD /live/ws HTTP/1.1", [], 426),
            ("GET /live/ws HTTP/1.1", [*UPGRADE[:2], "Sec-WebSocket-Version: 12"], 426),
            ("GET /live/ws HTTP/1.0", [], 400)):
        found, received = head_of(answer(origin.port, line,
                                         ["Host: own.example", "Connection: close", *fields]))
        assert found == status, line
        assert received.get("upgrade") == ("websocket" if status == 426 else None)
    run = subprocess.run(
        [need("curl", "HTTP/2"), "-s", "--http2-prior-knowledge", "-o", "/dev/null", "-w",
         "%{http_code} %{http_version}", origin.url("/live/ws")],
        capture_output=True, timeout=20, text=True, check=False)
    assert run.stdout == "400 2"


@pytest.mark.parametrize("host,page,status", [
    ("own.example", "http://own.example", 101), ("127.0.0.1:80", "http://127.0.0.1:80", 101),
    ("evil.example", "http://evil.example", 403), ("own.example", "http://evil.example", 403),
    ("evil.example", "https://good.example", 101), ("evil.example", None, 101),
])
def test_pages_of_rebound_names(host: str, page: str | None, status: int, origin: Program) -> None:
    """RFC 6455 §10.2: a name that leads to this machine is no name of the server."""
    fields = [f"Host: {host}", *UPGRADE, *([f"Origin: {page}"] if page else [])]
    with closing(socket.create_connection(("127.0.0.1", origin.port), 15)) as connection:
        connection.sendall("\r\n".join(["GET /live/ws HTTP/1.1", *fields, "", ""]).encode())
        assert int(connection.recv(64)[9:12]) == status


def test_the_query_of_the_root(streamer, tmp_path: Path) -> None:
    """RFC 9111 §2: a cache that leaves out the query of / keeps one body only, the list."""
    settings = {"host": "127.0.0.1", "httpPort": 0, "testSrc": True, "resolution": "160x90",
                "streams": [{"stream": "b"}, {"stream": "live"}]}
    (tmp_path / "streams.json").write_text(json.dumps(settings))
    program = streamer("-c", str(tmp_path / "streams.json"), defaults=False)
    plain = get(program.port, "/")
    assert plain.status == 200
    for query in ("?", "?x=1", "?utm_source=embed"):
        # The list has the states of streams, which change while they start.
        wait_until(lambda query=query: get(program.port, "/" + query).body
                   == get(program.port, "/").body, 10, "one body")
    for query in ("?embed", "?panel=1", "?x&player=ws"):
        found = get(program.port, "/" + query)
        assert found.status == 307 and found.headers["cache-control"] == "no-store"
        assert found.headers["location"] == "./live/" + query
    page = get(program.port, "/live/?embed")
    assert page.status == 200 and page.body != plain.body


def test_uploads_are_replaced_by_their_tag(streamer) -> None:
    """RFC 9110 §13.1.1: the method is not performed for another representation; §10.2.1: Allow."""
    program = streamer(*SMALL)

    def send(method: str, body: bytes, *fields: str) -> int:
        lines = ["Host: a", f"Content-Length: {len(body)}", "Connection: close", *fields]
        with closing(socket.create_connection(("127.0.0.1", program.port), 15)) as connection:
            head = "\r\n".join([f"{method} /up/a.m4s HTTP/1.1", *lines, "", ""])
            connection.sendall(head.encode() + body)
            return int(connection.recv(4096)[9:12])

    assert send("PUT", b"one") == 201
    tag = get(program.port, "/up/a.m4s").headers["etag"]
    for method in ("PUT", "POST", "DELETE"):
        assert send(method, b"two" if method != "DELETE" else b"", 'If-Match: "x"') == 412
    assert get(program.port, "/up/a.m4s").body == b"one"
    assert send("PUT", b"two", f"If-Match: {tag}") == 204
    assert send("DELETE", b"", f"If-Match: {tag}") == 412
    assert get(program.port, "/up/a.m4s").body == b"two"
    allowed = get(program.port, "/up/a.m4s", "OPTIONS").headers["allow"].split(", ")
    assert {"PUT", "DELETE", "GET"} <= set(allowed)
