# SPDX-License-Identifier: Apache-2.0
"""Further inputs pulled from the network: RTSPS, RTSP in datagrams, an SRT listener, sizes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.continuity import check_one_stream, frames
from harness.inputs import check_live, pulls
from harness.ports import free_port
from harness.recorder import record
from harness.sources import Source, ffmpeg_sender, rtsp_server
from harness.tools import need
from harness.tunein import next_segments
from test_inputs import PASSPHRASE, check_kind, check_rtsp


@pytest.mark.timeout(60)
def test_rtsps_with_credentials_plays(tmp_path: Path, streamer, sources: list[Source]) -> None:
    """RTSP over TLS, with credentials and a self-signed certificate."""
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    subprocess.run([
        need("openssl", "rtsps"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
        "/CN=localhost", "-days", "2", "-keyout",
        str(key), "-out",
        str(certificate)
    ], check=True, capture_output=True)
    port = free_port()
    sources.append(
        rtsp_server(port, "--certificate", str(certificate), "--key", str(key), "--user", "anna",
                    "--password", PASSPHRASE))
    program = pulls(streamer, f"rtsps://anna:{PASSPHRASE}@127.0.0.1:{port}/x")
    check_live(program, "rtsps", 0.25)
    assert PASSPHRASE not in program.log_text().split("\n", 1)[1]


@pytest.mark.timeout(60)
def test_size_and_rate_are_the_sources(streamer, sources: list[Source]) -> None:
    """Size and rate are those of the source unless given; another aspect is letterboxed."""
    port = free_port()
    sources.append(
        ffmpeg_sender(["-f", "mpegts", f"udp://127.0.0.1:{port}?pkt_size=1316"], size="480x270",
                      rate=25))
    program = pulls(streamer, f"udp://127.0.0.1:{port}")
    description = program.description()
    assert "480x270" in description and "25 fps" in description
    next_segments(program.port, 2)
    found = record(program.port, 4)
    check_one_stream(found)
    assert len(frames(found)) % 25 == 0


@pytest.mark.timeout(90)
@pytest.mark.parametrize(("transport", "slices"), [("udp", "3")])
def test_rtsp_frames_arrive_in_time(transport: str, slices: str, streamer,
                                    sources: list[Source]) -> None:
    """RTSP over datagrams; frames of three slices."""
    check_rtsp(transport, slices, streamer, sources)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("kind", ["udp, bounded", "srt listener"])
def test_live_frames_arrive_in_time(kind: str, streamer, sources: list[Source]) -> None:
    """MPEG-TS with lengths of packets, and SRT with the program as the listener."""
    check_kind(kind, streamer, sources)
