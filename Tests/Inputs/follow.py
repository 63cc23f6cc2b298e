# SPDX-License-Identifier: Apache-2.0
"""Follows the playlists of a stream as a player does, and keeps all bytes that it was given."""

from __future__ import annotations

import hashlib
import http.client
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from harness.playlist import Playlist, Segment, parse

POLL_SECONDS = 0.5
# While the first media of another connection is awaited.
WATCH_SECONDS = 0.2
RESTART_TRIES = 40


@dataclass
class Kept:
    """A listed segment: the header that its playlist states, and the bytes of both."""

    number: int
    address: str
    header: str
    duration: float
    is_discontinuous: bool
    is_gap: bool
    # The number of Discontinuities before it, since the start of the stream.
    period: int
    media: bytes = b""
    # EXT-X-PROGRAM-DATE-TIME in Unix seconds; None without one.
    date: float | None = None
    # The newest frame that was sent when the segment was first listed.
    sent: int = 0


@dataclass
class Followed:
    """One rendition as a follower has seen it."""

    address: str
    segments: dict[int, Kept] = field(default_factory=dict)
    newest: Playlist | None = None
    # By segment: the seconds of it that its parts had when they were first listed, and the newest
    # frame that was sent by then.
    parts: dict[int, list[tuple[float, int]]] = field(default_factory=dict)

    def sent_at(self, number: int, seconds: float) -> int:
        """The newest frame that was sent when media of a segment was first listed, as a part or
        with its segment; `seconds` is how far from the start of the segment it is."""
        listed = [sent for end, sent in self.parts.get(number, []) if end > seconds]
        kept = self.segments.get(number)
        return min([*listed, *([kept.sent] if kept else [])])


@dataclass
class Recording:
    """All that a follower has of a stream, and the broken promises that it noticed."""

    renditions: dict[str, Followed] = field(default_factory=dict)
    headers: dict[str, bytes] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    # The newest MPD.
    manifest: str = ""


