# SPDX-License-Identifier: Apache-2.0
"""The programs of docs/captions.md that make cues, as they are in the document."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.documents import Block, blocks
from harness.http1 import get
from harness.program import Program, start, stop
from harness.tools import ROOT, need
from harness.waiting import wait_until

TOKEN = "token-of-the-program-of-cues"
# In place of Vosk: the loudest sample of each half second is a sentence.
STAND_IN = '''
import json
from array import array

class Model:
    def __init__(self, lang): assert lang == "en-us"

class KaldiRecognizer:
    def __init__(self, model, rate): assert rate == 16000; self.samples = array("h")
    def AcceptWaveform(self, data):
        self.samples.frombytes(data)
        return len(self.samples) >= 8000
    def Result(self):
        loudest, self.samples = max(self.samples), array("h")
        return json.dumps({"text": f"loudest {loudest}"})
'''


def document(language: str, words: str) -> str:
    """The block of the document that has these words."""
    path = "docs/captions.md"
    found: list[Block] = [block for block in blocks(path, (ROOT / path).read_text())
                          if block.language == language and words in block.text]
    assert len(found) == 1, found
    return found[0].text


@pytest.fixture(scope="module")
def program(binary: Path) -> Iterator[Program]:
    """A stream with a tone, and captions in English."""
    running = start(["--resolution", "320x180", "--bitrate", "300", "--audio", "tone",
                     "--admin-token", TOKEN, "--captions", "en*"])
    wait_until(lambda: get(running.port, "/live/audio/playlist.m3u8").status == 200, 15, "live")
    yield running
    stop(running)


def texts(program: Program) -> list[str]:
    """The texts of all cues."""
    return [cue["text"] for cue in json.loads(
        get(program.port, "/live/captions-en/cues.json").text)["cues"]]


@pytest.mark.timeout(30)
def test_a_line_is_a_cue(program: Program, tmp_path: Path) -> None:
    """Two lines are two cues; an empty line is none, and a refused one ends nothing."""
    script = tmp_path / "cues.py"
    script.write_text(document("python", "urllib.request.urlopen"))
    url = program.url("/api/streams/live/captions?lang=en")
    ended = subprocess.run(
        [sys.executable, str(script), url, TOKEN], timeout=20, text=True, capture_output=True,
        input="Good evening.\n\n  Märchen & <b>mehr</b>\n", env={**os.environ, "PYTHONUTF8": "1"})
    assert (ended.returncode, ended.stderr) == (0, "")
    assert texts(program)[-2:] == ["Good evening.", "Märchen & <b>mehr</b>"]
    refused = subprocess.run(
        [sys.executable, str(script), url, "another"], input="one\ntwo\n", text=True,
        capture_output=True, timeout=20)
    assert refused.returncode == 0 and refused.stderr.count("cue refused: ") == 2, refused.stderr


@pytest.mark.timeout(60)
def test_audio_becomes_cues(program: Program, tmp_path: Path) -> None:
    """ffmpeg, the recogniser and the sender in a pipe: the tone of the stream is heard."""
    need("ffmpeg", "the audio of the stream as samples")
    (tmp_path / "vosk.py").write_text(STAND_IN)
    (tmp_path / "cues.py").write_text(document("python", "urllib.request.urlopen"))
    (tmp_path / "recognize.py").write_text(document("python", "KaldiRecognizer"))
    command = document("sh", "recognize.py").replace("localhost:8080", f"127.0.0.1:{program.port}")
    with (tmp_path / "errors").open("wb") as errors:
        pipe = subprocess.Popen(["bash", "-c", command], cwd=tmp_path, stderr=errors,
                                env={**os.environ, "T": TOKEN}, start_new_session=True)
        try:
            # The window of a new stream begins with silence, and the tone sounds for a part of each
            # second.
            found = wait_until(
                lambda: [text for text in texts(program)
                         if text.startswith("loudest ") and int(text.split()[1]) > 1000],
                30, "a cue of the tone")
        finally:
            os.killpg(pipe.pid, signal.SIGKILL)
            pipe.wait(5)
    print(found)
    assert (tmp_path / "errors").read_text() == ""
