# SPDX-License-Identifier: Apache-2.0
"""Delivery directives as one table against the running server (RFC 8216bis §6.2.5.2).

Every row starts just after part `START` of a segment was published: P is the open segment, L = P-1
the last complete one, n the parts of a segment. Rows say what is asked, and what has to come.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from harness.http1 import Answer, get
from harness.playlist import Playlist, parse
from harness.program import Program
from harness.tunein import PLAYLIST, align, parts_per_segment

START = 3
PART_SECONDS = 0.1
LATE = 0.6  # a shared machine may answer late; early is never allowed

Query = Callable[[Playlist, int, int], str]
Check = Callable[[Playlist, Playlist, Answer], None]


@dataclass(frozen=True)
class Row:
    """One request: query from (playlist, P, n), status, hold in parts (None = at once), a check."""

    rule: str
    query: Query
    status: int
    hold: float | None = None
    check: Check | None = None


def lists(msn: int, part: int) -> Check:
    """The answer lists part `part` of segment P + `msn`, or anything later."""
    def check(before: Playlist, after: Playlist, _: Answer) -> None:
        parent = before.last_part[0] + msn
        assert after.last_part >= (parent, part), f"{after.last_part} before {(parent, part)}"
    return check


def completes(ahead: int) -> Check:
    """The answer has segment P + `ahead` complete."""
    def check(before: Playlist, after: Playlist, _: Answer) -> None:
        assert after.last_complete >= before.last_part[0] + ahead
    return check


def is_full(_: Playlist, after: Playlist, __: Answer) -> None:
    """Nothing is skipped."""
    assert not after.skipped and after.version == 6


def is_delta(_: Playlist, after: Playlist, __: Answer) -> None:
    """A Playlist Delta Update of the first form."""
    assert after.skipped > 0 and after.version == 9


def is_v2(_: Playlist, after: Playlist, __: Answer) -> None:
    """A Playlist Delta Update of the second form, with nothing removed."""
    assert after.skipped > 0 and after.version == 10
    assert 'RECENTLY-REMOVED-DATERANGES=""' in after.tags["EXT-X-SKIP"]


def no_echo(_: Playlist, after: Playlist, __: Answer) -> None:
    """Foreign parameters are not echoed into child URIs."""
    assert "sesame" not in after.text and "?" not in after.text.replace("#", "")


def fixed(query: str) -> Query:
    """A query that does not depend on the playlist."""
    return lambda _, __, ___: query


END = 10 - START - 1  # parts that are still to come in P

ROWS = [
    Row("DD-01", lambda _, p, n: f"_HLS_msn={p}", 200, END, completes(0)),
    Row("DD-01-next", lambda _, p, n: f"_HLS_msn={p + 1}", 200, END + 10, completes(1)),
    Row("DD-01-complete", lambda _, p, n: f"_HLS_msn={p - 1}", 200, None, completes(-1)),
    Row("DD-02", lambda _, p, n: f"_HLS_msn={p}&_HLS_part={START + 1}", 200, 1, lists(0,
                                                                                      START + 1)),
    Row("DD-02-later", lambda _, p, n: f"_HLS_msn={p}&_HLS_part={START + 4}", 200, 4,
        lists(0, START + 4)),
    Row("DD-02-listed", lambda _, p, n: f"_HLS_msn={p}&_HLS_part={START}", 200, None, lists(
        0, START)),
    Row("DD-02-next", lambda _, p, n: f"_HLS_msn={p + 1}&_HLS_part=1", 200, END + 2, lists(1, 1)),
    Row("DD-03", lambda _, p, n: f"_HLS_msn={p - 1}&_HLS_part={n}", 200, None, lists(0, 0)),
    Row("DD-03-far", lambda _, p, n: f"_HLS_msn={p - 1}&_HLS_part=5000", 200, None, lists(0, 0)),
    Row("DD-03-waiting", lambda _, p, n: f"_HLS_msn={p}&_HLS_part={n}", 200, END + 1, lists(1, 0)),
    Row("DD-03-waiting-more", lambda _, p, n: f"_HLS_msn={p}&_HLS_part={n + 5}", 200, END + 1,
        lists(1, 0)),
    Row("DD-04", fixed("_HLS_part=1"), 400),
    Row("DD-04-skip", fixed("_HLS_part=0&_HLS_skip=YES"), 400),
    Row("DD-05-msn", lambda _, p, n: f"_HLS_msn={p + 2}", 400),
    Row("DD-05-msn-part", lambda _, p, n: f"_HLS_msn={p + 2}&_HLS_part=0", 400),
    Row("DD-05-part", lambda _, p, n: f"_HLS_msn={p}&_HLS_part={START + 36}", 400),
    Row("DD-05-next-part", lambda _, p, n: f"_HLS_msn={p + 1}&_HLS_part=36", 400),
    Row("DD-05-inside", lambda _, p, n: f"_HLS_msn={p}&_HLS_part={START + 25}", 200, END + 1,
        lists(1, 0)),
    Row("DD-05-absurd", fixed("_HLS_msn=18446744073709551615"), 400),
    Row("DD-05-absurd-part", lambda _, p, n: f"_HLS_msn={p}&_HLS_part=18446744073709551615", 400),
    Row("DD-06", lambda _, p, n: f"_HLS_msn={p - 5}", 200, None, is_full),
    Row("DD-06-part", lambda _, p, n: f"_HLS_msn={p - 4}&_HLS_part=2", 200, None, is_full),
    Row("DD-06-window", fixed("_HLS_msn=1"), 200, None, is_full),
    Row("DD-06-zero", fixed("_HLS_msn=0&_HLS_part=0"), 200, None, is_full),
    Row("DD-06-skip", fixed("_HLS_msn=1&_HLS_skip=YES"), 200, None, is_delta),
    Row("DD-09", fixed("_HLS_skip=YES"), 200, None, is_delta),
    Row("DD-09-v2", fixed("_HLS_skip=v2"), 200, None, is_v2),
    Row("DD-09-other", fixed("_HLS_skip=MAYBE"), 200, None, is_full),
    Row("DD-09-held", lambda _, p, n: f"_HLS_msn={p}&_HLS_part={START + 1}&_HLS_skip=YES", 200, 1,
        is_delta),
    Row("DD-09-held-v2", lambda _, p, n: f"_HLS_msn={p}&_HLS_part={START + 1}&_HLS_skip=v2", 200, 1,
        is_v2),
    Row("DD-10-letters", fixed("_HLS_msn=abc"), 400),
    Row("DD-10-negative", fixed("_HLS_msn=-1"), 400),
    Row("DD-10-large", fixed("_HLS_msn=18446744073709551616"), 400),
    Row("DD-10-empty", fixed("_HLS_msn="), 400),
    Row("DD-10-fraction", fixed("_HLS_msn=1.0"), 400),
    Row("DD-10-hex", fixed("_HLS_msn=0x10"), 400),
    Row("DD-10-twice", fixed("_HLS_msn=1&_HLS_msn=1"), 400),
    Row("DD-10-part", lambda _, p, n: f"_HLS_msn={p}&_HLS_part=x", 400),
    Row("DD-10-part-twice", lambda _, p, n: f"_HLS_msn={p}&_HLS_part=1&_HLS_part=1", 400),
    Row("DD-11", fixed("_HLS_future=1&token=sesame&a=%00"), 200, None, no_echo),
    Row("DD-11-held", lambda _, p, n: f"token=sesame&_HLS_msn={p}&_HLS_part={START + 1}", 200, 1,
        no_echo),
    Row("DD-12", fixed(""), 200, None, is_full),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.rule)
def test_directive(row: Row, server: Program) -> None:
    """The row's answer: its status, how long it was held, and what it lists."""
    before = align(server.port, START)
    assert parts_per_segment(before) == 10
    query = row.query(before, before.last_part[0], 10)
    answer = get(server.port, f"{PLAYLIST}?{query}")
    assert answer.status == row.status, f"{query}: {answer.body[:200]!r}"
    if row.hold is None:
        assert answer.held < PART_SECONDS / 2 + 0.1, f"held {answer.held:.3f} s, should come at once"
    else:
        # At most one part has passed between `before` and the request.
        least, most = (row.hold - 1) * PART_SECONDS - 0.05, row.hold * PART_SECONDS + LATE
        assert least <= answer.held <= most, f"held {answer.held:.3f} s, not {least:.2f}-{most:.2f}"
    if row.status == 200:
        assert row.check is not None
        row.check(before, parse(answer.text), answer)


