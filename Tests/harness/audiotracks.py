# SPDX-License-Identifier: Apache-2.0
"""The audio tracks of a stream: their lines in the Multivariant Playlist, and their sound."""

from __future__ import annotations

import re
import subprocess

from harness.http1 import get
from harness.playlist import parse
from harness.program import Program
from harness.tools import decoder
from harness.waiting import wait_until


def media_lines(program: Program) -> list[str]:
    """The EXT-X-MEDIA lines."""
    text = get(program.port, "/live/playlist.m3u8").text
    return [line for line in text.splitlines() if line.startswith("#EXT-X-MEDIA:")]


def value(line: str, attribute: str) -> str | None:
    """The value of an attribute of an EXT-X-MEDIA line."""
    found = re.search(rf'[,:]{attribute}=("[^"]*"|[^,]*)', line)
    return found[1].strip('"') if found else None


def pitch(program: Program, name: str) -> float:
    """The frequency of the newest complete segment of a track, in Hz; 0 for silence.

    The last segment before an interruption may be too short for it: -1.
    """
    base = f"/live/{name}/"
    segments = parse(get(program.port, base + "playlist.m3u8").text).segments
    init = get(program.port, base + segments[-1].map_uri).body
    media = get(program.port, base + segments[-1].uri).body
    return frequency(init + media)


def frequency(media: bytes) -> float:
    """The frequency of a header and its media, in Hz; 0 for silence, -1 if they are too short."""
    pcm = subprocess.run(
        [decoder("audio"), "-v", "error", "-i", "-", "-ac", "1", "-ar", "48000", "-f",
         "s16le", "-"], input=media, capture_output=True, check=True, timeout=30).stdout
    values = memoryview(pcm).cast("h")[4096:]
    if len(values) < 8192:
        return -1
    if max(map(abs, values)) < 100:
        return 0
    return sum(one < 0 <= two for one, two in zip(values, values[1:])) * 48000 / len(values)


def hears(program: Program, tones: dict[str, float]) -> None:
    """Waits until each track has its tone; 0 is silence. A segment is decoded a few times only."""
    for name, hertz in tones.items():
        wait_until(lambda name=name, hertz=hertz: abs(pitch(program, name) - hertz) < 15, 10,
                   f"{hertz} Hz in {name}", interval=0.25)
