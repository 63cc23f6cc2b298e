# SPDX-License-Identifier: Apache-2.0
"""The access log and the log level: the fields of a line, secrets, rotation."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.http1 import Connection, get
from harness.metrics import total, wait_held
from harness.procfs import thread_cpu
from harness.program import Program, run_to_end
from harness.tunein import PLAYLIST, align
from harness.waiting import pause, wait_until

SMALL = ("--resolution", "320x180")
LINES = 300
LINE = re.compile(
    r"^(\S+Z) (\S+) ([A-Z]+|-) (\S+) (\d+) bytes=(\d+) hold_ms=([\d.]+) send_ms=([\d.]+) kind=(\w+)"
    r"(?: msn=(\d+))?(?: part=(\d+))?( cut)?$")


def lines_with(path: Path, text: str, count: int = 1, within: float = 3) -> list[str]:
    """The lines that contain `text`, as soon as there are `count`."""
    def found() -> list[str]:
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in lines if text in line]

    wait_until(lambda: len(found()) >= count, within, f"{count} lines with {text!r}")
    return found()


def test_access_log_has_a_line_per_response(streamer: Callable[..., Program],
                                            tmp_path: Path) -> None:
    """Each line has the masked client, request, status, bytes, hold time and part."""
    path = tmp_path / "access.log"
    program = streamer(*SMALL, "--access-log", str(path))
    parent, part = align(program.port, 3).last_part
    response = get(program.port, f"{PLAYLIST}?_HLS_msn={parent}&_HLS_part={part + 3}")
    line = lines_with(path, f"_HLS_msn={parent}&_HLS_part={part + 3}")[0]
    match = LINE.match(line)
    assert match, line
    assert match[2] == "127.0.0.0" and match[3] == "GET" and match[5] == "200" and match[
        9] == "playlist"
    assert (int(match[10]), int(match[11])) == (parent, part + 3)
    assert float(match[7]) == pytest.approx(response.held_ms, abs=1), (line, response.held_ms)
    held = float(match[7])
    get(program.port, f"/live/video/segment{parent}.{part}.m4s")
    match = LINE.match(lines_with(path, f"/segment{parent}.{part}.m4s")[0])
    assert match and match[9] == "part" and int(match[10]) == parent and int(match[11]) == part
    assert float(match[7]) < held, "a listed part is not held"
    with Connection(program.port) as gone:
        gone.send(f"/live/video/segment{parent + 2}.m4s")
        wait_held(program.port, 1)
    match = LINE.match(lines_with(path, f"/segment{parent + 2}.m4s")[0])
    assert match and match[5] == "0" and match[12], "a client that disconnects has a line with cut"
    with Connection(program.port) as bad:
        bad.send_raw(b"GET / HTTP/1.1\r\n\r\n")
        assert bad.read().status == 400
    match = LINE.match(lines_with(path, "kind=refused")[0])
    assert match and match[2] == "127.0.0.0" and match[4] == "-" and match[5] == "400"
    assert all(LINE.match(line) for line in path.read_text().splitlines())


def test_json_access_log_has_no_secrets(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """--log-format json: one object per line, without tokens in any escaping."""
    path = tmp_path / "access.log"
    program = streamer(*SMALL, "--access-log", str(path), "--log-format", "json")
    secret = "kid1.1795155720.v1.c2VjcmV0"
    for target in (f"/t/{secret}/live/playlist.m3u8", f"/%74/{secret}/x",
                   f"/live.m3u8?a=1&token={secret}&b=2", f"/live.m3u8?%74oken={secret}",
                   f"/t%2f{secret}/x"):
        get(program.port, target,
            headers={"Authorization": f"Bearer {secret}", "Cookie": f"a={secret}"})
    entries = [json.loads(line) for line in lines_with(path, '"path"', 5)]
    assert secret not in path.read_text() and secret not in program.log_text()
    assert entries[2]["path"] == "/live.m3u8?a=1&token=***&b=2"
    for entry in entries:
        assert {
            "ts", "event", "peer", "method", "path", "code", "bytes", "hold_ms", "send_ms", "kind",
            "cut"
        } <= set(entry)


def test_viewers_behind_a_trusted_proxy(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """The log has the viewer that a trusted proxy states; a viewer's own statement is ignored."""
    path = tmp_path / "access.log"
    program = streamer(*SMALL, "--access-log", str(path), "--trusted-proxy", "127.0.0.1")
    assert get(program.port, "/a", headers={"X-Forwarded-For": "203.0.113.9, 192.0.2.7"})
    assert get(program.port, "/b", headers={"Forwarded": 'for="[2001:db8::1]:80"'})
    differing = {"Forwarded": "for=203.0.113.9", "X-Forwarded-For": "192.0.2.7"}
    assert get(program.port, "/c", headers=differing).status == 400
    with Connection(program.port) as balanced:
        balanced.send_raw(
            bytes.fromhex("0d0a0d0a000d0a515549540a2111000c") + bytes([198, 51, 100, 7] * 2)
            + b"\0\1\0\2GET /d HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n")
        assert balanced.read().status == 404
    lines = [lines_with(path, f" GET /{name} ")[0].split()[1] for name in "abd"]
    assert lines == ["192.0.2.0", "2001:db8::", "198.51.100.0"]


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGHUP])
def test_rotation_loses_no_line(streamer: Callable[..., Program], tmp_path: Path,
                                number: signal.Signals) -> None:
    """The signal reopens the file after it was moved; no line is lost."""
    path, moved = tmp_path / "access.log", tmp_path / "access.log.1"
    program = streamer(*SMALL, "--access-log", str(path))
    get(program.port, "/version?before")
    lines_with(path, "?before")
    path.rename(moved)
    get(program.port, "/version?between")
    lines_with(moved, "?between")
    program.process.send_signal(number)
    wait_until(path.exists, 3, "the new file")
    get(program.port, "/version?after")
    lines_with(path, "?after")
    assert "?after" not in moved.read_text()


