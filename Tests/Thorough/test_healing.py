# SPDX-License-Identifier: Apache-2.0
"""An origin fetches the segments that its archive lacks from its twin."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.compatibility import KEY, token
from harness.http1 import get
from harness.metrics import total
from harness.playlist import Playlist, parse
from harness.ports import free_port
from harness.program import Program, kill, stop
from harness.proxy import Proxy
from harness.sources import Source
from harness.tls import certificate_of
from harness.tools import need, streamer_binary
from harness.waiting import wait_until

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
    path = f"{token('live')}/live/{track}/from/{first}/to/{end}/playlist.m3u8"
    response = get(program.port, path, timeout=10)
    return parse(response.text) if response.status == 200 else None


def newest(program: Program, tracks: tuple[str, ...] = TRACKS) -> int:
    """The number of the newest segment of all tracks."""
    def last(track: str) -> int:
        path = f"{token('live')}/live/{track}/playlist.m3u8"
        response = get(program.port, path, timeout=15)
        if response.status != 200:
            return 0
        listed = parse(response.text)
        return listed.media_sequence + len(listed.segments) - 1
    return min(last(track) for track in tracks)


def is_whole(program: Program, track: str, first: int, end: int) -> bool:
    """Whether the list of a span has no gap."""
    found = playlist(program, track, first, end)
    return found is not None and not any(segment.gap for segment in found.segments)


@pytest.mark.timeout(150)
def test_hole_of_a_killed_origin_is_filled_by_its_twin(
        ports: tuple[int, int], streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Both archives list the same numbers without a gap, and their clips are equal.

    The twin has HTTPS with a certificate of its own, and playback tokens.
    """
    folders = tmp_path / "a", tmp_path / "b"

    def origin(index: int, *more: str, **options: object) -> Program:
        return streamer("--input", f"udp://127.0.0.1:{ports[index]}", "--host", "127.0.0.1",
                        "--http-port", "0", "--archive", str(folders[index]), *FLAGS, *more,
                        defaults=False, within=25, **options)

    twin = origin(1, "--playback-key", KEY, "--https-port", "0", "--self-signed",
                  env={"XDG_STATE_HOME": str(tmp_path)})
    program = origin(0)
    program.check_logged("archive", f"{folders[0]}/live: kept for ever, no media yet")
    wait_until(lambda: newest(program) and newest(twin), 25, "both origins")
    first = max(newest(program), newest(twin)) + 1
    wait_until(lambda: newest(program) >= first + 5, 25, "segments before the outage")
    still = f"/live/at/{first + 2}.4.jpg"
    tag = get(program.port, still, timeout=10).headers["etag"]
    kill(program)
    outage = newest(twin)
    wait_until(lambda: newest(twin) >= outage + 8, 40, "the outage of one origin")
    program = origin(0, "--archive-heal", f"http://127.0.0.1:{free_port()}/live/",
                     "--archive-heal", twin.secure_url(f"{token('live')}/live/"),
                     "--relay-verify", str(certificate_of(tmp_path)))
    wait_until(lambda: newest(program) > outage + 12, 40, "segments after the outage")
    for track in TRACKS:
        program.wait_logged("archive-healed", track)
    program.check_logged("twin-failed")
    hours = "1 hour since " if first // 3600 == outage // 3600 else "2 hours since "
    program.check_logged("archive", hours, " MB")
    end = min(newest(program), newest(twin)) - 8
    for track in TRACKS:
        wait_until(lambda track=track: is_whole(program, track, first, end), 30,
                   f"{track} without a gap")
        ours, theirs = (playlist(one, track, first, end) for one in (program, twin))
        assert ours and theirs
        assert [s.uri for s in ours.segments] == [s.uri for s in theirs.segments]
        assert len(ours.segments) == end - first
        text = get(program.port, f"/live/{track}/from/{first}/to/{end}/playlist.m3u8").text
        assert "DISCONTINUITY" not in text, text
    span = f"{token('live')}/live/clip/{outage - 1}.5--{outage + 9}.2.mp4"
    clips = [get(one.port, span, timeout=15) for one in (program, twin)]
    assert [clip.status for clip in clips] == [200, 200]
    assert clips[0].headers["x-media-digest"] == clips[1].headers["x-media-digest"]
    # The picture of the past has the tag that it had live, before the program ended.
    past = get(program.port, still, timeout=10)
    assert (past.status, past.headers["etag"]) == (200, tag)
    assert total(program.port, "streamer_archive_healed_total", stream="live") >= 14
    # The command line has the token.
    assert token("live")[3:] not in "\n".join(program.log)
    assert stop(program) == 0
    assert stop(twin) == 0
    for folder in folders:
        check = subprocess.run([str(streamer_binary()), "archive", "check", str(folder)],
                               capture_output=True, text=True, timeout=30, check=False)
        assert (check.returncode, check.stdout) == (0, "")


@pytest.mark.timeout(120)
def test_relay_gets_what_it_has_missed_from_its_upstream(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """After an outage of the line that is longer than the window of the upstream, and after one of
    the relay, the archive of the relay has no hole, without an option."""
    small = ("--resolution", "160x90", "--bitrate", "100", "--preset", "ultrafast")
    upstream = streamer(*small, *FLAGS, "--archive", str(tmp_path / "upstream"))
    line = Proxy(upstream.port)

    def relay() -> Program:
        return streamer("--relay", f"http://127.0.0.1:{line.port}/live/", "--host", "127.0.0.1",
                        "--http-port", "0", "--archive", str(tmp_path / "relay"), *FLAGS,
                        defaults=False)

    def listed() -> int:
        return newest(program, ("video",))

    program = relay()
    wait_until(listed, 20, "the relay")
    first = listed() + 1
    wait_until(lambda: listed() > first, 10, "segments before the outage")
    line.cut()
    number = newest(upstream, ("video",))
    wait_until(lambda: newest(upstream, ("video",)) > number + 10, 20, "the outage of the line")
    line.mend()
    wait_until(lambda: listed() > number + 11, 20, "segments after the outage")
    program.wait_logged("archive-healed", "video", within=20)
    kill(program)
    number = newest(upstream, ("video",))
    wait_until(lambda: newest(upstream, ("video",)) > number + 10, 20, "the outage of the relay")
    program = relay()
    wait_until(lambda: listed() > number + 11, 20, "segments after the outage")
    program.wait_logged("archive-healed", "video", within=20)
    end = listed() - 1
    wait_until(lambda: is_whole(program, "video", first, end), 10, "no gap")
    for segment in range(first, end):
        path = f"/live/video/segment{segment}.m4s"
        digests = {hashlib.sha256(get(one.port, path).body).hexdigest()
                   for one in (program, upstream)}
        assert len(digests) == 1, segment
    line.close()
