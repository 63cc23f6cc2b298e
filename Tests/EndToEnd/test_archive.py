# SPDX-License-Identifier: Apache-2.0
"""The archive: how far viewers go back, removals, settings, and files that are not read."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import pasthours
from harness.archive import Recorder, complete, digest, hour_files
from harness.configuration import stream, write
from harness.http1 import Connection, get
from harness.program import Program, kill, run_to_end, stop
from harness.tools import streamer_binary
from harness.waiting import not_before, wait_until
from test_events import TOKEN, post

SMALL = ("--resolution", "320x180", "--bitrate", "300", "--audio", "tone")
# A window of eight segments: older ones come from the archive.
WINDOW = ("--playlist-length", "6", "--max-files", "8")
# Bytes whose copy takes more than the 3 s after which a removal is answered.
LONG_REMOVAL = 300_000_000


def archived(program: Program, name: str, number: int, **headers: str) -> tuple[int, bytes]:
    """Status and body of a segment."""
    response = get(program.port, f"/live/{name}/segment{number}.m4s", headers=headers)
    return response.status, response.body


def api(program: Program, method: str, path: str) -> tuple[int, str]:
    """Status and body of a request to /api."""
    request = urllib.request.Request(
        program.url(path), method=method, headers={"Authorization": f"Bearer {TOKEN}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.timeout(180)
def test_a_long_removal_is_accepted_and_survives_a_crash(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """202 when the span is hidden; after SIGKILL it stays hidden, and its bytes are removed."""
    program = streamer(*SMALL)
    [track] = pasthours.record(program, ["video"])
    stop(program)
    hour = int(time.time()) // 3600 * 3600 - 7200
    pasthours.write(tmp_path, [track], hour, hour + 3600)
    [source] = hour_files(tmp_path)
    # The bytes that stay are copied, at most 64 MB per second: earlier renditions have more.
    names = [f"other{index}" for index in range(-(-LONG_REMOVAL // source.stat().st_size) - 1)]
    for name in names:
        shutil.copytree(tmp_path / "live/video", tmp_path / "live" / name)
    before = {number: pasthours.repeated(track, number) for number in (hour + 1800, hour + 1803)}
    flags = (*SMALL, *WINDOW, "--archive", str(tmp_path), "--dvr", "1d", "--admin-token", TOKEN)
    program = streamer(*flags)
    wait_until(lambda: archived(program, "video", hour + 1800)[0] == 200, 30, "the archive")
    assert archived(program, "video", hour + 1800)[1] == before[hour + 1800]
    query = f"?from={hour + 1800}&to={hour + 1802}"
    asked = time.monotonic()
    status, text = api(program, "DELETE", f"/api/streams/live/archive{query}")
    not_before(asked, 2.5, "a removal is waited for")
    kill(program)
    # Answered before the end of the removal: its folder exists.
    assert status == 202, text
    answer = json.loads(text)
    assert (answer["hidden"], answer["state"]) == (True, "removing")
    assert (tmp_path / "live/removing").exists()
    assert any(before[hour + 1800] in path.read_bytes()
               for path in (tmp_path / "live").rglob("*") if path.is_file())
    program = streamer(*flags)

    def is_removed() -> bool:
        status, body = archived(program, "video", hour + 1800)
        assert status != 200 and before[hour + 1800] not in body
        entry = json.loads(api(program, "GET", answer["status"])[1])
        return (archived(program, "video", hour + 1803)[0] == 200
                and "removing" not in entry["archive"])

    wait_until(is_removed, 60, "the end of the removal")
    assert archived(program, "video", hour + 1800)[0] == 410
    assert archived(program, "video", hour + 1803)[1] == before[hour + 1803]
    for name in ("video", *names):
        assert not list((tmp_path / "live" / name).rglob("*.removed"))
        data = hour_files(tmp_path, name)[0].read_bytes()
        assert before[hour + 1800] not in data and before[hour + 1803] in data
    assert not (tmp_path / "live/removing").exists()
    assert stop(program) == 0
    shutil.rmtree(tmp_path / "live")


@pytest.mark.timeout(60)
def test_wrong_settings_are_one_line(tmp_path: Path) -> None:
    """Wrong values name the option, the value and the expected form."""
    file = tmp_path / "file"
    file.write_text("")
    for flags, words in ((("--archive", str(file)), ("--archive", str(file))),
                         (("--archive-keep", "7"), ("--archive-keep", '"7"', "7d")),
                         (("--archive-limit", "0G"), ("--archive-limit", "500G")),
                         (("--dvr", "-1h"), ("--dvr", "90m"))):
        status, log = run_to_end([*flags])
        assert status == 2 and len(log) == 1, log
        assert all(word in log[0] for word in words), log


@pytest.mark.timeout(60)
def test_a_second_program_on_the_folder_is_refused(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """One line says why; the first program writes on."""
    folder = tmp_path / "archive"
    program = streamer(*SMALL, "--archive", str(folder))
    wait_until(lambda: hour_files(folder), 10, "the archive")
    status, log = run_to_end(["--test-src", "--http-port", "0", "--archive", str(folder)])
    assert status == 2 and len(log) == 1 and str(folder) in log[0], log
    size = hour_files(folder)[0].stat().st_size
    wait_until(lambda: hour_files(folder)[0].stat().st_size > size, 10, "more media")
    assert program.process.poll() is None


@pytest.mark.timeout(90)
def test_links_other_owners_and_other_paths_are_not_read(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Hour files that are links or belong to another user are no media, and stay as they are."""
    program = streamer(*SMALL)
    [track] = pasthours.record(program, ["video"])
    stop(program)
    folder, outside = tmp_path / "archive", tmp_path / "outside"
    outside.mkdir()
    first = int(time.time()) // 3600 * 3600 - 10_800
    for hour in range(3):
        pasthours.write(folder, [track], first + 3600 * hour, first + 3600 * hour + 8)
    whole, linked, foreign = hour_files(folder)
    target = outside / linked.name
    linked.rename(target)
    linked.symlink_to(target)
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(foreign, 12_345, -1)
    before = target.read_bytes(), foreign.read_bytes()
    program = streamer(*SMALL, *WINDOW, "--archive", str(folder), "--dvr", "1d")
    wait_until(lambda: archived(program, "video", first)[0] == 200, 20, "the archive")
    # A number without media between others is a bare styp.
    for number in [first + 3600, *([first + 7200] if is_root else [])]:
        status, body = archived(program, "video", number)
        assert status in (404, 410) or len(body) < 100, (number, status)
    day = whole.parent.name
    for path in (f"/live/video/{day}/{whole.name}", f"/live/video/../video/{day}/{whole.name}",
                 f"/live/video/..%2fvideo%2fsegment{first}.m4s", "/live/../../etc/passwd",
                 f"/live/video/init-..%2f{day}.mp4", f"/../archive/live/video/{day}/{whole.name}",
                 "/live/clip/../../outside--1.mp4", "/live/at/..%2f..%2fetc%2fpasswd.jpg"):
        assert get(program.port, path).status in (400, 404), path
    assert stop(program) == 0
    assert (target.read_bytes(), foreign.read_bytes()) == before
    assert linked.is_symlink() and sorted(outside.iterdir()) == [target]


