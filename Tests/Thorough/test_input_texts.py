# SPDX-License-Identifier: Apache-2.0
"""Subtitles of inputs in the text renditions: of MP4, of Matroska, and teletext."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from harness.http1 import get
from harness.ports import free_port
from harness.program import Program
from harness.sources import clip
from harness.teletext import boxed, placed
from harness.tools import need
from harness.transport import Transport, splice_insert
from harness.waiting import wait_until

HOST = ["--host", "127.0.0.1", "--http-port", "0"]
FRAME = 1000 / 30


def cues(program: Program, language: str) -> list[dict]:
    """The cues of a language in the order of their starts."""
    answer = get(program.port, f"/live/captions-{language}/cues.json")
    return sorted(json.loads(answer.text)["cues"], key=lambda cue: cue["start"])


def subtitles(path: Path, words: str, first: float, count: int) -> Path:
    """A SubRip file with a text of one second every two seconds."""
    def stamp(seconds: float) -> str:
        return f"00:00:{int(seconds):02d},{round(seconds * 1000) % 1000:03d}"
    path.write_text("".join(
        f"{index + 1}\n{stamp(first + 2 * index)} --> {stamp(first + 2 * index + 1)}\n"
        f"<i>{words}</i> {index + 1}\nsecond line\n\n" for index in range(count)))
    return path


@pytest.mark.timeout(120)
@pytest.mark.parametrize("ending, codec", [("mp4", "mov_text"), ("mkv", "webvtt"), ("mkv", "srt")])
def test_subtitles_of_files(ending: str, codec: str, streamer: Callable[..., Program],
                            tmp_path: Path) -> None:
    """Each text is a cue of its language with its duration, in WebVTT at its media time."""
    film = clip(tmp_path / f"plain.{ending}", 20)
    path = tmp_path / f"film.{ending}"
    subprocess.run(
        [need("ffmpeg", "subtitles"), "-v", "error", "-i", str(film), "-i",
         str(subtitles(tmp_path / "a.srt", "Hallo", 1, 9)), "-i",
         str(subtitles(tmp_path / "b.srt", "Hello", 2.5, 8)), "-map", "0", "-map", "1", "-map", "2",
         "-c", "copy", "-c:s", codec, "-metadata:s:s:0", "language=ger", "-metadata:s:s:1",
         "language=eng", str(path)], check=True, timeout=60, stdin=subprocess.DEVNULL)
    program = streamer("--input", str(path), "--loop", "--captions", "en*,de", *HOST,
                       defaults=False, within=20)
    wait_until(lambda: get(program.port, "/live/playlist.m3u8", timeout=15).status == 200, 20,
               "a playlist")
    wait_until(lambda: len(cues(program, "de")) >= 4 and len(cues(program, "en")) >= 4, 25, "cues")
    german, english = cues(program, "de"), cues(program, "en")
    for found, words in (german, "Hallo"), (english, "Hello"):
        assert all(re.fullmatch(rf"{words} \d\nsecond line", cue["text"]) for cue in found), found
        assert {cue["duration"] for cue in found} == {1000}
        numbers = [int(cue["text"].split("\n")[0].split()[1]) for cue in found]
        steps = [b["start"] - a["start"] for a, b in zip(found, found[1:])]
        assert all(abs(step - 2000) <= 2 for step, one, two in zip(steps, numbers, numbers[1:])
                   if two == one + 1), steps
    # The first text of each language is 1 s and 2.5 s after the start of the film.
    starts = {cue["text"]: cue["start"] for cue in german}
    shared = [cue for cue in english if cue["text"].replace("Hello", "Hallo") in starts]
    assert shared
    for cue in shared:
        assert abs(cue["start"] - starts[cue["text"].replace("Hello", "Hallo")] - 1500) <= 2
    text = get(program.port, "/live/captions-de/playlist.m3u8").text
    files = re.findall(r"^segment\d+\.vtt$", text, re.MULTILINE)
    assert any("Hallo" in get(program.port, f"/live/captions-de/{file}").text for file in files)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("how", ["always", "never"])
def test_teletext(how: str, streamer: Callable[..., Program], tmp_path: Path) -> None:
    """A page is shown from the frame of its time on, until at most half a second after its end."""
    source = Transport(tmp_path / "film.ts", 20, pages=[("ger", 2, 888), ("eng", 2, 777)])
    for frame in range(150, 240, 20):
        source.text(frame, 777, "every second")
    begin, end = 300, 420
    source.splice(270, splice_insert(7, source.stamps[begin], out=True, seconds=20))
    source.text(begin, 888, "Guten Abend,", "meine Damen und Herren.")
    source.text(end, 888)
    source.text(end + 15, 888, "Das Wetter")
    source.text(end + 60, 888)
    port = free_port()
    program = streamer("--input", f"udp://127.0.0.1:{port}", "--passthrough", how, "--captions",
                       "de*,en,fr", *HOST, defaults=False)
    wait = source.send(port)
    wait_until(lambda: len(cues(program, "de")) > 7, 40, "cues")
    wait()
    first = [cue for cue in cues(program, "de") if "Guten" in cue["text"]]
    assert {cue["text"] for cue in first} == {"Guten Abend,\nmeine Damen und Herren."}
    playlist = get(program.port, "/live/video/playlist.m3u8").text
    match = re.search(r'ID="[^"]*",.*START-DATE="([^"]*)".*SCTE35-OUT', playlist)
    assert match, playlist
    splice = datetime.fromisoformat(match[1]).timestamp() * 1000
    print(f"teletext at {first[0]['start'] - splice:.0f} ms of the frame of its time")
    assert abs(first[0]["start"] - splice) <= FRAME + 1
    # Without gaps, until the page is empty.
    assert all(abs(a["start"] + a["duration"] - b["start"]) <= 2 for a, b in zip(first, first[1:]))
    removed = first[-1]["start"] + first[-1]["duration"] - first[0]["start"] \
        - (end - begin) * FRAME
    print(f"removed {removed:.0f} ms after its end")
    assert -FRAME <= removed <= 550
    weather = [cue for cue in cues(program, "de") if "Wetter" in cue["text"]]
    assert abs(weather[0]["start"] - first[0]["start"] - (end + 15 - begin) * FRAME) <= FRAME + 1
    assert {cue["text"] for cue in cues(program, "en")} == {"every second"}
    assert cues(program, "fr") == []


@pytest.mark.timeout(60)
def test_undeclared_languages_are_one_line(streamer: Callable[..., Program],
                                           tmp_path: Path) -> None:
    """Texts without a declared language are left out with one line; the picture plays on."""
    source = Transport(tmp_path / "film.ts", 8, pages=[("ger", 2, 888)])
    for frame in range(60, 180, 5):
        source.text(frame, 888, f"Zeile {frame}")
    port = free_port()
    program = streamer("--input", f"udp://127.0.0.1:{port}", "--captions", "en", *HOST,
                       defaults=False)
    source.send(port)()
    lines = [entry.message for entry in program.logged("captions-undeclared")]
    assert lines == ["the source has subtitles in de, for which --captions has no language: they "
                     "are left out"], lines
    assert cues(program, "en") == []


@pytest.mark.timeout(60)
def test_texts_without_captions_are_one_line(streamer: Callable[..., Program],
                                             tmp_path: Path) -> None:
    """Without --captions no text is decoded, and one line names the languages."""
    source = Transport(tmp_path / "film.ts", 8, pages=[("ger", 2, 888), ("eng", 2, 777)])
    for frame in range(60, 180, 5):
        source.text(frame, 888, f"Zeile {frame}")
    port = free_port()
    program = streamer("--input", f"udp://127.0.0.1:{port}", *HOST, defaults=False)
    source.send(port)()
    lines = [entry.message for entry in program.logged("captions-undeclared")]
    assert lines == ["the source has subtitles in de, en, for which --captions has no language: "
                     "they are left out"], lines


LANGUAGES = {"eng": "en", "deu": "de", "fra": "fr", "spa": "es", "ita": "it", "por": "pt",
             "nld": "nl", "pol": "pl", "ces": "cs", "slk": "sk", "hun": "hu", "ron": "ro",
             "bul": "bg", "ell": "el", "tur": "tr", "swe": "sv"}


@pytest.mark.timeout(120)
def test_sixteen_languages_of_teletext(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Two texts at once in each of 16 languages, which stay for ten seconds: none is left out."""
    numbers = {language: 801 + index for index, language in enumerate(LANGUAGES)}
    source = Transport(tmp_path / "film.ts", 22,
                       pages=[(language, 2, number) for language, number in numbers.items()])
    begin, end = 270, 570
    for language, number in numbers.items():
        source.page(begin, placed(number, [(4, boxed(5, f"Top {language}")),
                                           (20, boxed(5, f"Bottom {language}"))]))
        source.text(end, number)
    port = free_port()
    program = streamer("--input", f"udp://127.0.0.1:{port}", "--captions",
                       ",".join(LANGUAGES.values()), "--playlist-length", "30", *HOST,
                       defaults=False)
    source.send(port)()
    for language, name in LANGUAGES.items():
        found = cues(program, name)
        for words in f"Top {language}", f"Bottom {language}":
            shown = [cue for cue in found if cue["text"] == words]
            assert shown, (words, found)
            assert all(abs(a["start"] + a["duration"] - b["start"]) <= 2
                       for a, b in zip(shown, shown[1:])), words
            length = shown[-1]["start"] + shown[-1]["duration"] - shown[0]["start"]
            assert 10_000 - FRAME <= length <= 10_000 + 550 + FRAME, (words, length)
    assert not program.logged("metadata-flood") and not program.logged("captions-dropped")
    assert not program.logged("captions-undeclared")
