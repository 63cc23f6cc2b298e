# SPDX-License-Identifier: Apache-2.0
"""Configuration files: the two files of Fast-ll unchanged, and many streams from one file."""

from __future__ import annotations

import json
import ssl
import subprocess
import time
import urllib.request
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from harness.configuration import stream, write
from harness.http1 import get
from harness.metrics import total
from harness.playlist import parse
from harness.ports import free_port
from harness.program import Program, launch, run_to_end, stop
from harness.sources import rtsp_server
from harness.tools import need, streamer_binary
from harness.tunein import fetch
from harness.waiting import not_before, wait_until

# Seconds by which /isotime is behind.
DISPLACEMENT = 0.2
MPD = "{urn:mpeg:dash:schema:mpd:2011}"

# The example of Fast-ll's documentation, with other addresses.
FAST_LL_CONFIG: dict[str, Any] = {
    "host": "127.0.0.1", "port": 0, "streams": "streams.json", "verbose": False,
    "timeDisplacement": str(DISPLACEMENT), "waitForAbsentSegment": True
}
FAST_LL_STREAM: dict[str, Any] = {
    "name": "Test stream", "stream": "gen", "type": "GEN", "targetFps": "24",
    "segmentDuration": "1", "fragmentDuration": "0.1", "intraInterval": "24",
    "targetLatency": "0.5", "serverSideRepresentationSwitching": "False", "saveStats": "False",
    "qualities": {
        "video": [{"targetWidth": "320", "targetBitrate": "300"},
                  {"targetWidth": "640", "targetBitrate": "900"}]
    }
}


def fast_ll(folder: Path, streams: list[dict[str, Any]], **changes: Any) -> Path:
    """Writes the two files of Fast-ll; returns the path of the first."""
    (folder / "streams.json").write_text(json.dumps(streams, indent=2))
    path = folder / "config.json"
    path.write_text(json.dumps({**FAST_LL_CONFIG, **changes}, indent=2))
    return path


def representations(text: str) -> list[tuple[int, int, str]]:
    """Width, height and frame rate of the MPD's Representations."""
    found = ElementTree.fromstring(text).iter(MPD + "Representation")
    return [(int(r.attrib["width"]), int(r.attrib["height"]), r.attrib["frameRate"]) for r in found]