@pytest.mark.timeout(120)
def test_retention_and_reach_change_without_a_session(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """SIGHUP with another `archive.keep` and `dvr`: one session, no segment is lost, and both
    apply."""
    top = {"archive": str(tmp_path / "archive"), "playlistLength": 6, "maxFiles": 8}

    def reload(keep: str, dvr: str) -> None:
        write(tmp_path, [stream("live", archive={"keep": keep}, dvr=dvr)], **top)
        program.process.send_signal(signal.SIGHUP)
        program.wait_logged("archive", f"kept for {keep}", stream="live")

    path = write(tmp_path, [stream("live", archive={"keep": "1d"}, dvr="3s")], **top)
    program = streamer("-c", str(path), defaults=False)
    with Recorder(program, renditions=("video",)) as recorder:
        wait_until(lambda: len(recorder.found) >= 2, 20, "segments")
        for keep, dvr in (("2d", "1h"), ("3d", "3s"), ("4d", "1h")):
            reload(keep, dvr)
            count = len(recorder.found)
            wait_until(lambda count=count: len(recorder.found) >= count + 3, 20, "more segments")
    recorded = dict(recorder.found)
    assert len(program.logged("live", stream="live")) == 1, "one session"
    assert not program.logged("changed", "restarting")
    numbers = sorted(number for _, number in recorded)
    # The window has left the oldest ones.
    wait_until(lambda: numbers[-1] < min(complete(program, "video")), 30, "a later window")
    for (name, number), known in recorded.items():
        status, body = archived(program, name, number)
        assert status == 200 and digest(body) == known, (number, status)
    extent = json.loads(get(program.port, "/live/dvr.json").body)
    reload("5d", "3s")
    program.wait_logged("changed", "back 3 s", stream="live", count=2)
    assert archived(program, "video", numbers[0])[0] == 410, extent


def test_a_check_tries_the_folder(tmp_path: Path) -> None:
    """A folder that the user may not write is refused, with the setting of systemd."""
    folder = tmp_path / "archive"
    check = [str(streamer_binary()), "--test-src", "--check", "--archive"]

    def checked(path: Path, *prefix: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*prefix, *check, str(path)], capture_output=True, text=True,
                              check=False, timeout=20)

    # A missing folder is not made.
    assert checked(folder / "new").returncode == 0 and not folder.exists()
    folder.mkdir()
    assert checked(folder).returncode == 0 and not list(folder.iterdir())
    file = tmp_path / "file"
    file.write_text("")
    assert checked(file).returncode == 2
    if os.geteuid() != 0:
        pytest.skip("not root: a folder of another user")
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_uid == 0 and parent != Path("/") and not parent.stat().st_mode & 0o1:
            parent.chmod(parent.stat().st_mode | 0o11)
    folder.chmod(0o700)
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    for path in (folder, folder / "new"):
        found = checked(path, *nobody)
        assert found.returncode == 2, found
        assert str(path) in found.stderr and "ReadWritePaths=" in found.stderr, found.stderr


