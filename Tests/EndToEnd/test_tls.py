# SPDX-License-Identifier: Apache-2.0
"""HTTPS with curl and openssl: versions, ALPN, tickets, the self-signed certificate."""

from __future__ import annotations

import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.boxes import chunks
from harness.http1 import get
from harness.metrics import total
from harness.playlist import parse
from harness.program import Program, start, stop
from harness.tls import certificate, context, curl
from harness.tools import need
from harness.tunein import PLAYLIST
from harness.waiting import seen_once, wait_until

SMALL = ["--resolution", "320x180", "--bitrate", "300"]


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the module's streamer keeps its certificate."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def secure(state: Path) -> Iterator[Program]:
    """A streamer with HTTPS and HTTP and a self-signed certificate."""
    program = start([*SMALL, "--https-port", "0", "--self-signed"],
                    env={"XDG_STATE_HOME": str(state)})
    program.secure_url("/")
    yield program
    assert stop(program) == 0, program.log_text()


def s_client(program: Program, *arguments: str, text: str = "Q\n") -> str:
    """The output of openssl s_client, successful or not."""
    command = [
        need("openssl", "TLS by openssl"), "s_client", "-connect",
        f"127.0.0.1:{program.secure_port}", *arguments
    ]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=10,
                          check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_https_serves_the_bytes_of_http(version: str, secure: Program) -> None:
    """curl gets the same bytes over HTTPS as over HTTP, with both versions of HTTP."""
    segment = parse(get(secure.port, PLAYLIST).text).segments[-3]
    path = f"/live/video/{segment.uri}"
    found = subprocess.run(["curl", "-sk", version, "--max-time", "5", secure.secure_url(path)],
                           capture_output=True, check=True).stdout
    assert found == get(secure.port, path).body
    written = curl("-k", version, "-o", "/dev/null", "-w", "%{http_version} %{response_code}",
                   secure.secure_url("/live.m3u8"))
    assert written == ("2 200" if version == "--http2" else "1.1 200")


def test_self_signed_certificate_names_this_machine(secure: Program, state: Path) -> None:
    """The certificate is for localhost, its addresses and this machine; it can be trusted."""
    kept = state / "streamer" / "self-signed.pem"
    curl("--cacert", str(kept), f"https://localhost:{secure.secure_port}/version")
    curl("--cacert", str(kept), f"https://127.0.0.1:{secure.secure_port}/version")
    names = subprocess.run(
        ["openssl", "x509", "-in",
         str(kept), "-noout", "-ext", "subjectAltName"], capture_output=True, text=True,
        check=True).stdout
    for name in ("DNS:localhost", f"DNS:{socket.gethostname()}", "IP Address:127.0.0.1",
                 "IP Address:0:0:0:0:0:0:0:1"):
        assert name in names, names


def test_self_signed_certificate_is_kept(secure: Program, state: Path) -> None:
    """Only the owner may read the file; the next start uses it and logs its fingerprint."""
    kept = state / "streamer" / "self-signed.pem"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    printed = subprocess.run(
        ["openssl", "x509", "-in",
         str(kept), "-noout", "-fingerprint", "-sha256"], capture_output=True, text=True,
        check=True).stdout.strip().split("=")[1]
    assert printed in secure.log_text()
    again = start([*SMALL, "--https-port", "0", "--self-signed"],
                  env={"STATE_DIRECTORY": str(state / "streamer")})
    try:
        again.secure_url("/")
        assert certificate(again.secure_port) == certificate(secure.secure_port)
        assert printed in again.log_text()
    finally:
        stop(again)


@pytest.mark.parametrize("offered,chosen", [("h2,http/1.1", "h2"), ("http/1.1,h2", "h2"),
                                            ("http/1.1", "http/1.1"), ("http/1.0", "http/1.0"),
                                            ("http/1.0,http/1.1", "http/1.1")])
def test_alpn_prefers_h2(offered: str, chosen: str, secure: Program) -> None:
    """ALPN: h2 before http/1.1 and http/1.0 (RFC 7301)."""
    assert f"ALPN protocol: {chosen}" in s_client(secure, "-alpn", offered)