def test_fast_ll_files_work_unchanged(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """GEN and RTSP of Fast-ll's files, under Fast-ll's URLs, in the requested renditions."""
    camera, port = free_port(), free_port()
    source = rtsp_server(camera, "--size", "640x480")
    rtsp = {
        **FAST_LL_STREAM, "stream": "cam", "type": "RTSP", "input": f"rtsp://127.0.0.1:{camera}/x",
        "segmentDuration": "2", "intraInterval": "24"
    }
    try:
        program = streamer("-c", str(fast_ll(tmp_path, [FAST_LL_STREAM, rtsp], port=str(port))),
                           defaults=False)
        assert program.port == port
        text = get(port, "/gen/manifest.mpd").text
        assert representations(text) == [(640, 360, "24"), (320, 180, "24")]
        assert 'target="500"' in text
        text = get(port, "/cam/manifest.mpd").text
        assert representations(text) == [(640, 480, "24"), (320, 240, "24")]
        # One key frame per 24 frames: in a segment of two seconds one part in the middle has one.
        playlist = fetch(port, path="/cam/480p/playlist.m3u8")
        segment = next(s for s in reversed(playlist.segments) if s.parts and s.uri)
        assert [i for i, part in enumerate(segment.parts) if part.independent] == [0, 12]
        before = time.time()
        shown = get(port, "/isotime").text
        after = time.time()
        shown = datetime.fromisoformat(shown.replace("Z", "+00:00")).timestamp() + DISPLACEMENT
        assert before - 0.001 <= shown <= after, "timeDisplacement is taken off"
        program.check_logged("low-latency", stream="gen")
    finally:
        source.kill()


def test_save_stats_of_fast_ll_has_a_default_folder(streamer: Callable[..., Program],
                                                     tmp_path: Path) -> None:
    """saveStats needs no other key: the log names the file, and it gets the deliveries."""
    path = fast_ll(tmp_path, [{**FAST_LL_STREAM, "saveStats": "True"}])
    program = streamer("-c", str(path), defaults=False,
                       env={"STATE_DIRECTORY": str(tmp_path / "state")})
    file = tmp_path / "state/statistics/segments.csv"
    program.check_logged("statistics", str(file))
    playlist = fetch(program.port, path="/gen/360p/playlist.m3u8")
    segment = next(one for one in playlist.segments if one.uri)
    assert get(program.port, f"/gen/360p/{segment.uri}").status == 200
    wait_until(lambda: ",gen," in file.read_text(), 10, "a row")


def test_fast_ll_files_with_a_certificate_serve_https_only(tmp_path: Path) -> None:
    """With a certificate and key, `port` serves HTTPS, and HTTP is not served."""
    subprocess.run([
        need("openssl",
             "HTTPS by a configuration file"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout",
        str(tmp_path / "key.pem"), "-out",
        str(tmp_path / "cert.pem")
    ], check=True, capture_output=True)
    port = free_port()
    path = fast_ll(tmp_path, [FAST_LL_STREAM], port=port, sslKeyFile="key.pem",
                   sslCertFile="cert.pem")
    program = launch(["-c", str(path)], defaults=False)
    try:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        assert program.secure_url("/") == f"https://127.0.0.1:{port}/"
        url = program.secure_url("/gen/manifest.mpd")
        with urllib.request.urlopen(url, context=context, timeout=10) as response:
            assert response.status == 200 and f"https://127.0.0.1:{port}/time?xsdate" in response.read(
            ).decode()
        assert not any("http:" in entry.message for entry in program.logged("listening"))
    finally:
        assert stop(program) == 0


def test_failing_stream_is_503_and_others_play(streamer: Callable[..., Program],
                                               tmp_path: Path) -> None:
    """A stream that cannot start is 503 without its path; the others play."""
    path = write(tmp_path, [
        stream("a", playlistLength=7),
        stream("broken", input=str(tmp_path / "nowhere.ts")),
        stream("b", framerate=25, segmentDuration=2, holdTimeout=0.3),
        stream("cam", device="/dev/video99")
    ])
    program = streamer("-c", str(path), defaults=False)
    assert len(
        [s for s in fetch(program.port, path="/a/video/playlist.m3u8").segments if s.uri]) == 7
    assert fetch(program.port, path="/b/video/playlist.m3u8").segments[-1].duration == 2
    last = fetch(program.port, path="/b/video/playlist.m3u8").segments[-1].msn
    begun = time.monotonic()
    ahead = get(program.port, f"/b/video/playlist.m3u8?_HLS_msn={last + 2}")
    # Without holdTimeout the limit is three target durations, in which the segment is complete.
    assert ahead.status == 503, "a limit of its own"
    not_before(begun, 0.3, "holdTimeout")
    wait_until(lambda: get(program.port, "/broken/playlist.m3u8").status == 503, 10,
               "503 of the failed stream")
    response = get(program.port, "/broken/manifest.mpd")
    assert response.status == 503 and response.headers["retry-after"]
    assert "nowhere" not in response.text and "nowhere" not in get(program.port, "/ready").text
    program.wait_logged("stream-failed", "No such file", stream="broken")
    # A configured camera may be absent at start: the slate is shown.
    assert fetch(program.port, path="/cam/video/playlist.m3u8").segments
    assert get(program.port, "/nobody/playlist.m3u8").status == 404
    wait_until(lambda: get(program.port, "/ready").status == 200, 2, "readiness")
    assert total(program.port, "streamer_stream_state", stream="broken", state="failed") == 1
    assert total(program.port, "streamer_stream_online", stream="a") == 1
    assert total(program.port, "streamer_stream_online", stream="broken") == 0
    program.wait_logged("stream-failed", stream="broken")
    # No stream is called live: the first stream is the default.
    assert "a/video/" in get(program.port, "/live.m3u8").text


@pytest.mark.parametrize(("keys", "named"), [
    ({"targetFps": "fast"}, ("[0].targetFps: ", '"fast"')),
    ({"fragmentDuration": 2}, ("[0].fragmentDuration: ", '"2')),
    ({"type": "RTSP"}, ("[0].input: ",)),
])
def test_wrong_value_is_refused_with_its_key_path(tmp_path: Path, keys: dict[str, Any],
                                                   named: tuple[str, ...]) -> None:
    """Exit status 2 and one line with file, key path and value."""
    path = fast_ll(tmp_path, [{**FAST_LL_STREAM, **keys}])
    status, lines = run_to_end(["-c", str(path)], defaults=False)
    assert status == 2 and len(lines) == 1, lines
    for words in (str(tmp_path / "streams.json"), *named):
        assert words in lines[0], lines


@pytest.mark.parametrize("check", [[], ["--check"]], ids=["start", "check"])
@pytest.mark.parametrize(("element", "words"), [
    ({"inptu": "rtsp://192.0.2.1/x"},
     'streams.json:4: [0].inptu: unknown key; did you mean "input"?'),
    ({"bitrate": 300}, "streams.json:2: [0]: has no source (expected input, device,"),
], ids=["unknown-key", "no-source"])
def test_a_typing_error_is_no_test_pattern(tmp_path: Path, check: list[str],
                                           element: dict[str, Any], words: str) -> None:
    """An unknown key, and a stream without a source: one line and exit status 2."""
    path = write(tmp_path, [{"stream": "yard", **element}])
    status, lines = run_to_end(["-c", str(path), *check], defaults=False)
    assert status == 2 and len(lines) == 1 and words in lines[0], lines


def test_check_names_each_fault_with_its_line(tmp_path: Path) -> None:
    """All wrong values are printed at once; then overridden and unused ones, and the streams."""
    path = write(tmp_path, [{"stream": "yard", "name": "Back yard", "testSrc": True, "bitrate": 1},
                            {"stream": "gate", "inptu": "rtsp://192.0.2.1/x"}], preset="a.b")
    status, lines = run_to_end(["-c", str(path), "--check"], defaults=False)
    assert status == 2
    for line, words in zip(lines, ("streams.json:6: [0].bitrate: invalid", "[1].inptu: unknown",
                                   "config.json:5: preset: invalid"), strict=True):
        assert words in line, lines
    path = write(tmp_path, [{"stream": "yard", "name": "Back yard", "testSrc": True, "loop": True}],
                 preset="fast")
    ran = subprocess.run([streamer_binary(), "-c", str(path), "--preset", "medium", "--check",
                          "--explain"], capture_output=True, text=True, timeout=20, check=True)
    for words in ('stream yard, "Back yard": ', "  video     encoded by libx264 (medium): ",
                  "config.json:5: preset: has no effect: overridden by --preset",
                  "streams.json:6: [0].loop: has no effect: the stream has no input"):
        assert words in ran.stdout, ran.stdout


def test_unknown_keys_are_warned_about(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """With --lenient unknown keys are logged with their path; keys without effect always are."""
    path = write(tmp_path, [stream("a", flavour=1, dvr="4h")], colour="red")
    program = streamer("-c", str(path), "--lenient", defaults=False)
    for place in ("config.json: colour", "streams.json: [0].flavour",
                  "streams.json: [0].dvr: has no effect without an archive (--archive)"):
        assert any(place in line for line in program.log), program.log_text()
    assert parse(get(program.port, "/a/video/playlist.m3u8").text).segments