class PlaylistFollower(threading.Thread):
    """Asks for the playlists until it is told to end, then asks for all addresses again."""

    def __init__(self, port: int, stream: str, sent: Callable[[], int] = lambda: 0,
                 is_watched: Callable[[], bool] = lambda: False) -> None:
        super().__init__(daemon=True)
        self.port, self.stream, self.sent, self.is_watched = port, stream, sent, is_watched
        # How much was sent when the first playlist existed.
        self.begun = 0
        self.recording = Recording()
        self.started, self.ends = threading.Event(), threading.Event()
        # Set after the last request for a playlist.
        self.polled = threading.Event()
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)

    def run(self) -> None:
        """Follows the stream."""
        polls = 0
        while not self.ends.wait(WATCH_SECONDS if self.is_watched() else POLL_SECONDS):
            with suppress(OSError, http.client.HTTPException):
                if polls % 4 == 0 or not self.recording.renditions:
                    self._look_for_renditions()
                for kind in list(self.recording.renditions):
                    self._poll(kind)
            polls += 1
        try:
            for kind in list(self.recording.renditions):
                self._poll(kind)
            self.polled.set()
            self._read_manifest()
            self._ask_again()
        except (OSError, http.client.HTTPException) as error:
            self.recording.broken.append(f"the addresses were not asked again: {error!r}")
        self.polled.set()
        self._connection.close()

    @property
    def is_behind(self) -> bool:
        """Whether the audio lacks segments of the video: its encoder is slow on a busy machine."""
        newest = [max(one.segments, default=0) for one in self.recording.renditions.values()]
        return len(newest) > 1 and newest[0] > newest[1] + 1

    def end(self) -> Recording:
        """Ends the follower; all that it has."""
        self.ends.set()
        self.join(60)
        return self.recording

    def get(self, address: str) -> tuple[int, bytes]:
        """Status and content of an address."""
        try:
            self._connection.request("GET", address)
            response = self._connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise

    def _read_manifest(self) -> None:
        status, body = self.get(f"/{self.stream}/manifest.mpd")
        if status == 200:
            self.recording.manifest = body.decode()
        else:
            self.recording.broken.append(f"manifest.mpd: {status}")

    def _look_for_renditions(self) -> None:
        """Reads the playlist of the stream: the first video rendition, and the first audio one."""
        address = f"/{self.stream}/playlist.m3u8"
        status, body = self.get(address)
        if status != 200:
            return
        text = body.decode()
        found = {"video": address}
        if "#EXT-X-STREAM-INF" in text:
            video = re.search(r"#EXT-X-STREAM-INF:.*\n(\S+)", text)
            audio = re.search(r'#EXT-X-MEDIA:TYPE=AUDIO[^\n]*URI="([^"]+)"', text)
            assert video
            found = {"video": urljoin(address, video[1])}
            if audio:
                found["audio"] = urljoin(address, audio[1])
        for kind, place in found.items():
            kept = self.recording.renditions.setdefault(kind, Followed(place))
            # A Media Playlist may become a Multivariant Playlist; the numbers go on.
            kept.address = place
        if not self.started.is_set():
            self.begun = self.sent()
            self.started.set()

    def _poll(self, kind: str) -> None:
        followed = self.recording.renditions[kind]
        status, body = self.get(followed.address)
        sent = self.sent()
        if status != 200:
            return
        if b"#EXT-X-STREAM-INF" in body:
            # A stream that begins again with sound has a Multivariant Playlist.
            self._look_for_renditions()
            return
        try:
            playlist = parse(body.decode())
        except AssertionError as error:
            self.recording.broken.append(f"{kind}: {error}")
            return
        before = followed.newest
        for name in ("EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE"):
            old = int(before.tags.get(name, 0)) if before else 0
            if int(playlist.tags.get(name, 0)) < old:
                self.recording.broken.append(f"{kind}: {name} went back from {old} to "
                                             f"{playlist.tags.get(name)}")
        followed.newest = playlist
        period = int(playlist.tags.get("EXT-X-DISCONTINUITY-SEQUENCE", 0))
        for segment in playlist.segments:
            period += segment.discontinuity
            self._keep(kind, followed, segment, period, sent)
        for number, parts in [*((one.msn, one.parts) for one in playlist.segments),
                              (playlist.last_complete + 1, playlist.open_parts)]:
            listed = followed.parts.setdefault(number, [])
            end = float(sum(one.duration for one in parts))
            if end > (listed[-1][0] if listed else 0):
                listed.append((end, sent))

    def _keep(self, kind: str, followed: Followed, segment: Segment, period: int,
              sent: int) -> None:
        assert segment.uri
        number, header = segment.msn, urljoin(followed.address, segment.map_uri or "")
        found = Kept(number, urljoin(followed.address, segment.uri), header,
                     float(segment.duration), segment.discontinuity, segment.gap, period,
                     date=segment.milliseconds() / 1000 if segment.pdt else None, sent=sent)
        old = followed.segments.get(number)
        if old is not None:
            for name in ("address", "header", "duration", "is_discontinuous", "is_gap",
                         "period"):
                if getattr(old, name) != getattr(found, name):
                    self.recording.broken.append(
                        f"{kind} {number}: {name} was {getattr(old, name)}, "
                        f"is {getattr(found, name)}")
                    followed.segments[number] = found
                    found.media = old.media
            return
        if not found.is_gap:
            if header not in self.recording.headers:
                self.recording.headers[header] = self._fetch(header)
            found.media = self._fetch(found.address)
        followed.segments[number] = found

    def _fetch(self, address: str) -> bytes:
        status, body = self.get(address)
        if status != 200:
            self.recording.broken.append(f"{urlsplit(address).path}: listed, but {status}")
            return b""
        digest = hashlib.sha256(body).hexdigest()
        if self.recording.digests.setdefault(address, digest) != digest:
            self.recording.broken.append(f"{address}: other bytes than before")
        return body

    def _ask_again(self) -> None:
        """A name keeps its bytes: each address has the same content, or none any more."""
        for address, digest in self.recording.digests.items():
            status, body = self.get(address)
            for _ in range(RESTART_TRIES):
                # While a stream begins again its media is not available.
                if status != 503:
                    break
                time.sleep(POLL_SECONDS)
                status, body = self.get(address)
            if status == 200 and hashlib.sha256(body).hexdigest() != digest:
                self.recording.broken.append(f"{address}: other bytes than before")
            elif status not in (200, 404, 410):
                self.recording.broken.append(f"{address}: {status} after 200")