def test_alpn_without_common_protocol_is_an_alert(secure: Program) -> None:
    """Without a common protocol the handshake fails (RFC 7301 §3.2)."""
    assert "no application protocol" in s_client(secure, "-alpn", "spdy/3")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_tls_1_2_and_1_3_resume_by_ticket(version: str, secure: Program, tmp_path: Path) -> None:
    """TLS 1.2 and 1.3 with AEAD; a session is resumed by its ticket."""
    saved = str(tmp_path / "session")
    request = "GET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    first = s_client(secure, version, "-sess_out", saved, "-ign_eof", text=request)
    assert "New, TLSv1" in first and ("GCM" in first or "CHACHA20" in first), first
    second = s_client(secure, version, "-sess_in", saved, "-ign_eof", text=request)
    assert "Reused, TLSv1" in second and "HTTP/1.1 200" in second, second


@pytest.mark.parametrize("arguments", [
    ("-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"),
    ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA@SECLEVEL=0"),
    ("-tls1_2", "-cipher", "AES128-GCM-SHA256"),
], ids=["tls1.1", "cbc", "no-forward-secrecy"])
def test_weak_tls_is_refused(arguments: tuple[str, ...], secure: Program) -> None:
    """No version before TLS 1.2, no CBC, no key exchange without forward secrecy (RFC 9325)."""
    assert "Cipher is (NONE)" in s_client(secure, *arguments)


def test_connection_ends_with_close_notify(secure: Program) -> None:
    """The end of the connection is close_notify, unlike a truncation (RFC 8446 §6.1)."""
    with socket.create_connection(("127.0.0.1", secure.secure_port), timeout=5) as plain:
        with context().wrap_socket(plain, suppress_ragged_eofs=False) as connection:
            connection.sendall(b"GET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            data = b""
            while piece := connection.recv(65536):
                data += piece
    assert data.startswith(b"HTTP/1.1 200")


def test_plain_http_on_the_tls_port_is_closed_and_counted(secure: Program) -> None:
    """Plain HTTP on the TLS port is closed at once, and counted."""
    with socket.create_connection(("127.0.0.1", secure.secure_port), timeout=5) as plain:
        plain.sendall(b"GET /version HTTP/1.1\r\nHost: a\r\n\r\n")
        assert plain.recv(100) == b""
    faults = "streamer_connection_faults_total"
    wait_until(lambda: total(secure.port, faults, reason="handshake"), 3, "a counted fault")


def test_holds_and_chunks_work_over_tls(secure: Program) -> None:
    """Over TLS a blocking reload is held, and an open segment is read chunk by chunk."""
    listed = parse(get(secure.port, PLAYLIST).text)
    parent, index = listed.last_part
    text = curl("-k", "--http1.1",
                secure.secure_url(f"{PLAYLIST}?_HLS_msn={parent}&_HLS_part={index + 2}"))
    assert parse(text).last_part >= (parent, index + 2)
    seen_once(lambda: is_streamed(secure), 5, "an open segment is sent while it is made")


def is_streamed(secure: Program) -> bool:
    """Whether the first bytes of an open segment arrive before its last frame is captured."""
    with socket.create_connection(("127.0.0.1", secure.secure_port), timeout=5) as plain:
        with context().wrap_socket(plain) as connection:
            newest = parse(get(secure.port, PLAYLIST).text).last_part[0]
            connection.sendall(f"GET /live/video/segment{newest + 1}.m4s HTTP/1.1\r\nHost: a\r\n"
                               "Connection: close\r\n\r\n".encode())
            arrivals, data = [], b""
            while piece := connection.recv(65536):
                data += piece
                arrivals.append(time.time())
    assert b"Transfer-Encoding: chunked" in data and data.endswith(b"0\r\n\r\n")
    whole = get(secure.port, f"/live/video/segment{newest + 1}.m4s").body
    return len(arrivals) > 10 and arrivals[0] < (chunks(whole)[-1].prft or 0) / 1e9
