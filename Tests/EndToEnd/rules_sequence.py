# SPDX-License-Identifier: Apache-2.0
"""Rules that `streamer validate` lacks, on sequences of playlists and on their media."""

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
    """Whether an mdat with four-byte lengths has a slice of an IDR (type 5)."""
    offset = 0
    while offset + 5 <= len(mdat):
        size = struct.unpack_from(">I", mdat, offset)[0]
        if mdat[offset + 4] & 31 == 5:
            return True
        offset += 4 + size
    return False


def idr_chunks(media: bytes) -> list[bool]:
    """For each chunk, whether it has an IDR."""
    return [has_idr(box.body) for box in boxes(media) if box.kind == "mdat"]


def pl_05a_part_target_is_whole_frames(r: Recording) -> None:
    """PART-TARGET is n frames, and part K of a segment begins at its frame K·n."""
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


def pl_06_independent_marks_exactly_parts_with_idr(r: Recording) -> None:
    """INDEPENDENT=YES is on exactly the parts with an IDR, and the IDR begins the part."""
    flags = {(m, k): p.independent for full in r.playlists for m, k, p in full.all_parts()}
    for key, (uri, data) in r.parts().items():
        idrs = idr_chunks(data)
        assert flags[key] == any(idrs), uri
        assert not any(idrs[1:]), f"{uri}: an IDR inside"


def pl_11_segment_is_the_bytes_of_its_parts(r: Recording) -> None:
    """The bytes of a segment are the bytes of its parts."""
    parts, compared = r.parts(), 0
    for msn, (uri, data) in r.segments().items():
        mine = [parts[msn, k][1] for k in range(100) if (msn, k) in parts]
        if len(mine) == nominal_parts(r.playlists[0]):
            compared += 1
            assert b"".join(mine) == data, uri
    assert compared >= 8, f"only {compared} segments compared"


def pl_15_delta_merges_into_the_full_playlist(r: Recording) -> None:
    """full(n) == merge(full(n − k), delta(n)) for every k within the Skip Boundary."""
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


def pl_15_delta_skips_only_beyond_the_boundary(r: Recording) -> None:
    """Only segments beyond the Skip Boundary from the last complete segment are skipped."""
    fulls = {p.last_part: p for p in r.playlists}
    until = Decimal(r.playlists[0].server_control["CAN-SKIP-UNTIL"])
    for delta in r.deltas:
        if delta.skipped and (full := fulls.get(delta.last_part)):
            distance = sum(s.duration for s in full.segments[delta.skipped :])
            assert distance >= until, f"skips up to {distance} s from the end"


def pl_16_delta_repeats_the_map(r: Recording) -> None:
    """A delta prints the EXT-X-MAP in force before its first segment."""
    for delta in r.deltas:
        assert delta.segments[0].map_uri is not None


def pl_17_media_sequence_is_the_number_in_the_name(r: Recording) -> None:
    """The media sequence number is in the names of a segment and of its parts."""
    for playlist in r.playlists:
        for segment in playlist.segments:
            match = NUMBER.search(segment.uri or "")
            assert match and int(match.group(1)) == segment.msn
        for msn, index, part in playlist.all_parts():
            match = NUMBER.search(part.uri)
            assert match and (int(match.group(1)), int(match.group(2) or -1)) == (msn, index)


def pl_20_dates_follow_each_other(r: Recording) -> None:
    """Each segment has a PROGRAM-DATE-TIME: that of its predecessor plus its duration."""
    for playlist in r.playlists:
        listed = [*playlist.segments, *([playlist.open_segment] if playlist.open_segment else [])]
        for before, after in zip(listed, listed[1:]):
            step = after.milliseconds() - before.milliseconds()
            assert abs(step - before.duration * 1000) <= 1, (before.msn, step)


def pl_24_parts_appear_every_part_target(r: Recording) -> None:
    """A part is listed every part target (median; a loaded machine may delay one)."""
    times = [at for at, _ in r.fulls[2:]]
    steps = [b - a for a, b in zip(times, times[1:])]
    target = float(r.playlists[0].part_target)
    assert 0.8 * target <= statistics.median(steps) <= 1.2 * target
    assert max(steps) < 1.5 * r.playlists[0].target_duration


def pl_31_decode_times_are_continuous(r: Recording) -> None:
    """Decode times continue from segment to segment without a gap."""
    init, segments = r.init(), r.segments()
    for msn, (uri, data) in segments.items():
        if msn - 1 in segments:
            last = chunks(segments[msn - 1][1], init)[-1]
            assert chunks(data, init)[0].tfdt == last.tfdt + last.duration, uri


def mr_01_hinted_part_is_held_then_complete(r: Recording) -> None:
    """A request for a hinted part is held; its response is the part that is listed later."""
    compared = [uri for uri in r.hinted if uri in r.listed]
    assert len(compared) >= 100
    for uri in compared:
        assert r.hinted[uri].status == 200, uri
        assert r.hinted[uri].body == r.listed[uri].body, uri
    assert statistics.median(r.hinted[uri].held for uri in compared) > 0.02, "hints do not wait"


def mr_02_part_is_sent_in_one_piece(r: Recording) -> None:
    """No byte of a part is sent before all are available: Content-Length, no pause inside."""
    for uri, response in r.hinted.items():
        assert "content-length" in response.headers, uri
    pauses = [response.done - response.first_byte for response in r.hinted.values()]
    assert statistics.quantiles(pauses, n=20)[-1] < 0.025


def mr_05_listed_media_is_complete(r: Recording) -> None:
    """Every listed URI answers 200 with complete bytes when it is listed."""
    for uri, response in r.listed.items():
        assert response.status == 200, f"{uri}: {response.status}"
        assert "content-length" in response.headers, f"{uri}: still open when it was listed"
        assert len(response.body) > 0, uri
    assert statistics.median(a.held for a in r.listed.values()) < 0.03, "listed URIs are held"


def mr_09_media_paths_end_in_m4s_or_mp4(r: Recording) -> None:
    """Every media URI is relative and ends in .m4s or .mp4."""
    for uri in r.listed:
        assert re.fullmatch(r"[A-Za-z0-9._-]+\.(m4s|mp4)", uri), uri
