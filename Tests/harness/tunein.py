# SPDX-License-Identifier: Apache-2.0
"""Finds the live edge as a client does, so that a timing test starts at a known phase."""

from __future__ import annotations

from harness.http1 import Connection, get
from harness.playlist import Playlist, parse

PLAYLIST = "/live/video/playlist.m3u8"


def fetch(port: int, query: str = "", path: str = PLAYLIST) -> Playlist:
    """The playlist at `path`, parsed; any status except 200 fails."""
    response = get(port, path + query)
    assert response.status == 200, f"{path}{query}: {response.status} {response.body[:200]!r}"
    return parse(response.text)


def edge(port: int, path: str = PLAYLIST) -> float:
    """The end of the last complete segment, in Unix milliseconds."""
    last = fetch(port, path=path).segments[-1]
    return last.milliseconds() + float(last.duration) * 1000


def parts_per_segment(playlist: Playlist) -> int:
    """Nominal number of parts per segment, from the last complete segment."""
    return len(playlist.segments[-1].parts)


def advance(port: int, msn: int, part: int) -> Playlist:
    """Waits until part (msn, part) is listed."""
    return fetch(port, f"?_HLS_msn={msn}&_HLS_part={part}")


def next_segments(port: int, count: int, path: str = PLAYLIST) -> Playlist:
    """The playlist as soon as `count` further segments are complete."""
    playlist = fetch(port, path=path)
    for _ in range(count):
        playlist = fetch(port, f"?_HLS_msn={playlist.last_complete + 1}", path)
    return playlist


def align(port: int, part: int) -> Playlist:
    """The playlist just after part `part` of a segment was published: last_part == (P, part).

    It waits for one part after another: edges with two origins take a longer silence for a freeze.
    """
    with Connection(port) as connection:
        playlist = parse(connection.get(PLAYLIST).text)
        for _ in range(200):
            msn, index = playlist.last_part
            query = f"?_HLS_msn={msn}&_HLS_part={index + 1}"
            playlist = parse(connection.get(PLAYLIST + query).text)
            if playlist.last_part[1] == part:
                return playlist
    raise AssertionError(f"could not catch part {part}: the client is too slow, or early answers")
