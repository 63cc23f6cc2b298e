# SPDX-License-Identifier: Apache-2.0
"""HTTP/3 through Caddy to a client that is no browser: held, growing and complete media."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness import edges
from harness.edges import Edge
from harness.http1 import get
from harness.program import Program
from harness.quicclient import get_by_quic
from harness.publications import published
from harness.tunein import PLAYLIST, align

BASE = "/live/video/"


@pytest.fixture(scope="module")
def edge(server: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Caddy in front of the shared streamer."""
    with edges.TERMINATORS["caddy"](tmp_path_factory.mktemp("caddy"), server.port) as found:
        yield found


def test_held_playlist_and_part_arrive_when_they_are_published(
        edge: Edge, server: Program) -> None:
    """Both are held on one connection, and neither waits for the other one."""
    held = 0
    for _ in range(12):
        parent = align(server.port, 4).last_part[0]
        part = f"segment{parent}.5.m4s"
        media, playlist = get_by_quic(edge.port, [
            BASE + part, f"{PLAYLIST}?_HLS_msn={parent + 1}&_HLS_part=2"])
        assert (media.status, playlist.status) == (200, 200)
        # On a busy machine a request may come after the publication.
        if "x-held-ms" not in playlist.fields:
            continue
        assert media.body == get(server.port, BASE + part).body
        arrived = media.pieces[-1][1] * 1000
        times = published(server, part, f"segment{parent + 1}.9.m4s")
        print(f"from publication to the client: {arrived - times[0]:.0f} ms")
        assert times[0] < arrived < times[1]
        # The part is published before the end of its segment, the playlist in the next one.
        assert media.pieces[-1][1] < playlist.pieces[0][1]
        held += 1
        if held == 3:
            return
    raise AssertionError(f"{held} of 12 requests were held")


def test_open_segment_arrives_as_it_grows(edge: Edge, server: Program) -> None:
    """A segment that has not begun is held, then its chunks arrive during its second."""
    parent = align(server.port, 7).last_part[0] + 1
    found, = get_by_quic(edge.port, [f"{BASE}segment{parent}.m4s"])
    assert found.status == 200
    assert found.body == get(server.port, f"{BASE}segment{parent}.m4s").body
    (_, first), (_, last) = found.pieces[0], found.pieces[-1]
    print(f"{len(found.pieces)} pieces in {1000 * (last - first):.0f} ms")
    assert len(found.pieces) >= 8 and last - first > 0.6


def test_fields_are_those_of_the_server(edge: Edge, server: Program) -> None:
    """A complete segment is immutable; a path without media is 404 with one line."""
    parent = align(server.port, 2).last_part[0] - 1
    media, none = get_by_quic(edge.port, [f"{BASE}segment{parent}.m4s", "/live/none.m4s"])
    direct = get(server.port, f"{BASE}segment{parent}.m4s")
    assert media.status == 200 and media.body == direct.body
    for name in ("cache-control", "content-type", "etag"):
        assert media.fields.get(name) == direct.headers.get(name), name
    assert "immutable" in media.fields["cache-control"]
    assert none.status == 404 and none.body.count(b"\n") == 1
