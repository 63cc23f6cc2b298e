# SPDX-License-Identifier: Apache-2.0
"""--congestion: connections of all TCP ports have the requested congestion control."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.program import Program
from harness.supervisor import Supervisor

AVAILABLE = Path("/proc/sys/net/ipv4/tcp_available_congestion_control").read_text().split()
PORTS = ["--self-signed", "--https-port", "0", "--rtmp", "127.0.0.1:0", "--rtmps", "127.0.0.1:0"]


def algorithm(port: int) -> str:
    """The congestion control of a connection that the program accepts on a port."""
    ss = shutil.which("ss")
    assert ss, "ss is missing (Debian: iproute2)"
    with socket.create_connection(("127.0.0.1", port), 5):
        text = subprocess.run([ss, "-tinHO", "state", "established", f"sport = :{port}"],
                              capture_output=True, text=True, check=True, timeout=10).stdout
    found = re.search(r"\t? (\w+) (?:wscale|rto)", text)
    assert found, text
    return found[1]


def ports(program: Program) -> list[int]:
    """The ports of HTTP, HTTPS, RTMP and RTMPS."""
    program.wait_logged("listening", count=4)
    listening = [entry.message for entry in program.logged("listening")]
    return [int(re.findall(r":(\d+)/", message)[0]) for message in listening]


@pytest.mark.parametrize("supervision", [[], ["--supervise"]], ids=["alone", "supervised"])
def test_connections_of_all_ports_have_the_requested_one(
        supervision: list[str], streamer: Callable[..., Program]) -> None:
    """HTTP, HTTPS, RTMP and RTMPS, also if a parent process has bound the sockets."""
    program = streamer("--host", "127.0.0.1", "--http-port", "0", "--test-src", "--congestion",
                       "reno", *PORTS, *supervision, defaults=False)
    assert [algorithm(port) for port in ports(program)] == 4 * ["reno"]
    assert not program.logged("congestion")


@pytest.mark.skipif("bbr" not in AVAILABLE, reason="the kernel has no bbr")
def test_the_default_is_bbr(streamer: Callable[..., Program]) -> None:
    """Without the option, and without a line in the log."""
    program = streamer("--host", "127.0.0.1", "--http-port", "0", "--test-src", *PORTS,
                       defaults=False)
    assert [algorithm(port) for port in ports(program)] == 4 * ["bbr"]
    assert not program.logged("congestion")


def test_a_socket_of_systemd_has_it_too() -> None:
    """The socket was handed over with another one."""
    supervisor = Supervisor(["--congestion", "reno"])
    try:
        supervisor.run()
        assert algorithm(supervisor.port) == "reno"
    finally:
        supervisor.close()
