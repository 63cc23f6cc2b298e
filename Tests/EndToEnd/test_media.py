# SPDX-License-Identifier: Apache-2.0
"""Media requests MR-03, MR-04, MR-06 to MR-08, MR-10, and the open segment (CH-03)."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.boxes import chunks, find, kinds
from harness.http1 import Connection, get
from harness.program import Program
from harness.recorder import Recording
from harness.runs import longest
from harness.tunein import PLAYLIST, align, fetch
from harness.waiting import seen_once, wait_until

BASE = "/live/video/"
RUN = 5  # successive chunks that arrive before the next frame; a part has three
TRIES = 5  # a busy machine may delay the client


@pytest.mark.parametrize("name", [
    "segment{p}.99.m4s", "segment{l}.10.m4s", "segment{p}.x.m4s", "segmentx.m4s", "segment.m4s",
    "segment{p}", "segment{p}.mp4", "segment-1.m4s", "segment{p}.-1.m4s", "init-0.mp4", "init.mp4",
    "segment18446744073709551616.m4s", "../video/segment{p}.m4s/x", "nothing", "",
])
def test_mr_03_unknown_is_404(name: str, server: Program) -> None:
    """MR-03: a name that never existed and is not hinted is 404 at once."""
    parent = fetch(server.port).last_part[0]
    response = get(server.port, BASE + name.format(p=parent, l=parent - 1))
    assert response.status == 404 and response.held_ms is None, (name, response.status)


@pytest.mark.parametrize("path", [
    "/live/none/playlist.m3u8",
    "/none.m3u8",
    "/none/video/playlist.m3u8",
    "/live/video",
    "/x",
    "/player/x",
    "/player/../../etc/passwd",
    "/%2e%2e/etc/passwd",
    "/live/video/playlist.m3u8/",
    "/LIVE.m3u8",
    "/live/manifest",
])
def test_unknown_paths_are_404(path: str, server: Program) -> None:
    """Every other path is 404 (a dot segment may be refused as malformed)."""
    status = get(server.port, path).status
    assert status == 404 or (".." in path or "%2e" in path) and status in (400, 404), (path, status)


@pytest.mark.parametrize(("field", "want"), [
    ("bytes=0-99", slice(0, 100)),
    ("bytes=100-", slice(100, None)),
    ("bytes=-50", slice(-50, None)),
    ("bytes=10-99999999999", slice(10, None)),
    ("bytes=0-0", slice(0, 1)),
    ("bytes=0-9007199254740991", slice(0, None)),
])
@pytest.mark.parametrize("kind", ["segment", "part", "init"])
def test_mr_04_range_is_206(kind: str, field: str, want: slice, server: Program) -> None:
    """MR-04: 206 with the requested bytes, cut at the end."""
    path = BASE + complete_names(server)[kind]
    whole = get(server.port, path)
    assert whole.headers["accept-ranges"] == "bytes"
    response = get(server.port, path, headers={"Range": field})
    assert response.status == 206 and response.body == whole.body[want]
    first = range(len(whole.body))[want][0]
    last = first + len(response.body) - 1
    assert response.headers["content-range"] == f"bytes {first}-{last}/{len(whole.body)}"


def test_mr_04_range_beyond_the_end_is_416(server: Program) -> None:
    """MR-04: 416 beyond the end; an unknown unit or form has no effect."""
    path = BASE + complete_names(server)["segment"]
    whole = get(server.port, path)
    response = get(server.port, path, headers={"Range": "bytes=99999999-"})
    assert response.status == 416 and response.headers[
        "content-range"] == f"bytes */{len(whole.body)}"
    for field in ("lines=1-2", "bytes=5-2", "bytes=a-b", "bytes"):
        response = get(server.port, path, headers={"Range": field})
        assert response.status in (200, 416), field
        assert response.status == 416 or response.body == whole.body, field


def complete_names(server: Program) -> dict[str, str]:
    """Names of a complete segment, a part, and the CMAF header."""
    playlist = fetch(server.port)
    segment = playlist.segments[-1]
    assert segment.uri and segment.map_uri
    return {"segment": segment.uri, "part": segment.parts[0].uri, "init": segment.map_uri}


def test_mr_06_media_is_never_redirected(recording: Recording) -> None:
    """MR-06: media is never redirected."""
    responses = [*recording.listed.values(), *recording.hinted.values()]
    assert {response.status for response in responses} == {200}


def test_mr_08_header_is_a_cmaf_header(recording: Recording) -> None:
    """MR-08: brands, durations 0, no samples, mvex after the last trak."""
    init = recording.init()
    assert kinds(init)[:2] == ["ftyp", "moov"]
    ftyp = find(init, "ftyp")[0]
    brands = {ftyp[:4], *(ftyp[i : i + 4] for i in range(8, len(ftyp), 4))}
    assert brands & {b"iso6", b"iso7", b"iso8", b"iso9", b"cmfc", b"cmf2"}, brands
    order = kinds(find(init, "moov")[0])
    assert order.index("mvex") > max(i for i, kind in enumerate(order) if kind == "trak")
    mvhd, tkhd = find(init, "moov/mvhd")[0], find(init, "moov/trak/tkhd")[0]
    assert not any(mvhd[24:32] if mvhd[0] else mvhd[16:20]), "mvhd duration"
    assert not any(tkhd[28:36] if tkhd[0] else tkhd[20:24]), "tkhd duration"
    for table in ("stts", "stsc", "stco"):
        assert not any(find(init, f"moov/trak/mdia/minf/stbl/{table}")[0][4:8]), table
    assert not any(find(init, "moov/trak/mdia/minf/stbl/stsz")[0][8:12]), "stsz"


def test_mr_08_chunks_have_tfdt_and_relative_offsets(recording: Recording) -> None:
    """MR-08: tfdt in every traf, offsets relative to the moof; styp before the first chunk only."""
    _, data = list(recording.segments().values())[-1]
    for traf in find(data, "moof/traf"):
        assert len(find(traf, "tfdt")) == 1
        flags = int.from_bytes(find(traf, "tfhd")[0][1:4], "big")
        assert flags & 0x020000 and not flags & 1, f"tfhd flags {flags:#x}"
    order = kinds(data)
    assert order.count("styp") <= 1 and order[0] in ("styp", "prft", "moof")
    assert set(order) <= {"styp", "prft", "moof", "mdat"}


def test_mr_08_each_chunk_is_one_frame_with_prft(recording: Recording) -> None:
    """Chunks have one frame each, a prft, and consecutive numbers in mfhd."""
    _, data = list(recording.segments().values())[-1]
    found = chunks(data, recording.init())
    assert all(chunk.samples == 1 and chunk.prft for chunk in found)
    assert [c.sequence - found[0].sequence for c in found] == list(range(len(found)))


def test_mr_10_future_segment_is_held_then_streamed(server: Program) -> None:
    """MR-10, CH-03: the next segment is held, then sent with one HTTP chunk per CMAF chunk."""
    def is_streamed() -> bool:
        parent = align(server.port, 5).last_part[0]
        response = get(server.port, f"{BASE}segment{parent + 1}.m4s")
        whole = get(server.port, f"{BASE}segment{parent + 1}.m4s")
        assert response.status == 200 and whole.body == response.body
        assert "content-length" in whole.headers
        if response.held_ms is None or "content-length" in response.headers:
            return False  # asked too late
        assert len(response.pieces) == 30, "one HTTP chunk for each frame"
        for _, data in response.pieces:
            assert kinds(data).count("moof") == 1
        # Most chunks arrive before the next frame is captured.
        run = longest(at < captured(after) for (at, _), (_, after) in zip(
            response.pieces, response.pieces[1:]))
        print(f"{run} successive chunks arrived before the next frame")
        return run >= RUN

    seen_once(is_streamed, TRIES, "held, then sent chunk by chunk")


def captured(chunk: bytes) -> float:
    """The capture time of a chunk, Unix seconds."""
    return (chunks(chunk)[0].prft or 0) / 1e9


def test_ch_03_open_segment_is_sent_from_its_first_byte(server: Program) -> None:
    """CH-03: the open segment is sent from its first byte while it is produced."""
    def is_sent_at_once() -> bool:
        parent = align(server.port, 5).last_part[0]
        response = get(server.port, f"{BASE}segment{parent}.m4s")
        assert response.status == 200 and response.held_ms is None
        for _, data in response.pieces:
            assert kinds(data)[-1] == "mdat", "HTTP chunks end where CMAF chunks end"
        assert response.body == get(server.port, f"{BASE}segment{parent}.m4s").body
        # Complete if the client is slow.
        return bool(response.pieces) and response.first_byte < captured(response.pieces[-1][1])

    seen_once(is_sent_at_once, TRIES, "the first byte comes before the last frame")


def test_mr_10_too_early_is_425(server: Program) -> None:
    """MR-10: a segment further ahead than H is 425, after a pause of a second, with Retry-After."""
    parent = align(server.port, 3).last_part[0]
    response = get(server.port, f"{BASE}segment{parent + 9}.m4s")
    assert response.status == 425 and (response.held_ms or 0) >= 999
    assert 1 <= int(response.headers["retry-after"]) <= 7


def test_mr_10_before_the_window_is_410(streamer) -> None:
    """MR-10: a segment that has left the window is 410, and its parts too."""
    program = streamer("--resolution", "320x180", "--playlist-length", "6", "--max-files", "8",
                       "--segment-duration", "0.5")
    first = fetch(program.port).segments[0].msn
    first_media = f"{BASE}segment{first}.m4s"
    wait_until(lambda: get(program.port, first_media).status != 200, 15,
               "the removal of the first segment", interval=0.5)
    assert get(program.port, first_media).status == 410
    assert get(program.port, f"{BASE}segment{first}.0.m4s").status in (404, 410)
    assert get(program.port, f"{BASE}segment5.m4s").status in (404, 410)


def test_cmaf_header_name_is_a_hash_of_its_bytes(server: Program) -> None:
    """The name depends on the bytes, so a restart with the same settings keeps it."""
    name = complete_names(server)["init"]
    assert name.startswith("init-") and Path(name).suffix == ".mp4"
    assert get(server.port, PLAYLIST).status == 200


def test_one_connection_serves_many_objects(server: Program) -> None:
    """One connection serves playlist, CMAF header, parts and segments in turn."""
    with Connection(server.port) as connection:
        names = complete_names(server)
        for name in (*names.values(), "playlist.m3u8", *names.values()):
            assert connection.get(BASE + name).status == 200
