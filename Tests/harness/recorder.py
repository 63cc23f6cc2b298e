# SPDX-License-Identifier: Apache-2.0
"""Follows a live stream for some seconds as an eager client and records every response.

Three clients run at once: playlists by blocking reload, hinted parts from the time of their hint,
and every listed URI at the time it is listed.
"""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urljoin

from harness.http1 import Response, Connection
from harness.playlist import Playlist, parse
from harness.tunein import PLAYLIST


@dataclass
class Recording:
    """All responses. URIs are as printed in the playlists."""

    fulls: list[tuple[float, Playlist]] = field(default_factory=list)
    hinted: dict[str, Response] = field(default_factory=dict)
    listed: dict[str, Response] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    @property
    def playlists(self) -> list[Playlist]:
        """The playlists in order."""
        return [playlist for _, playlist in self.fulls]

    def init(self) -> bytes:
        """The CMAF header in force."""
        uri = self.playlists[-1].segments[-1].map_uri
        assert uri, "no EXT-X-MAP"
        return self.listed[uri].body

    def parts(self) -> dict[tuple[int, int], tuple[str, bytes]]:
        """(msn, index) -> URI and bytes of every part that was listed and fetched."""
        found = {}
        for playlist in self.playlists:
            for msn, index, part in playlist.all_parts():
                if part.uri in self.listed:
                    found[msn, index] = (part.uri, self.listed[part.uri].body)
        return found

    def segments(self) -> dict[int, tuple[str, bytes]]:
        """msn -> URI and bytes of every complete segment that was listed and fetched."""
        found = {}
        for playlist in self.playlists:
            for segment in playlist.segments:
                if segment.uri in self.listed:
                    found[segment.msn] = (segment.uri, self.listed[segment.uri].body)
        return found


def uris(playlist: Playlist) -> list[str]:
    """Every URI that a playlist lists, oldest first, CMAF headers before media."""
    maps = dict.fromkeys(s.map_uri for s in playlist.segments if s.map_uri)
    media = [
        u for s in playlist.segments for u in (*(p.uri for p in s.parts if not p.gap), s.uri) if u
    ]
    return [*maps, *media, *(p.uri for p in playlist.open_parts if not p.gap)]


def next_part(playlist: Playlist) -> tuple[int, int]:
    """The next request of hls.js: segment and index of the part after the last listed one."""
    parent, index = playlist.last_part
    return (parent, index + 1) if playlist.open_parts else (parent + 1, 0)


class _Recorder:
    def __init__(self, port: int, seconds: float, path: str) -> None:
        self.port, self.path = port, path
        self.until = time.time() + seconds
        self.recording = Recording()
        self.hints: queue.Queue[str | None] = queue.Queue()
        self.uris: queue.Queue[str | None] = queue.Queue()

    def guard(self, body) -> None:
        try:
            body()
        except Exception as error:  # recorded; the test fails on it
            self.recording.errors.append(f"{body.__name__}: {type(error).__name__}: {error}")

    def fulls(self) -> None:
        seen: set[str] = set()
        try:
            with Connection(self.port) as connection:
                query = ""
                while time.time() < self.until:
                    response = connection.get(self.path + query)
                    what = f"{query}: {response.status} {response.body[:100]!r}"
                    assert response.status == 200, what
                    playlist = parse(response.text)
                    self.recording.fulls.append((response.first_byte, playlist))
                    for uri in uris(playlist):
                        if uri not in seen:
                            seen.add(uri)
                            self.uris.put(uri)
                    if playlist.hinted:
                        self.hints.put(playlist.hinted)
                    wanted = next_part(playlist)
                    query = f"?_HLS_msn={wanted[0]}&_HLS_part={wanted[1]}"
        finally:
            self.uris.put(None)
            self.hints.put(None)

    def hinted(self) -> None:
        with Connection(self.port) as connection:
            while (uri := self.hints.get()) is not None:
                if uri not in self.recording.hinted:
                    self.recording.hinted[uri] = connection.get(urljoin(self.path, uri))

    def listed(self) -> None:
        with Connection(self.port) as connection:
            while (uri := self.uris.get()) is not None:
                self.recording.listed[uri] = connection.get(urljoin(self.path, uri))


def record(port: int, seconds: float, path: str = PLAYLIST) -> Recording:
    """Follows a stream for `seconds`; failures are in `errors`."""
    recorder = _Recorder(port, seconds, path)
    bodies = (recorder.fulls, recorder.hinted, recorder.listed)
    threads = [
        threading.Thread(target=recorder.guard, args=(body, ), daemon=True) for body in bodies
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 30)
    return recorder.recording
