# SPDX-License-Identifier: Apache-2.0
"""Certificates from files, their reload by SIGHUP, refused flags, and passed sockets."""

from __future__ import annotations

import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.http1 import get
from harness.ports import free_port
from harness.program import LogEntry, Program, run_to_end, start, stop
from harness.tls import certificate, context, curl, make_certificate
from harness.waiting import wait_until

SMALL = ["--resolution", "320x180", "--bitrate", "300"]


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