def test_pending_lines_are_written_at_the_end(streamer: Callable[..., Program],
                                              tmp_path: Path) -> None:
    """The lines of the last requests are in the file after SIGTERM."""
    path = tmp_path / "access.log"
    program = streamer(*SMALL, "--access-log", str(path))
    align(program.port, 1)
    for i in range(20):
        get(program.port, f"/version?n={i}")
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(7) == 0
    assert sum("/version?n=" in line for line in path.read_text().splitlines()) == 20


@pytest.mark.parametrize("piece", ["t/", "://", "a=", "a://", "/t/"])
def test_a_target_costs_what_its_size_does(piece: str, streamer: Callable[..., Program],
                                           tmp_path: Path) -> None:
    """A line of 4 KB of what looks like secrets costs its thread about twice what 2 KB do."""
    path = tmp_path / "access.log"
    program = streamer(*SMALL, "--access-log", str(path))
    align(program.port, 1)

    def spent() -> int:
        return sum(time for name, time in thread_cpu(program.pid).values() if name == "access-log")

    costs = []
    for count, size in enumerate((2000, 4000), 1):
        target = "/" + piece * (size // len(piece))
        before = spent()
        with Connection(program.port) as client:
            for _ in range(LINES):
                assert client.get(target).status in (400, 404)
        lines_with(path, "kind=other", count * LINES, 10)
        costs.append((spent() - before) / LINES / 1e6)
    print(f"{piece!r}: {costs[0]:.3f} and {costs[1]:.3f} ms for each line")
    # Four times as much would be the square of the size.
    assert costs[1] < 3 * costs[0]
    assert total(program.port, "streamer_access_log_lost_total") == 0


@pytest.mark.parametrize(("flag", "shown"), [((), True), (("--log-level", "warning"), False),
                                             (("--log-level", "debug"), True), (("-v",), True)])
def test_log_level_hides_lower_levels(streamer: Callable[..., Program], flag: tuple[str, ...],
                                      shown: bool) -> None:
    """--log-level hides entries of lower levels."""
    from harness.program import launch, stop
    program = launch([*SMALL, *flag])
    pause(1.5, "a start without log lines cannot be observed")
    assert stop(program) == 0
    assert any("listening" in line for line in program.log) == shown


@pytest.mark.parametrize(("flags", "named"),
                         [(("--access-log", "/no/such/folder/x"), "--access-log"),
                          (("--log-level", "loud"), "--log-level")])
def test_invalid_log_options_are_refused(flags: tuple[str, ...], named: str) -> None:
    """Invalid options are refused with one line and status 2."""
    status, lines = run_to_end(flags)
    assert status == 2 and len(lines) == 1 and named in lines[0], (status, lines)
