# SPDX-License-Identifier: Apache-2.0
"""Code in a decoder that a source controls reaches nothing beyond its process."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.metrics import total
from harness.preload import preloaded
from harness.program import Program, stop
from harness.supervisor import free_port
from harness.waiting import wait_until
from test_isolation import advances, child, movie

REFUSED_FILES = ("open-foreign", "open-shadow", "open-disk", "write-input", "create", "unlink")
REFUSED_CALLS = (
    "fork", "clone", "exec", "kill-parent", "ptrace-parent", "local-socket", "local-pair",
    "packet-socket", "audit-socket", "listen", "owner", "signal", "memory", "messages",
    "semaphores", "queue", "priority-of-user", "priority-of-parent", "scheduling-of-parent",
    "scheduler-of-parent", "parameters-of-parent", "processors-of-parent", "keyring",
)
PERMITTED = ("open-input", "route-socket", "internet-socket", "flags", "look-up")


@pytest.mark.parametrize("encoder", ["libx264", "h264_v4l2m2m"])
def test_sandbox_refuses_what_a_decoder_must_not_do(streamer: Callable[..., Program],
                                                    tmp_path: Path, encoder: str) -> None:
    """No foreign file, program, process, local socket; names are looked up, the stream plays."""
    path = movie(tmp_path / "movie.ts")
    foreign, report, local = (tmp_path / name for name in ("foreign", "report", "local"))
    foreign.write_text("a secret")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(local))
        server.listen()
        variables = preloaded("sandboxprobe", tmp_path, REPORT=report, INPUT=path, FOREIGN=foreign,
                              LOCAL=local)
        program = streamer("--input", str(path), "--loop", "--host", "127.0.0.1", "--http-port",
                           "0", "--passthrough", "never", "--encoder", encoder, defaults=False,
                           env=variables)
        found = wait_until(
            lambda: report.exists() and "end done" in (text := report.read_text()) and text, 15,
            "the results")
    results = dict(line.split(" ", 1) for line in found.splitlines())
    assert {name: results[name] for name in REFUSED_FILES} == dict.fromkeys(
        REFUSED_FILES, "EACCES")
    assert {name: results[name] for name in REFUSED_CALLS} == dict.fromkeys(
        REFUSED_CALLS, "EPERM")
    assert {name: results[name] for name in PERMITTED} == dict.fromkeys(PERMITTED, "done")
    # libavcodec finds the device of an encoder in the list of /dev.
    assert results["list-devices"] == ("EACCES" if encoder == "libx264" else "done")
    assert foreign.exists()
    # Its threads leave the processors to those of the server.
    assert int(results["niceness"]) == min(19, os.getpriority(os.PRIO_PROCESS, program.pid) + 5)
    threads = Path(f"/proc/{child(program)}/task")
    assert {os.getpriority(os.PRIO_PROCESS, int(thread.name)) for thread in threads.iterdir()} == {
        int(results["niceness"])}
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
