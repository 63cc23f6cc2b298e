# SPDX-License-Identifier: Apache-2.0
"""The scenarios: each starts a server, opens the consumers, lets an event happen, judges cells."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from audience import COUNT, Audience, Cell, audience, offsets
from consumer import CHUNKED, HLS, MPD, MPD_PAGES, PAGES, SCREEN, Consumer, Playing
from harness.frames import clocks_of
from harness.http1 import get
from harness.playlist import parse
from harness.validation import Following
from harness.waiting import pause, wait_until
from numbered import FIRST, OTHER, SAME, SHORT, SIZE, Film
from stage import KEY, PLAYLIST, Stage, key_file, staged

AWAY_SECONDS = 10
PAST_SECONDS, OFFSET_SECONDS, PAST_BEGINS, CLIP_SEGMENTS = 10, 4, 2, 5
# A consumer that seeks begins at a key frame, which may be a group away, ms.
GROUP_MS = 1000
VALIDATED = "streamer validate"
# A playlist of the past with an end does not change: caches may keep it for longer.
LIFETIME, FROM = "playlist-lifetime", "/from/"
LIVE = ("/live.m3u8", "/live/manifest.mpd")
# The media that shows that a consumer plays on, ms.
LIVE_MS = 10_000
Rows = Sequence[Consumer]


@dataclass
class Result:
    """The cells of a scenario, and the last messages of consumers with a fault."""

    cells: dict[str, Cell]
    reports: str


Scenario = Callable[[Rows, Path, Sequence[str]], Result]


@contextmanager
def followed(stage: Stage, seconds: int, cells: dict[str, Cell], *paths: str) -> Iterator[None]:
    """`streamer validate` follows playlists and MPDs beside a block; adds its cell."""
    base = f"http://127.0.0.1:{stage.port}"
    follower = Following(seconds, [base + path for path in paths or LIVE])
    try:
        yield
        cells[VALIDATED] = Cell(findings(follower))
    finally:
        follower.close()


@contextmanager
def playing_live(rows: Rows, folder: Path, excused: Sequence[str],
                 ) -> Iterator[tuple[Stage, Audience, dict[str, Cell]]]:
    """Consumers that play a publisher, with their cells so far."""
    with staged() as stage:
        stage.publish(FIRST)
        stage.wait_live()
        with audience(stage, folder, excused) as viewers:
            for row in rows:
                viewers.open(row)
            yield stage, viewers, viewers.joined(FIRST)


def live(rows: Rows, folder: Path, excused: Sequence[str]) -> Result:
    """A publisher that sends on."""
    with playing_live(rows, folder, excused) as (stage, viewers, _):
        cells: dict[str, Cell] = {}
        with followed(stage, 8, cells):
            cells |= viewers.joined(FIRST, LIVE_MS)
        return Result(cells, viewers.reports(cells))


def merged(before: dict[str, Cell], after: dict[str, Cell]) -> dict[str, Cell]:
    """The cells after an event; a consumer that did not play before has that fault."""
    return {name: Cell(f"before the event: {before[name].fault}") if before[name].fault else cell
            for name, cell in after.items()}


def with_event(rows: Rows, folder: Path, excused: Sequence[str], film: Film,
               event: Callable[[Stage], None], is_followed: bool = True) -> Result:
    """Consumers play on after an event, whose last act is to publish `film`.

    `streamer validate` follows the stream from before the event, unless the server is away.
    """
    with playing_live(rows, folder, excused) as (stage, viewers, before):
        cells: dict[str, Cell] = {}
        with followed(stage, 20, cells) if is_followed else nullcontext():
            event(stage)
            cells |= merged(before, viewers.again(FIRST, film))
        return Result(cells, viewers.reports(cells))


def findings(follower: Following) -> str:
    """The rules of the level must that the bytes of the stream break, as one fault."""
    results = follower.results()
    failures = [result["failure"] for result in results if result["failure"]]
    broken = [f"{one['rule']} {one['url']}: {one['seen']}" for result in results
              for one in result["findings"]
              if one["level"] == "must" and not (one["rule"] == LIFETIME and FROM in one["url"])]
    return "; ".join([*failures, *broken])


def killed(rows: Rows, folder: Path, excused: Sequence[str]) -> Result:
    """SIGKILL; the supervisor and the publisher start again at once."""
    def event(stage: Stage) -> None:
        stage.kill()
        stage.publish(SAME)
    return with_event(rows, folder, excused, SAME, event, is_followed=False)


def away(rows: Rows, folder: Path, excused: Sequence[str]) -> Result:
    """The publisher is away for ten seconds."""
    def event(stage: Stage) -> None:
        stage.leave()
        pause(AWAY_SECONDS, "the duration of the outage")
        stage.publish(SAME)
    return with_event(rows, folder, excused, SAME, event)


def size(rows: Rows, folder: Path, excused: Sequence[str]) -> Result:
    """S: the next publisher has another size."""
    return with_event(rows, folder, excused, SIZE, lambda stage: stage.publish(SIZE))


def other(rows: Rows, folder: Path, excused: Sequence[str]) -> Result:
    """R: the next publisher has another size, rate and audio."""
    return with_event(rows, folder, excused, OTHER, lambda stage: stage.publish(OTHER))


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
        cells: dict[str, Cell] = {}
        with audience(stage, folder, excused) as viewers:
            for row in rows:
                viewers.open(row, "/live/dvr.mpd" if row.form == MPD else path, offset)
            with followed(stage, 5, cells, path, "/live/dvr.mpd"):
                viewers.wait(lambda playing: not past_fault(playing, *next(
                    wanted[name] for name, one in viewers.playing.items() if one is playing)))
                cells |= {name: Cell(past_fault(viewers.playing[name], *span))
                          for name, span in wanted.items()}
            return Result(cells, viewers.reports(cells))


def past_fault(playing: Playing, start: int, end: int) -> str:
    """A fault of the pictures from a time on, up to an end unless it is 0."""
    shown = [clock for clock in playing.clocks() if clock >= start - GROUP_MS]
    near = [clock for clock in shown if clock <= start + GROUP_MS]
    if not near:
        clocks = playing.clocks()
        span = f"{clocks[0] - start} to {clocks[-1] - start} ms" if clocks else "nothing"
        return f"it shows {span} of the wanted time"
    run = shown[shown.index(near[0]):]
    if len(set(run)) < COUNT or run != sorted(run):
        return f"{len(set(run))} pictures from there on"
    if end and run[-1] != end:
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
                                                    row.group == SCREEN)) for row in rows}
            return Result(cells, viewers.reports(cells))


def clip_fault(playing: Playing, clocks: list[int], is_sampled: bool = False) -> str:
    """A fault of the frames of a clip; of a sampled screen each second has some."""
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


def end(rows: Rows, folder: Path, excused: Sequence[str]) -> Result:
    """A stream that ends at a server that goes on: its last frame is shown, and consumers end."""
    settings = folder / "streamer.json"
    settings.write_text(json.dumps({"streams": [
        {"stream": "live", "input": str(SHORT.file()), "passthrough": "always"},
        {"stream": "next", "testSrc": True, "onDemand": True}]}))
    with staged("-c", str(settings)) as stage:
        stage.wait_live()
        cells: dict[str, Cell] = {}
        with audience(stage, folder, excused) as viewers:
            for row in rows:
                viewers.open(row)
            with followed(stage, 8, cells):
                last = (SHORT.seconds * SHORT.rate - 1) * 1000 // SHORT.rate
                viewers.wait(lambda playing: playing.has_ended, 50)
                cells |= {name: Cell(end_fault(playing, last))
                          for name, playing in viewers.playing.items()}
            return Result(cells, viewers.reports(cells))


def end_fault(playing: Playing, last: int) -> str:
    """A fault at the end of a stream."""
    found = offsets(playing, SHORT)
    if not found or len(found) < COUNT:
        return f"{len(found)} pictures of {len(playing.pictures)}"
    if not playing.has_ended:
        return f"it has not ended, {last - found[-1]} ms before the end"
    return f"it ends {last - found[-1]} ms before the end" if found[-1] != last else ""


def encrypted(rows: Rows, folder: Path, excused: Sequence[str]) -> Result:
    """Samples are encrypted by `cbcs`; consumers have the key, or the address of licences."""
    with staged("--encryption", "cbcs", "--encryption-keys", str(key_file(folder))) as stage:
        stage.publish(FIRST)
        stage.wait_live()
        with audience(stage, folder, excused) as viewers:
            for row in rows:
                viewers.open(row, key=KEY)
            counts = {row.name: counted(row) for row in rows}
            cells: dict[str, Cell] = {}
            with followed(stage, 8, cells):
                viewers.wait(lambda playing: next(
                    counts[name](playing) for name, one in viewers.playing.items()
                    if one is playing) >= COUNT)
                for name, playing in viewers.playing.items():
                    seen = counts[name](playing)
                    cells[name] = Cell("" if seen >= COUNT else f"{seen} pictures")
            return Result(cells, viewers.reports(cells))


def counted(row: Consumer) -> Callable[[Playing], int]:
    """How the pictures of an encrypted stream are counted: pages cannot read them back."""
    if row.group in (PAGES, MPD_PAGES):
        return lambda playing: len(playing.pictures)
    return lambda playing: len(offsets(playing, FIRST))


SCENARIOS: dict[str, Scenario] = {
    "live": live, "killed": killed, "away": away, "size": size, "other": other, "past": past,
    "seek": seek,
    "clip": clip, "end": end, "encrypted": encrypted,
}
# The forms of addresses that a scenario has; a file has no form.
FORMS = {"past": (HLS,), "seek": (HLS, MPD), "clip": (HLS,)}


def rows_of(scenario: str, rows: Rows) -> list[Consumer]:
    """The consumers of a scenario."""
    return [row for row in rows if row.form in FORMS.get(scenario, (HLS, CHUNKED, MPD))]
