# SPDX-License-Identifier: Apache-2.0
"""Responses are equal to the recorded ones, and to those of an older program, byte by byte.

`Golden/compatibility.txt` has the responses to the requests of `harness/compatibility.py`. After an
intended change, RECORD=1 writes it again. OLD_STREAMER=PATH compares with that program too.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import pytest

from harness.compatibility import configuration, responses, text_of, wait_ended
from harness.program import start, stop
from harness.tools import ROOT, streamer_binary

GOLDEN = ROOT / "Tests/EndToEnd/Golden"
MOST_LINES = 100


def recorded(program: str, folder: Path) -> str:
    """The responses of a program as one text."""
    folder.mkdir()
    settings = configuration(folder, GOLDEN / "compatibility.mp4")
    running = start(["-c", str(settings)], defaults=False, program=program)
    try:
        wait_ended(running)
        return text_of(responses(running))
    finally:
        stop(running)


def assert_equal(before: str, after: str, name: str) -> None:
    """AssertionError with the first differences of two texts, each with the name of its request."""
    lines = [line for line in difflib.unified_diff(
        before.splitlines(), after.splitlines(), name, "this program", n=12, lineterm="")]
    assert not lines, "\n".join(["the responses differ:", *lines[:MOST_LINES]])


@pytest.fixture(scope="module")
def responded(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The responses of the program under test."""
    return recorded(str(streamer_binary()), tmp_path_factory.mktemp("compatibility") / "now")


@pytest.mark.timeout(120)
def test_responses_are_the_recorded_ones(responded: str) -> None:
    """Status, fields, playlists, MPDs and media of about 470 requests are as recorded."""
    golden = GOLDEN / "compatibility.txt"
    if os.environ.get("RECORD"):
        golden.write_text(responded)
    assert_equal(golden.read_text(), responded, golden.name)


@pytest.mark.timeout(180)
def test_responses_are_those_of_an_older_program(responded: str, tmp_path: Path) -> None:
    """The program of $OLD_STREAMER gives the same responses."""
    before = os.environ.get("OLD_STREAMER")
    if not before:
        pytest.skip("OLD_STREAMER names no program: only recorded responses are compared")
    assert_equal(recorded(before, tmp_path / "before"), responded, before)
