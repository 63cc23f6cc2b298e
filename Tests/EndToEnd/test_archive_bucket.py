# SPDX-License-Identifier: Apache-2.0
"""Viewers go back over the end of the local disk: only the bucket has older media."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness import pasthours
from harness.archive import hour_files
from harness.frames import clocks_of
from harness.http1 import Response, get
from harness.metrics import total
from harness.mpdform import SPACE
from harness.program import Program, start, stop
from harness.store import Store
from harness.tunein import fetch
from harness.waiting import wait_until

TOKEN = "token-of-the-bucket"
FLAGS = ("--resolution", "320x180", "--bitrate", "150", "--audio", "tone", "--dvr", "4h",
         "--dvr-list", "4h", "--admin-token", TOKEN)


@dataclass
class Bucket:
    """An archive whose first hour only the bucket has, and its answers of before."""

    store: Store
    folder: Path
    flags: tuple[str, ...]
    boundary: int  # the start of the second hour
    tracks: list[pasthours.Track]
    before: dict[str, Response]

    @property
    def first(self) -> int:
        """The number of the first segment."""
        return self.boundary - 60

    @property
    def gap(self) -> range:
        """The missing numbers, in the first hour."""
        return range(self.boundary - 50, self.boundary - 45)

    def paths(self) -> list[str]:
        """Addresses of the past whose answers do not depend on the time of the request."""
        at = self.boundary
        closed = [f"/live/{name}/from/{at - 40}/to/{at + 20}/playlist.m3u8"
                  for name in ("video", "audio")]
        gaps = f"/live/video/from/{self.first}/to/{at - 30}/playlist.m3u8"
        clips = [f"/live/clip/{at - 20}.5--{at - 12}.7.mp4",
                 f"/live/clip/{at - 3}.5--{at + 4}.1.mp4",
                 f"/live/audio/clip/{at - 20}.5--{at - 18}.mp4",
                 f"/live/video/clip/{at - 9}.5--{at + 2}.m3u8"]
        instants = [f"/live/at/{at - 7}.25", f"/live/at/{at - 7}.25.jpg",
                    f"/live/thumb/segment{at - 8}.jpg", f"/live/at/{self.gap.start + 1}"]
        return [*closed, gaps, *clips, *instants]


def answered(program: Program, paths: list[str]) -> dict[str, Response]:
    """The response to each address."""
    return {path: get(program.port, path) for path in paths}


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory, binary: Path) -> Iterator[Bucket]:
    """An hour in the bucket, of which the disk has the marks only, and a later one on the disk."""
    folder = tmp_path_factory.mktemp("archive")
    store = Store()
    program = start(list(FLAGS))
    tracks = pasthours.record(program)
    stop(program)
    boundary = (int(time.time()) // 3600 - 1) * 3600
    found = Bucket(store, folder, (*FLAGS, "--archive", str(folder)), boundary, tracks, {})
    pasthours.write(folder, tracks, found.first, boundary + 60, found.gap)
    try:
        program = start([*found.flags, "--archive-objects", store.url], env=store.environment)
        wait_until(lambda: sum(key.endswith(".index") for key in store.keys()) >= 4, 60,
                   "the indexes")
        wait_until(lambda: all(path.with_name(path.name + ".objects").exists()
                               for path in hour_files(folder)[:2]), 10, "the marks")
        found.before = answered(program, found.paths())
        stop(program)
        for name in ("video", "audio"):
            # As retention does it.
            file = hour_files(folder, name)[0]
            file.unlink()
            file.with_suffix(".index").unlink()
        yield found
    finally:
        store.stop()


@pytest.fixture
def program(bucket: Bucket) -> Iterator[Program]:
    """The program with the bucket, which viewers are not redirected to."""
    started = start([*bucket.flags, "--archive-objects", bucket.store.url],
                    env=bucket.store.environment)
    try:
        wait_until(lambda: get(started.port, "/live/dvr.json").json().get("from") == bucket.first,
                   20, "the extent")
        yield started
    finally:
        stop(started)


@pytest.mark.timeout(180)
def test_the_past_is_that_of_before(bucket: Bucket, program: Program, tmp_path: Path) -> None:
    """Playlists, clips, instants and stills have the answers that they had from the disk."""
    after = answered(program, bucket.paths())
    for path, response in after.items():
        expected = bucket.before[path]
        assert response.status == expected.status, (path, response.body[:200])
        assert response.body == expected.body, path
        for field in ("etag", "x-media-digest", "cache-control"):
            assert response.headers.get(field) == expected.headers.get(field), (path, field)
    clip = next(path for path in after if path.endswith(".mp4"))
    assert after[clip].status == 200
    file = tmp_path / "clip.mp4"
    file.write_bytes(after[clip].body)
    # 8.2 s from half a second on.
    assert len(clocks_of(file)) == 246
    ranged = get(program.port, clip, headers={"Range": "bytes=20000-40000"})
    assert (ranged.status, ranged.body) == (206, after[clip].body[20000:40001])
    assert after[bucket.paths()[-1]].status == 404


@pytest.mark.timeout(120)
def test_segments_and_headers_come_through_the_server(bucket: Bucket, program: Program) -> None:
    """Without a public address the server reads them; ranges and tags are those of segments."""
    for track in bucket.tracks:
        path = f"/live/{track.name}/segment{bucket.boundary - 9}.m4s"
        response = get(program.port, path)
        assert response.status == 200 and "immutable" in response.headers["cache-control"]
        assert response.body == pasthours.repeated(track, bucket.boundary - 9)
        part = get(program.port, path, headers={"Range": "bytes=8-99"})
        assert (part.status, part.body) == (206, response.body[8:100])
        header = get(program.port, f"/live/{track.name}/init-{track.hash}.mp4")
        assert header.body == track.header
    gap = get(program.port, f"/live/video/segment{bucket.gap.start}.m4s")
    assert gap.status == 200 and len(gap.body) < 64


@pytest.mark.timeout(120)
def test_lists_to_the_live_edge_begin_in_the_bucket(bucket: Bucket, program: Program) -> None:
    """The rewound playlist, the extent and the MPD have both hours."""
    first = bucket.first
    edge = fetch(program.port).last_complete
    def listed() -> tuple[str, list[int]]:
        text = get(program.port, f"/live/video/from/{first}/playlist.m3u8").text
        return text, [int(each) for each in re.findall(r"segment(\d+)\.m4s\n", text)]

    wait_until(lambda: listed()[1][-1] >= edge, 10, "the live edge")
    text, numbers = listed()
    assert numbers[0] == first and numbers == list(range(first, numbers[-1] + 1))
    assert f"segment{bucket.boundary - 1}.m4s" in text
    extent = get(program.port, "/live/dvr.json").json()
    gap = [bucket.gap.start, bucket.gap.stop]
    assert extent["gaps"][0] == gap
    assert [each["name"] for each in extent["renditions"]] == ["video", "audio"]
    root = ElementTree.fromstring(get(program.port, "/live/dvr.mpd").text)
    names = [each.get("id") for each in root.findall(SPACE + "Period")]
    assert names[:2] == [f"p{first}", f"p{bucket.gap.stop}"]
    assert f"p{bucket.boundary}" not in names


@pytest.mark.timeout(120)
def test_an_outage_of_the_bucket_costs_its_hours_only(bucket: Bucket) -> None:
    """Hours of the bucket alone are 503 with the reason; the disk and the live edge answer."""
    flags = [*bucket.flags, "--archive-objects", bucket.store.url]
    program = start(flags, env=bucket.store.environment)
    try:
        wait_until(lambda: get(program.port, "/live/dvr.json").json().get("from") == bucket.first,
                   20, "the extent")
        bucket.store.line.cut()
        at = bucket.boundary
        for path in (f"video/from/{at - 9}/to/{at + 9}/playlist.m3u8", f"at/{at - 9}.5",
                     f"clip/{at - 9}--{at - 7}.mp4", f"at/{at - 9}.5.jpg",
                     f"video/segment{at - 9}.m4s"):
            response = get(program.port, f"/live/{path}")
            assert response.status == 503, path
            assert "the object store: " in response.text and response.text.count("\n") == 1
        for path in (f"video/from/{at}/to/{at + 9}/playlist.m3u8", f"at/{at + 9}.5",
                     f"clip/{at + 1}.5--{at + 7}.mp4", "video/playlist.m3u8", "dvr.mpd"):
            assert get(program.port, f"/live/{path}").status == 200, path
        bucket.store.line.is_up = True
        path = f"/live/video/from/{at - 9}/to/{at + 9}/playlist.m3u8"
        wait_until(lambda: get(program.port, path).status == 200, 10, "the bucket")
    finally:
        bucket.store.line.is_up = True
        stop(program)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("what", ["segment", "index"])
def test_other_bytes_of_the_bucket_are_no_answer(
        what: str, bucket: Bucket, program: Program) -> None:
    """503 and a count while an object has a wrong byte; nothing of it is kept."""
    store, track = bucket.store, bucket.tracks[0]
    path = f"/live/{track.name}/segment{bucket.boundary - 9}.m4s"
    index = min(key for key in store.keys()
                if key.startswith(f"cold/live/{track.name}/") and key.endswith(".index"))
    key = {"segment": f"cold{path}", "index": index}[what]
    right = store.object(key)["Body"]
    try:
        store.s3.put_object(Bucket=store.bucket, Key=key, Body=right[:-1] + bytes([right[-1] ^ 1]))
        response = get(program.port, path)
        assert response.status == 503 and "other bytes" in response.text
        assert total(program.port, "streamer_archive_objects_wrong_total", stream="live") == 1
    finally:
        store.s3.put_object(Bucket=store.bucket, Key=key, Body=right)
    assert get(program.port, path).body == pasthours.repeated(track, bucket.boundary - 9)


@pytest.mark.timeout(120)
def test_viewers_are_redirected_and_removed_spans_are_gone(
        bucket: Bucket, streamer: Callable[..., Program]) -> None:
    """With a public address segments are there; playlists, clips and instants come from here."""
    program = streamer(*bucket.flags, "--archive-objects", bucket.store.url,
                       "--archive-objects-public", "https://cdn.example.com/cold",
                       env=bucket.store.environment)
    at = bucket.boundary
    path = f"/live/video/segment{at - 9}.m4s"
    response = wait_until(
        lambda: found if (found := get(program.port, path)).status == 307 else None, 10, "307")
    assert response.headers["location"] == f"https://cdn.example.com/cold{path}"
    clip = bucket.paths()[3]
    assert get(program.port, clip).body == bucket.before[clip].body
    request = urllib.request.Request(
        program.url(f"/api/streams/live/archive?from={at - 20}&to={at - 18}"),
        method="DELETE", headers={"Authorization": f"Bearer {TOKEN}"})
    urllib.request.urlopen(request, timeout=10).close()
    text = get(program.port, f"/live/video/from/{at - 40}/to/{at}/playlist.m3u8").text
    assert text.count("#EXT-X-GAP") == 2
    assert get(program.port, f"/live/at/{at - 19}.5").status == 404
    assert get(program.port, f"/live/video/segment{at - 19}.m4s").status == 410
    key = f"cold/live/video/segment{at - 19}.m4s"
    wait_until(lambda: key not in bucket.store.keys(), 20, "the object is removed")