@pytest.mark.parametrize("path", ["/live/video/chunked.m3u8", "/live/chunked.m3u8"])
def test_dd_14_playlist_without_parts(path: str, server: Program) -> None:
    """DD-14, CH-05: the chunked playlist takes no directive and answers at once."""
    answer = get(server.port, f"{path}?_HLS_msn={before_next(server)}&_HLS_skip=YES")
    assert answer.status == 200 and answer.held < 0.1
    assert parse(answer.text).skipped == 0


def before_next(server: Program) -> int:
    """Number of the open segment."""
    return align(server.port, START).last_part[0]


def version_of(answer: Answer) -> int:
    """X-Playlist-Version, which also stands in a comment line."""
    version = int(answer.headers["x-playlist-version"])
    assert any(
        str(version) in line for line in answer.text.splitlines() if not line.startswith("#EXT"))
    return version


def test_dd_15_version_is_parts_since_1970(server: Program) -> None:
    """DD-15: version = N × parts per segment + K of the last part."""
    answer = get(server.port, PLAYLIST)
    msn, part = parse(answer.text).last_part
    assert abs(version_of(answer) - (msn * 10 + part)) <= 1


def test_dd_15_newer(server: Program) -> None:
    """DD-15: answered as soon as the playlist is newer; kept for one second."""
    align(server.port, START)
    version = version_of(get(server.port, PLAYLIST))
    answer = get(server.port, f"{PLAYLIST}?wait=2000&version={version}")
    assert version_of(answer) > version and answer.held < PART_SECONDS + LATE
    assert answer.headers["cache-control"] == "public, max-age=1"


