# SPDX-License-Identifier: Apache-2.0
"""Configuration by files: Fast-ll's two files as they stand, and many streams from one file."""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import time
import urllib.request
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.configuration import stream, write
from harness.http1 import get
from harness.metrics import total
from harness.playlist import parse
from harness.program import Program, launch, run_to_end, stop
from harness.sources import clip, rtsp_server, wait_for
from harness.supervisor import free_port
from harness.tools import need
from harness.tunein import fetch

MPD = "{urn:mpeg:dash:schema:mpd:2011}"

# As Fast-ll's documentation shows them, but for the addresses.
FAST_LL_CONFIG: dict[str, Any] = {
    "host": "127.0.0.1", "port": 0, "streams": "streams.json", "verbose": False,
    "timeDisplacement": "0.2", "waitForAbsentSegment": True
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
    """Writes Fast-ll's two files; the path of the first."""
    (folder / "streams.json").write_text(json.dumps(streams, indent=2))
    path = folder / "config.json"
    path.write_text(json.dumps({**FAST_LL_CONFIG, **changes}, indent=2))
    return path


def representations(text: str) -> list[tuple[int, int, str]]:
    """Width, height and frame rate of the MPD's Representations."""
    found = ElementTree.fromstring(text).iter(MPD + "Representation")
    return [(int(r.attrib["width"]), int(r.attrib["height"]), r.attrib["frameRate"]) for r in found]


def test_fast_ll(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """GEN and RTSP as in Fast-ll's files, under Fast-ll's URL, in the qualities asked for."""
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
        # An IDR each 24 frames: with segments of two seconds a part in the middle is one.
        playlist = fetch(port, path="/cam/480p/playlist.m3u8")
        segment = next(s for s in reversed(playlist.segments) if s.parts and s.uri)
        assert [i for i, part in enumerate(segment.parts) if part.independent] == [0, 12]
        asked = time.time()
        shown = get(port, "/isotime").text
        behind = asked - time.mktime(time.strptime(shown[:19], "%Y-%m-%dT%H:%M:%S")) + time.timezone \
            - float("0" + re.search(r"\.\d+", shown).group())  # type: ignore[union-attr]
        assert 0.1 < behind < 0.5, "timeDisplacement is taken off"
        warnings = [
            line for line in program.log if "less than two segments" in line and "gen" in line
        ]
        assert len(warnings) == 1, program.log_text()
    finally:
        source.kill()


def test_fast_ll_https(tmp_path: Path) -> None:
    """With both files `port` speaks HTTPS, and nothing speaks HTTP."""
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
        with urllib.request.urlopen(url, context=context, timeout=10) as answer:
            assert answer.status == 200 and f"https://127.0.0.1:{port}/time?xsdate" in answer.read(
            ).decode()
        assert not any("listening http:" in line for line in program.log)
    finally:
        assert stop(program) == 0


def test_many_streams_one_failing(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """A stream that cannot start is 503 with the reason; the others play, with their own settings."""
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
    ahead = get(
        program.port,
        f"/b/video/playlist.m3u8?_HLS_msn={fetch(program.port, path='/b/video/playlist.m3u8').segments[-1].msn + 2}"
    )
    assert ahead.status == 503 and 0.2 < ahead.held < 1, "a limit of its own"
    wait_for(lambda: get(program.port, "/broken/playlist.m3u8").status == 503, 10,
             "503 of what cannot start")
    answer = get(program.port, "/broken/manifest.mpd")
    assert answer.status == 503 and "No such file" in answer.text and answer.headers["retry-after"]
    # A camera that a file names is waited for, with a slate.
    assert fetch(program.port, path="/cam/video/playlist.m3u8").segments
    assert get(program.port, "/nobody/playlist.m3u8").status == 404
    wait_for(lambda: get(program.port, "/ready").status == 200, 2, "readiness")
    assert total(program.port, "streamer_stream_state", stream="broken", state="failed") == 1
    assert total(program.port, "streamer_stream_online", stream="a") == 1
    assert total(program.port, "streamer_stream_online", stream="broken") == 0
    assert sum("stream-failed" in line or "No such file" in line for line in program.log) >= 1
    # No stream is called live: the first is the default.
    assert "a/video/" in get(program.port, "/live.m3u8").text


@pytest.mark.timeout(60)
def test_a_file_that_ends(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """It ends for its players, its window is served still, and the others go on."""
    clip(tmp_path / "clip.mp4", 3, size="320x180")
    path = write(
        tmp_path,
        [stream("a"),
         stream("f", input="clip.mp4", playlistLength=6, segmentDuration=0.5)])
    program = streamer("-c", str(path), defaults=False)
    ended = "/f/video/playlist.m3u8"
    wait_for(lambda: fetch(program.port, path=ended).ended, 15, "the end of the file")
    time.sleep(4)
    playlist = fetch(program.port, path=ended)
    assert get(program.port, f"/f/video/{playlist.segments[-1].uri}").status == 200
    assert total(program.port, "streamer_stream_state", stream="f", state="ended") == 1
    assert program.process.poll() is None and not fetch(program.port,
                                                        path="/a/video/playlist.m3u8").ended


def test_held_while_it_starts(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Requests of a stream whose source does not come are held 8 s, then 503; the others do not notice.

    What cannot start is tried every 10 s, and told once, with its place in the file.
    """
    path = write(tmp_path, [stream("a"), stream("late", input=f"rtsp://127.0.0.1:{free_port()}/x"),
                            stream("broken", input=str(tmp_path / "nowhere.ts"))])
    program = streamer("-c", str(path), defaults=False)
    playlist = fetch(program.port, path="/a/video/playlist.m3u8")
    asked = time.monotonic()
    answer = get(program.port, "/late/playlist.m3u8")
    assert answer.status == 503 and answer.headers[
        "retry-after"] and 7.5 < time.monotonic() - asked < 10
    assert fetch(program.port,
                 path="/a/video/playlist.m3u8").segments[-1].msn >= playlist.segments[-1].msn + 7
    time.sleep(max(0.0, program.started + 11 - time.monotonic()))
    told = [line for line in program.log if "nowhere.ts" in line]
    assert len(told) == 1 and "[2].input: " in told[0], told


@pytest.mark.parametrize(("keys", "named"), [
    ({"targetFps": "fast"}, '[0].targetFps: "fast" was given; allowed is'),
    ({"fragmentDuration": 2}, '[0].fragmentDuration: "2'),
    ({"type": "RTSP"}, "[0].input: is missing"),
])
def test_wrong_values(tmp_path: Path, keys: dict[str, Any], named: str) -> None:
    """Exit status 2 and one line."""
    path = fast_ll(tmp_path, [{**FAST_LL_STREAM, **keys}])
    status, lines = run_to_end(["-c", str(path)], defaults=False)
    assert status == 2 and len(lines) == 1, lines
    assert str(tmp_path / "streams.json") in lines[0] and named in lines[0], lines


def test_unknown_keys(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """They are warned of with their path, and so is what is not yet in effect."""
    path = write(tmp_path, [stream("a", flavour=1, saveStats="True")], colour="red")
    program = streamer("-c", str(path), defaults=False)
    for place in ("config.json: colour", "streams.json: [0].flavour",
                  "streams.json: [0].saveStats"):
        assert any(place in line for line in program.log), program.log_text()
    assert parse(get(program.port, "/a/video/playlist.m3u8").text).segments
