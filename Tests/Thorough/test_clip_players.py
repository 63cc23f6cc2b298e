# SPDX-License-Identifier: Apache-2.0
"""Exact clips in players: the first and the last shown frame, and sound beside them.

CLIP_SPANS=50 tries as many random spans in each player; the table is printed.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.clipplayers import FILE_PLAYERS, Shown, in_browser
from harness.firefox import firefox_running
from harness.frames import clocks_of
from harness.http1 import get
from harness.program import Program, start, stop
from harness.waiting import wait_until

SPANS = int(os.environ.get("CLIP_SPANS", "2"))
# Seconds by which sound may be off; those of players that ignore the edit list of sound: it begins
# with one to two frames of 1024 samples before FROM.
SOUND = 0.005
PLAYERS_WITH_LEAD = {"vlc": 0.045, "firefox": 0.045}


@dataclass(frozen=True)
class Span:
    """A clip, its file, and what must be shown."""

    path: str
    file: Path
    expected: Shown


@dataclass
class Clips:
    """A running stream and random clips of it."""

    program: Program
    spans: list[Span]


def taken(program: Program, folder: Path, number: int) -> Span:
    """A random clip of the last seconds, with a beep."""
    end = round(time.time() - random.uniform(2.2, 2.6), 3)
    begin = round(end - random.uniform(1.3, 3), 3)
    path = f"/live/clip/{begin:.3f}--{end:.3f}.mp4"
    answer = get(program.port, path)
    assert answer.status == 200, answer.text
    file = folder / f"{number}.mp4"
    file.write_bytes(answer.body)
    # The clock has whole milliseconds, rounded down; a late encoder leaves frames out.
    playlist = get(program.port, "/live/video/playlist.m3u8").text
    names = [playlist.split('#EXT-X-MAP:URI="')[1].split('"')[0]]
    names += [f"segment{second}.m4s" for second in range(int(begin), int(end - 0.0005) + 1)]
    media = b"".join(get(program.port, f"/live/video/{name}").body for name in names)
    clocks = [clock for clock in clocks_of(media) if clock is not None]
    first, after = round(begin * 1000) * 30 // 1000, -(-round(end * 1000) * 30 // 1000)
    beep = next(second for second in range(int(begin) + 1, int(end) + 1)
                if second - first / 30 > 0.25)
    shown = [max(clock for clock in clocks if clock <= index * 1000 // 30)
             for index in (first, after - 1)]
    return Span(path, file, Shown(shown[0], shown[1], beep - first / 30))


@pytest.fixture(scope="module")
def clips(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clips]:
    """A stream with a tone that begins each second, all of whose clips stay in the archive."""
    folder = tmp_path_factory.mktemp("clips")
    folder.chmod(0o755)
    program = start(["--test-src", "--resolution", "640x360", "--audio", "tone", "--archive",
                     str(folder / "archive"), "--dvr", "1h"])
    try:
        # Prefill is no media of its time.
        wait_until(lambda: get(program.port, f"/live/at/{time.time() - 7:.3f}").status == 200, 30,
                   "seven seconds")
        yield Clips(program, [taken(program, folder, number) for number in range(SPANS)])
    finally:
        stop(program)


def check(player: str, found: list[tuple[Span, Shown]]) -> None:
    """Compares what was shown; prints a row of the table."""
    first, last = ([(getattr(shown, end) or 0) - (getattr(span.expected, end) or 0)
                    for span, shown in found] for end in ("first", "last"))
    # A beep each second: a player that begins earlier may have the one before too.
    sound = [((shown.beep - span.expected.beep + 0.5) % 1 - 0.5) * 1000 for span, shown in found
             if shown.beep is not None and span.expected.beep is not None]
    print(f"| {player} | {len(found)} | {first.count(0)} | {last.count(0)} | "
          f"{min(sound):.2f} … {statistics.median(sound):.2f} … {max(sound):.2f} ms |")
    assert len(sound) == len(found)
    assert not any(first), first
    assert not any(last), last
    assert max(map(abs, sound)) < PLAYERS_WITH_LEAD.get(player, SOUND) * 1000, sound


@pytest.mark.timeout(60 + 10 * SPANS)
@pytest.mark.parametrize("player", FILE_PLAYERS)
def test_player_shows_exactly_the_span(player: str, clips: Clips, tmp_path: Path) -> None:
    """Each player begins at the frame of FROM and ends at the last one before TO."""
    check(player, [(span, FILE_PLAYERS[player](span.file, tmp_path)) for span in clips.spans])


@pytest.mark.timeout(60 + 10 * SPANS)
def test_chromium_shows_exactly_the_span(clips: Clips, browser: object) -> None:
    """The same in Chromium."""
    page = browser.new_page()  # type: ignore[attr-defined]
    page.goto(clips.program.url("/health"))
    check("chromium", [(span, in_browser(span.path, page.evaluate)) for span in clips.spans])
    page.close()


@pytest.mark.timeout(90 + 10 * SPANS)
def test_firefox_shows_exactly_the_span(clips: Clips, tmp_path: Path) -> None:
    """The same in Firefox."""
    with firefox_running(tmp_path) as firefox:
        firefox.open(clips.program.url("/health"))
        wait_until(lambda: firefox.evaluate("document.body !== null"), 20, "a page")

        def evaluate(script: str) -> object:
            firefox.evaluate("(() => { window.__found = null; " + script
                             + ".then(found => { window.__found = found; }, "
                             "error => { window.__found = {error: String(error)}; }); })()")
            return wait_until(lambda: firefox.evaluate("window.__found"), 30, "a clip")
        check("firefox", [(span, in_browser(span.path, evaluate)) for span in clips.spans])
