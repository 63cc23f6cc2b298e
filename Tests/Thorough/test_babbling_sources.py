# SPDX-License-Identifier: Apache-2.0
"""Invalid messages, too many, or endless log lines of a process cost only its own stream."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.gaps import GapWatch
from harness.metrics import total
from harness.program import Program, stop
from harness.tools import ROOT, need
from harness.waiting import pause, wait_until
from test_isolation import advances, is_online, movie

FLOOD, NONSENSE, LINES = 1, 2, 3


@pytest.fixture
def two(streamer: Callable[..., Program], tmp_path: Path) -> Callable[[int], Program]:
    """Starts a server of a test picture, `good`, and of a movie whose process babbles, `bad`."""

    def run(what: int) -> Program:
        library = tmp_path / "babbling.so"
        subprocess.run([need("cc", "a source that babbles"), "-O2", "-Wall", "-Wextra", "-Werror",
                        f"-DBABBLE={what}", "-shared", "-fPIC", "-o", str(library),
                        str(ROOT / "Tests/Preload/babblingsource.c"), "-ldl"], check=True)
        configuration = tmp_path / "streams.json"
        configuration.write_text(json.dumps({
            "streams": [{"stream": "good", "testSrc": True, "resolution": "160x90"},
                        {"stream": "bad", "input": str(movie(tmp_path / "movie.ts")),
                         "loop": True}]
        }))
        program = streamer("-c", str(configuration), "--host", "127.0.0.1", "--http-port", "0",
                           defaults=False, env={"LD_PRELOAD": str(library)})
        wait_until(lambda: is_online(program.port, "good"), 10, "the test picture")
        return program

    return run


@pytest.mark.parametrize(("what", "words"), [
    (FLOOD, ["protocol error", "more than 5000 messages"]),
    (NONSENSE, ["protocol error", "the unknown kind 99"]),
], ids=["flood", "nonsense"])
def test_it_is_ended(two: Callable[[int], Program], what: int, words: list[str]) -> None:
    """It is ended and started again; the other stream has no gap, and the crash is counted."""
    program = two(what)
    with GapWatch(program.port, "good"):
        program.wait_logged("source-crashed", *words, stream="bad", within=20)
        program.wait_logged("source-crashed", *words, stream="bad", within=20, count=2)
        advances(program.port, "good", 5, 5)
    assert total(program.port, "streamer_source_crashes_total", stream="bad") >= 2
    assert stop(program) == 0, program.log_text()


def test_invented_events(two: Callable[[int], Program]) -> None:
    """A process that names each line's event differently writes as many lines as one event."""
    program = two(LINES)
    program.wait_logged("source", "false", stream="bad", within=20)
    pause(3, "thousands of lines, of which 20 are admitted")
    lines = list(program.logged("source", stream="bad"))
    assert 1 <= len(lines) <= 40, len(lines)
    assert not [line for line in program.log_text().splitlines() if "live-" in line]
    advances(program.port, "good", 5, 5)
    assert stop(program) == 0, program.log_text()
