# SPDX-License-Identifier: Apache-2.0
"""Malformed tracks of a running MPEG-TS: one line for each kind, and the picture plays on."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.audiotracks import hears, media_lines, value
from harness.broadcast import tones
from harness.captionsource import annex_b, units
from harness.http1 import get
from harness.malformed import SOUND, program_maps, sections, supplements
from harness.playlist import parse
from harness.ports import free_port
from harness.program import Program
from harness.tools import need
from harness.transport import PACKET, Transport, entry, program_map, splice_insert
from harness.tunein import next_segments
from harness.waiting import wait_until

SECONDS, RATE = 18, 30
FIRST, STEP = 120, 18
HOST = ["--host", "127.0.0.1", "--http-port", "0", "--playlist-length", "30"]


def film(path: Path, supplement: dict[int, bytes], languages: dict[str, int],
         seconds: int = SECONDS) -> Path:
    """H.264 with a NAL unit more in some frames, and AAC of a tone for each language."""
    stream, index, is_due = bytearray(), -1, False
    for unit in units(annex_b(seconds, "320x180")):
        kind = unit[0] & 0x1F
        if kind == 9:  # an access unit delimiter
            index, is_due = index + 1, True
        elif kind in (1, 5) and is_due:
            is_due = False
            if index in supplement:
                stream += b"\0\0\0\1" + supplement[index]
        stream += b"\0\0\0\1" + unit
    sound, tracks = tones(languages)
    subprocess.run(
        [need("ffmpeg", "malformed tracks"), "-v", "error", "-y", "-framerate", f"{RATE}", "-f",
         "h264", "-i", "-", *sound, "-map", "0:v", *tracks, "-t", f"{seconds}", "-c:v", "copy",
         "-c:a", "aac", str(path)], input=bytes(stream), check=True, timeout=60)
    return path


@dataclass
class Progress:
    """What a reader of the playlists of all renditions has seen."""

    program: Program
    renditions: list[str]
    # The longest time without a new part of each rendition, s.
    longest: dict[str, float] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    names: dict[str, list[str]] = field(default_factory=dict)

    def read(self, ends: threading.Event) -> None:
        """Reads playlists, and each new part and segment, until the event."""
        newest: dict[str, tuple[str, float]] = {}
        while not ends.wait(0.05):
            for name in self.renditions:
                base = f"/live/{name}/"
                answer = get(self.program.port, base + "playlist.m3u8")
                if answer.status != 200:
                    self.refused.append(f"{answer.status} {base}playlist.m3u8")
                    continue
                listed = re.findall(r'URI="(segment[^"]+)"|^(segment\S+)', answer.text, re.M)
                hint = re.findall(r'PRELOAD-HINT:.*URI="([^"]+)"', answer.text)
                fresh = [one or two for one, two in listed if (one or two) not in hint]
                known = self.names.setdefault(name, [])
                for one in [one for one in fresh if one not in known]:
                    known.append(one)
                    media = get(self.program.port, base + one)
                    if media.status != 200 or not media.body:
                        self.refused.append(f"{media.status} {base}{one}")
                part = [one for one in fresh if one.count(".") == 2][-1]
                before, since = newest.get(name, ("", time.monotonic()))
                if part != before:
                    newest[name] = part, time.monotonic()
                self.longest[name] = max(self.longest.get(name, 0), time.monotonic() - since)


@contextmanager
def watched(program: Program, *renditions: str) -> Iterator[Progress]:
    """Reads renditions in the background; afterwards none was refused, cut, or lacks a number."""
    progress, ends = Progress(program, list(renditions)), threading.Event()
    reader = threading.Thread(target=progress.read, args=(ends,))
    reader.start()
    try:
        yield progress
    finally:
        ends.set()
        reader.join(20)
    print(f"longest time without a part: {progress.longest}")
    assert not progress.refused, progress.refused
    for name in renditions:
        playlist = get(program.port, f"/live/{name}/playlist.m3u8").text
        assert "#EXT-X-GAP" not in playlist and "#EXT-X-DISCONTINUITY\n" not in playlist
        numbers = [segment.msn for segment in parse(playlist).segments]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def lines_of_each_kind(program: Program) -> dict[str, int]:
    """The number of lines of each event since the start of the stream, at most one each."""
    found = Counter(entry.event for entry in program.entries)
    # A splice is a message of its own. The content of a splice_schedule is passed on, not read.
    for event in ("listening", "clock", "splice"):
        found.pop(event, None)
    many = {event: [str(entry) for entry in program.logged(event)]
            for event, count in found.items() if count > 1}
    assert not many, many
    return dict(found)


def started(streamer: Callable[..., Program], stream: Transport,
            *flags: str) -> tuple[Program, Callable[[], None]]:
    """A streamer of the packets by UDP, once all is playable; a call waits for their end."""
    port = free_port()
    program = streamer("--input", f"udp://127.0.0.1:{port}", *HOST, *flags, defaults=False)
    wait = stream.send(port)
    wait_until(lambda: get(program.port, "/live/playlist.m3u8", timeout=15).status == 200, 20,
               "a playlist")
    return program, wait


def renumber(stream: Transport, pid: int) -> None:
    """Gives the packets of a PID their continuity counters."""
    counter = 0
    for index, packet in enumerate(stream.packets):
        if stream.pid(packet) == pid:
            stream.packets[index] = packet[:3] + bytes([packet[3] & 0xF0 | counter]) + packet[4:]
            counter = (counter + 1) % 16


@pytest.mark.timeout(120)
@pytest.mark.parametrize("how", ["always", "never"])
def test_forty_malformed_messages(how: str, streamer: Callable[..., Program],
                                  tmp_path: Path) -> None:
    """PMT descriptors, SEI messages and SCTE-35 in one running stream; a valid splice follows."""
    supplement = {FIRST + 6 + STEP * index: unit
                  for index, unit in enumerate(supplements().values())}
    path = film(tmp_path / "film.ts", supplement, {"eng": 440, "deu": 880})
    stream = Transport(tmp_path / "source.ts", SECONDS, film=path)
    maps, splices = program_maps(stream.program, stream.streams), sections()
    assert len(maps) + len(supplement) + len(splices) == 40
    for index, section in enumerate(maps.values()):
        stream.insert(FIRST + STEP * index, stream.pmt_pid, section, section=True)
    renumber(stream, stream.pmt_pid)
    for index, section in enumerate(splices.values()):
        stream.splice(FIRST + 12 + STEP * index, section)
    valid = FIRST + STEP * 15
    stream.splice(valid, splice_insert(99, stream.stamps[valid + 30], out=True, seconds=1))
    program, wait = started(streamer, stream, "--passthrough", how)
    with watched(program, "video", "audio", "audio-de"):
        wait_until(lambda: program.logged("splice", "splice_insert (out)"), SECONDS,
                   "the valid splice")
    found = lines_of_each_kind(program)
    print(f"passthrough {how}: lines {found}")
    assert found["metadata-invalid"] == 1
    wait_until(lambda: 'ID="splice-99-' in get(program.port, "/live/video/playlist.m3u8").text, 5,
               "its date range")
    hears(program, {"audio": 440, "audio-de": 880})
    wait()


# Codes of three letters, of which a thousand differ.
CODES = [f"{one}{two}{three}" for one in "abcdefghij" for two in "klmnopqrst"
         for three in "abcdefghij"]


def languages(codes: list[str]) -> bytes:
    """ISO_639_language_descriptors (ISO/IEC 13818-1 §2.6.18), of at most 63 languages each."""
    found = b""
    for at in range(0, len(codes), 63):
        body = b"".join(code.encode() + b"\0" for code in codes[at:at + 63])
        found += bytes([0x0A, len(body)]) + body
    return found


@pytest.mark.timeout(90)
@pytest.mark.parametrize("form", ["one table", "four tables"])
def test_a_thousand_languages(form: str, streamer: Callable[..., Program], tmp_path: Path) -> None:
    """All in one section of 4 kB, or 250 in each of four versions of the PMT, in turn.

    A PMT has at most 1021 bytes after its length (ISO/IEC 13818-1 §2.4.4.9), which are about 250
    languages; the field of 12 bits permits a section with all of them.
    """
    path = film(tmp_path / "film.ts", {}, {"eng": 440})
    stream = Transport(tmp_path / "source.ts", SECONDS, film=path)
    rest = b""
    at = 0
    while at < len(stream.streams):
        size = 5 + ((stream.streams[at + 3] & 0xF) << 8 | stream.streams[at + 4])
        one, at = stream.streams[at:at + size], at + size
        pid = (one[1] & 0x1F) << 8 | one[2]
        # Only video and audio, as there is no room.
        if pid == SOUND:
            kind = one[0]
        elif one[0] == 0x1B:
            rest += one
    count = 1000 if form == "one table" else 245
    tables = [program_map(stream.program[:2] + bytes([0xC1 | version << 1]) + stream.program[3:]
                          + rest + entry(kind, SOUND, languages(
                              CODES[version * count:(version + 1) * count])))
              for version in range(1 if form == "one table" else 4)]
    print(f"{form}: sections of {[len(table) for table in tables]} bytes")
    assert form == "one table" or max(map(len, tables)) <= 1024
    places = [index for index, packet in enumerate(stream.packets)
              if stream.pid(packet) == stream.pmt_pid]
    frames = sorted({round(stream.times[index] * RATE) for index in places})
    keep = [index for index in range(len(stream.packets)) if index not in places]
    stream.packets = [stream.packets[index] for index in keep]
    stream.times = [stream.times[index] for index in keep]
    for index, frame in enumerate(frames):
        stream.insert(frame, stream.pmt_pid, tables[index % len(tables)], section=True)
    renumber(stream, stream.pmt_pid)
    program, wait = started(streamer, stream)
    with watched(program, "video", "audio"):
        next_segments(program.port, 8)
    found = lines_of_each_kind(program)
    lines = media_lines(program)
    print(f"{form}: lines {found}, {lines}")
    assert len([line for line in lines if "TYPE=AUDIO" in line]) == 1
    assert max(len(line) for line in program.log) < 1000
    hears(program, {"audio": 440})
    wait()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("how", ["always", "never"])
def test_a_track_that_flaps(how: str, streamer: Callable[..., Program], tmp_path: Path) -> None:
    """For 20 s its PID and its entry in the PMT are there in even seconds only: else silence."""
    path = film(tmp_path / "film.ts", {}, {"eng": 440, "deu": 880}, 28)
    stream = Transport(tmp_path / "source.ts", 28, film=path)
    at = stream.streams.index(bytes([0xE1, SOUND + 1 & 0xFF])) - 1
    size = 5 + ((stream.streams[at + 3] & 0xF) << 8 | stream.streams[at + 4])
    without = stream.streams[:at] + stream.streams[at + size:]
    packets, times = [], []
    for packet, when in zip(stream.packets, stream.times):
        second = int(when)
        if 3 <= second < 23:
            if second % 2 and stream.pid(packet) == SOUND + 1:
                continue
            if stream.pid(packet) == stream.pmt_pid:
                version = bytes([0xC1 | second % 32 << 1])
                section = program_map(stream.program[:2] + version + stream.program[3:]
                                      + (without if second % 2 else stream.streams))
                packet = (packet[:4] + b"\0" + section).ljust(PACKET, b"\xFF")
        packets.append(packet)
        times.append(when)
    stream.packets, stream.times = packets, times
    program, wait = started(streamer, stream, "--passthrough", how)
    before = media_lines(program)
    assert [value(line, "LANGUAGE") for line in before] == ["en", "de"]
    with watched(program, "video", "audio", "audio-de"):
        next_segments(program.port, 22)
        hears(program, {"audio": 440, "audio-de": 880})
    assert media_lines(program) == before
    print(f"passthrough {how}: lines {lines_of_each_kind(program)}")
    wait()
