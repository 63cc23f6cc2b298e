# SPDX-License-Identifier: Apache-2.0
"""The table of the consumers' own faults: in itself, and in docs/embed.md. Needs no program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from audience import Audience, Cell, note_late, order_fault
from consumer import Playing
from expected import HEAD, SCENARIO_WORDS, THEIRS, certain, excused, faults, table
from harness.tools import ROOT
from matrix import NAMES, is_wrong, outcome
from numbered import FIRST
from pictures import Picture, Pipe, lines, planes
from rewinding import Window, clip_fault, past_fault
from scenarios import SCENARIOS
from stage import Stage


class Shown(Playing):
    """A consumer that has shown pictures with these clocks."""

    def __init__(self, *clocks: int | None) -> None:
        super().__init__()
        self.pictures = [Picture(at / 25, clock) for at, clock in enumerate(clocks)]

    def update(self) -> None:
        """All is there."""

    def said(self) -> str:
        """Nothing."""
        return ""

    def close(self) -> None:
        """Nothing runs."""


PLAYED = [FIRST.base + 40 * index for index in range(60)]


def test_rows_name_consumers_and_help_is_no_fault() -> None:
    """Each consumer exists, has one row in a scenario, and its help has none."""
    assert list(faults(NAMES)) == []
    assert set(SCENARIO_WORDS) == set(SCENARIOS)
    assert all("§" in row.reference for row in THEIRS)


def test_a_race_of_a_consumer_has_no_stale_row() -> None:
    """Its row excuses each of its scenarios, and a cell that plays is right."""
    races = [(name, scenario) for row in THEIRS if not row.always
             for scenario in row.scenarios for name in row.consumers]
    assert races
    for name, scenario in races:
        assert name in excused(scenario)
        assert name not in certain(scenario)


def test_the_document_has_the_table() -> None:
    """docs/embed.md has exactly these rows."""
    text = (ROOT / "docs/embed.md").read_text().splitlines()
    begin = text.index(HEAD[0])
    end = next(at for at in range(begin, len(text)) if not text[at].startswith("|"))
    assert text[begin:end] == table()


def test_each_address_is_tried_or_says_so() -> None:
    """The rows of players outside browsers name consumers of the matrix, or "not tried"."""
    text = (ROOT / "docs/embed.md").read_text().splitlines()
    begin = text.index("| player | address and options | tried as |") + 2
    end = next(at for at in range(begin, len(text)) if not text[at].startswith("|"))
    for row in text[begin:end]:
        tried = row.split("|")[3].partition(";")[0].strip()
        assert tried == "not tried" or set(tried.split(", ")) <= NAMES, row


@pytest.mark.parametrize(("clocks", "fault"), [
    (PLAYED, ""), (PLAYED[:9], "9 pictures of 9 over 320 ms"),
    ([PLAYED[0]] * 60, "1 pictures of 60 over 0 ms"),
    ([*PLAYED[10:], *PLAYED[:10]], "its pictures go back"),
    ([*PLAYED, None, None], "2 damaged pictures"), ([None, *PLAYED], ""),
], ids=["played", "few", "frozen", "back", "damaged", "before"])
def test_pictures_that_stand_go_back_or_are_damaged_are_faults(
        clocks: list[int | None], fault: str) -> None:
    """A frozen picture does not count twice."""
    assert order_fault(Shown(*clocks), FIRST) == fault


def test_frames_of_a_clip_are_exact() -> None:
    """A frame too many, or too few, is a fault."""
    assert clip_fault(Shown(*PLAYED), PLAYED) == ""
    assert "1 of 60 frames are not shown" in clip_fault(Shown(*PLAYED[1:]), PLAYED)
    assert "1 frames that are not of the clip" in clip_fault(Shown(*PLAYED), PLAYED[1:])
    assert clip_fault(Shown(), PLAYED) == "no picture"


def test_a_seek_to_another_time_is_a_fault() -> None:
    """Pictures begin within a group of the wanted time, and go on to the end."""
    long = [FIRST.base + 40 * index for index in range(200)]
    assert past_fault(Shown(*long[50:]), long[50], long[-1]) == ""
    assert "of the wanted time" in past_fault(Shown(*long[100:]), long[50], long[-1])
    assert "before the end" in past_fault(Shown(*long[50:-5]), long[50], long[-1])
    assert "from there on" in past_fault(Shown(*long[50:80]), long[50], 0)


def test_the_start_of_a_window_moves() -> None:
    """A seek to 4 s in a window of 10 s is right between its opening and its first picture."""
    def fault(first: int) -> str:
        clocks = [FIRST.base + first + 40 * index for index in range(60)]
        playing = Shown(*clocks)
        playing.opened = 116
        playing.pictures = [Picture(120 + index / 25, clock)
                            for index, clock in enumerate(clocks)]
        return past_fault(playing, FIRST.base + 4000, 0, Window(100, 6))
    assert [fault(first) for first in (4000, 10_000, 14_000)] == ["", "", ""]
    assert "of the wanted time" in fault(19_000)
    assert "of the wanted time" in fault(8000)


def test_consumers_are_waited_for_if_all_are_excused(tmp_path: Path) -> None:
    """Else an event came before their first picture."""
    asked: list[Playing] = []

    def is_done(playing: Playing) -> bool:
        asked.append(playing)
        return True
    own, other = Shown(), Shown()
    Audience(Stage(), tmp_path, frozenset({"own"}), {"own": own}).wait(is_done)
    Audience(Stage(), tmp_path, frozenset({"own"}), {"own": own, "other": other}).wait(is_done)
    assert asked == [own, other]


def test_pictures_are_read_from_planes_and_lines() -> None:
    """A new size has a header; a picture without a clock, and a line with "-", have none."""
    data = [b"YUV4MPEG2 W64 H36\nFRAME\n" + bytes(64 * 36 * 3 // 2)
            + b"YUV4MPEG2 W32 H18 Cmono\nFRAME\n" + bytes(32 * 18), b""]
    found = planes(Pipe(iter(data).__next__))
    assert [next(found), next(found)] == [None, None]
    assert read(lines(Pipe(iter([b"-\n12", b"\nx\n7\n", b""]).__next__))) == [None, 12, 7]


def read(clocks: Iterator[int | None]) -> list[int | None]:
    """The clocks up to the end of the pipe."""
    found = []
    with suppress(EOFError):
        for clock in clocks:
            found.append(clock)
    return found


def test_a_picture_that_returns_late_is_a_fault() -> None:
    """Whatever the others need: 5 s after the event, and the latency before."""
    cells = [Cell(again=4.9), Cell(again=5.1), Cell(again=30.0), Cell("x", 9.0), Cell()]
    note_late(cells)
    assert [cell.fault for cell in cells] == [
        "", *["its picture returns too late; the quickest after 4.9 s"] * 2, "x", ""]
    alone = [Cell(again=8.0)]
    note_late(alone)
    assert alone[0].fault


def test_a_row_of_a_consumer_that_plays_is_wrong() -> None:
    """A fault without a row, and a row without a fault."""
    shown = [outcome(cell, permitted) for cell in (Cell(), Cell("x")) for permitted in
             (False, True)]
    assert shown == ["plays", "STALE ROW: plays", "FAULT: x", "theirs: x"]
    assert [is_wrong(line) for line in shown] == [False, True, True, False]


def test_a_cell_states_fault_and_time() -> None:
    """The words of the result file."""
    assert (str(Cell()), str(Cell("x", 1.25))) == ("plays", "x (1.2 s)")
