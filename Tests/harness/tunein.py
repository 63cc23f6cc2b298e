# SPDX-License-Identifier: Apache-2.0
"""Finds the live edge as a client does, so that a timing test starts at a known phase."""

from __future__ import annotations

from harness.http1 import Connection, get
from harness.playlist import Playlist, parse

PLAYLIST = "/live/video/playlist.m3u8"


def fetch(port: int, query: str = "", path: str = PLAYLIST) -> Playlist:
    """The playlist at `path`, parsed; any status but 200 fails."""
    answer = get(port, path + query)
    assert answer.status == 200, f"{path}{query}: {answer.status} {answer.body[:200]!r}"
    return parse(answer.text)


def parts_per_segment(playlist: Playlist) -> int:
    """Nominal number of parts of a segment, from the last complete one."""
    return len(playlist.segments[-1].parts)


def advance(port: int, msn: int, part: int) -> Playlist:
    """Waits until part (msn, part) is listed."""
    return fetch(port, f"?_HLS_msn={msn}&_HLS_part={part}")


def align(port: int, part: int) -> Playlist:
    """The playlist just after part `part` of a segment was published: last_part == (P, part)."""
    with Connection(port) as connection:
        for _ in range(3):
            now = parse(connection.get(PLAYLIST).text)
            parent, index = now.last_part
            msn = parent if index < part else parent + 1
            answer = connection.get(f"{PLAYLIST}?_HLS_msn={msn}&_HLS_part={part}")
            playlist = parse(answer.text)
            if playlist.last_part == (msn, part):
                return playlist
    raise AssertionError(f"could not catch part {part}: the client is too slow, or early answers")
