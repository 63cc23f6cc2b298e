# SPDX-License-Identifier: Apache-2.0
"""Media Playlist rules on the running program: those of `streamer validate`, and two others.

Exact forms of playlists and their updates are tested in Tests/HLSPackagerTests.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable

import pytest

from harness.http1 import get
from harness.idr import idr_chunks
from harness.playlist import parse
from harness.program import Program
from harness.recorder import Recording
from harness.tunein import fetch
from harness.validation import check_unbroken, follow


def pl_06_independent_marks_exactly_parts_with_idr(recording: Recording) -> None:
    """INDEPENDENT=YES is on exactly the parts with an IDR, and the IDR begins the part."""
    flags = {(m, k): p.independent for full in recording.playlists for m, k, p in full.all_parts()}
    for key, (uri, data) in recording.parts().items():
        idrs = idr_chunks(data)
        assert flags[key] == any(idrs), uri
        assert not any(idrs[1:]), f"{uri}: an IDR inside"


def mr_09_media_paths_end_in_m4s_or_mp4(recording: Recording) -> None:
    """Every media URI is relative and ends in .m4s or .mp4."""
    for uri in recording.listed:
        assert re.fullmatch(r"[A-Za-z0-9._-]+\.(m4s|mp4)", uri), uri


def without_marks(recording: Recording) -> None:
    """Removes the marks of independent parts."""
    recording.fulls = [(at, parse(full.text.replace(",INDEPENDENT=YES", "")))
                       for at, full in recording.fulls]


def with_other_names(recording: Recording) -> None:
    """Gives media another ending."""
    recording.listed = {uri.replace(".m4s", ".ts"): found
                        for uri, found in recording.listed.items()}


Change = Callable[[Recording], None]


@pytest.mark.parametrize(("rule", "change"), [
    (pl_06_independent_marks_exactly_parts_with_idr, without_marks),
    (mr_09_media_paths_end_in_m4s_or_mp4, with_other_names),
], ids=["PL-06", "MR-09"])
def test_recording_obeys(rule: Change, change: Change, recording: Recording) -> None:
    """The rule accepts the recording and refuses a changed one."""
    rule(recording)
    changed = copy.copy(recording)
    change(changed)
    with pytest.raises(AssertionError):
        rule(changed)


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


# The rules of `streamer validate` for each id; the planted faults are in Tests/ValidationTests.
VALIDATED = {
    "PL-01": ["version-suffices", "delta-version"],
    "PL-02": ["target-duration-constant", "segment-within-target"],
    "PL-03": ["part-target-constant", "server-control-constant"],
    "PL-04": ["part-within-target"],
    "PL-05": ["part-85-percent"],
    "PL-06": ["independent-part", "independent-parts"],
    "PL-07": ["part-attributes", "part-unchanged"],
    "PL-08": ["tags-before-parts"],
    "PL-10": ["old-parts"],
    "PL-11": ["parts-are-the-segment", "parts-sum"],
    "PL-12": ["part-hold-back", "part-hold-back-three", "skip-boundary", "blocking-reload-offered"],
    "PL-13": ["hint-present", "hint-once", "hint-kept"],
    "PL-15": ["delta-boundary", "delta-merges"],
    "PL-17": ["media-sequence-grows", "segment-unchanged"],
    "PL-18": ["six-segments", "three-target-durations"],
    "PL-20": ["date-present", "date-continuous"],
    "PL-21": ["discontinuity-sequence-counts"],
    "PL-24": ["parts-in-time", "updates-in-time"],
    "PL-25": ["map-present", "live-playlist-type"],
    "PL-28": ["attribute-form", "attribute-once", "playlist-first-line", "playlist-encoding",
              "tag-once", "extinf-form"],
    "PL-29": ["key-frame-first"],
    "PL-30": ["segments-appended", "part-unchanged", "reload-not-older"],
    "PL-31": ["decode-time-continuous"],
    "DD-13": ["reload-lists-it"],
    "MR-01": ["hint-served"],
    "MR-05": ["listed-is-served"],
}
# They are checked, but a busy machine may break them: Tests/ValidationTests has scripted times.
TIMED = ("parts-in-time", "updates-in-time", "hint-in-time", "reload-in-time")


def test_stream_obeys_the_rules_of_validate(server: Program) -> None:
    """No rule of `streamer validate` is broken, and those of the table are checked."""
    result, = follow(8, [server.url("/live/video/playlist.m3u8")])
    check_unbroken(result, *TIMED)
    missing = {name for names in VALIDATED.values() for name in names} - set(result["checked"])
    assert not missing
