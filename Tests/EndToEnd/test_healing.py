# SPDX-License-Identifier: Apache-2.0
"""An origin fetches the segments that its archive lacks from its twin."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.http1 import get
from harness.metrics import total
from harness.playlist import Playlist, parse
from harness.ports import free_port
from harness.program import Program, kill, stop
from harness.sources import Source
from harness.tools import need, streamer_binary
from harness.waiting import pause, wait_until

# A window of eight segments: older ones come from the archive.
FLAGS = ("--playlist-length", "6", "--max-files", "8", "--dvr", "1h")
TRACKS = ("video", "audio")


@pytest.fixture
def ports() -> Iterator[tuple[int, int]]:
    """Two UDP ports that get the same MPEG-TS stream with video and audio."""
    ports = free_port(), free_port()
    outputs = "|".join(f"[f=mpegts]udp://127.0.0.1:{port}?pkt_size=1316" for port in ports)
    sender = Source(subprocess.Popen([
        need("ffmpeg", "two origins of one source"), "-v", "error", "-re", "-f", "lavfi", "-i",
        "testsrc2=size=320x180:rate=30", "-f", "lavfi", "-i", "sine=sample_rate=48000", "-map",
        "0", "-map", "1", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency",
        "-pix_fmt", "yuv420p", "-b:v", "300k", "-g", "30", "-c:a", "aac", "-flags",
        "+global_header", "-f", "tee", outputs
    ], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    yield ports
    sender.kill()


def playlist(program: Program, track: str, first: int, end: int) -> Playlist | None:
    """The closed playlist of a span; nothing before its end."""
    response = get(program.port, f"/live/{track}/from/{first}/to/{end}/playlist.m3u8", timeout=10)
    return parse(response.text) if response.status == 200 else None


def newest(program: Program) -> int:
    """The number of the newest segment of both tracks."""
    def last(track: str) -> int:
        response = get(program.port, f"/live/{track}/playlist.m3u8", timeout=15)
        if response.status != 200:
            return 0
        listed = parse(response.text)
        return listed.media_sequence + len(listed.segments) - 1
    return min(last(track) for track in TRACKS)


@pytest.mark.timeout(150)
def test_hole_of_a_killed_origin_is_filled_by_its_twin(
        ports: tuple[int, int], streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Both archives list the same numbers without a gap, and their clips are equal."""
    folders = tmp_path / "a", tmp_path / "b"

    def origin(index: int, *more: str) -> Program:
        return streamer("--input", f"udp://127.0.0.1:{ports[index]}", "--host", "127.0.0.1",
                        "--http-port", "0", "--archive", str(folders[index]), *FLAGS, *more,
                        defaults=False, within=25)

    twin = origin(1)
    program = origin(0)
    wait_until(lambda: newest(program) and newest(twin), 25, "both origins")
    first = max(newest(program), newest(twin)) + 1
    wait_until(lambda: newest(program) >= first + 5, 25, "segments before the outage")
    kill(program)
    outage = newest(twin)
    pause(8, "the outage of one origin")
    program = origin(0, "--archive-heal", f"http://127.0.0.1:{free_port()}/live/",
                     "--archive-heal", f"http://127.0.0.1:{twin.port}/live/")
    wait_until(lambda: newest(program) > outage + 12, 40, "segments after the outage")
    for track in TRACKS:
        program.wait_logged("archive-healed", track)
    program.check_logged("twin-failed")
    end = min(newest(program), newest(twin)) - 8

    def healed(track: str) -> bool:
        found = playlist(program, track, first, end)
        return found is not None and not any(segment.gap for segment in found.segments)

    for track in TRACKS:
        wait_until(lambda track=track: healed(track), 30, f"{track} without a gap")
        ours, theirs = (playlist(one, track, first, end) for one in (program, twin))
        assert ours and theirs
        assert [s.uri for s in ours.segments] == [s.uri for s in theirs.segments]
        assert len(ours.segments) == end - first
        text = get(program.port, f"/live/{track}/from/{first}/to/{end}/playlist.m3u8").text
        assert "DISCONTINUITY" not in text, text
    span = f"/live/clip/{outage - 1}.5--{outage + 9}.2.mp4"
    clips = [get(one.port, span, timeout=15) for one in (program, twin)]
    assert [clip.status for clip in clips] == [200, 200]
    assert clips[0].headers["x-media-digest"] == clips[1].headers["x-media-digest"]
    assert total(program.port, "streamer_archive_healed_total", stream="live") >= 14
    assert stop(program) == 0
    assert stop(twin) == 0
    for folder in folders:
        check = subprocess.run([str(streamer_binary()), "archive", "check", str(folder)],
                               capture_output=True, text=True, timeout=30, check=False)
        assert (check.returncode, check.stdout) == (0, "")
