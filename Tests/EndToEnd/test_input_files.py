# SPDX-License-Identifier: Apache-2.0
"""Standard input and named pipes as inputs, encoded, and inputs that are refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.http1 import get
from harness.inputs import HOST, check_live
from harness.playlist import parse
from harness.program import Program, launch, run_to_end, stop
from harness.sources import ffmpeg_sender
from harness.tunein import PLAYLIST
from harness.waiting import wait_until


def ends(program: Program) -> None:
    """Waits for ENDLIST; the window is served for a while, then the program exits with status 0."""
    base = PLAYLIST.rsplit("/", 1)[0]
    wait_until(lambda: "EXT-X-ENDLIST" in get(program.port, PLAYLIST).text, 25, "ENDLIST")
    listed = parse(get(program.port, PLAYLIST).text)
    assert get(program.port, f"{base}/{listed.segments[-1].uri}").status == 200
    assert program.process.wait(20) == 0, program.log_text()


@pytest.mark.timeout(60)
def test_named_pipe_is_read(tmp_path: Path) -> None:
    """A named pipe is read like standard input; SIGTERM works while it has no writer."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    alone = launch(["--input", str(pipe), *HOST], defaults=False)
    assert alone.listening.wait(10) and alone.port, alone.log_text()
    assert stop(alone) == 0, alone.log_text()
    program = launch(["--input", str(pipe), *HOST], defaults=False)
    assert program.listening.wait(10) and program.port, program.log_text()
    with pipe.open("wb") as output:
        sender = ffmpeg_sender(["-f", "mpegts", "-"], stdout=output.fileno())
    try:
        check_live(program, "named pipe", 0.25)
    finally:
        sender.kill()
        assert stop(program) == 0, program.log_text()


@pytest.mark.parametrize(("given", "named"), [
    ("nowhere.ts", "No such file"), ("/etc/hostname", "Invalid data"),
    ("ftp://h/x", "expected a URL of rtsp")])
def test_unusable_input_is_refused(given: str, named: str) -> None:
    """A missing file, a file without video, an unknown scheme: exit 2 and one line."""
    status, lines = run_to_end(["--input", given, *HOST], defaults=False)
    assert status == 2 and len(lines) == 1 and named in lines[0] and "--input" in lines[0], lines


def test_two_sources_are_refused() -> None:
    """An input together with another source is refused."""
    status, lines = run_to_end(["--test-src", "--input", "x.ts", *HOST], defaults=False)
    assert status == 2 and "--test-src" in lines[0] and "--input" in lines[0], lines
