# SPDX-License-Identifier: Apache-2.0
"""The playlist rules find what they are there to find: each refuses a recording that was tampered with."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

import rules_sequence
import rules_tags
from harness.playlist import parse
from harness.recorder import Recording

Tamper = Callable[[Recording], None]


def text(old: str, new: str, only_last: bool = False) -> Tamper:
    """Replaces `old` (an expression) in the texts of the playlists."""
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
    """Changes the bytes of every listed object whose name matches."""
    def tamper(recording: Recording) -> None:
        for uri, answer in recording.listed.items():
            if re.search(wanted, uri):
                recording.listed[uri] = replace(answer, body=change(answer.body))
    return tamper


def drop_one(recording: Recording) -> None:
    """A delta that skips one segment more than it may know of."""
    for delta in recording.deltas:
        delta.segments = delta.segments[1:]


def swap(recording: Recording) -> None:
    """Two playlists in the wrong order."""
    recording.fulls[40], recording.fulls[60] = recording.fulls[60], recording.fulls[40]


ROWS: list[tuple[Callable[[Recording], None], Tamper]] = [
    (rules_tags.pl_01, text("VERSION:6", "VERSION:9")),
    (rules_tags.pl_02, text("TARGETDURATION:1", "TARGETDURATION:2", only_last=True)),
    (rules_tags.pl_03, text("PART-HOLD-BACK=[0-9.]+", "PART-HOLD-BACK=0.4", only_last=True)),
    (rules_tags.pl_04, text("DURATION=0.1", "DURATION=0.11")),
    (rules_tags.pl_05, text(r"DURATION=0.1(\d*),URI=\"(\S+)\.2\.m4s",
                            r'DURATION=0.05,URI="\2.2.m4s')),
    (rules_sequence.pl_06, text(",INDEPENDENT=YES", "")),
    (rules_tags.pl_10, text("^#EXT-X-PART:.*\n", "")),
    (rules_sequence.pl_11, body(r"\.3\.m4s", lambda data: data[:-1] + b"x")),
    (rules_tags.pl_12, text("CAN-BLOCK-RELOAD=YES", "CAN-BLOCK-RELOAD=NO")),
    (rules_sequence.pl_13, text("^#EXT-X-PRELOAD-HINT.*\n", "")),
    (rules_sequence.pl_15, drop_one),
    (rules_sequence.pl_17, text("MEDIA-SEQUENCE:1", "MEDIA-SEQUENCE:2", only_last=True)),
    (rules_sequence.pl_20, text(r"(DATE-TIME:\S+):(\d\d)\.\d{3}", r"\1:\2.017")),
    (rules_tags.pl_21, text("^#EXTINF", "#EXT-X-GAP\n#EXTINF")),
    (rules_sequence.pl_29,
     body(
         r"segment\d+\.m4s", lambda data: re.sub(rb"(mdat.{4})\x65", lambda found: found[1] +
                                                 b"\x61", data, flags=re.DOTALL))),
    (rules_sequence.pl_30, swap),
    (rules_sequence.dd_13, lambda recording: recording.asked.reverse() or recording.asked.append(
        ((2**40, 0), recording.playlists[0]))),
    (rules_sequence.mr_01, lambda recording: [
        recording.hinted.update({uri: replace(answer, body=b"")})
        for uri, answer in list(recording.hinted.items())
    ][:0]),
    (rules_sequence.mr_05, lambda recording: recording.listed.update(
        {uri: replace(answer, status=404)
         for uri, answer in recording.listed.items()})),
]


@pytest.mark.parametrize(("rule", "tamper"), ROWS, ids=[rule.__name__.upper() for rule, _ in ROWS])
def test_rule_refuses(rule: Callable[[Recording], None], tamper: Tamper,
                      recording: Recording) -> None:
    """The rule holds for the recording and fails for the one that was tampered with."""
    rule(recording)
    broken = copy.deepcopy(recording)
    tamper(broken)
    with pytest.raises(AssertionError):
        rule(broken)
