# SPDX-License-Identifier: Apache-2.0
"""Playlist rules that look at the tags of each playlist (RFC 8216bis §4); functions are named as rules."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal

from harness.playlist import Playlist
from harness.recorder import Recording

CONSTANT = ("EXT-X-TARGETDURATION", "EXT-X-PART-INF", "EXT-X-SERVER-CONTROL")


def nominal_parts(playlist: Playlist) -> int:
    """Parts of a full segment."""
    return math.ceil(playlist.segments[-1].duration / playlist.part_target - Decimal("0.001"))


def pl_01(r: Recording) -> None:
    """VERSION 6 in a full playlist, 9 in a delta."""
    assert {p.version for p in r.playlists} == {6}
    assert {p.version for p in r.deltas if p.skipped} == {9}


def pl_02(r: Recording) -> None:
    """TARGETDURATION is constant and no EXTINF rounds to more."""
    target = r.playlists[0].target_duration
    assert {p.target_duration for p in r.playlists + r.deltas} == {target}
    for segment in r.playlists[-1].segments:
        assert segment.duration.quantize(Decimal(1), ROUND_HALF_UP) <= target, segment


def pl_03(r: Recording) -> None:
    """PART-INF and SERVER-CONTROL are the same bytes in every playlist."""
    for name in CONSTANT:
        assert len({p.tags[name] for p in r.playlists + r.deltas}) == 1, name


def pl_04(r: Recording) -> None:
    """No part is longer than PART-TARGET."""
    for playlist in r.playlists:
        assert all(part.duration <= playlist.part_target for _, _, part in playlist.all_parts())


def pl_05(r: Recording) -> None:
    """Every part lasts at least 85 % of PART-TARGET, with the exceptions of the rule."""
    for playlist in r.playlists:
        for segment in playlist.segments:
            for part in segment.parts[:-1]:
                if not (part.independent or part.gap):
                    assert part.duration >= playlist.part_target * Decimal("0.85"), (segment.msn,
                                                                                     part)


def pl_07(r: Recording) -> None:
    """Each part has a URI of its own; no byte ranges."""
    for playlist in r.playlists:
        names = [part.uri for _, _, part in playlist.all_parts()]
        assert len(set(names)) == len(names)
        assert "BYTERANGE" not in playlist.text


def pl_10(r: Recording) -> None:
    """Parts of a segment are listed all together, and only within three target durations."""
    for playlist in r.playlists:
        end = sum((p.duration for p in playlist.open_parts), Decimal(0))
        limit, slack = 3 * playlist.target_duration, playlist.part_target
        for segment in reversed(playlist.segments):
            if end > limit + slack:
                assert not segment.parts, f"{segment.msn} is {end} s from the end"
            elif end < limit - slack:
                assert len(segment.parts) == nominal_parts(playlist), segment.msn
            end += segment.duration


def pl_12(r: Recording) -> None:
    """SERVER-CONTROL: blocking reload, hold-backs and skip boundary as large as they must be."""
    playlist = r.playlists[0]
    control = playlist.server_control
    assert control["CAN-BLOCK-RELOAD"] == "YES"
    assert Decimal(control["PART-HOLD-BACK"]) >= 3 * playlist.part_target
    assert Decimal(control["CAN-SKIP-UNTIL"]) >= 6 * playlist.target_duration
    assert Decimal(control.get("HOLD-BACK", "1000")) >= 3 * playlist.target_duration


def pl_18(r: Recording) -> None:
    """At least six segments, and at least three target durations."""
    assert min(len(p.segments) for p in r.playlists) >= 6


def pl_21(r: Recording) -> None:
    """DISCONTINUITY-SEQUENCE is always printed; there is no discontinuity and no gap."""
    for playlist in r.playlists + r.deltas:
        assert playlist.tags["EXT-X-DISCONTINUITY-SEQUENCE"] == "0"
        assert not re.search(r"^#EXT-X-(DISCONTINUITY|GAP)$|GAP=YES", playlist.text, re.M)


def pl_25(r: Recording) -> None:
    """No PLAYLIST-TYPE, ALLOW-CACHE, START or DEFINE; a MAP holds for every segment."""
    for playlist in r.playlists:
        assert not re.search(r"^#EXT-X-(PLAYLIST-TYPE|ALLOW-CACHE|START|DEFINE)\b", playlist.text,
                             re.M)
        assert all(segment.map_uri for segment in playlist.segments)
