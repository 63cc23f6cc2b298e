# SPDX-License-Identifier: Apache-2.0
"""Code in a decoder that a source controls reaches nothing beyond its process."""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.metrics import total
from harness.ports import free_port
from harness.preload import preloaded
from harness.program import Program, stop
from harness.sources import Source, ffmpeg_sender
from harness.tools import need
from harness.waiting import wait_until
from test_isolation import advances, child, movie

REFUSED_FILES = (
    "open-foreign", "open-shadow", "open-disk", "write-input", "create", "unlink", "mknod",
    "truncate", "rename", "link", "symlink", "mkdir",
)
REFUSED_CALLS = (
    "fork", "clone", "exec", "kill-parent", "ptrace-parent", "local-socket", "local-pair",
    "packet-socket", "audit-socket", "raw-socket", "listen", "owner", "signal", "memory",
    "messages", "semaphores", "queue", "priority-of-user", "priority-of-parent",
    "scheduling-of-parent", "scheduler-of-parent", "parameters-of-parent", "processors-of-parent",
    "keyring", "chmod", "fchmodat", "fchmod-input", "chown", "lchown", "utimes", "utimensat",
    "setxattr", "getxattr", "listxattr", "removexattr", "inotify", "inotify-watch", "fanotify",
    "death-signal", "dumpable", "ambient", "memory-file", "shared-memory", "shared-pages", "code",
    "ring", "fast-server",
)
# Calls in no list, as those of a later kernel.
UNKNOWN_CALLS = ("clone3", "later-call", "splice", "socket-filter")
PERMITTED = ("flags", "look-up", "name", "private-memory")
NETWORK = ("route-socket", "internet-socket", "datagram-socket", "reuse")
NOBODY = 65534