def received(port: int, path: str, **fields: str) -> bytes:
    """The bytes of a response without an end that arrive within a second."""
    found = b""
    with Connection(port, timeout=1) as connection:
        connection.send(path, headers=fields)
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            try:
                found += connection.socket.recv(1 << 20)
            except socket.timeout:
                break
    return found


def event_within_a_segment(program: Program, body: str) -> int:
    """Sends an event of now, whose chunk is in the segment of its time; the number of that."""
    while True:
        wait_until(lambda: 0.1 < time.time() % 1 < 0.4, 2, "the start of a second", interval=0.01)
        number = int(time.time())
        post(program, body)
        if time.time() < number + 0.6:
            return number


@pytest.mark.timeout(90)
def test_a_removed_span_has_no_events_and_no_parts(streamer: Callable[..., Program],
                                                   tmp_path: Path) -> None:
    """At once: playlists, dvr.json, a feed and /api/events have no text of the span, and its last
    requested part is gone."""
    program = streamer(*SMALL, "--playlist-length", "40", "--max-files", "50", "--prefill", "0",
                       "--archive", str(tmp_path), "--dvr", "1d", "--admin-token", TOKEN)
    program.wait_logged("live", within=20)
    number = event_within_a_segment(program, '{"text": "secret-of-the-past"}')
    wait_until(lambda: max(complete(program, "video")) > number + 1, 15, "the media of the event")

    def texts() -> dict[str, bytes]:
        paths = ("/live/video/playlist.m3u8", "/live/dvr.json",
                 f"/live/video/from/{number - 1}/to/{number + 1}/playlist.m3u8")
        return {**{path: get(program.port, path).body for path in paths},
                "feed": received(program.port, f"/live/feed?segment={number - 1}"),
                "events": received(program.port, "/api/events?stream=live",
                                   Authorization=f"Bearer {TOKEN}", **{"Last-Event-ID": "0"})}

    def without_text() -> list[str]:
        return [path for path, body in texts().items() if b"secret-of-the-past" not in body]

    wait_until(lambda: not without_text(), 25, "the event")
    part = f"/live/video/segment{number}.4.m4s"
    assert get(program.port, part).status == 200
    status, text = api(program, "DELETE",
                       f"/api/streams/live/archive?from={number}&to={number}.9")
    assert status in (202, 204), text
    assert get(program.port, part).status in (404, 410)
    assert without_text() == list(texts())
