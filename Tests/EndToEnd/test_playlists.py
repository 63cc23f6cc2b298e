# SPDX-License-Identifier: Apache-2.0
"""Media Playlist rules over a recorded sequence; test ids begin with rule ids."""

from __future__ import annotations

import re

import pytest

import rules_sequence
import rules_tags
from harness.http1 import get
from harness.program import Program
from harness.recorder import Recording
from harness.tunein import fetch
from harness.validation import check_unbroken, follow
from rules_tags import rule_id

RULES = [value for module in (rules_tags, rules_sequence) for name, value in vars(module).items()
         if re.fullmatch(r"(pl|dd|mr)_\d\d.*", name)]


@pytest.mark.parametrize("rule", RULES, ids=rule_id)
def test_recording_obeys(rule, recording: Recording) -> None:
    """One rule over the whole recording."""
    rule(recording)


def test_pl_19_removed_segments_and_parts_can_be_fetched(server: Program) -> None:
    """PL-10, PL-19: segments and parts that are no longer listed can still be fetched."""
    before = fetch(server.port)
    oldest = before.segments[0]
    oldest_part = next(segment for segment in before.segments if segment.parts)
    after = fetch(server.port, f"?_HLS_msn={before.last_complete + 2}")
    assert oldest.msn < after.media_sequence, "the window does not move"
    assert oldest_part.parts[0].uri not in after.text, "old parts are still listed"
    for uri in (oldest.uri, oldest_part.parts[0].uri, oldest_part.parts[-1].uri):
        assert get(server.port, f"/live/video/{uri}").status == 200, uri


# What each rule of `streamer validate` stands for; its planted fault is in Tests/ValidationTests.
VALIDATED = {
    "PL-02": ["target-duration-constant", "segment-within-target"],
    "PL-03": ["part-target-constant", "server-control-constant"],
    "PL-04": ["part-within-target"],
    "PL-05": ["part-85-percent"],
    "PL-12": ["part-hold-back", "part-hold-back-three", "skip-boundary", "blocking-reload-offered"],
    "PL-13": ["hint-present", "hint-once", "hint-kept"],
    "PL-17": ["media-sequence-grows", "segment-unchanged"],
    "PL-18": ["six-segments", "three-target-durations"],
    "PL-25": ["map-present"],
    "PL-28": ["attribute-form", "attribute-once"],
    "PL-29": ["key-frame-first"],
    "PL-30": ["segments-appended", "part-unchanged", "reload-not-older"],
    "DD-13": ["reload-lists-it"],
}


def test_stream_obeys_the_rules_of_validate(server: Program) -> None:
    """No rule of `streamer validate` is broken, and those of the table are checked."""
    result, = follow(8, [server.url("/live/video/playlist.m3u8")])
    check_unbroken(result)
    missing = {name for names in VALIDATED.values() for name in names} - set(result["checked"])
    assert not missing
