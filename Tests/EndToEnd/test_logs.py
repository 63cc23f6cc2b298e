# SPDX-License-Identifier: Apache-2.0
"""The access log and the log level: what is in a line, what must not be, and what rotation needs."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.http1 import Connection, get
from harness.program import Program, run_to_end
from harness.tunein import PLAYLIST, align

SMALL = ("--resolution", "320x180")
LINE = re.compile(
    r"^(\S+Z) (\S+) ([A-Z]+|-) (\S+) (\d+) bytes=(\d+) hold_ms=([\d.]+) send_ms=([\d.]+) kind=(\w+)"
    r"(?: msn=(\d+))?(?: part=(\d+))?( cut)?$")


def lines_with(path: Path, text: str, count: int = 1, within: float = 3) -> list[str]:
    """The lines that contain `text`, once there are `count`."""
    deadline = time.monotonic() + within
    while True:
        found = [line for line in path.read_text().splitlines()
                 if text in line] if path.exists() else []
        if len(found) >= count:
            return found
        assert time.monotonic() < deadline, f"no line with {text!r}"
        time.sleep(0.05)


def test_lines(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """A line for each answer: who (masked), what, how much, how long it was held, which part."""
    path = tmp_path / "access.log"
    program = streamer(*SMALL, "--access-log", str(path))
    parent, part = align(program.port, 3).last_part
    answer = get(program.port, f"{PLAYLIST}?_HLS_msn={parent}&_HLS_part={part + 3}")
    line = lines_with(path, f"_HLS_msn={parent}&_HLS_part={part + 3}")[0]
    match = LINE.match(line)
    assert match, line
    assert match[2] == "127.0.0.0" and match[3] == "GET" and match[5] == "200" and match[
        9] == "playlist"
    assert (int(match[10]), int(match[11])) == (parent, part + 3)
    assert abs(float(match[7]) - answer.held * 1000) < 50, (line, answer.held)
    get(program.port, f"/live/video/segment{parent}.{part}.m4s")
    match = LINE.match(lines_with(path, f"/segment{parent}.{part}.m4s")[0])
    assert match and match[9] == "part" and int(match[10]) == parent and int(match[11]) == part
    assert float(match[7]) < 50
    with Connection(program.port) as gone:
        gone.send(f"/live/video/segment{parent + 2}.m4s")
        time.sleep(0.1)
    match = LINE.match(lines_with(path, f"/segment{parent + 2}.m4s")[0])
    assert match and match[5] == "0" and match[12], "a client that went is a line with cut"
    with Connection(program.port) as bad:
        bad.send_raw(b"GET / HTTP/1.1\r\n\r\n")
        assert bad.read().status == 400
    match = LINE.match(lines_with(path, "kind=refused")[0])
    assert match and match[2] == "127.0.0.0" and match[4] == "-" and match[5] == "400"
    assert all(LINE.match(line) for line in path.read_text().splitlines())


def test_json_and_no_secrets(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """--log-format json: an object a line; tokens, however they are escaped, are not in it."""
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


def test_rotation(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """SIGHUP opens the file anew after it was moved; no line is lost."""
    path, moved = tmp_path / "access.log", tmp_path / "access.log.1"
    program = streamer(*SMALL, "--access-log", str(path))
    get(program.port, "/version?before")
    lines_with(path, "?before")
    path.rename(moved)
    get(program.port, "/version?between")
    lines_with(moved, "?between")
    program.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 3
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    get(program.port, "/version?after")
    lines_with(path, "?after")
    assert "?after" not in moved.read_text()


def test_what_waits_is_written_at_the_end(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """The lines of the last requests are there after SIGTERM."""
    path = tmp_path / "access.log"
    program = streamer(*SMALL, "--access-log", str(path))
    align(program.port, 1)
    for i in range(20):
        get(program.port, f"/version?n={i}")
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(7) == 0
    assert sum("/version?n=" in line for line in path.read_text().splitlines()) == 20


@pytest.mark.parametrize(("flag", "shown"), [((), True), (("--log-level", "warning"), False),
                                             (("--log-level", "debug"), True), (("-v",), True)])
def test_log_level(streamer: Callable[..., Program], flag: tuple[str, ...], shown: bool) -> None:
    """--log-level hides what matters less."""
    from harness.program import launch, stop
    program = launch([*SMALL, *flag])
    time.sleep(1.5)
    assert stop(program) == 0
    assert any("listening" in line for line in program.log) == shown


@pytest.mark.parametrize(("flags", "named"),
                         [(("--access-log", "/no/such/folder/x"), "--access-log"),
                          (("--log-level", "loud"), "--log-level")])
def test_refused(flags: tuple[str, ...], named: str) -> None:
    """What cannot be is refused with one line and status 2."""
    status, lines = run_to_end(flags)
    assert status == 2 and len(lines) == 1 and named in lines[0], (status, lines)
