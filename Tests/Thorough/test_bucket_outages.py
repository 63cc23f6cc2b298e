# SPDX-License-Identifier: Apache-2.0
"""The archive in an S3 store over outages of the store and crashes of the program."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from pathlib import Path
from shutil import copy, rmtree

import pytest

from harness.archive import Recorder
from harness.http1 import get
from harness.program import Program, kill, stop
from harness.store import Store
from harness.waiting import pause, wait_until
from test_archive_objects import FLAGS, TOKEN, check_segments, store  # noqa: F401
from test_bucket_keys import objects  # noqa: F401


@pytest.mark.timeout(240)
def test_bucket_has_the_bytes_of_viewers_over_outages(
        streamer: Callable[..., Program], tmp_path: Path, store: Store) -> None:
    """Segments, headers and indexes are in the bucket; outage and SIGKILL leave no hole."""
    flags = (*FLAGS, "--archive", str(tmp_path), "--archive-objects", store.url,
             "--archive-objects-public", "https://cdn.example.com/cold/")
    program = streamer(*flags, env=store.environment)
    with Recorder(program) as recorder:
        recorder.wait_for(5, 40)
        check_segments(store, dict(recorder.found))
        store.line.cut()
        program.wait_logged("archive-objects-failed", stream="live", within=30)
        wait_until(lambda: float(str(objects(program)["lag"])) >= 5, 40, "a lag")
        program.check_logged("archive-objects-failed", stream="live")
        assert "error" in objects(program)
        metrics = get(program.port, "/metrics").text
        assert 'streamer_archive_objects_lag_seconds{stream="live"}' in metrics
        store.line.is_up = True
        check_segments(store, dict(recorder.found), 90)
        program.check_logged("archive-objects-recovered", stream="live")
        wait_until(lambda: "error" not in objects(program), 10, "no error")
        kill(program)
        first = dict(recorder.found)
    logs = "\n".join(program.log)
    program = streamer(*flags, env=store.environment)
    with Recorder(program) as second:
        second.wait_for(3, 40)
        found = first | second.found
    check_segments(store, found, 40)
    names = {key.rpartition("/")[2].partition("-")[0] for key in store.keys() if ".mp4" in key}
    assert names == {"init"}
    header = next(key for key in store.keys() if key.startswith("cold/live/video/init-"))
    served = get(program.port, "/live/video/" + header.rpartition("/")[2])
    assert served.status == 200 and store.object(header)["Body"] == served.body
    assert "cold/live/audio" in {key.rpartition("/")[0] for key in store.keys()}
    assert b"AWS4-HMAC-SHA256" in store.line.taken
    check_removal(program, store, first)
    assert stop(program) == 0
    check_index(streamer, flags, tmp_path, store)
    check_redirects(streamer, flags, tmp_path, store, min(number for _, number in first))
    logs += "\n".join(program.log)
    for secret in (store.secret, store.identifier):
        assert secret not in logs


def check_removal(program: Program, store: Store, found: dict[tuple[str, int], str]) -> None:
    """Segments that the operator removes leave the bucket too."""
    numbers = sorted(number for name, number in found if name == "video")
    request = urllib.request.Request(
        program.url(f"/api/streams/live/archive?from={numbers[1]}&to={numbers[2]}"),
        method="DELETE", headers={"Authorization": f"Bearer {TOKEN}"})
    urllib.request.urlopen(request, timeout=10).close()
    key = f"cold/live/video/segment{numbers[1]}.m4s"
    wait_until(lambda: key not in store.keys(), 20, "the object is removed")
    assert f"cold/live/video/segment{numbers[0]}.m4s" in store.keys()
    assert f"cold/live/video/segment{numbers[2]}.m4s" in store.keys()
    location = get(program.port, f"/live/video/segment{numbers[1]}.m4s").headers.get("location")
    assert location is None


def check_index(streamer: Callable[..., Program], flags: tuple[str, ...], folder: Path,
                store: Store) -> None:
    """The index of an hour that is over is put; until then retention leaves the hour."""
    day = folder / "live/video/2026-11-01"
    day.mkdir()
    file = next(folder.glob("live/video/*/*.cmfv"))
    old = day / ("04" + file.name[2:])
    copy(file, old)
    store.line.cut()
    program = streamer(*flags, "--archive-keep", "5s", env=store.environment)
    program.wait_logged("archive-objects-failed", within=20)
    pause(6, "retention works each 5 s")
    assert old.exists()
    store.line.is_up = True
    key = f"cold/live/video/2026-11-01/04{file.stem[2:]}.index"
    wait_until(lambda: key in store.keys(), 20, "the index")
    entry = store.object(key)
    assert entry["Body"].startswith(b"streamer-index-1")
    assert entry["CacheControl"] == "public, max-age=60"
    wait_until(lambda: not old.exists(), 15, "the hour is removed")
    assert old.with_name(old.name + ".objects").exists()
    assert stop(program) == 0


def check_redirects(streamer: Callable[..., Program], flags: tuple[str, ...], folder: Path,
                    store: Store, number: int) -> None:
    """Segments that only the bucket has are redirected, as far as viewers may go back."""
    hour_files = [path for path in folder.glob("live/*/*/*") if path.suffix != ".objects"]
    for path in hour_files:
        path.unlink()
    program = streamer(*flags, env=store.environment)
    path = f"/live/video/segment{number}.m4s"
    response = wait_until(
        lambda: found if (found := get(program.port, path)).status == 307 else None, 10, "307")
    assert response.headers["location"] == f"https://cdn.example.com/cold{path}"
    assert response.headers["cache-control"] == "public, max-age=60"
    header = next(key for key in store.keys() if key.startswith("cold/live/video/init-"))
    assert get(program.port, f"/live/video/segment{number - 1000}.m4s").status == 410
    assert get(program.port, header.removeprefix("cold")).status in (200, 307)
    assert stop(program) == 0
    rmtree(folder / "live")
