# SPDX-License-Identifier: Apache-2.0
"""Wrong flags and values: exit 2 and one line with the flag and the given value."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.program import Program, run_to_end
from harness.tools import streamer_binary
from harness.waiting import wait_until


@dataclass(frozen=True)
class Wrong:
    """One wrong command line; the printed line must contain each of `names`."""

    flags: str
    names: tuple[str, ...]


ROWS = [
    Wrong("--no-such-flag", ("--no-such-flag",)),
    Wrong("surplus", ("surplus",)),
    Wrong("--resolution 1280", ("--resolution", "1280")),
    Wrong("--overlay {time}", ("--overlay", "{time}", "{utc}")),
    Wrong("--resolution 0x0", ("--resolution", "0x0")),
    Wrong("--resolution -2x4", ("--resolution", "-2x4")),
    Wrong("--resolution 641x361", ("--resolution", "641x361")),
    Wrong("--resolution 999999x999999", ("--resolution", "999999x999999")),
    Wrong("--framerate 0", ("--framerate", "0")),
    Wrong("--framerate abc", ("--framerate", "abc")),
    Wrong("--framerate 30/0", ("--framerate", "30/0")),
    Wrong("--framerate -5", ("--framerate", "-5")),
    Wrong("--framerate 100000", ("--framerate", "100000")),
    Wrong("--bitrate 0", ("--bitrate", "0")),
    Wrong("--bitrate -1", ("--bitrate", "-1")),
    Wrong("--bitrate fast", ("--bitrate", "fast")),
    Wrong("--preset sideways", ("--preset", "sideways")),
    Wrong("--segment-duration 0", ("--segment-duration", "0")),
    Wrong("--segment-duration x", ("--segment-duration", "x")),
    Wrong("--target-duration -1", ("--target-duration", "-1")),
    Wrong("--segment-duration nan", ("--segment-duration", "nan")),
    Wrong("--part-duration 0", ("--part-duration", "0")),
    Wrong("--part-duration 5", ("--part-duration", "5")),
    Wrong("--playlist-length 3", ("--playlist-length", "3", "6")),
    Wrong("--window-size 3", ("--window-size", "3", "6")),
    Wrong("--playlist-length 12 --max-files 8", ("--max-files", "8")),
    Wrong("--hold-back 0.1", ("--hold-back", "0.1")),
    Wrong("--history -1", ("--history", "-1")),
    Wrong("--http-port 65536", ("--http-port", "65536")),
    Wrong("--http-port x", ("--http-port", "x")),
    Wrong("--congestion nosuch", ("--congestion", "nosuch", "reno")),
    Wrong("--congestion b/r", ("--congestion", "b/r")),
    Wrong("--name api", ("--name", "api")),
    Wrong("--name a/b", ("--name", "a/b")),
    Wrong("--name x.m3u8", ("--name", "x.m3u8")),
    Wrong("--name ..", ("--name", "..")),
    Wrong("--name " + "n" * 65, ("--name",)),
    Wrong("--numbering sideways", ("--numbering", "sideways", "epoch", "run")),
    Wrong("--timestamps -1", ("--timestamps", "-1")),
    Wrong("--hlsjs /nonexistent.js", ("--hlsjs", "/nonexistent.js")),
    Wrong("--hlsjs /", ("--hlsjs", "/")),
    Wrong("--log-format xml", ("--log-format", "xml", "text", "json")),
    Wrong("--device /dev/null --test-src", ("--device", "--test-src")),
    Wrong("--device", ("--device",)),
    Wrong("--framerate", ("--framerate",)),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.flags[:40])
def test_wrong_flag_is_refused_with_one_line(row: Wrong) -> None:
    """Exit status 2 before anything starts, and one line."""
    status, lines = run_to_end(["--host", "127.0.0.1", "--http-port", "0", *row.flags.split(" ")],
                               defaults=False)
    assert status == 2, lines
    assert len(lines) == 1, lines
    for name in row.names:
        assert name in lines[0], f"{name!r} is not named: {lines[0]}"


def test_busy_port_is_refused() -> None:
    """A port in use: exit 1, one line that names it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, lines = run_to_end(["--test-src", "--host", "127.0.0.1", "--http-port", str(port)],
                                   defaults=False)
    assert status == 1
    assert any(str(port) in line for line in lines) and len(lines) <= 2, lines


