# SPDX-License-Identifier: Apache-2.0
"""One MPEG-TS with all that a broadcast has beside its picture, in turns of 16 seconds.

H.264 with CEA-608 in CC1 and CC3, AAC in three languages, teletext, SCTE-35 and KLV. The burned
clock of a frame is its time in the turn, so each text and message has a frame that is known.
"""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

from harness.captionsource import (
    RATE, Caption, annex_b, captions, insert as with_captions, schedule)
from harness.tools import need
from harness.transport import Transport, splice_insert

# A whole number of frames of video and of AAC.
TURN = 16
TONES = {"eng": 440, "deu": 880, "fra": 1320}
PAGE = 888
# The break of each turn, s.
OUT, IN = 6.0, 10.0
# The KLV sets of each turn, frames.
SETS = range(15, TURN * RATE, 2 * RATE)

CLOSED = {field: [one for one in captions(TURN) if one.field == field] for field in (1, 2)}
TELETEXT = [Caption(1.2 + 2 * index, 2.2 + 2 * index, f"Zeile {index + 1}\nmit Umbruch", 0)
            for index in range(TURN // 2 - 1)]


def tones(languages: dict[str, int]) -> tuple[list[str], list[str]]:
    """Options of ffmpeg for a tone in each language: the inputs after the first one, and tracks."""
    inputs: list[str] = []
    tracks: list[str] = []
    for index, (language, hertz) in enumerate(languages.items()):
        inputs += ["-f", "lavfi", "-i", f"sine=frequency={hertz}:sample_rate=48000"]
        tracks += ["-map", f"{index + 1}:a", f"-metadata:s:a:{index}", f"language={language}"]
    return inputs, tracks


def film(path: Path, turns: int) -> Path:
    """Video with captions, and audio in three languages."""
    turn = with_captions(annex_b(TURN, "320x180"), schedule(captions(TURN), TURN * RATE))
    sound, tracks = tones(TONES)
    subprocess.run(
        [need("ffmpeg", "broadcasts"), "-v", "error", "-y", "-framerate", f"{RATE}", "-f", "h264",
         "-i", "-", *sound, "-map", "0:v", *tracks, "-t", f"{turns * TURN}", "-c:v", "copy", "-c:a",
         "aac", "-b:a", "64k", str(path)], input=turn * turns, check=True, timeout=120)
    return path


def broadcast(folder: Path, turns: int) -> Transport:
    """The whole stream, with an event number of SCTE-35 for each turn."""
    stream = Transport(folder / "broadcast.ts", turns * TURN, pages=[("deu", 2, PAGE)],
                       film=film(folder / "film.ts", turns))
    for turn in range(turns):
        first = turn * TURN * RATE

        def frame(seconds: float, first: int = first) -> int:
            return first + round(seconds * RATE)

        for text in TELETEXT:
            stream.text(frame(text.start), PAGE, *text.text.split("\n"))
            stream.text(frame(text.end), PAGE)
        begin, end = frame(OUT), frame(IN)
        stream.splice(begin - 2 * RATE, splice_insert(
            turn + 1, stream.stamps[begin], out=True, seconds=IN - OUT))
        stream.splice(end - RATE, splice_insert(turn + 1, stream.stamps[end], out=False))
        for at in SETS:
            # An item of ST 0601 with the frame in the turn.
            stream.set(first + at, b"\2\2" + struct.pack(">H", at))
    return stream
