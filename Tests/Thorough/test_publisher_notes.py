# SPDX-License-Identifier: Apache-2.0
"""Publishers of which something is left out, that return at a bad time, or send a whole file."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.http1 import get
from harness.metrics import total
from harness.program import Program
from harness.rtmp import HOST, publish, rtmp_port
from harness.sources import ENCODER, Source, clip
from harness.tools import need
from harness.waiting import wait_until

ADMIN = "admin-secret-of-the-server"
VIDEO = "/live/video/playlist.m3u8"


@pytest.mark.timeout(60)
def test_audio_of_an_unsupported_codec_is_named_once(streamer: Callable[..., Program],
                                                     sources: list[Source]) -> None:
    """The video plays, and one warning names the codec of the audio; /api has the fault."""
    program = streamer(*HOST, "--admin-token", ADMIN, defaults=False)
    sources.append(publish(rtmp_port(program), options=[*ENCODER, "-ar", "44100"],
                           audio="pcm_s16le"))
    wait_until(lambda: get(program.port, VIDEO, timeout=15).status == 200, 20, "a playlist")
    entry = program.wait_logged("audio-ignored")
    assert "linear PCM is not accepted" in entry.message
    program.check_logged("audio-ignored")
    assert "TYPE=AUDIO" not in get(program.port, "/live/playlist.m3u8").text

    def fault() -> str:
        state = get(program.port, "/api/streams/live",
                    headers={"Authorization": f"Bearer {ADMIN}"}).text
        return json.loads(state).get("audioFault", {}).get("kind", "")

    wait_until(lambda: fault() == "unaccepted", 20, "the fault")


@pytest.mark.timeout(90)
def test_a_publisher_returns_while_its_stream_is_removed(streamer: Callable[..., Program],
                                                         sources: list[Source]) -> None:
    """The new stream begins after the end of the removed one; the publisher is not refused."""
    program = streamer(*HOST, "--admin-token", ADMIN, defaults=False)
    port = rtmp_port(program)
    sources.append(publish(port, "any/cam7"))
    path = "/cam7/video/playlist.m3u8"
    wait_until(lambda: get(program.port, path, timeout=15).status == 200, 20, "a playlist")
    removal = subprocess.Popen(
        [need("curl", "removal"), "-sS", "-X", "DELETE", "-o", "/dev/null", "-w", "%{http_code}",
         "-H", f"Authorization: Bearer {ADMIN}", program.url("/api/streams/cam7")],
        stdout=subprocess.PIPE)
    program.wait_logged("removed", stream="cam7")
    assert removal.poll() is None, "the stream is still being removed"
    sources.append(publish(port, "any/cam7"))
    program.wait_logged("publish-started", stream="cam7", count=2, within=10)
    assert removal.communicate(timeout=10)[0] in (b"200", b"204")
    wait_until(lambda: get(program.port, path, timeout=15).status == 200, 20, "a playlist")
    assert not program.logged("publish-refused", "unknown stream")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
def test_a_whole_file_is_uploaded_to_its_last_byte(version: str, streamer: Callable[..., Program],
                                                   tmp_path: Path) -> None:
    """`curl -T clip.ts` is faster than the decoder: the source gets every byte before the 204."""
    file = clip(tmp_path / "clip.ts", 20, "-f", "mpegts", "-b:v", "16M", "-minrate", "16M",
                "-maxrate", "16M", "-bufsize", "4M", "-nal-hrd", "cbr")
    size = file.stat().st_size
    assert size > 30_000_000, "more than the kernel holds for the source"
    program = streamer(*HOST, "--passthrough", "never", "--preset", "ultrafast", defaults=False)
    done = subprocess.run(
        [need("curl", "uploads"), "-sS", "-m", "90", version, "-H", "Expect:", "-T", str(file),
         "-w", "%{http_code}", program.url("/live/clip.ts")], capture_output=True, check=True,
        timeout=100)
    assert done.stdout == b"204"
    assert total(program.port, "streamer_publisher_bytes_total") == size