@dataclass(frozen=True)
class Confined:
    """A process of an input: of which kind, of which user, with which encoder."""

    kind: str
    encoder: str = "libx264"
    user: int = -1

    def __str__(self) -> str:
        return f"{self.kind} {self.encoder} {'own' if self.user < 0 else self.user}"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users can read, unlike those of pytest."""
    found = Path(tempfile.mkdtemp(dir="/tmp"))
    found.chmod(0o755)
    yield found
    shutil.rmtree(found)


def landlock_version() -> int:
    """The version of Landlock of this kernel; below 1 if it has none."""
    return ctypes.CDLL(None).syscall(444, None, 0, 1)


@pytest.mark.parametrize("confined", [
    Confined("file"), Confined("file", user=NOBODY), Confined("file", "h264_v4l2m2m"),
    Confined("udp"), Confined("udp", user=NOBODY)], ids=str)
def test_sandbox_refuses_what_a_decoder_must_not_do(
        streamer: Callable[..., Program], folder: Path, sources: list[Source],
        confined: Confined) -> None:
    """No foreign file, program, process, local socket, privilege; the stream plays.

    As root and as another user; of a file without a network; of an input over the network names
    are looked up, and TCP reaches no port of this server.
    """
    if confined.user >= 0 and os.getuid() != 0:
        pytest.skip("only root can start a program as another user")
    path = movie(folder / "movie.ts")
    foreign, report, local = (folder / name for name in ("foreign", "report", "local"))
    foreign.write_text("a secret")
    foreign.chmod(0o600)
    os.setxattr(foreign, "user.kept", b"1")
    prefix = []
    if confined.user >= 0:
        for own in (folder, foreign, path):
            os.chown(own, confined.user, confined.user)
        prefix = [need("setpriv", "another user"), f"--reuid={confined.user}",
                  f"--regid={confined.user}", "--clear-groups"]
    before = foreign.stat()
    port, media = free_port(), free_port()
    address = str(path) if confined.kind == "file" else f"udp://127.0.0.1:{media}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(local))
        server.listen()
        variables = preloaded("sandboxprobe", folder, REPORT=report, INPUT=path, FOREIGN=foreign,
                              LOCAL=local, PORT=str(port))
        if confined.kind == "udp":
            sources.append(ffmpeg_sender(
                ["-f", "mpegts", f"udp://127.0.0.1:{media}?pkt_size=1316"]))
        program = streamer("--input", address, *(["--loop"] if confined.kind == "file" else []),
                           "--host", "127.0.0.1", "--http-port", str(port), "--passthrough",
                           "never", "--encoder", confined.encoder, defaults=False,
                           env={**variables, "XDG_STATE_HOME": str(folder)}, prefix=prefix)
        found = wait_until(
            lambda: report.exists() and "end done" in (text := report.read_text()) and text, 15,
            "the results")
    results = dict(line.split(" ", 1) for line in found.splitlines())

    def check(names: Iterable[str], expected: str) -> None:
        assert {name: results[name] for name in names} == dict.fromkeys(names, expected)

    check(REFUSED_FILES, "EACCES")
    check(REFUSED_CALLS, "EPERM")
    check(PERMITTED, "done")
    devices = confined.encoder != "libx264"
    # Drivers reserve addresses, generate code, and have requests of their own.
    check(("more-addresses",), "done" if devices else "ENOMEM")
    check(("become-code",), "done" if devices else "EPERM")
    if confined.kind == "file":
        check(("open-input",), "done")
        check((*NETWORK[:3], "server"), "EPERM")
    else:
        check(("open-input",), "EACCES")
        check(NETWORK, "done")
        check(UNKNOWN_CALLS, "ENOSYS")
        check(("asynchronous", "fast-option"), "ENOSYS")
        if landlock_version() >= 4:
            check(("server",), "EACCES")
    assert results["capabilities"] == "none"
    after = foreign.stat()
    assert (after.st_mode, after.st_mtime_ns, after.st_size, after.st_nlink) == (
        before.st_mode, before.st_mtime_ns, before.st_size, before.st_nlink)
    assert os.listxattr(foreign) == ["user.kept"]
    # libavcodec finds the device of an encoder in the list of /dev.
    assert results["list-devices"] == ("done" if devices else "EACCES")
    # Its threads leave the processors to those of the server.
    assert int(results["niceness"]) == min(19, os.getpriority(os.PRIO_PROCESS, program.pid) + 5)
    threads = Path(f"/proc/{child(program)}/task")
    assert {os.getpriority(os.PRIO_PROCESS, int(thread.name)) for thread in threads.iterdir()} == {
        int(results["niceness"])}
    status = Path(f"/proc/{child(program)}/status").read_text()
    for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert re.search(rf"^{name}:\t0+$", status, re.M), status
    advances(program.port, "live", 3, 5)
    assert not program.logged("isolation")


def test_a_kernel_without_sandboxes_is_one_warning(streamer: Callable[..., Program],
                                                   tmp_path: Path) -> None:
    """Two streams play, and the log says once which protections are missing."""
    path = str(movie(tmp_path / "movie.ts"))
    configuration = tmp_path / "streams.json"
    configuration.write_text(json.dumps({"streams": [
        {"stream": name, "input": path, "loop": True} for name in ("one", "two")]}))
    program = streamer("-c", str(configuration), "--host", "127.0.0.1", "--http-port", "0",
                       defaults=False, env=preloaded("oldkernel", tmp_path))
    for name in ("one", "two"):
        advances(program.port, name, 3, 10)
    warnings = program.logged("isolation")
    assert len(warnings) == 1, warnings
    assert "Landlock, seccomp" in warnings[0].message
    assert stop(program) == 0, program.log_text()


def test_limits_remain_if_the_priority_is_refused(streamer: Callable[..., Program],
                                                  tmp_path: Path) -> None:
    """A service that refuses setpriority has processes with all limits, and no warning."""
    program = streamer("--input", str(movie(tmp_path / "movie.ts")), "--loop", "--host",
                       "127.0.0.1", "--http-port", "0", defaults=False,
                       env=preloaded("refusedpriority", tmp_path))
    advances(program.port, "live", 3, 10)
    process = child(program)
    assert os.getpriority(os.PRIO_PROCESS, process) == os.getpriority(
        os.PRIO_PROCESS, program.pid)
    lines = Path(f"/proc/{process}/limits").read_text().splitlines()
    found = {line[:26].strip(): line[26:].split()[:2] for line in lines}
    assert found["Max core file size"] == ["0", "0"]
    assert found["Max data size"] == [str(1024 << 20), str(1040 << 20)]
    assert found["Max open files"] == ["256", "256"]
    assert not program.logged("isolation")
    assert stop(program) == 0, program.log_text()


def test_a_process_that_never_greets_is_replaced(streamer: Callable[..., Program],
                                                 tmp_path: Path) -> None:
    """A process that is stopped before its first message is ended after 10 s."""
    configuration = tmp_path / "streams.json"
    configuration.write_text(json.dumps({"streams": [
        {"stream": "good", "testSrc": True, "resolution": "160x90"},
        {"stream": "bad", "input": f"udp://127.0.0.1:{free_port()}"},
    ]}))
    mark = tmp_path / "mark"
    program = streamer("-c", str(configuration), "--host", "127.0.0.1", "--http-port", "0",
                       defaults=False, env=preloaded("frozenstart", tmp_path, MARK=mark))
    wait_until(mark.exists, 5, "the stopped process")
    first = child(program)
    program.wait_logged("source-crashed", "did not answer", stream="bad", within=15)
    wait_until(lambda: child(program) != first, 5, "another process")
    advances(program.port, "good", 3, 3)
    assert total(program.port, "streamer_source_crashes_total", stream="bad") == 1
    assert stop(program) == 0, program.log_text()
