# SPDX-License-Identifier: Apache-2.0
"""The archive is put into an S3 store under its URLs, several objects at once."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.archive import Recorder, digest
from harness.program import Program, kill, run_to_end, stop
from harness.store import Store
from harness.waiting import wait_until

TOKEN = "token-of-the-object-tests"
FLAGS = ("--resolution", "320x180", "--bitrate", "300", "--audio", "tone", "--playlist-length", "6",
         "--max-files", "8", "--dvr", "1h", "--admin-token", TOKEN)


@pytest.fixture
def store() -> Iterator[Store]:
    """A store with an empty bucket."""
    found = Store()
    yield found
    found.stop()


def check_segments(store: Store, found: dict[tuple[str, int], str], within: float = 20) -> None:
    """The bucket has these segments, with equal bytes, types and lifetimes."""
    keys = {f"cold/live/{name}/segment{number}.m4s": expected
            for (name, number), expected in found.items()}
    wait_until(lambda: keys.keys() <= store.keys(), within, "all segments in the bucket")
    for key, expected in keys.items():
        entry = store.object(key)
        assert digest(entry["Body"]) == expected, key
        assert entry["ContentType"] == ("audio/mp4" if "/audio/" in key else "video/mp4")
        assert entry["CacheControl"] == "public, max-age=31536000, immutable"


@pytest.mark.timeout(90)
def test_several_objects_are_put_at_once_and_removals_survive_a_crash(
        streamer: Callable[..., Program], tmp_path: Path, store: Store) -> None:
    """A far store gets a backlog in a few round trips; SIGKILL after DELETE leaves no object."""
    flags = (*FLAGS, "--archive", str(tmp_path))
    program = streamer(*flags)
    with Recorder(program) as recorder:
        recorder.wait_for(12, 40)
        found = dict(recorder.found)
    assert stop(program) == 0
    store.line.delay = 0.2
    program = streamer(*flags, "--archive-objects", store.url, env=store.environment)
    # One at a time takes 5 s or more.
    check_segments(store, found, 4)
    assert 4 <= store.line.most <= 8
    store.line.cut()
    numbers = sorted(number for name, number in found if name == "video")
    request = urllib.request.Request(
        program.url(f"/api/streams/live/archive?from={numbers[1]}&to={numbers[-1]}"),
        method="DELETE", headers={"Authorization": f"Bearer {TOKEN}"})
    urllib.request.urlopen(request, timeout=10).close()
    kill(program)
    store.line.is_up, store.line.delay = True, 0
    program = streamer(*flags, "--archive-objects", store.url, env=store.environment)
    gone = {f"cold/live/{name}/segment{number}.m4s" for name in ("video", "audio")
            for number in numbers[1:-1]}
    wait_until(lambda: not gone & store.keys(), 20, "the objects are removed")
    assert f"cold/live/video/segment{numbers[0]}.m4s" in store.keys()
    assert stop(program) == 0


@pytest.mark.timeout(60)
def test_wrong_settings_of_the_store_are_one_line(tmp_path: Path) -> None:
    """Errors name the option; no key is printed."""
    file = tmp_path / "key"
    file.write_text("AKIDEXAMPLE\nsecret-of-the-tests\n")
    file.chmod(0o644)
    folder = ("--archive", str(tmp_path / "archive"))
    address = ("--archive-objects", "http://127.0.0.1:1/bucket")
    rows = (
        (("--archive-objects", "ftp://a/b", *folder), ("--archive-objects", "https://")),
        (("--archive-objects", "https://u:p@a/b", *folder), ("--archive-objects", "https://")),
        (("--archive-objects", "https://a", *folder), ("--archive-objects", "bucket")),
        (address, ("--archive-objects", "requires --archive")),
        ((*address, *folder), ("--archive-objects", "AWS_ACCESS_KEY_ID")),
        ((*address, *folder, "--archive-objects-credentials", str(file)),
         ("--archive-objects-credentials", "0600")),
        (("--archive-objects-credentials", str(file)), ("requires --archive-objects",)))
    for flags, words in rows:
        status, log = run_to_end([*flags])
        assert status == 2 and len(log) == 1, log
        assert all(word in log[0] for word in words), log
        assert "secret-of-the-tests" not in log[0]
    file.chmod(0o600)
    file.write_text("only-one-line\n")
    status, log = run_to_end([*address, *folder, "--archive-objects-credentials", str(file)])
    assert status == 2 and "no key" in log[0] and "only-one-line" not in log[0], log
