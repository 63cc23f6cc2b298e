# SPDX-License-Identifier: Apache-2.0
"""Publishing by RTMP: real encoders, and clients that may not publish."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.boxes import timescale
from harness.continuity import check_one_stream, frames
from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.program import Program, run_to_end
from harness.recorder import record
from harness.rtmp import AV1, HOST, SINE, Publisher, enhanced_ffmpeg, publish, rtmp_port
from harness.runs import longest
from harness.sources import ENCODER, Source
from harness.tools import need
from harness.waiting import pause, wait_until

VIDEO = "/live/video/playlist.m3u8"


def origin(streamer: Callable[..., Program], *more: str) -> tuple[Program, int]:
    """A program that accepts publishers, and their port."""
    program = streamer(*HOST, *more, defaults=False)
    return program, rtmp_port(program)


def plays(program: Program, path: str = VIDEO, within: float = 20) -> None:
    """Waits until the stream has a playlist."""
    wait_until(lambda: get(program.port, path, timeout=15).status == 200, within, "a playlist")


@pytest.mark.timeout(90)
@pytest.mark.parametrize("isolation", ["process", "none"])
def test_every_frame_passes_through(isolation: str, streamer, sources: list[Source]) -> None:
    """No frame is lost or late, whether the source has a process of its own or not."""
    program, port = origin(streamer, "--isolation", isolation)
    sources.append(publish(port))
    plays(program)
    assert f"640x360 {PASSED_THROUGH}" in program.description()
    found = record(program.port, 5)
    check_one_stream(found)
    seen = frames(found)
    clocks = [frame.clock for frame in seen]
    assert len(seen) >= 90 and None not in clocks
    assert [round((two - one) * 30) for one, two in zip(clocks, clocks[1:])] == [1] * (
        len(clocks) - 1)
    delays = sorted(frame.captured - frame.clock for frame in seen)
    print(f"{isolation}: capture time after the burned clock: "
          f"p50 {delays[len(delays) // 2] * 1000:.1f} ms")
    # Frames are captured before the fifth one after them is drawn: none waits for others.
    assert longest(one.captured < after.clock for one, after in zip(seen, seen[5:])) >= 30
    assert timescale(found.init()) == 90000


@pytest.mark.timeout(60)
@pytest.mark.parametrize("coding", ["aac", "libmp3lame"])
def test_audio_of_a_publisher(coding: str, streamer, sources: list[Source]) -> None:
    """AAC is copied, MP3 is encoded as AAC."""
    program, port = origin(streamer)
    sources.append(publish(port, options=[*ENCODER, "-ar", "44100"], audio=coding))
    plays(program)
    assert get(program.port, "/live/audio/playlist.m3u8").status == 200
    assert 'codecs="mp4a.40.2"' in get(program.port, "/live/manifest.mpd").text
    assert ("copied audio" in program.description()) == (coding == "aac")


@pytest.mark.timeout(60)
def test_a_sending_publisher_is_replaced_with_takeover_always(streamer) -> None:
    """`--takeover always`: two seconds after it began, another client may publish instead."""
    program, port = origin(streamer, "--takeover", "always")
    with Publisher(port) as first:
        assert first.ask("x") == b"NetStream.Publish.Start"
        with Publisher(port) as early:
            assert early.ask("x") == b"NetStream.Publish.BadName"
        for number in range(11):
            first.media(8, bytes([0xAF, 0, 0x11, 0x90]), number * 200)
            pause(0.2, "a publisher that sends")
        with Publisher(port) as second:
            assert second.ask("x") == b"NetStream.Publish.Start"
            first.wait_for(rb"replaced by another publisher")
            first.closed_within(5)
    program.check_logged("publish-started", stream="live", count=2)


@pytest.mark.timeout(60)
def test_a_wrong_key_is_refused_and_never_printed(streamer, tmp_path: Path) -> None:
    """BadName for a wrong key; neither the right nor the wrong one is in log, metrics or API."""
    right, wrong = "Sesame-0123456789", "Wrong-9876543210"
    program, port = origin(streamer, "--publish-key", right)
    with Publisher(port) as client:
        assert client.ask(wrong) == b"NetStream.Publish.BadName"
        client.closed_within(5)
        for key in (right, wrong):
            assert key.encode() not in client.received
    with Publisher(port) as client:
        assert client.ask(right) == b"NetStream.Publish.Start"
        everything = program.log_text().split("\n", 1)[1] + get(program.port, "/metrics").text
        everything += get(program.port, "/stats.json").text + get(program.port, "/live/").text
        for key in (right, wrong):
            assert key not in everything
    for attempt in range(6):
        with Publisher(port) as client:
            assert client.ask(f"{wrong}{attempt}") == b"NetStream.Publish.BadName"
    program.wait_logged("publish-refused", "too many failed attempts; wait 1 s")
    pause(1.1, "of wrong keys of this length one per second is compared")
    with Publisher(port) as client:
        assert client.ask(right) == b"NetStream.Publish.Start", "a long key is not guessed"


@pytest.mark.timeout(90)
def test_streams_of_a_file(streamer, sources: list[Source], tmp_path: Path) -> None:
    """A stream of a file is published by its name and key, another by a path of its own."""
    path = tmp_path / "conf.json"
    path.write_text(json.dumps({"streams": [
        {"stream": "a", "publishKey": "secret-of-a"},
        {"stream": "mrrtmp", "rtmp": "live/stream", "passthrough": "never"},
        {"stream": "pattern", "testSrc": True},
    ]}))
    program, port = origin(streamer, "-c", str(path))
    sources += [publish(port, "a/secret-of-a"), publish(port, "live/stream", size="320x180")]
    plays(program, "/a/video/playlist.m3u8")
    plays(program, "/mrrtmp/video/playlist.m3u8")
    plays(program, "/pattern/video/playlist.m3u8")
    for app, key in (("a", "other"), ("pattern", "x"), ("unknown", "not a name")):
        with Publisher(port) as client:
            assert client.ask(key, app) == b"NetStream.Publish.BadName"


@pytest.mark.timeout(30)
def test_with_a_key_unknown_names_create_nothing(streamer) -> None:
    """A program with a key accepts no new streams."""
    program, port = origin(streamer, "--publish-key", "sesame")
    with Publisher(port) as client:
        assert client.ask("cam7", "any") == b"NetStream.Publish.BadName"
    assert get(program.port, "/cam7/").status == 404


@pytest.mark.timeout(60)
def test_publishing_over_tls(streamer, sources: list[Source]) -> None:
    """RTMPS with the certificate of HTTPS."""
    ffmpeg = need("ffmpeg", "publishing by RTMPS")
    protocols = subprocess.run([ffmpeg, "-v", "error", "-protocols"], capture_output=True,
                               text=True, timeout=10, check=True).stdout
    if "rtmps" not in protocols:
        pytest.skip("ffmpeg without RTMPS: publishing over TLS is not tested")
    program, _ = origin(streamer, "--self-signed", "--https-port", "0", "--rtmps", "127.0.0.1:0")
    sources.append(publish(rtmp_port(program, "rtmps"), scheme="rtmps"))
    plays(program)
    program.wait_logged("publish-started", "RTMPS")


@pytest.mark.timeout(60)
def test_an_unsupported_codec_is_refused_with_its_name(streamer) -> None:
    """Video that is none of H.264, HEVC, AV1 and VP9: the publisher and the log learn the codec."""
    program, port = origin(streamer)
    with Publisher(port) as client:
        assert client.ask("x") == b"NetStream.Publish.Start"
        client.media(9, bytes([0x90]) + b"vp08" + bytes(8))
        client.wait_for(rb"VP8 is not accepted")
        client.closed_within(5)
    program.wait_logged("publish-refused", "VP8")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("video", "audio", "codecs"), [
    (["-c:v", "libx265", "-preset", "ultrafast", "-tune", "zerolatency", "-x265-params",
      "log-level=none:keyint=30:min-keyint=30:scenecut=0:bframes=0:open-gop=0"], "libopus",
     "hvc1."),
    ([*ENCODER, "-g", "30"], "flac", "avc1."), ([*ENCODER, "-g", "30"], "ac3", "avc1."),
    (AV1, "aac", "av01.0.")
])
def test_enhanced_rtmp(video: list[str], audio: str, codecs: str, streamer,
                       sources: list[Source]) -> None:
    """HEVC and AV1 are passed through; Opus, FLAC and AC-3 are encoded as AAC."""
    program, port = origin(streamer)
    sources.append(Source(subprocess.Popen(
        [enhanced_ffmpeg(), "-v", "error", "-re", "-f", "lavfi", "-i",
         "testsrc2=size=640x360:rate=30", *SINE, *video, "-c:a", audio, "-b:a", "96k", "-f", "flv",
         f"rtmp://127.0.0.1:{port}/live/x"], stdin=subprocess.DEVNULL)))
    plays(program)
    master = get(program.port, "/live/playlist.m3u8").text
    assert f'CODECS="{codecs}' in master and "mp4a.40.2" in master
    described = program.description()
    assert PASSED_THROUGH in described and ("encoded audio" in described) == (audio != "aac")
    assert f'codecs="{codecs}' in get(program.port, "/live/manifest.mpd").text


@pytest.mark.timeout(60)
def test_gstreamer_publishes(streamer, sources: list[Source]) -> None:
    """rtmp2sink of GStreamer."""
    launcher = shutil.which("gst-launch-1.0")
    inspect = shutil.which("gst-inspect-1.0")
    if not launcher or not inspect or subprocess.run(
            [inspect, "rtmp2sink"], capture_output=True, timeout=20).returncode:
        pytest.skip("rtmp2sink of GStreamer not found: it is not tested")
    program, port = origin(streamer)
    sources.append(Source(subprocess.Popen(
        [launcher, "-q", "videotestsrc", "is-live=true", "!",
         "video/x-raw,width=320,height=180,framerate=30/1", "!", "x264enc", "tune=zerolatency",
         "speed-preset=ultrafast", "key-int-max=30", "!", "flvmux", "streamable=true", "!",
         "rtmp2sink", f"location=rtmp://127.0.0.1:{port}/live/x"], stdin=subprocess.DEVNULL)))
    plays(program)


@pytest.mark.parametrize(("flags", "words"), [
    (["--rtmp-path", "a/b"], ["--rtmp-path", "--rtmp"]),
    (["--rtmp", "1", "--publish", "key"], ["--publish key", "--publish-key"]),
    (["--rtmp", "x:y:z"], ["--rtmp", "127.0.0.1:1935"]),
    (["--rtmps", "1"], ["--rtmps", "--self-signed"]),
    (["--rtmp", "1", "--rtmp-path", "a/b", "--test-src"], ["--rtmp-path", "another source"]),
    (["--rtmp", "1", "--publish-key", "no spaces"], ["--publish-key", "***"]),
    (["--input", "publish:"], ["--input", "--rtmp"]),
    (["--source", "rtmp"], ["--source", "--rtmp"]),
])
def test_wrong_settings_end_with_one_line(flags: list[str], words: list[str]) -> None:
    """Settings that contradict each other are refused at the start, without the key."""
    status, lines = run_to_end([*flags, "--http-port", "0"], defaults=False)
    assert status == 2 and len(lines) == 1, lines
    assert all(word in lines[0] for word in words), lines
