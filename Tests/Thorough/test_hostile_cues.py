# SPDX-License-Identifier: Apache-2.0
"""Hostile texts of cues are never executed: in dash.js, and from the text track of an input."""

from __future__ import annotations

import html
import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import Viewer, viewer
from harness.http1 import get
from harness.ports import free_port
from harness.program import Program
from harness.rtmp import HOST
from harness.site import site
from harness.sources import clip
from harness.tools import need
from harness.trackpublisher import CMAF, PICTURE, CMAFTrack, encoded, tone
from harness.transport import Transport
from harness.waiting import wait_until
from test_captions import ELEMENTS, HOSTILE, MOUNT, PLAY, TOKEN, post
from test_published_texts import box, cues_of, fragment, header

# dash.js of another page; the texts of cues as the browser shows them, and their elements.
DASH = """(source) => {
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  const player = dashjs.MediaPlayer().create();
  window.__video = video;
  window.__shown = {};
  player.updateSettings({ streaming: {
    delay: { liveDelay: 2 }, text: { defaultEnabled: true } } });
  player.initialize(video, source, true);
  const watch = () => {
    for (const track of video.textTracks) {
      for (const cue of track.mode === 'disabled' ? [] : track.activeCues ?? []) {
        const shown = cue.getCueAsHTML();
        window.__shown[shown.textContent] = shown.querySelectorAll('*').length;
      }
    }
    requestAnimationFrame(watch);
  };
  watch();
}"""
TIMES = re.compile(r"[\d:.]+ --> [\d:.]+( .*)?")


def check_untouched(view: Viewer, address: str, scripts: int) -> None:
    """No text was executed or became an element of the page, and nothing was requested for one."""
    found = view.page.evaluate(
        "() => [window.__run, document.scripts.length,"
        " document.querySelectorAll('iframe, svg, img, style[onload], a').length]")
    assert found == [None, scripts, 0], found
    assert view.page.url == address and not view.page_errors, view.page_errors
    assert not [url for url in view.requests if "a.example" in url]


@pytest.mark.timeout(90)
def test_dashjs_shows_markup_as_text(
        browser: Browser, streamer: Callable[..., Program], dashjs: Path) -> None:
    """Each of 40 texts of `wvtt` is shown as it was sent, without an element."""
    program = streamer("--resolution", "320x180", "--bitrate", "300", "--admin-token", TOKEN,
                       "--captions", "en*")
    wait_until(lambda: get(program.port, "/live/manifest.mpd").status == 200, 15, "live")
    with site('<!doctype html><meta charset="utf-8"><body>') as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.add_script_tag(path=str(dashjs))
        scripts = view.page.evaluate("() => document.scripts.length")
        view.page.evaluate(DASH, program.url("/live/manifest.mpd"))
        view.page.wait_for_function("() => __video.currentTime > 0 && !__video.paused",
                                    timeout=15000)
        at = int(time.time() * 1000) + 1500
        for index, text in enumerate(HOSTILE):
            post(program, {"text": text, "start": at + index * 500, "duration": 480})
        view.page.wait_for_function("(text) => text in __shown", arg=HOSTILE[-1], timeout=40000)
        shown = view.page.evaluate("() => __shown")
        missing = [text for text in HOSTILE if text not in shown]
        print(f"dash.js: {len(HOSTILE) - len(missing)} of {len(HOSTILE)} texts are as sent")
        assert not missing and set(shown.values()) == {0}, (missing, shown)
        check_untouched(view, address, scripts)


def check_segments(program: Program, language: str) -> int:
    """The texts in WebVTT and `wvtt` have no markup but classes, and no line of times."""
    count = 0
    listed = get(program.port, f"/live/captions-{language}/playlist.m3u8").text
    for name in re.findall(r"^(segment\d+)\.vtt$", listed, re.M):
        text = get(program.port, f"/live/captions-{language}/{name}.vtt").text
        head, *cues = text.rstrip("\n").split("\n\n")
        assert head == "WEBVTT", text
        media = get(program.port, f"/live/captions-{language}/{name}.m4s").body
        for cue in cues:
            number, times, *lines = cue.split("\n")
            assert re.fullmatch(r"cue-\d+", number) and TIMES.fullmatch(times) and lines, cue
            plain = re.sub(r"</?c[.\w]*>", "", "\n".join(lines))
            assert not re.search(r"[<>]|-->", plain), cue
            assert "\n".join(lines).encode() in media
            count += 1
    return count


