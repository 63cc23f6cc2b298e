# SPDX-License-Identifier: Apache-2.0
"""Media Playlist rules over a recorded sequence; test ids begin with rule ids."""

from __future__ import annotations

import re

import pytest

import rules_sequence
import rules_tags
from harness.http1 import get
from harness.playlist import attributes
from harness.program import Program
from harness.recorder import Recording
from harness.tunein import fetch
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


def test_pl_28_attribute_lists_are_well_formed(recording: Recording) -> None:
    """PL-28: attribute lists have no whitespace and no attribute twice."""
    for line in recording.playlists[-1].text.splitlines():
        if line.startswith(("#EXT-X-SERVER-CONTROL:", "#EXT-X-PART-INF:", "#EXT-X-MAP:")):
            assert attributes(line.split(":", 1)[1])
