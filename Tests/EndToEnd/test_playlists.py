"""Media Playlist rules over a recorded sequence (RFC 8216bis §4, §6.2; test ids are rule ids)."""

from __future__ import annotations

import math
import re
import statistics
import struct
from decimal import ROUND_HALF_UP, Decimal

import pytest

from harness.boxes import boxes, chunks, timescale
from harness.http1 import get
from harness.playlist import Playlist, attributes, content, merge
from harness.program import Program
from harness.recorder import Recording
from harness.tunein import PLAYLIST

CONSTANT = ("EXT-X-TARGETDURATION", "EXT-X-PART-INF", "EXT-X-SERVER-CONTROL", "EXT-X-VERSION")
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
    for name in CONSTANT[:3]:
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
                    assert part.duration >= playlist.part_target * Decimal("0.85"), (segment.msn, part)


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


def pl_11(r: Recording) -> None:
    """The bytes of a segment are the bytes of its parts."""
    parts, compared = r.parts(), 0
    for msn, (uri, data) in r.segments().items():
        mine = [parts[msn, k][1] for k in range(100) if (msn, k) in parts]
        if len(mine) == nominal_parts(r.playlists[0]):
            compared += 1
            assert b"".join(mine) == data, uri
    assert compared >= 8, f"only {compared} segments compared"


def pl_12(r: Recording) -> None:
    """SERVER-CONTROL: blocking reload, hold-backs and skip boundary as large as they must be."""
    playlist = r.playlists[0]
    control = playlist.server_control
    assert control["CAN-BLOCK-RELOAD"] == "YES"
    assert Decimal(control["PART-HOLD-BACK"]) >= 3 * playlist.part_target
    assert Decimal(control["CAN-SKIP-UNTIL"]) >= 6 * playlist.target_duration
    assert Decimal(control.get("HOLD-BACK", "1000")) >= 3 * playlist.target_duration


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
                assert content(merge(r.playlists[index], delta)) == content(full), (delta.last_part, k)
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


def pl_18(r: Recording) -> None:
    """At least six segments, and at least three target durations."""
    assert min(len(p.segments) for p in r.playlists) >= 6


def pl_20(r: Recording) -> None:
    """PROGRAM-DATE-TIME on every segment, each where the one before ends."""
    for playlist in r.playlists:
        listed = [*playlist.segments, *([playlist.open_segment] if playlist.open_segment else [])]
        for before, after in zip(listed, listed[1:]):
            step = after.milliseconds() - before.milliseconds()
            assert abs(step - before.duration * 1000) <= 1, (before.msn, step)


def pl_21(r: Recording) -> None:
    """DISCONTINUITY-SEQUENCE is always printed; there is no discontinuity and no gap."""
    for playlist in r.playlists + r.deltas:
        assert playlist.tags["EXT-X-DISCONTINUITY-SEQUENCE"] == "0"
        assert not re.search(r"^#EXT-X-(DISCONTINUITY|GAP)$|GAP=YES", playlist.text, re.M)


def pl_24(r: Recording) -> None:
    """A new part comes each part target (median; a shared machine may delay one)."""
    times = [at for at, _ in r.fulls[2:]]
    steps = [b - a for a, b in zip(times, times[1:])]
    target = float(r.playlists[0].part_target)
    assert 0.8 * target <= statistics.median(steps) <= 1.2 * target
    assert max(steps) < 1.5 * r.playlists[0].target_duration


def pl_25(r: Recording) -> None:
    """No PLAYLIST-TYPE, ALLOW-CACHE, START or DEFINE; a MAP holds for every segment."""
    for playlist in r.playlists:
        assert not re.search(r"^#EXT-X-(PLAYLIST-TYPE|ALLOW-CACHE|START|DEFINE)\b", playlist.text, re.M)
        assert all(segment.map_uri for segment in playlist.segments)


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


RULES = [value for name, value in list(globals().items()) if re.fullmatch(r"(pl|dd|mr)_\d\d.*", name)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__.upper().replace("_", "-", 1))
def test_rule(rule, recording: Recording) -> None:
    """One rule over the whole recording."""
    rule(recording)


def test_pl_19_removed_segments_stay(server: Program, recording: Recording) -> None:
    """PL-10, PL-19: what was listed a moment ago can still be had."""
    now = recording.playlists[-1].media_sequence
    earlier = next(p for p in recording.playlists if p.media_sequence >= now - 1)
    gone = [s.uri for s in earlier.segments[:1]]
    for uri in gone:
        assert get(server.port, PLAYLIST.rsplit("/", 1)[0] + "/" + str(uri)).status == 200, uri


def test_attribute_list_form(recording: Recording) -> None:
    """PL-28: attribute lists carry no whitespace and no attribute twice."""
    for line in recording.playlists[-1].text.splitlines():
        if line.startswith(("#EXT-X-SERVER-CONTROL:", "#EXT-X-PART-INF:", "#EXT-X-MAP:")):
            assert attributes(line.split(":", 1)[1])
