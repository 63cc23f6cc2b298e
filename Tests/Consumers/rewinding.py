# SPDX-License-Identifier: Apache-2.0
"""The scenarios of media that is not live: the past, from its start or by a seek, and a clip."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from audience import COUNT, Cell, audience
from consumer import MPD, PROGRAMS, Playing
from harness.frames import clocks_of
from harness.http1 import get
from harness.playlist import parse
from harness.waiting import wait_until
from numbered import FIRST
from pictures import Picture
from result import Result, Rows, followed
from stage import PLAYLIST, Stage, staged

PAST_SECONDS, OFFSET_SECONDS, PAST_BEGINS, CLIP_SEGMENTS = 10, 4, 2, 5
# A consumer that seeks begins at a key frame, which may be a group away, ms.
GROUP_MS = 1000
# The callback of a page may leave out the last frames, ms.
END_MS = 100


def segments_of(stage: Stage, path: str) -> list[tuple[float, str]]:
    """Start, Unix seconds, and address of the complete segments of a playlist."""
    found, start = [], 0.0
    for segment in parse(get(stage.port, path, timeout=15).text).segments:
        start = segment.milliseconds() / 1000 if segment.pdt else start
        if segment.uri and not segment.gap:
            found.append((start, segment.uri))
        start += float(segment.duration)
    return found


def media_clocks(stage: Stage, names: Sequence[str]) -> list[int]:
    """The burned clocks of segments, by the header of the playlist."""
    text = get(stage.port, PLAYLIST, timeout=15).text
    header = re.search(r'EXT-X-MAP:URI="(.*?)"', text)
    assert header, text
    media = b"".join(get(stage.port, f"/live/video/{name}", timeout=15).body
                     for name in (header[1], *names))
    return [clock for clock in clocks_of(media) if clock is not None]


def past(rows: Rows, folder: Path, excused: Sequence[str]) -> Result:
    """A playlist of ten seconds of the past, from its start."""
    return rewound(rows, folder, excused, 0)


def seek(rows: Rows, folder: Path, excused: Sequence[str]) -> Result:
    """The playlist, and the MPD of the past, each from an offset on."""
    return rewound(rows, folder, excused, OFFSET_SECONDS)


def rewound(rows: Rows, folder: Path, excused: Sequence[str], offset: float) -> Result:
    """The past from an offset on: the pictures of that time are shown, up to the end."""
    with staged("--archive", str(folder / "archive"), "--dvr", "1h") as stage:
        stage.publish(FIRST)
        stage.wait_live()
        first = parse(get(stage.port, PLAYLIST, timeout=15).text).segments[0].msn
        begin, end = first + PAST_BEGINS, first + PAST_BEGINS + PAST_SECONDS
        wait_until(lambda: parse(get(stage.port, PLAYLIST, timeout=15).text).last_complete > end,
                   40, "the past")
        clocks = media_clocks(stage, [f"segment{number}.m4s" for number in range(begin, end)])
        path = f"/live/from/{begin}/to/{end}/playlist.m3u8"
        start = media_clocks(stage, [f"segment{first}.m4s"])[0]
        wanted = {row.name: ((start if row.form == MPD else clocks[0]) + int(1000 * offset),
                             0 if row.form == MPD else clocks[-1]) for row in rows}
        window = window_of(stage, offset)
        cells: dict[str, Cell] = {}
        with audience(stage, folder, excused) as viewers:
            for row in rows:
                viewers.open(row, "/live/dvr.mpd" if row.form == MPD else path, offset)
            with followed(stage, 5, cells, path, "/live/dvr.mpd"):
                viewers.wait(lambda playing: not past_fault(playing, *next(
                    wanted[name] for name, one in viewers.playing.items() if one is playing),
                    window))
                cells |= {name: Cell(past_fault(viewers.playing[name], *span, window))
                          for name, span in wanted.items()}
            return Result(cells, viewers.reports(cells))


@dataclass(frozen=True)
class Window:
    """The window of a live MPD, whose start moves with the clock while a consumer opens it.

    Unix seconds of the first frame of the film, and the seconds from the live edge to the wanted
    time.
    """

    began: float
    behind: float

    def has_at_start(self, picture: Picture, opened: float) -> bool:
        """Whether a picture is the one that was wanted between the opening and its display."""
        offset = FIRST.offset(picture.clock)
        if offset is None:
            return False
        wanted, group = self.began + offset / 1000 + self.behind, GROUP_MS / 1000
        return opened - group <= wanted <= picture.at + group


def window_of(stage: Stage, offset: float) -> Window:
    """The window of the MPD of the past, with a wanted time from its start on.

    Its depth is rounded down to minutes, and at least that of the live MPD.
    """
    text = get(stage.port, "/live/dvr.mpd", timeout=15).text
    depth = re.search(r'timeShiftBufferDepth="PT([\d.]+)S"', text)
    assert depth, text
    return Window(stage.began[FIRST.number], float(depth[1]) - offset)


def past_fault(playing: Playing, start: int, end: int, window: Window | None = None) -> str:
    """A fault of the pictures from a time on, up to an end unless it is 0.

    Of a live MPD, which has no end, the time is in its first Period or in its window, to which a
    consumer leaps.
    """
    pictures = [one for one in playing.pictures
                if one.clock is not None and one.clock >= start - GROUP_MS]
    shown = [one.clock for one in pictures if one.clock is not None]
    leaps = {at for at, clock in enumerate(shown)
             if at == 0 or not 0 <= clock - shown[at - 1] <= GROUP_MS}
    in_window = {at for at in leaps if window and not end
                 and window.has_at_start(pictures[at], playing.opened)}
    first = next((at for at, clock in enumerate(shown)
                  if clock <= start + GROUP_MS or at in in_window), None)
    if first is None:
        clocks = playing.clocks()
        span = f"{clocks[0] - start} to {clocks[-1] - start} ms" if clocks else "nothing"
        return f"it shows {span} of the wanted time"
    run = shown[first:]
    if len(set(run)) < COUNT or run != sorted(run):
        return f"{len(set(run))} pictures from there on"
    if end and not end - END_MS <= run[-1] <= end:
        return f"it ends {end - run[-1]} ms before the end"
    return ""


def clip(rows: Rows, folder: Path, excused: Sequence[str]) -> Result:
    """A clip of five seconds: exactly its frames are shown."""
    with staged() as stage:
        stage.publish(FIRST)
        stage.wait_live(CLIP_SEGMENTS + 3)
        listed = segments_of(stage, PLAYLIST)[1:CLIP_SEGMENTS + 2]
        clocks = media_clocks(stage, [name for _, name in listed[:-1]])
        # Whole milliseconds may name the frame before: half a frame is on the safe side.
        half = 0.5 / FIRST.rate
        span = f"{listed[0][0] + half:.3f}--{listed[-1][0] - half:.3f}"
        with audience(stage, folder, excused) as viewers:
            for row in rows:
                kind = "mp4" if row.plays_files else "m3u8"
                viewers.open(row, f"/live/clip/{span}.{kind}")
            cells: dict[str, Cell] = {}
            with followed(stage, 5, cells):
                viewers.wait(lambda playing: playing.has_ended)
                cells |= {row.name: Cell(clip_fault(viewers.playing[row.name], clocks,
                                                    row.group != PROGRAMS)) for row in rows}
            return Result(cells, viewers.reports(cells))


def clip_fault(playing: Playing, clocks: list[int], is_sampled: bool = False) -> str:
    """A fault of the frames of a clip; of a sampled picture each second has some."""
    shown = list(dict.fromkeys(playing.clocks()))
    if not shown:
        return "no picture"
    missing = sorted(set(clocks) - set(shown))
    if extra := sorted(set(shown) - set(clocks)):
        return f"{len(extra)} frames that are not of the clip, from {extra[0]} to {extra[-1]}"
    if is_sampled:
        missing = [one for one in range(clocks[0], clocks[-1], 1000)
                   if not any(one <= clock < one + 1000 for clock in shown)]
    if missing:
        return f"{len(missing)} of {len(clocks)} frames are not shown, from {missing[0]}"
    return "" if shown == sorted(shown) else "its pictures go back"