def test_unknown_host_is_refused() -> None:
    """A host that does not resolve: exit 1 or 2, one line that names it."""
    status, lines = run_to_end(["--test-src", "--host", "not.a.host.invalid", "--http-port", "0"],
                               defaults=False)
    assert status in (1, 2) and len(lines) == 1 and "not.a.host.invalid" in lines[0], lines


def test_supervisors_socket_of_another_port_is_refused() -> None:
    """A supervisor's socket with another port: exit 2."""
    from harness.ports import free_port
    from harness.supervisor import HAND_OVER
    with socket.create_server(("127.0.0.1", 0)) as given:
        prefix = ["bash", "-c", HAND_OVER, "supervisor", str(given.fileno())]
        flags = ["--test-src", "--host", "127.0.0.1", "--http-port", str(free_port())]
        status, lines = run_to_end(flags, defaults=False, prefix=prefix, pass_fds=[given.fileno()])
    assert status == 2 and len(lines) == 1, lines


@pytest.mark.parametrize(("flags", "names", "lines"), [
    ("-h", ("--test-src", "--device", "validate", "--http-port"), 34),
    ("--help", ("--test-src", "--device", "validate", "--help all"), 34),
    ("--help all", ("--segment-duration", "--max-connections"), 500),
    ("--help limits", ("--max-connections", "values: 1"), 200),
    ("--help validate", ("--junit PATH",), 60),
    ("--version", ("libqrencode",), 40),
], ids=lambda value: value if isinstance(value, str) else "")
def test_help_and_version_exit_with_0(flags: str, names: tuple[str, ...], lines: int) -> None:
    """Help and version are printed to the standard output; the exit status is 0."""
    run = subprocess.run([streamer_binary(), *flags.split()], capture_output=True, text=True,
                         timeout=10)
    assert run.returncode == 0 and run.stdout and not run.stderr
    assert run.stdout.count("\n") <= lines
    for name in names:
        assert name in run.stdout, run.stdout


def test_an_error_about_a_key_is_whole() -> None:
    """The redaction of secrets leaves the words of the error as they are."""
    status, lines = run_to_end(["--playback-key", "short"], defaults=False)
    assert status == 2 and '--playback-key: invalid value "***" (expected' in lines[0], lines


def test_qr_code_only_on_request_or_terminal(streamer: Callable[..., Program]) -> None:
    """Without a terminal the start has no QR code; with --qr it has one, with the address."""
    public = ("--public-url", "http://192.0.2.7:8080/tv")
    plain, asked = streamer(*public), streamer(*public, "--log-format", "text", "--qr")
    plain.wait_logged("stream")
    wait_until(lambda: "http://192.0.2.7:8080/tv/" in asked.log_text(), 5, "the address")
    assert "\u2580" in asked.log_text() and "\u2580" not in plain.log_text()


def test_version_has_commit_compiler_and_libraries() -> None:
    """A line per fact: the program first, then its commit, the compiler, and each library."""
    shown = subprocess.run([streamer_binary(), "--version"], capture_output=True, text=True,
                           timeout=10, check=True).stdout
    facts = dict(line.split(" ", 1) for line in shown.splitlines())
    assert re.fullmatch(r"[0-9a-f]{40}(-modified)? of 20\d\d-\d\d-\d\d|unknown", facts["commit"])
    assert re.fullmatch(r"\d+\.\d+(\.\d+)?|unknown", facts["Swift"])
    for name in ("streamer", "libavformat", "OpenSSL", "nghttp2", "libsrt"):
        assert re.match(r"\d+\.\d+", facts[name]), shown


def test_unreadable_script_is_refused(tmp_path: Path) -> None:
    """A script that cannot be read: a folder, since root may read every file."""
    status, lines = run_to_end(
        ["--hlsjs", str(tmp_path), "--host", "127.0.0.1", "--http-port", "0"], defaults=False)
    assert status == 2 and len(lines) == 1 and str(tmp_path) in lines[0]
