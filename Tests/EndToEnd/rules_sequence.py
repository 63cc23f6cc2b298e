# SPDX-License-Identifier: Apache-2.0
"""Playlist rules that look at how playlists and media go together over time (RFC 8216bis §3, §6.2)."""

from __future__ import annotations

import re
import statistics
import struct
from decimal import Decimal

from harness.boxes import boxes, chunks, timescale
from harness.playlist import content, merge
from harness.recorder import Recording
from rules_tags import nominal_parts

NUMBER = re.compile(r"segment0*(\d+)(?:\.(\d+))?\.m4s")


def has_idr(mdat: bytes) -> bool:
    """Whether an mdat with four-byte lengths holds a coded slice of an IDR picture (type 5)."""
    offset = 0
    while offset + 5 <= len(mdat):
        size = struct.unpack_from(">I", mdat, offset)[0]
        if mdat[offset + 4] & 31 == 5:
            return True
        offset += 4 + size
    return False


def idr_chunks(media: bytes) -> list[bool]:
    """For each chunk, whether it holds an IDR."""
    return [has_idr(box.body) for box in boxes(media) if box.kind == "mdat"]


def pl_05a(r: Recording) -> None:
    """PART-TARGET is whole frames, and part K of a segment begins at its frame K·n."""
    init = r.init()
    scale = timescale(init)
    for (msn, index), (uri, data) in r.parts().items():
        first = r.parts().get((msn, 0))
        if first is None:
            continue
        parsed, start = chunks(data, init), chunks(first[1], init)[0].tfdt
        frame = parsed[0].duration // parsed[0].samples
        n = round(r.playlists[0].part_target * scale / frame)
        assert parsed[0].tfdt - start == index * n * frame, uri
        assert sum(chunk.samples for chunk in parsed) <= n, uri


def pl_06(r: Recording) -> None:
    """INDEPENDENT=YES on exactly the parts that hold an IDR, which starts its part."""
    flags = {(m, k): p.independent for full in r.playlists for m, k, p in full.all_parts()}
    for key, (uri, data) in r.parts().items():
        idrs = idr_chunks(data)
        assert flags[key] == any(idrs), uri
        assert not any(idrs[1:]), f"{uri}: an IDR inside"


def pl_11(r: Recording) -> None:
    """The bytes of a segment are the bytes of its parts."""
    parts, compared = r.parts(), 0
    for msn, (uri, data) in r.segments().items():
        mine = [parts[msn, k][1] for k in range(100) if (msn, k) in parts]
        if len(mine) == nominal_parts(r.playlists[0]):
            compared += 1
            assert b"".join(mine) == data, uri
    assert compared >= 8, f"only {compared} segments compared"


def pl_13(r: Recording) -> None:
    """One hint of type PART in each playlist, and the hinted part is the next one listed."""
    for before, after in zip(r.playlists, r.playlists[1:]):
        assert [h["TYPE"] for h in before.hints if h["TYPE"] != "MAP"] == ["PART"]
        names = [part.uri for _, _, part in after.all_parts()]
        known = {part.uri for _, _, part in before.all_parts()}
        new = [name for name in names if name not in known]
        assert not new or new[0] == before.hinted


def pl_15(r: Recording) -> None:
    """full(n) == merge(full(n-k), delta(n)) for every k within the skip boundary."""
    fulls = {p.last_part: p for p in r.playlists}
    compared = 0
    for delta in r.deltas:
        full = fulls.get(delta.last_part)
        if full is None or not delta.skipped:
            continue
        for k in (1, 2, 5, 10, 15):
            index = r.playlists.index(full) - k
            if index >= 0:
                compared += 1
                assert content(merge(r.playlists[index],
                                     delta)) == content(full), (delta.last_part, k)
    assert compared >= 100, f"only {compared} pairs compared of {len(r.deltas)} deltas"


def pl_15_boundary(r: Recording) -> None:
    """Only segments beyond the skip boundary from the last complete one are skipped."""
    fulls = {p.last_part: p for p in r.playlists}
    until = Decimal(r.playlists[0].server_control["CAN-SKIP-UNTIL"])
    for delta in r.deltas:
        if delta.skipped and (full := fulls.get(delta.last_part)):
            distance = sum(s.duration for s in full.segments[delta.skipped :])
            assert distance >= until, f"skips up to {distance} s from the end"


def pl_16(r: Recording) -> None:
    """A delta prints the MAP in force again before its first segment."""
    for delta in r.deltas:
        assert delta.segments[0].map_uri is not None