def test_dd_15_older_at_once(server: Program) -> None:
    """DD-15: a version behind the current one is answered at once."""
    version = version_of(get(server.port, PLAYLIST))
    answer = get(server.port, f"{PLAYLIST}?wait=2000&version={version - 3}")
    assert version_of(answer) >= version and answer.held < 0.1


def test_dd_15_timed_out(server: Program) -> None:
    """DD-15: after MS the current playlist, which is not to be stored."""
    align(server.port, START)
    answer = get(server.port, PLAYLIST)
    version = version_of(answer)
    late = get(server.port, f"{PLAYLIST}?wait=15&version={version}")
    if version_of(late) == version:
        assert late.headers["cache-control"] == "no-store"
        assert 0.01 <= late.held < 0.1
    else:
        assert late.headers["cache-control"] == "public, max-age=1"


def test_dd_15_ahead_of_the_edge(server: Program) -> None:
    """DD-15: a version of another numbering is answered at once and not stored."""
    answer = get(server.port, f"{PLAYLIST}?wait=3000&version=99999999999999")
    assert answer.status == 200 and answer.held < 0.1
    assert answer.headers["cache-control"] == "no-store"


def test_dd_07_503_at_a_start_that_takes_too_long(streamer) -> None:
    """DD-07: without a first complete segment a request is held 8 s, then 503 with Retry-After."""
    program = streamer("--segment-duration", "10", "--history", "0", "--resolution", "320x180")
    answer = get(program.port, PLAYLIST, timeout=14)
    assert answer.status == 503 and answer.headers["retry-after"] == "1"
    assert 6 <= answer.held <= 10
