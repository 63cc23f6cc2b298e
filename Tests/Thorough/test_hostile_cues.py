# SPDX-License-Identifier: Apache-2.0
"""Hostile texts of the text track of an input are text in WebVTT and `wvtt`."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.http1 import get
from harness.ports import free_port
from harness.program import Program
from harness.sources import clip
from harness.tools import need
from harness.transport import Transport
from harness.waiting import wait_until
from test_captions import HOSTILE
from test_published_texts import cues_of

TIMES = re.compile(r"[\d:.]+ --> [\d:.]+( .*)?")


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
