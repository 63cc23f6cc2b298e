# SPDX-License-Identifier: Apache-2.0
"""A client that requests every name it learns, and again later: a name keeps its bytes."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from dataclasses import dataclass, field

from harness.boxes import chunks
from harness.http1 import get
from harness.playlist import Playlist, parse
from harness.waiting import pause


@dataclass
class Record:
    """The answers of a rendition."""

    path: str
    # The bytes of each name that was answered with 200, as digests.
    bodies: dict[str, str] = field(default_factory=dict)
    # The name of each passed-through frame, by the digest of its bytes.
    frames: dict[str, str] = field(default_factory=dict)
    # The Discontinuity Sequence Number of each segment that was listed.
    sequences: dict[int, int] = field(default_factory=dict)
    last: Playlist | None = None


class Watch:
    """Follows the playlists and the MPD of a stream from a thread, and keeps the faults."""

    def __init__(self, port: int, name: str = "live", tracks: tuple[str, ...] = ("video",),
                 is_passed: bool = False, is_other_process: bool = False) -> None:
        self.port, self.name, self.is_passed = port, name, is_passed
        # Another process without the window of the stream may have slate under names of before,
        # which is not immutable.
        self.is_other_process = is_other_process
        self.records = [Record(f"/{name}/{track}/") for track in tracks]
        self.periods: dict[str, str] = {}
        self.faults: list[str] = []
        self.running = True
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.running = False
        self.thread.join(20)
        if kind is None:
            self._repeat()
            assert not self.faults, self.faults[:5]
            assert all(len(record.bodies) > 10 for record in self.records)

    def _run(self) -> None:
        repeated = time.monotonic()
        try:
            while self.running:
                for record in self.records:
                    self._follow(record)
                self._follow_manifest()
                if time.monotonic() > repeated + 2:
                    self._repeat()
                    repeated = time.monotonic()
                pause(0.1, "the rate of a player")
        except OSError as error:
            if self.running:
                self.faults.append(repr(error))

    def _get(self, path: str) -> bytes | None:
        """The bytes; None for a stream that starts, a name that is gone, or a cut response."""
        try:
            response = get(self.port, path, timeout=20)
        except (OSError, EOFError, AssertionError, ValueError):
            return None
        if response.status not in (200, 404, 410, 503):
            self.faults.append(f"{path}: {response.status}")
        if response.status != 200 or self.is_other_process and path.endswith(".m4s") \
                and "immutable" not in response.headers.get("cache-control", ""):
            return None
        return response.body

    def _ask(self, record: Record, name: str) -> bytes | None:
        body = self._get(record.path + name)
        if body is None:
            return None
        digest = hashlib.sha256(body).hexdigest()
        known = record.bodies.setdefault(name, digest)
        if known != digest:
            self.faults.append(f"{record.path}{name} has other bytes")
        return body

    def _repeat(self) -> None:
        for record in self.records:
            for name in list(record.bodies):
                self._ask(record, name)

    def _follow(self, record: Record) -> None:
        body = self._get(record.path + "playlist.m3u8")
        if body is None:
            return
        playlist = parse(body.decode())
        self._compare(record, playlist)
        record.last = playlist
        for segment in playlist.segments:
            if segment.gap or segment.uri is None:
                continue
            names = [part.uri for part in segment.parts] + [segment.uri]
            for name in names:
                if name not in record.bodies:
                    media = self._ask(record, name)
                    if name == segment.uri and media and self.is_passed:
                        self._note_frames(record, name, media)
            if segment.map_uri and segment.map_uri not in record.bodies:
                self._ask(record, segment.map_uri)
        for part in playlist.open_parts:
            if part.uri not in record.bodies:
                self._ask(record, part.uri)

    def _note_frames(self, record: Record, name: str, media: bytes) -> None:
        """No frame is in two segments; each has another picture, drawn or of noise."""
        for chunk in chunks(media):
            for sample in chunk.sample_data():
                known = record.frames.setdefault(hashlib.sha256(sample).hexdigest(), name)
                if known != name and len(sample) > 500:
                    self.faults.append(f"a frame of {known} is in {name} too")

    def _compare(self, record: Record, playlist: Playlist) -> None:
        before, path = record.last, record.path
        sequence = int(playlist.tags.get("EXT-X-DISCONTINUITY-SEQUENCE", "0"))
        if before is not None:
            if playlist.media_sequence < before.media_sequence:
                self.faults.append(f"{path}: EXT-X-MEDIA-SEQUENCE falls")
            if sequence < int(before.tags.get("EXT-X-DISCONTINUITY-SEQUENCE", "0")):
                self.faults.append(f"{path}: EXT-X-DISCONTINUITY-SEQUENCE falls")
            if playlist.last_part < before.last_part:
                self.faults.append(f"{path}: {before.last_part}, then {playlist.last_part}")
        for segment in playlist.segments:
            sequence += segment.discontinuity
            known = record.sequences.setdefault(segment.msn, sequence)
            if known != sequence:
                self.faults.append(f"{path}: {segment.msn} has sequence {known}, then {sequence}")

    def _follow_manifest(self) -> None:
        """A Period keeps its start; the last one does not go back."""
        body = self._get(f"/{self.name}/manifest.mpd")
        if body is None:
            return
        found = re.findall(r'<Period id="([^"]+)" start="([^"]+)"', body.decode())
        for name, start in found:
            known = self.periods.setdefault(name, start)
            if known != start:
                self.faults.append(f"Period {name} begins at {known}, then at {start}")
        order = [name for name in self.periods if name in dict(found)]
        if [name for name, _ in found] != order:
            self.faults.append(f"Periods in another order: {found}, {order}")
