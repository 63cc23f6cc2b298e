# SPDX-License-Identifier: Apache-2.0
"""Media requests MR-03, MR-04, MR-06 to MR-08, MR-10, and the open segment chunk by chunk (CH-03)."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from harness.boxes import chunks, find, kinds
from harness.http1 import Connection, get
from harness.program import Program
from harness.recorder import Recording
from harness.tunein import PLAYLIST, align, fetch

BASE = "/live/video/"


@pytest.mark.parametrize("name", [
    "segment{p}.99.m4s", "segment{l}.10.m4s", "segment{p}.x.m4s", "segmentx.m4s", "segment.m4s",
    "segment{p}", "segment{p}.mp4", "segment-1.m4s", "segment{p}.-1.m4s", "init-0.mp4", "init.mp4",
    "segment18446744073709551616.m4s", "../video/segment{p}.m4s/x", "nothing", "",
])
def test_mr_03_unknown_is_404(name: str, server: Program) -> None:
    """MR-03: what was never made and is not hinted is 404, at once."""
    parent = align(server.port, 3).last_part[0]
    answer = get(server.port, BASE + name.format(p=parent, l=parent - 1))
    assert answer.status == 404 and answer.held < 0.3, (name, answer.status)


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
def test_unknown_paths(path: str, server: Program) -> None:
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
def test_mr_04_ranges(kind: str, field: str, want: slice, server: Program) -> None:
    """MR-04: 206 with the bytes asked for, cut at the end."""
    path = BASE + complete_names(server)[kind]
    whole = get(server.port, path)
    assert whole.headers["accept-ranges"] == "bytes"
    answer = get(server.port, path, headers={"Range": field})
    assert answer.status == 206 and answer.body == whole.body[want]
    first = range(len(whole.body))[want][0]
    last = first + len(answer.body) - 1
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(whole.body)}"


def test_mr_04_unsatisfiable_and_ignored(server: Program) -> None:
    """MR-04: 416 beyond the end; a unit or form that is not known is ignored."""
    path = BASE + complete_names(server)["segment"]
    whole = get(server.port, path)
    answer = get(server.port, path, headers={"Range": "bytes=99999999-"})
    assert answer.status == 416 and answer.headers["content-range"] == f"bytes */{len(whole.body)}"
    for field in ("lines=1-2", "bytes=5-2", "bytes=a-b", "bytes"):
        answer = get(server.port, path, headers={"Range": field})
        assert answer.status in (200, 416), field
        assert answer.status == 416 or answer.body == whole.body, field


def complete_names(server: Program) -> dict[str, str]:
    """Names of a complete segment, part, and the init."""
    playlist = fetch(server.port)
    segment = playlist.segments[-1]
    assert segment.uri and segment.map_uri
    return {"segment": segment.uri, "part": segment.parts[0].uri, "init": segment.map_uri}


def test_mr_06_no_redirects(recording: Recording) -> None:
    """MR-06: media are never redirected."""
    answers = [*recording.listed.values(), *recording.hinted.values()]
    assert {answer.status for answer in answers} == {200}


def test_mr_08_init(recording: Recording) -> None:
    """MR-08: a CMAF header: brands, durations 0, no samples, mvex after the last trak."""
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


def test_mr_08_media(recording: Recording) -> None:
    """MR-08: tfdt in every traf, offsets relative to the moof; styp only before the first chunk."""
    _, data = list(recording.segments().values())[-1]
    for traf in find(data, "moof/traf"):
        assert len(find(traf, "tfdt")) == 1
        flags = int.from_bytes(find(traf, "tfhd")[0][1:4], "big")
        assert flags & 0x020000 and not flags & 1, f"tfhd flags {flags:#x}"
    order = kinds(data)
    assert order.count("styp") <= 1 and order[0] in ("styp", "prft", "moof")
    assert set(order) <= {"styp", "prft", "moof", "mdat"}


def test_mr_08_one_frame_each_chunk(recording: Recording) -> None:
    """Chunks carry one frame each, with prft, and count on in mfhd."""
    _, data = list(recording.segments().values())[-1]
    found = chunks(data, recording.init())
    assert all(chunk.samples == 1 and chunk.prft for chunk in found)
    assert [c.sequence - found[0].sequence for c in found] == list(range(len(found)))


def test_mr_10_future_segment_is_held_then_streamed(server: Program) -> None:
    """MR-10, CH-03: the next segment is held, then comes one HTTP chunk for each CMAF chunk."""
    parent = align(server.port, 5).last_part[0]
    answer = get(server.port, f"{BASE}segment{parent + 1}.m4s")
    assert answer.status == 200 and 0.2 < answer.held < 1.2
    assert "content-length" not in answer.headers
    assert len(answer.pieces) == 30, "one HTTP chunk for each frame"
    for _, data in answer.pieces:
        assert kinds(data).count("moof") == 1
    spread = answer.pieces[-1][0] - answer.pieces[0][0]
    assert 0.7 < spread < 1.6, "a segment of one second comes over one second"
    late = [at - (chunks(data)[0].prft or 0) / 1e9 for at, data in answer.pieces]
    print(
        f"tick to client: median {sorted(late)[15] * 1000:.1f} ms, worst {max(late) * 1000:.1f} ms")
    assert sorted(late)[15] < 0.3
    whole = get(server.port, f"{BASE}segment{parent + 1}.m4s")
    assert "content-length" in whole.headers and whole.body == answer.body


def test_mr_10_open_segment_joined_in_the_middle(server: Program) -> None:
    """CH-03: the open segment is sent from its first byte and goes on as it is made."""
    parent = align(server.port, 5).last_part[0]
    answer = get(server.port, f"{BASE}segment{parent}.m4s")
    assert answer.status == 200 and answer.held < 0.1
    assert 0.15 < answer.done - answer.first_byte < 1.2
    for _, data in answer.pieces:
        assert kinds(data)[-1] == "mdat", "HTTP chunks end where CMAF chunks end"
    assert answer.body == get(server.port, f"{BASE}segment{parent}.m4s").body


def test_mr_10_too_early_is_425(server: Program) -> None:
    """MR-10: further ahead than H is 425, at once."""
    parent = align(server.port, 3).last_part[0]
    answer = get(server.port, f"{BASE}segment{parent + 5}.m4s")
    assert answer.status == 425 and answer.held < 0.3


def test_mr_10_behind_the_window_is_410(streamer) -> None:
    """MR-10: a segment that was once made and is gone is 410, and its parts too."""
    program = streamer("--resolution", "320x180", "--playlist-length", "6", "--max-files", "8",
                       "--segment-duration", "0.5")
    first = fetch(program.port).segments[0].msn
    deadline = time.monotonic() + 15
    while (status := get(program.port, f"{BASE}segment{first}.m4s").status) == 200:
        assert time.monotonic() < deadline, "the first segment is never removed"
        time.sleep(0.5)
    assert status == 410
    assert get(program.port, f"{BASE}segment{first}.0.m4s").status in (404, 410)
    assert get(program.port, f"{BASE}segment5.m4s").status in (404, 410)


def test_init_name_carries_a_hash(server: Program) -> None:
    """The init's name depends on its bytes, so a restart with the same settings keeps it."""
    name = complete_names(server)["init"]
    assert name.startswith("init-") and Path(name).suffix == ".mp4"
    assert get(server.port, PLAYLIST).status == 200


def test_keep_alive_over_many_objects(server: Program) -> None:
    """One connection serves playlist, init, parts and segments one after another."""
    with Connection(server.port) as connection:
        names = complete_names(server)
        for name in (*names.values(), "playlist.m3u8", *names.values()):
            assert connection.get(BASE + name).status == 200
