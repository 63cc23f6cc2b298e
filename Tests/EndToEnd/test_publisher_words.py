# SPDX-License-Identifier: Apache-2.0
"""The state of publishers in words, over each protocol: log, /api, publisher page, viewers."""

from __future__ import annotations

import http.client
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from harness.browser import launch
from harness.http1 import get
from harness.program import Program
from harness.rtmp import HOST, Publisher, publish, rtmp_port
from harness.tools import need
from harness.waiting import wait_until
from harness.websocket import Socket

ADMIN = "admin-token-of-publisher-words"
FLAGS = [*HOST, "--srt", "127.0.0.1:0", "--admin-token", ADMIN]
AUDIO = ("-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-c:a", "aac")
TS = ("-f", "mpegts", "-muxdelay", "0", "-flush_packets", "1")
CMAF = ("-f", "mp4", "-movflags", "cmaf+empty_moov+frag_every_frame", "-flush_packets", "1",
        "-method", "POST")


def api(program: Program, stream: str = "live") -> dict[str, Any]:
    """The stream in /api; empty if it does not exist."""
    response = get(program.port, f"/api/streams/{stream}",
                   headers={"Authorization": f"Bearer {ADMIN}"})
    return json.loads(response.text) if response.status == 200 else {}


def state(program: Program) -> dict[str, Any]:
    """The document of the publisher page."""
    return json.loads(get(program.port, "/live/publish.json").text)


