# SPDX-License-Identifier: Apache-2.0
"""Delivery Directives as one table against the running server (RFC 8216bis §6.2.5.2).

Every row starts just after part `START` of a segment was published. P is the open segment, L = P −
1 the last complete one, n the number of parts per segment. A row has a request and the expected
response.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from harness.http1 import Response, get
from harness.playlist import Playlist, parse
from harness.program import Program
from harness.together import Together, together
from harness.tunein import PLAYLIST, align, parts_per_segment
from harness.waiting import seen_once

START = 3
PARTS = 10  # of a segment
MS = 15  # of a poll: less than a part
TRIES = 5  # a busy machine may publish two parts before it answers

Query = Callable[[Playlist, int, int], str]
Check = Callable[[Playlist, Playlist, Response], None]


@dataclass(frozen=True)
class Row:
    """A request: query from (playlist, P, n), status, hold in parts (None = at once), a check."""

    rule: str
    query: Query
    status: int
    hold: int | None = None
    check: Check | None = None


def lists(msn: int, part: int) -> Check:
    """The response lists part `part` of segment P + `msn`, or a later part."""
    def check(before: Playlist, after: Playlist, _: Response) -> None:
        parent = before.last_part[0] + msn
        assert after.last_part >= (parent, part), f"{after.last_part} before {(parent, part)}"
    return check


def completes(ahead: int) -> Check:
    """The response lists segment P + `ahead` as complete."""
    def check(before: Playlist, after: Playlist, _: Response) -> None:
        assert after.last_complete >= before.last_part[0] + ahead
    return check


def is_full(_: Playlist, after: Playlist, __: Response) -> None:
    """The response is a full playlist."""
    assert not after.skipped and after.version == 6


def is_delta(_: Playlist, after: Playlist, __: Response) -> None:
    """The response is a Playlist Delta Update of the first form."""
    assert after.skipped > 0 and after.version == 9


def is_v2(_: Playlist, after: Playlist, __: Response) -> None:
    """The response is a Playlist Delta Update of the second form, without removed date ranges."""
    assert after.skipped > 0 and after.version == 10
    assert 'RECENTLY-REMOVED-DATERANGES=""' in after.tags["EXT-X-SKIP"]


def no_echo(_: Playlist, after: Playlist, __: Response) -> None:
    """Foreign parameters are not echoed into URIs."""
    assert "sesame" not in after.text and "?" not in after.text.replace("#", "")


def fixed(query: str) -> Query:
    """A query that does not depend on the playlist."""
    return lambda _, __, ___: query


END = PARTS - START - 1  # parts of P that are not published yet

ROWS = [
    Row("DD-01-msn-alone-waits-for-the-segment",
        lambda _, p, n: f"_HLS_msn={p}", 200, END, completes(0)),
    Row("DD-01-next-msn-alone-waits-for-the-next-segment",
        lambda _, p, n: f"_HLS_msn={p + 1}", 200, END + PARTS, completes(1)),
    Row("DD-01-complete-segment-is-sent-at-once",
        lambda _, p, n: f"_HLS_msn={p - 1}", 200, None, completes(-1)),
    Row("DD-02-next-part-is-awaited",
        lambda _, p, n: f"_HLS_msn={p}&_HLS_part={START + 1}", 200, 1, lists(0, START + 1)),
    Row("DD-02-later-part-is-awaited",
        lambda _, p, n: f"_HLS_msn={p}&_HLS_part={START + 4}", 200, 4, lists(0, START + 4)),
    Row("DD-02-listed-part-is-sent-at-once",
        lambda _, p, n: f"_HLS_msn={p}&_HLS_part={START}", 200, None, lists(0, START)),
    Row("DD-02-part-of-the-next-segment-is-awaited",
        lambda _, p, n: f"_HLS_msn={p + 1}&_HLS_part=1", 200, END + 2, lists(1, 1)),
    Row("DD-03-part-after-the-last-is-the-next-segment",
        lambda _, p, n: f"_HLS_msn={p - 1}&_HLS_part={n}", 200, None, lists(0, 0)),
    Row("DD-03-part-5000-is-the-next-segment",
        lambda _, p, n: f"_HLS_msn={p - 1}&_HLS_part=5000", 200, None, lists(0, 0)),
    Row("DD-03-held-for-the-next-segment",
        lambda _, p, n: f"_HLS_msn={p}&_HLS_part={n}", 200, END + 1, lists(1, 0)),
    Row("DD-03-held-for-the-next-segment-with-five-more",
        lambda _, p, n: f"_HLS_msn={p}&_HLS_part={n + 5}", 200, END + 1, lists(1, 0)),
    Row("DD-04-part-without-msn-is-refused", fixed("_HLS_part=1"), 400),
    Row("DD-04-part-without-msn-but-skip-is-refused", fixed("_HLS_part=0&_HLS_skip=YES"), 400),
    Row("DD-05-third-segment-ahead-is-refused", lambda _, p, n: f"_HLS_msn={p + 2}", 400),
    Row("DD-05-part-of-the-third-segment-ahead-is-refused",
        lambda _, p, n: f"_HLS_msn={p + 2}&_HLS_part=0", 400),
    Row("DD-05-part-36-ahead-is-refused",
        lambda _, p, n: f"_HLS_msn={p}&_HLS_part={START + 36}", 400),
    Row("DD-05-part-36-of-the-next-segment-is-refused",
        lambda _, p, n: f"_HLS_msn={p + 1}&_HLS_part=36", 400),
    Row("DD-05-part-25-ahead-is-held",
        lambda _, p, n: f"_HLS_msn={p}&_HLS_part={START + 25}", 200, END + 1, lists(1, 0)),
    Row("DD-05-largest-msn-is-refused", fixed("_HLS_msn=18446744073709551615"), 400),
    Row("DD-05-largest-part-is-refused",
        lambda _, p, n: f"_HLS_msn={p}&_HLS_part=18446744073709551615", 400),
    Row("DD-06-old-msn-is-answered-at-once",
        lambda _, p, n: f"_HLS_msn={p - 5}", 200, None, is_full),
    Row("DD-06-old-part-is-answered-at-once",
        lambda _, p, n: f"_HLS_msn={p - 4}&_HLS_part=2", 200, None, is_full),
    Row("DD-06-msn-before-the-window-is-answered-at-once", fixed("_HLS_msn=1"), 200, None, is_full),
    Row("DD-06-msn-zero-is-answered-at-once", fixed("_HLS_msn=0&_HLS_part=0"), 200, None, is_full),
    Row("DD-06-old-msn-with-skip-gets-a-delta",
        fixed("_HLS_msn=1&_HLS_skip=YES"), 200, None, is_delta),
    Row("DD-09-skip-yes-gets-a-delta", fixed("_HLS_skip=YES"), 200, None, is_delta),
    Row("DD-09-skip-v2-gets-version-10", fixed("_HLS_skip=v2"), 200, None, is_v2),
    Row("DD-09-other-skip-has-no-effect", fixed("_HLS_skip=MAYBE"), 200, None, is_full),
    Row("DD-09-held-request-gets-a-delta",
        lambda _, p, n: f"_HLS_msn={p}&_HLS_part={START + 1}&_HLS_skip=YES", 200, 1, is_delta),
    Row("DD-09-held-request-gets-version-10",
        lambda _, p, n: f"_HLS_msn={p}&_HLS_part={START + 1}&_HLS_skip=v2", 200, 1, is_v2),
    Row("DD-10-letters-are-refused", fixed("_HLS_msn=abc"), 400),
    Row("DD-10-negative-is-refused", fixed("_HLS_msn=-1"), 400),
    Row("DD-10-above-64-bits-is-refused", fixed("_HLS_msn=18446744073709551616"), 400),
    Row("DD-10-empty-is-refused", fixed("_HLS_msn="), 400),
    Row("DD-10-fraction-is-refused", fixed("_HLS_msn=1.0"), 400),
    Row("DD-10-hexadecimal-is-refused", fixed("_HLS_msn=0x10"), 400),
    Row("DD-10-msn-twice-is-refused", fixed("_HLS_msn=1&_HLS_msn=1"), 400),
    Row("DD-10-letters-as-part-are-refused", lambda _, p, n: f"_HLS_msn={p}&_HLS_part=x", 400),
    Row("DD-10-part-twice-is-refused",
        lambda _, p, n: f"_HLS_msn={p}&_HLS_part=1&_HLS_part=1", 400),
    Row("DD-11-unknown-parameters-have-no-effect",
        fixed("_HLS_future=1&token=sesame&a=%00"), 200, None, no_echo),
    Row("DD-11-unknown-parameters-do-not-release",
        lambda _, p, n: f"token=sesame&_HLS_msn={p}&_HLS_part={START + 1}", 200, 1, no_echo),
    Row("DD-12-no-directive-is-answered-at-once", fixed(""), 200, None, is_full),
]


Answer = tuple[Playlist, str, Response]


def parts_until(playlist: Playlist) -> int:
    """The number of parts since 1970 up to the last listed one."""
    msn, part = playlist.last_part
    return msn * PARTS + part


def parts_late(row: Row, before: Playlist, response: Response) -> int:
    """How many parts after the awaited one a held request was answered; 0 for other rows."""
    if row.hold is None or response.status != 200:
        return 0
    return parts_until(parse(response.text)) - parts_until(before) - row.hold


def answer(row: Row, port: int) -> Answer:
    """The playlist just after part `START`, the query of a row, and the response to it.

    A request is repeated if it came after the awaited part, or was answered after another one.
    """
    for _ in range(TRIES):
        before = align(port, START)
        query = row.query(before, before.last_part[0], PARTS)
        response = get(port, f"{PLAYLIST}?{query}")
        if row.hold is None or response.held_ms is not None \
                and parts_late(row, before, response) <= 0:
            break
    return before, query, response


@pytest.fixture(scope="module")
def answers(server: Program) -> Iterator[Together[str, Answer]]:
    """The answers of all rows; four clients wait for the same part of a segment."""
    with together({row.rule: partial(answer, row, server.port) for row in ROWS}, 4) as found:
        yield found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.rule)
def test_directives_decide_when_and_how_a_request_is_answered(
        row: Row, answers: Together[str, Answer]) -> None:
    """Each row: status, whether it was held, the part that released it, and the listed parts."""
    before, query, response = answers.result(row.rule)
    assert parts_per_segment(before) == PARTS
    assert response.status == row.status, f"{query}: {response.body[:200]!r}"
    if row.hold is None:
        assert response.held_ms is None, f"held for {response.held_ms} ms"
    else:
        assert response.held_ms is not None, "not held"
        assert parts_late(row, before, response) == 0, "released by another part"
    if row.status == 200:
        assert row.check is not None
        row.check(before, parse(response.text), response)


@pytest.mark.parametrize("path", ["/live/video/chunked.m3u8", "/live/chunked.m3u8"])
def test_dd_14_chunked_playlist_ignores_directives(path: str, server: Program) -> None:
    """DD-14, CH-05: the chunked playlist is sent at once, and is a full one."""
    response = get(server.port, f"{path}?_HLS_msn={open_segment(server)}&_HLS_skip=YES")
    assert response.status == 200 and response.held_ms is None
    assert parse(response.text).skipped == 0


def open_segment(server: Program) -> int:
    """Number of the open segment."""
    return align(server.port, START).last_part[0]


def version_of(response: Response) -> int:
    """X-Playlist-Version, which a comment line repeats."""
    version = int(response.headers["x-playlist-version"])
    assert any(
        str(version) in line for line in response.text.splitlines() if not line.startswith("#EXT"))
    return version


def test_dd_15_version_is_parts_since_1970(server: Program) -> None:
    """DD-15: version = N × parts per segment + K of the last part."""
    response = get(server.port, PLAYLIST)
    msn, part = parse(response.text).last_part
    assert abs(version_of(response) - (msn * PARTS + part)) <= 1


def test_dd_15_wait_is_answered_by_the_next_part(server: Program) -> None:
    """DD-15: answered as soon as the playlist is newer; may be cached for one second."""
    def is_answered_by_the_next_part() -> bool:
        align(server.port, START)
        version = version_of(get(server.port, PLAYLIST))
        response = get(server.port, f"{PLAYLIST}?wait=2000&version={version}")
        assert version_of(response) > version
        assert response.headers["cache-control"] == "public, max-age=1"
        return response.held_ms is not None and version_of(response) == version + 1

    seen_once(is_answered_by_the_next_part, TRIES, "held, and answered by the next part")


def test_dd_15_older_version_is_answered_at_once(server: Program) -> None:
    """DD-15: a version older than the current one is answered at once."""
    version = version_of(get(server.port, PLAYLIST))
    response = get(server.port, f"{PLAYLIST}?wait=2000&version={version - 3}")
    assert version_of(response) >= version and response.held_ms is None


def test_dd_15_wait_that_times_out_gets_the_current_playlist(server: Program) -> None:
    """DD-15: after MS the current playlist is sent, with no-store."""
    def is_answered_before_the_next_part() -> bool:
        align(server.port, START)
        version = version_of(get(server.port, PLAYLIST))
        answer = get(server.port, f"{PLAYLIST}?wait={MS}&version={version}")
        if version_of(answer) != version:
            assert answer.headers["cache-control"] == "public, max-age=1"
            return False
        assert answer.headers["cache-control"] == "no-store"
        assert answer.held_ms is not None and answer.held_ms >= MS, "answered too early"
        return True

    seen_once(is_answered_before_the_next_part, TRIES, "answered after MS")


def test_dd_15_version_shortly_ahead_is_held(server: Program) -> None:
    """DD-15: a version at most three target durations ahead is held until it is exceeded."""
    def is_held() -> bool:
        align(server.port, START)
        version = version_of(get(server.port, PLAYLIST))
        response = get(server.port, f"{PLAYLIST}?wait=3000&version={version + 2}")
        assert response.status == 200 and version_of(response) > version + 2
        return response.held_ms is not None

    seen_once(is_held, TRIES, "held until the playlist is newer")


def test_dd_15_version_of_another_numbering_is_answered_at_once(server: Program) -> None:
    """DD-15: a version of another numbering is answered at once, with no-store."""
    response = get(server.port, f"{PLAYLIST}?wait=3000&version=99999999999999")
    assert response.status == 200 and response.held_ms is None
    assert response.headers["cache-control"] == "no-store"