@pytest.mark.timeout(120)
def test_texts_of_a_file_have_no_markup(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """SubRip and WebVTT in Matroska, whose samples are the hostile texts unchanged."""
    texts = [text for text in HOSTILE if "-->" not in text]
    film, path = clip(tmp_path / "plain.mkv", 30), tmp_path / "film.mkv"

    def at(milliseconds: int) -> str:
        return f"00:00:{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"

    times = [f"{at(1000 + 800 * index)} --> {at(1700 + 800 * index)}"
             for index in range(len(texts))]
    vtt = "WEBVTT\n\n" + "".join(f"{one}\n{text}\n\n" for one, text in zip(times, texts))
    srt = "".join(f"{index}\n{one.replace('.', ',')}\n{text}\n\n"
                  for index, (one, text) in enumerate(zip(times, texts), 1))
    (tmp_path / "a.vtt").write_text(vtt)
    (tmp_path / "a.srt").write_text(srt)
    subprocess.run(
        [need("ffmpeg", "subtitles"), "-v", "error", "-i", str(film), "-i",
         str(tmp_path / "a.srt"), "-i", str(tmp_path / "a.vtt"), "-map", "0", "-map", "1", "-map",
         "2", "-c", "copy", "-metadata:s:s:0", "language=ger", "-metadata:s:s:1", "language=eng",
         str(path)], check=True, timeout=60, stdin=subprocess.DEVNULL)
    assert b"<script>window.__run" in path.read_bytes()
    program = streamer("--input", str(path), "--loop", "--captions", "en*,de", "--playlist-length",
                       "30", "--host", "127.0.0.1", "--http-port", "0", defaults=False, within=20)
    for language in ("en", "de"):
        wait_until(lambda language=language: len(cues_of(program, language)) >= 20, 60, "cues")
        found = [cue["text"] for cue in cues_of(program, language)]
        count = check_segments(program, language)
        print(f"{language}: {len(found)} cues, {count} in segments, such as {found[:3]}")
        assert count >= 10
    assert not program.logged("source-gone")


@pytest.mark.timeout(60)
def test_teletext_with_markup_is_text(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """The colours of teletext are classes: characters of the page that look like them are text."""
    rows = ["<script>alert(1)</script>", "<c.red>a</c> &lt;b&gt;", "<img src=x onerror=alert(1)>"]
    stream = Transport(tmp_path / "film.ts", 12, pages=[("eng", 2, 777)])
    for index, row in enumerate(rows):
        stream.text(150 + 60 * index, 777, row)
        stream.text(180 + 60 * index, 777)
    port = free_port()
    program = streamer("--input", f"udp://127.0.0.1:{port}", "--captions", "en*", "--host",
                       "127.0.0.1", "--http-port", "0", "--playlist-length", "20",
                       defaults=False)
    wait = stream.send(port)
    wait_until(lambda: rows[-1] in [cue["text"] for cue in cues_of(program, "en")], 30, "cues")
    wait()
    assert {cue["text"] for cue in cues_of(program, "en")} == set(rows)
    assert check_segments(program, "en") >= len(rows)


def cue(text: str) -> bytes:
    """A sample with one cue, whose identifier lets the body be as fast as the server expects."""
    return box("vttc", box("iden", b"-" * 200), box("payl", text.encode()))


@pytest.mark.timeout(120)
def test_texts_of_a_publisher_are_never_executed(
        browser: Browser, streamer: Callable[..., Program], hlsjs: Path) -> None:
    """`wvtt` loses its markup; escaped markup is shown as text; no player runs any."""
    pairs = list(zip(HOSTILE[::2], HOSTILE[1::2]))
    escaped = [second for _, second in pairs]
    texts = header("eng") + b"".join(
        fragment(second, [(500, cue(first)), (500, cue(html.escape(other, quote=False)))])
        for second, (first, other) in enumerate([("begin", "begin")] * 5 + pairs))
    program = streamer(*HOST, "--captions", "en*", "--hlsjs", str(hlsjs), "--playlist-length",
                       "30", defaults=False)
    video, audio = encoded(*PICTURE, *CMAF), encoded(*tone(440), *CMAF)
    begin = time.monotonic()
    tracks = [CMAFTrack(program, "/live/video.cmfv", video, 30, begin),
              CMAFTrack(program, "/live/a.cmfa", audio, 48_000 / 1024, begin),
              CMAFTrack(program, "/live/text.cmft", texts, 1, begin)]
    page = ELEMENTS.format(module=program.url("/player/live-player.js")) \
        + f"<script src=\"{program.url('/player/hls.js')}\"></script>"
    try:
        wait_until(lambda: get(program.port, "/live/playlist.m3u8", timeout=15).status == 200, 20,
                   "a playlist")
        with site(page) as address, viewer(browser) as view:
            view.open(address, is_parsed=True)
            view.page.evaluate(PLAY, program.url("/live/playlist.m3u8"))
            view.page.evaluate(MOUNT, [program.url("/live/"), ["http"]])
            wait_until(lambda: escaped[-1] in [one["text"] for one in cues_of(program, "en")], 40,
                       "the last text")
            view.page.wait_for_function(
                "(text) => __captions.http.some((entry) => entry.text === text)",
                arg=escaped[-1], timeout=20000)
            found = [entry["text"] for entry in view.page.evaluate("() => __captions.http")]
            cues = [one["text"] for one in cues_of(program, "en")]
            print(f"{len(cues)} cues; {len(set(escaped) & set(found))} of {len(escaped)} escaped "
                  f"texts were shown as they are; raw ones such as {cues[:20:4]}")
            assert set(escaped) <= set(cues), set(escaped) - set(cues)
            assert len(set(escaped) & set(found)) > len(escaped) // 2
            raw = [text for text in cues if text not in escaped]
            # Of the raw ones an entity is a character: `&lt;b&gt;`.
            assert not [text for text in raw if re.search(r"<[^b]", text)], raw
            assert view.page.evaluate("() => window.__shown.length") > 0
            check_untouched(view, address, 2)
        assert check_segments(program, "en") >= 10
        assert json.loads(get(program.port, "/live/captions-en/cues.json").text)["cues"]
    finally:
        for one in tracks:
            one.end()
