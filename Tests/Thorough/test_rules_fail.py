# SPDX-License-Identifier: Apache-2.0
"""The playlist rules detect violations: each refuses a recording that was tampered with."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

import rules_sequence as sequence
import rules_tags as tags
from harness.playlist import parse
from harness.recorder import Recording

Tamper = Callable[[Recording], None]


def text(old: str, new: str, only_last: bool = False) -> Tamper:
    """Replaces `old` (a regular expression) in the playlists."""
    def tamper(recording: Recording) -> None:
        changed = []
        for index, (at, playlist) in enumerate(recording.fulls):
            if not only_last or index == len(recording.fulls) - 1:
                found, count = re.subn(old, new, playlist.text, count=1, flags=re.M)
                assert count, f"{old!r} is not in the playlist"
                playlist = parse(found)
            changed.append((at, playlist))
        recording.fulls = changed
    return tamper


def body(wanted: str, change: Callable[[bytes], bytes]) -> Tamper:
    """Changes the bytes of every listed object with a matching name."""
    def tamper(recording: Recording) -> None:
        for uri, response in recording.listed.items():
            if re.search(wanted, uri):
                recording.listed[uri] = replace(response, body=change(response.body))
    return tamper


def drop_one(recording: Recording) -> None:
    """Makes each delta skip one segment too many."""
    for delta in recording.deltas:
        delta.segments = delta.segments[1:]


def empty_hinted(recording: Recording) -> None:
    """Empties the responses to requests for hinted parts."""
    for uri, response in list(recording.hinted.items()):
        recording.hinted[uri] = replace(response, body=b"")


def lose_listed(recording: Recording) -> None:
    """Turns the responses to requests for listed media into 404."""
    for uri, response in list(recording.listed.items()):
        recording.listed[uri] = replace(response, status=404)


ROWS: list[tuple[Callable[[Recording], None], Tamper]] = [
    (tags.pl_01_version_is_minimal, text("VERSION:6", "VERSION:9")),
    (tags.pl_04_no_part_exceeds_part_target, text("DURATION=0.1", "DURATION=0.11")),
    (tags.pl_05_parts_last_85_percent_of_part_target,
     text(r"DURATION=0.1(\d*),URI=\"(\S+)\.2\.m4s", r'DURATION=0.05,URI="\2.2.m4s')),
    (sequence.pl_06_independent_marks_exactly_parts_with_idr, text(",INDEPENDENT=YES", "")),
    (tags.pl_10_parts_are_removed_with_their_segment, text("^#EXT-X-PART:.*\n", "")),
    (sequence.pl_11_segment_is_the_bytes_of_its_parts,
     body(r"\.3\.m4s", lambda data: data[:-1] + b"x")),
    (tags.pl_12_part_hold_back_is_three_part_targets,
     text("PART-HOLD-BACK=[0-9.]+", "PART-HOLD-BACK=0.2999")),
    (sequence.pl_15_delta_merges_into_the_full_playlist, drop_one),
    (sequence.pl_17_media_sequence_is_the_number_in_the_name,
     text("MEDIA-SEQUENCE:1", "MEDIA-SEQUENCE:2", only_last=True)),
    (sequence.pl_20_dates_follow_each_other,
     text(r"(DATE-TIME:\S+):(\d\d)\.\d{3}", r"\1:\2.017")),
    (tags.pl_21_discontinuity_sequence_is_printed, text("^#EXTINF", "#EXT-X-GAP\n#EXTINF")),
    (sequence.mr_01_hinted_part_is_held_then_complete, empty_hinted),
    (sequence.mr_05_listed_media_is_complete, lose_listed),
]


@pytest.mark.parametrize(("rule", "tamper"), ROWS, ids=[tags.rule_id(rule) for rule, _ in ROWS])
def test_rule_refuses_a_tampered_recording(rule: Callable[[Recording], None], tamper: Tamper,
                                           recording: Recording) -> None:
    """The rule accepts the recording and refuses the tampered copy."""
    rule(recording)
    broken = copy.deepcopy(recording)
    tamper(broken)
    with pytest.raises(AssertionError):
        rule(broken)
