# SPDX-License-Identifier: Apache-2.0
"""HTTPS with curl, openssl and Chromium: versions, ALPN, tickets, certificates, reload."""

from __future__ import annotations

import signal
import socket
import ssl
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.http1 import get
from harness.metrics import total
from harness.playlist import parse
from harness.program import LogEntry, Program, run_to_end, start, stop
from harness.supervisor import free_port
from harness.tools import need
from harness.tunein import PLAYLIST
from harness.waiting import wait_until

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


def curl(*arguments: str) -> str:
    """The output of curl; its failure is a failure of the test."""
    done = subprocess.run([need("curl", "HTTPS by curl"), "-s", "--max-time", "10", *arguments],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.returncode, arguments, done.stderr)
    return done.stdout


def s_client(program: Program, *arguments: str, text: str = "Q\n") -> str:
    """The output of openssl s_client, successful or not."""
    command = [
        need("openssl", "TLS by openssl"), "s_client", "-connect",
        f"127.0.0.1:{program.secure_port}", *arguments
    ]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=10,
                          check=False)
    return done.stdout + done.stderr


def context() -> ssl.SSLContext:
    """A client that accepts any certificate."""
    made = ssl.create_default_context()
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


def certificate(port: int) -> bytes:
    """The certificate that a new connection gets."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
        with context().wrap_socket(plain) as connection:
            found = connection.getpeercert(binary_form=True)
            assert found
            return found


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
                                            ("http/1.1", "http/1.1")])
def test_alpn_prefers_h2(offered: str, chosen: str, secure: Program) -> None:
    """ALPN: h2 before http/1.1 (RFC 7301)."""
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
    with socket.create_connection(("127.0.0.1", secure.secure_port), timeout=5) as plain:
        with context().wrap_socket(plain) as connection:
            newest = parse(get(secure.port, PLAYLIST).text).last_part[0]
            connection.sendall(f"GET /live/video/segment{newest + 1}.m4s HTTP/1.1\r\nHost: a\r\n"
                               "Connection: close\r\n\r\n".encode())
            arrivals, data = [], b""
            while piece := connection.recv(65536):
                data += piece
                arrivals.append(time.monotonic())
    assert b"Transfer-Encoding: chunked" in data and data.endswith(b"0\r\n\r\n")
    assert len(arrivals) > 10 and arrivals[-1] - arrivals[0] > 0.5, "not sent while it was made"


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for localhost and its key, by openssl."""
    certificate_file, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        [need("openssl", "certificates from files"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-keyout", str(key_file), "-out", str(certificate_file)], check=True, capture_output=True)
    return certificate_file, key_file


def subject(port: int) -> str:
    """The subject of the certificate that a new connection gets."""
    text = subprocess.run(["openssl", "x509", "-inform", "der", "-noout", "-subject"],
                          input=certificate(port), capture_output=True, check=True).stdout.decode()
    return text.split("CN = ")[1].strip()


def test_sighup_reloads_certificates(streamer, tmp_path: Path) -> None:
    """SIGHUP loads new files for new connections; a bad file is logged and changes nothing."""
    chosen, key = tmp_path / "tls.pem", tmp_path / "tls.key"

    def put(name: str) -> None:
        for source, target in zip(make_certificate(tmp_path, name), (chosen, key)):
            target.write_bytes(source.read_bytes())

    put("first")
    program = streamer(*SMALL, "--https-port", "0", "--tls-cert", str(chosen), "--tls-key",
                       str(key))
    program.secure_url("/")
    assert subject(program.secure_port) == "first"
    with socket.create_connection(("127.0.0.1", program.secure_port), timeout=5) as plain:
        with context().wrap_socket(plain) as old:
            put("second")
            program.process.send_signal(signal.SIGHUP)
            wait_until(lambda: subject(program.secure_port) == "second", 4, "the new certificate")
            chosen.write_text("nonsense")
            program.process.send_signal(signal.SIGHUP)
            wait_until(lambda: errors(program), 4, "a line on the bad file")
            assert subject(program.secure_port) == "second"
            assert len(errors(program)) == 1
            old.sendall(b"GET /version HTTP/1.1\r\nHost: a\r\n\r\n")
            assert old.recv(100).startswith(b"HTTP/1.1 200"), "an earlier connection was closed"


def errors(program: Program) -> list[LogEntry]:
    """Logged errors of certificates."""
    return [entry for entry in program.logged("certificate") if entry.level == "error"]


@dataclass(frozen=True)
class Wrong:
    """Refused flags and the names in the one line; {good} and {bad} are files."""

    flags: str
    names: tuple[str, ...]


WRONG = [
    Wrong("--https-port 0", ("--https-port", "--tls-cert", "--self-signed")),
    Wrong("--https-port 70000 --self-signed", ("--https-port", "70000")),
    Wrong("--tls-cert /nonexistent --tls-key /nonexistent",
          ("--tls-cert", "/nonexistent", "No such file")),
    Wrong("--tls-cert {good}.pem", ("--tls-cert", "--tls-key")),
    Wrong("--tls-key {good}.key", ("--tls-key", "--tls-cert")),
    Wrong("--tls-cert {bad} --tls-key {good}.key", ("--tls-cert", "{bad}")),
    Wrong("--tls-cert {good}.pem --tls-key {bad}", ("--tls-key", "{bad}")),
    Wrong("--tls-cert {good}.pem --tls-key {other}.key",
          ("--tls-key", "{other}.key", "{good}.pem")),
    Wrong("--tls-cert {good}.pem --tls-key {good}.key --tls-chain {bad}", ("--tls-chain", "{bad}")),
    Wrong("--self-signed --tls-cert {good}.pem --tls-key {good}.key",
          ("--self-signed", "--tls-cert")),
    Wrong("--max-streams 0", ("--max-streams", "0")),
    Wrong("--max-head-bytes 70000", ("--max-head-bytes", "70000", "65535")),
    Wrong("--idle-timeout x", ("--idle-timeout", "x", "3600")),
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Certificates, keys, and a file that is neither."""
    folder = tmp_path_factory.mktemp("files")
    for name in ("good", "other"):
        make_certificate(folder, name)
    (folder / "bad").write_text("nonsense\n")
    return {name: str(folder / name) for name in ("good", "other", "bad")}


@pytest.mark.parametrize("row", WRONG, ids=lambda row: row.flags[:40])
def test_wrong_tls_flags_are_refused(row: Wrong, files: dict[str, str]) -> None:
    """Exit status 2 and one line that names the flag and the file, before anything starts."""
    flags = row.flags.format(**files).split(" ")
    status, lines = run_to_end(["--host", "127.0.0.1", "--http-port", "0", *flags], defaults=False)
    assert status == 2 and len(lines) == 1, lines
    for name in row.names:
        assert name.format(**files) in lines[0], lines


def test_passed_sockets_are_assigned_by_port(tmp_path: Path) -> None:
    """Of two passed sockets each serves the flag with its port (sd_listen_fds(3))."""
    with socket.create_server(("127.0.0.1", 0)) as plain, socket.create_server(
        ("127.0.0.1", 0)) as secret:
        script = ('export LISTEN_PID=$$ LISTEN_FDS=2; a=$1; b=$2; shift 2; exec 8<&"$a" 9<&"$b"; '
                  'exec "$@" 3<&8 4<&9 8<&- 9<&-')
        prefix = ["bash", "-c", script, "supervisor", str(secret.fileno()), str(plain.fileno())]
        ports = (plain.getsockname()[1], secret.getsockname()[1])
        program = start([
            "--test-src", *SMALL, "--http-port",
            str(ports[0]), "--https-port",
            str(ports[1]), "--self-signed"
        ], defaults=False, prefix=prefix, pass_fds=[plain.fileno(), secret.fileno()],
                        env={"XDG_STATE_HOME": str(tmp_path)})
        try:
            assert program.secure_url("/").endswith(f":{ports[1]}/") and program.port == ports[0]
            assert get(ports[0], "/version").status == 200
            assert curl("-k", program.secure_url("/version"))
        finally:
            stop(program)


def test_passed_socket_of_an_unknown_port_is_refused(tmp_path: Path) -> None:
    """A passed socket with another port: exit 2 and a line that names it."""
    with socket.create_server(("127.0.0.1", 0)) as plain:
        prefix = [
            "bash", "-c", 'export LISTEN_PID=$$ LISTEN_FDS=1; fd=$1; shift; exec "$@" 3<&"$fd"',
            "supervisor",
            str(plain.fileno())
        ]
        status, lines = run_to_end(
            ["--http-port",
             str(free_port()), "--https-port",
             str(free_port()), "--self-signed"], defaults=False, prefix=prefix,
            pass_fds=[plain.fileno()], env={"XDG_STATE_HOME": str(tmp_path)})
    assert status == 2 and len(lines) == 1
    assert "--https-port" in lines[0]