def pl_17(r: Recording) -> None:
    """MEDIA-SEQUENCE never falls, is the number in the name, and a number keeps its URI."""
    names: dict[int, str | None] = {}
    last = 1
    for playlist in r.playlists:
        assert playlist.media_sequence >= last
        last = playlist.media_sequence
        for segment in playlist.segments:
            assert names.setdefault(segment.msn, segment.uri) == segment.uri
            match = NUMBER.search(segment.uri or "")
            assert match and int(match.group(1)) == segment.msn
        for msn, index, part in playlist.all_parts():
            match = NUMBER.search(part.uri)
            assert match and (int(match.group(1)), int(match.group(2) or -1)) == (msn, index)


def pl_20(r: Recording) -> None:
    """PROGRAM-DATE-TIME on every segment, each where the one before ends."""
    for playlist in r.playlists:
        listed = [*playlist.segments, *([playlist.open_segment] if playlist.open_segment else [])]
        for before, after in zip(listed, listed[1:]):
            step = after.milliseconds() - before.milliseconds()
            assert abs(step - before.duration * 1000) <= 1, (before.msn, step)


def pl_24(r: Recording) -> None:
    """A new part comes each part target (median; a shared machine may delay one)."""
    times = [at for at, _ in r.fulls[2:]]
    steps = [b - a for a, b in zip(times, times[1:])]
    target = float(r.playlists[0].part_target)
    assert 0.8 * target <= statistics.median(steps) <= 1.2 * target
    assert max(steps) < 1.5 * r.playlists[0].target_duration


def pl_29(r: Recording) -> None:
    """INDEPENDENT-SEGMENTS is there, and true: each segment starts with its only IDR."""
    assert all("EXT-X-INDEPENDENT-SEGMENTS" in p.tags for p in r.playlists)
    for uri, data in r.segments().values():
        assert idr_chunks(data)[0], uri


def pl_30(r: Recording) -> None:
    """Playlist n+1 extends playlist n: append, remove from the front, remove old parts, no more."""
    for before, after in zip(r.playlists, r.playlists[1:]):
        assert after.last_part >= before.last_part
        later = {segment.msn: segment for segment in after.segments}
        for old in before.segments:
            if old.msn < after.media_sequence:
                continue
            new = later[old.msn]
            assert new.parts in ((), old.parts), old.msn
            assert new.__dict__ | {"parts": ()} == old.__dict__ | {"parts": ()}, old.msn
        finished = later.get(before.last_complete + 1)
        grown = finished.parts if finished else after.open_parts
        assert grown[: len(before.open_parts)] == before.open_parts


def pl_31(r: Recording) -> None:
    """Decode times go on from segment to segment without a gap."""
    init, segments = r.init(), r.segments()
    for msn, (uri, data) in segments.items():
        if msn - 1 in segments:
            last = chunks(segments[msn - 1][1], init)[-1]
            assert chunks(data, init)[0].tfdt == last.tfdt + last.duration, uri


def dd_13(r: Recording) -> None:
    """No held request was answered before what it asked for was listed."""
    for (msn, part), playlist in r.asked:
        assert playlist.last_part >= (msn, part)


def mr_01(r: Recording) -> None:
    """A hinted part waits, and is then the very part that is listed."""
    compared = [uri for uri in r.hinted if uri in r.listed]
    assert len(compared) >= 100
    for uri in compared:
        assert r.hinted[uri].status == 200, uri
        assert r.hinted[uri].body == r.listed[uri].body, uri
    assert statistics.median(r.hinted[uri].held for uri in compared) > 0.02, "hints do not wait"


def mr_02(r: Recording) -> None:
    """No byte of a part leaves before all can: Content-Length, and no pause inside."""
    for uri, answer in r.hinted.items():
        assert "content-length" in answer.headers, uri
    pauses = [answer.done - answer.first_byte for answer in r.hinted.values()]
    assert statistics.quantiles(pauses, n=20)[-1] < 0.025


def mr_05(r: Recording) -> None:
    """Every listed URI answers 200 with complete bytes at the moment it is listed."""
    for uri, answer in r.listed.items():
        assert answer.status == 200, f"{uri}: {answer.status}"
        assert "content-length" in answer.headers, f"{uri}: still open when it was listed"
        assert len(answer.body) > 0, uri
    assert statistics.median(a.held for a in r.listed.values()) < 0.03, "listed URIs are held"


def mr_09(r: Recording) -> None:
    """The path of every media URI ends in .m4s or .mp4, and is relative."""
    for uri in r.listed:
        assert re.fullmatch(r"[A-Za-z0-9._-]+\.(m4s|mp4)", uri), uri