@contextmanager
def audio_by_ffmpeg(url: str, *muxer: str, source: tuple[str, ...] = AUDIO) -> Iterator[None]:
    """ffmpeg publishes audio only, or another source."""
    process = subprocess.Popen(
        [need("ffmpeg", "publishing"), "-v", "error", *source, *muxer, url],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait(10)


@contextmanager
def silent_rtmp(program: Program) -> Iterator[None]:
    """A publisher by RTMP that sends nothing."""
    client = Publisher(rtmp_port(program))
    assert client.ask("x") == b"NetStream.Publish.Start"
    try:
        yield
    finally:
        client.socket.close()


@contextmanager
def page_without_frames(program: Program) -> Iterator[None]:
    """A publisher page that describes its video, and sends no frame."""
    with Socket(program.port, "/live/publish", "llws-publish.v1", headers={}) as socket:
        socket.send({"t": "hello", "v": 1})
        found = socket.next()
        assert isinstance(found, dict) and found["t"] == "welcome", found
        socket.send({"t": "track", "kind": "video", "cid": 1, "codec": "avc1.42e01f", "w": 640,
                     "h": 360, "fps": 30})
        socket.send({"t": "begin"})
        yield


Opened = Callable[[Program], Any]
ROWS: list[tuple[str, Opened, str]] = [
    ("RTMP", silent_rtmp, "no media for 5 s"),
    ("SRT", lambda program: audio_by_ffmpeg(
        f"srt://127.0.0.1:{rtmp_port(program, 'srt')}?streamid=live", *TS), "audio only"),
    ("HTTP", lambda program: audio_by_ffmpeg(program.url("/live/a.ts"), *TS), "audio only"),
    ("HTTP", lambda program: audio_by_ffmpeg(program.url("/live/audio.cmfa"), *CMAF), "audio only"),
    ("the publisher page", page_without_frames, "without parameter sets"),
]


@pytest.mark.timeout(90)
@pytest.mark.parametrize(("way", "opened", "words"), ROWS,
                         ids=["rtmp", "srt", "ts", "cmaf", "page"])
def test_no_picture_has_a_line_and_a_state(way: str, opened: Opened, words: str,
                                           streamer: Callable[..., Program]) -> None:
    """Over each protocol: after 5 s a line with the client, and viewers wait for a picture."""
    program = streamer(*FLAGS, defaults=False)
    assert state(program)["connected"] is False
    with opened(program):
        wait_until(lambda: state(program)["connected"], 20, "the publisher")
        found = state(program)
        assert found["state"] == "starting" and found["media"]["kind"] in ("waiting", "no-picture")
        program.wait_logged("publisher-no-picture", f"from 127.0.0.0 by {way}: ", words, "expected",
                            within=30)
        if words.startswith("no media"):
            assert "expected" in state(program)["media"]["text"]
            return
        wait_until(lambda: state(program).get("media", {}).get("kind") == "no-picture", 5, "words")
        assert words in state(program)["media"]["text"]
        stream = api(program)
        assert words in stream["publisher"]["media"]["text"]
        assert stream["outage"]["kind"] == "no-picture"
        if way == "the publisher page":
            return  # A page without a frame is disconnected while a playlist is held.
        told = get(program.port, "/live/playlist.m3u8", timeout=15).text
        assert "waiting for a publisher" not in told, told


@contextmanager
def silent_track(program: Program, name: str) -> Iterator[None]:
    """A request for a track whose body never has a byte."""
    request = http.client.HTTPConnection("127.0.0.1", program.port, timeout=20)
    request.putrequest("POST", f"/live/{name}")
    request.putheader("Transfer-Encoding", "chunked")
    request.endheaders()
    try:
        yield
    finally:
        request.close()


@pytest.mark.timeout(90)
def test_tracks_without_media_beside_others(streamer: Callable[..., Program]) -> None:
    """An empty audio track lacks audio, an empty text track nothing: there is a picture."""
    program = streamer(*FLAGS, defaults=False)
    video = ("-re", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-c:v", "libx264", "-preset",
             "ultrafast", "-tune", "zerolatency", "-g", "25")
    with (silent_track(program, "captions.cmft"), silent_track(program, "audio.cmfa"),
          audio_by_ffmpeg(program.url("/live/video.cmfv"), *CMAF, source=video)):
        program.wait_logged("publisher-no-audio", "no media for 5 s of the audio track", within=30)
        wait_until(lambda: state(program)["state"] == "live", 20, "the state")
        assert not program.logged("publisher-no-picture")
        assert state(program)["media"]["kind"] == "accepted"


@pytest.mark.timeout(90)
def test_accepted_media_and_a_foreign_publisher(streamer: Callable[..., Program]) -> None:
    """Media of an encoder have one line; the publisher page names them."""
    program = streamer(*FLAGS, defaults=False)
    source = publish(rtmp_port(program), audio="aac")
    try:
        program.wait_logged("publisher-media", "H.264 and AAC from 127.0.0.0 by RTMP: accepted",
                            within=30)
        wait_until(lambda: state(program)["state"] == "live", 10, "the state")
        assert state(program)["media"] == {"kind": "accepted", "text": "H.264 and AAC: accepted"}
        with sync_playwright() as playwright:
            browser = launch(playwright.chromium, need("chromium", "the publisher page"))
            page = browser.new_page(viewport={"width": 390, "height": 844})
            page.goto(program.url("/live/publish"))
            page.wait_for_function(
                "() => document.querySelector('#stream-state').textContent"
                ".startsWith('Another publisher sends this stream by RTMP since ')", timeout=15000)
            words = page.text_content("#stream-state") or ""
            assert words.endswith("H.264 and AAC: accepted."), words
            browser.close()
    finally:
        source.kill()
    wait_until(lambda: not state(program)["connected"], 10, "the end")
    assert "media" not in state(program)
    assert len(program.logged("publisher-media")) == 1


@pytest.mark.timeout(90)
def test_unusual_input_in_api_and_panel(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """B-frames and 4:4:4 of a publisher: findings in /api, and in the panel of an administrator."""
    program = streamer(*FLAGS, defaults=False)
    source = publish(rtmp_port(program), options=[
        "-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-pix_fmt", "yuv444p"])
    try:
        wait_until(lambda: api(program).get("findings"), 40, "findings")
        stream = api(program)
        assert stream["passedThrough"] is True
        found = {finding["kind"]: finding for finding in stream["findings"]}
        assert {"b-frames", "chroma"} <= set(found)
        assert found["b-frames"]["value"] >= 1 and "4:4:4" in found["chroma"]["measured"]
        for finding in found.values():
            assert finding["measured"] in finding["text"] and finding["consequence"]
        assert "--passthrough never" in found["chroma"]["advice"]
        with sync_playwright() as playwright:
            browser = launch(playwright.chromium, need("chromium", "the player page"))
            page = browser.new_page()
            page.goto(program.url(f"/live/?panel=1#admin={ADMIN}"))
            page.wait_for_selector("#input-findings li", timeout=15000)
            assert "4:4:4 chroma" in (page.text_content("#input-findings") or "")
            assert page.text_content("#input-plan") == (
                "Passed through. H.264: accepted")
            assert ADMIN not in page.url
            viewer = browser.new_page()
            viewer.goto(program.url("/live/?panel=1"))
            viewer.wait_for_selector("#figures dd", timeout=15000)
            assert not viewer.is_visible("#input")
            browser.close()
    finally:
        source.kill()


@pytest.mark.timeout(60)
def test_probe_names_what_is_unusual(binary: Path, tmp_path: Path) -> None:
    """--probe: interlaced 4:2:2 with B-frames has a row each; a usual file has none."""
    path = tmp_path / "odd.ts"
    subprocess.run(
        [need("ffmpeg", "files"), "-v", "error", "-f", "lavfi", "-i",
         "testsrc2=size=320x180:rate=25", "-t", "4", "-vf", "setfield=tff", "-c:v", "libx264",
         "-pix_fmt", "yuv422p", "-bf", "2", "-g", "25", "-flags", "+ilme+ildct", str(path)],
        check=True, timeout=60)
    rows = _probe(binary, path)
    for words in ("B-frames", "4:2:2 chroma", "interlaced"):
        assert any(words in row and "(" in row for row in rows), rows
    usual = tmp_path / "usual.ts"
    subprocess.run(
        [need("ffmpeg", "files"), "-v", "error", "-f", "lavfi", "-i",
         "testsrc2=size=320x180:rate=25", "-t", "4", "-c:v", "libx264", "-tune", "zerolatency",
         "-pix_fmt", "yuv420p", "-g", "25", str(usual)], check=True, timeout=60)
    assert "unusual   nothing" in _probe(binary, usual)


def _probe(binary: Path, path: Path) -> list[str]:
    run = subprocess.run([str(binary), "--probe", str(path)], capture_output=True, text=True,
                         timeout=40, check=True)
    return run.stdout.splitlines()
