# SPDX-License-Identifier: Apache-2.0
"""Playlist rules on tags that `streamer validate` lacks, or checks less exactly, by their ids."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal

from harness.playlist import Playlist
from harness.recorder import Recording


def rule_id(rule: Callable[[Recording], None]) -> str:
    """The test id of a rule function: its rule id, then its claim."""
    family, number, *claim = rule.__name__.split("_")
    return "-".join([family.upper(), number, *claim])


def nominal_parts(playlist: Playlist) -> int:
    """Parts per full segment."""
    return math.ceil(playlist.segments[-1].duration / playlist.part_target - Decimal("0.001"))


def pl_01_version_is_minimal(r: Recording) -> None:
    """VERSION 6 in a full playlist, 9 in a delta."""
    assert {p.version for p in r.playlists} == {6}
    assert {p.version for p in r.deltas if p.skipped} == {9}


def pl_04_no_part_exceeds_part_target(r: Recording) -> None:
    """No part is longer than PART-TARGET."""
    for playlist in r.playlists:
        assert all(part.duration <= playlist.part_target for _, _, part in playlist.all_parts())


def pl_05_parts_last_85_percent_of_part_target(r: Recording) -> None:
    """A part lasts at least 85 % of PART-TARGET, with the exceptions of the rule."""
    for playlist in r.playlists:
        for segment in playlist.segments:
            for part in segment.parts[:-1]:
                if not (part.independent or part.gap):
                    assert part.duration >= playlist.part_target * Decimal("0.85"), (segment.msn,
                                                                                     part)


def pl_07_each_part_has_its_own_uri(r: Recording) -> None:
    """Each part has its own URI; there are no byte ranges."""
    for playlist in r.playlists:
        names = [part.uri for _, _, part in playlist.all_parts()]
        assert len(set(names)) == len(names)
        assert "BYTERANGE" not in playlist.text


def pl_10_parts_are_removed_with_their_segment(r: Recording) -> None:
    """The parts of a segment are listed together, and only within three Target Durations."""
    for playlist in r.playlists:
        end = sum((p.duration for p in playlist.open_parts), Decimal(0))
        limit, slack = 3 * playlist.target_duration, playlist.part_target
        for segment in reversed(playlist.segments):
            if end > limit + slack:
                assert not segment.parts, f"{segment.msn} is {end} s from the end"
            elif end < limit - slack:
                assert len(segment.parts) == nominal_parts(playlist), segment.msn
            end += segment.duration


def pl_12_part_hold_back_is_three_part_targets(r: Recording) -> None:
    """PART-HOLD-BACK is at least three times PART-TARGET, as printed."""
    playlist = r.playlists[0]
    hold_back = Decimal(playlist.server_control["PART-HOLD-BACK"])
    assert hold_back >= 3 * playlist.part_target


def pl_21_discontinuity_sequence_is_printed(r: Recording) -> None:
    """DISCONTINUITY-SEQUENCE is printed; there is no discontinuity and no gap."""
    for playlist in r.playlists + r.deltas:
        assert playlist.tags["EXT-X-DISCONTINUITY-SEQUENCE"] == "0"
        assert not re.search(r"^#EXT-X-(DISCONTINUITY|GAP)$|GAP=YES", playlist.text, re.M)


def pl_25_no_tag_of_other_playlists(r: Recording) -> None:
    """No PLAYLIST-TYPE, ALLOW-CACHE, START or DEFINE."""
    for playlist in r.playlists:
        assert not re.search(r"^#EXT-X-(PLAYLIST-TYPE|ALLOW-CACHE|START|DEFINE)\b", playlist.text,
                             re.M)
