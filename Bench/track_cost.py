# SPDX-License-Identifier: Apache-2.0
"""Processor time of audio tracks, captions, metadata and encryption, per passed-through stream.

One program for each row plays a file of 1280×720 at 30 frames per second and 2.5 Mbit/s in a loop,
all at the same time, without viewers. Then two of them, clear and encrypted, have 50 readers of
parts each. Run: python Bench/track_cost.py [--seconds 90]. It prints two tables.
"""

from __future__ import annotations

import argparse
import json
import struct
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests"))

from fanout import BASE, PARTS, build, next_index  # noqa: E402
from harness.captionsource import PADDING, captions, insert, schedule  # noqa: E402
from harness.http1 import get  # noqa: E402
from harness.procfs import cpu_seconds, descendants  # noqa: E402
from harness.program import Program, start, stop  # noqa: E402
from harness.tools import need  # noqa: E402
from harness.transport import Transport, splice_insert  # noqa: E402
from harness.waiting import wait_until  # noqa: E402

SECONDS, READERS = 8, 50
TOKEN = "token-of-the-cost-of-tracks"
CLEAR, PROTECTED = "one audio track", "one audio track, cbcs"
KEYS = {"keys": [{"kid": "00112233-4455-6677-8899-aabbccddeeff", "key": "01234567" * 4}]}
PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-b:v", "2500k",
        "-maxrate", "2500k", "-bufsize", "2500k", "-g", "30", "-keyint_min", "30", "-sc_threshold",
        "0"]


def ffmpeg(*words: str, data: bytes | None = None) -> bytes:
    """The output of ffmpeg."""
    return subprocess.run([need("ffmpeg", "films"), "-v", "error", "-y", *words], input=data,
                          stdout=subprocess.PIPE, check=True, timeout=120).stdout


def films(folder: Path) -> dict[str, str]:
    """The same video without audio, with one and three tracks, captions and metadata; by name."""
    paths = {name: str(folder / f"{name}.ts")
             for name in ("none", "one", "three", "captions", "metadata", "teletext")}
    tones = [word for hertz in (440, 880, 1320) for word in (
        "-f", "lavfi", "-i", f"sine=frequency={hertz}:sample_rate=48000")]
    ffmpeg(*PICTURE, *tones, "-t", f"{SECONDS}", *(word for index in range(4) for word in (
        "-map", f"{index}")), *H264, "-c:a", "aac", "-ac", "2", "-metadata:s:a:0", "language=eng",
           "-metadata:s:a:1", "language=deu", "-metadata:s:a:2", "language=fra", paths["three"])
    ffmpeg("-i", paths["three"], "-map", "0:v", "-map", "0:a:0", "-c", "copy", paths["one"])
    ffmpeg("-i", paths["three"], "-map", "0:v", "-c", "copy", paths["none"])
    stream = ffmpeg("-i", paths["none"], "-c", "copy", "-bsf:v", "h264_metadata=aud=insert", "-f",
                    "h264", "-")
    pairs = [*schedule(captions(SECONDS), SECONDS * 30), *[(PADDING, PADDING)] * 30]
    ffmpeg("-framerate", "30", "-f", "h264", "-i", "-", "-i", paths["one"], "-map", "0:v", "-map",
           "1:a", "-c", "copy", paths["captions"], data=insert(stream, pairs))
    carrier = Transport(Path(paths["metadata"]), SECONDS, film=Path(paths["one"]))
    for frame in range(0, len(carrier.stamps), 3):
        carrier.set(frame, b"\x02\x08" + struct.pack(">Q", frame))
    for number, frame in enumerate(range(0, len(carrier.stamps) - 30, 60)):
        message = splice_insert(number, carrier.stamps[frame + 30], out=number % 2 == 0)
        carrier.splice(frame, message)
    Path(paths["metadata"]).write_bytes(b"".join(carrier.packets))
    carrier = Transport(Path(paths["teletext"]), SECONDS, film=Path(paths["one"]),
                        pages=[("eng", 2, 888)])
    for number, frame in enumerate(range(0, len(carrier.stamps) - 30, 60)):
        carrier.text(frame, 888, f"Text {number}", "of two rows")
        carrier.text(frame + 30, 888)
    Path(paths["teletext"]).write_bytes(b"".join(carrier.packets))
    return paths


@contextmanager
def cues(program: Program) -> Iterator[None]:
    """A cue of the API each second."""
    ended = threading.Event()

    def run() -> None:
        number = 0
        while not ended.wait(1):
            number += 1
            cue = {"text": f"Sentence {number} of a speaker,\nin two lines.", "duration": 1500}
            request = urllib.request.Request(
                program.url("/api/streams/live/captions"), json.dumps(cue).encode(),
                {"Authorization": f"Bearer {TOKEN}"}, method="POST")
            with suppress(OSError):
                urllib.request.urlopen(request, timeout=5).close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def shares(programs: dict[str, Program], seconds: float) -> dict[str, float]:
    """The percentage of a core that each program uses, with its child processes."""
    pids = {row: {program.process.pid, *descendants(program.process.pid)}
            for row, program in programs.items()}
    before = {row: cpu_seconds(found) for row, found in pids.items()}
    begin = time.monotonic()
    time.sleep(seconds)
    return {row: 100 * (cpu_seconds(found) - before[row]) / (time.monotonic() - begin)
            for row, found in pids.items()}


def with_readers(programs: dict[str, Program], folder: Path, seconds: float) -> dict[str, float]:
    """The percentage of a core of programs whose parts 50 connections read each."""
    build(folder)
    clients = [subprocess.Popen(
        [str(folder / "load"), str(program.port), str(READERS), str(seconds + 6), "part", BASE,
         str(PARTS), str(next_index(program.port)), str(folder / f"samples-{program.port}")],
        stdout=subprocess.PIPE, text=True) for program in programs.values()]
    time.sleep(3)
    found = shares(programs, seconds)
    for client in clients:
        result = json.loads(client.communicate(timeout=30)[0])
        assert not result["errors"], result
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=90)
    seconds = parser.parse_args().seconds
    with TemporaryDirectory() as name:
        folder = Path(name)
        paths, keys = films(folder), folder / "keys.json"
        keys.write_text(json.dumps(KEYS))
        keys.chmod(0o600)
        encrypted = ["--encryption", "cbcs", "--encryption-keys", str(keys)]
        texts = ["--captions", "en"]
        rows = {"video alone": (paths["none"], []), CLEAR: (paths["one"], []),
                "three audio tracks": (paths["three"], []),
                "one audio track, CC1 and CC3": (paths["captions"], []),
                "one audio track, KLV each 0.1 s, SCTE-35 each 2 s": (paths["metadata"], []),
                "one audio track, a cue of the API each second": (
                    paths["one"], [*texts, "--admin-token", TOKEN]),
                "one audio track, teletext, shown each second second": (paths["teletext"], texts),
                PROTECTED: (paths["one"], encrypted)}
        programs = {row: start(["--input", path, "--loop", "--passthrough", "always", "--host",
                                "127.0.0.1", "--http-port", "0", *more], defaults=False)
                    for row, (path, more) in rows.items()}
        for program in programs.values():
            wait_until(lambda port=program.port: get(
                port, "/live/video/playlist.m3u8").status == 200, 30, "a stream")
        spoken = next(program for row, program in programs.items() if "API" in row)
        with cues(spoken):
            time.sleep(10)
            alone = shares(programs, seconds)
        for row, used in alone.items():
            print(f"| {row} | {used:.2f} % of a core |")
        for row in [row for row in programs if row not in (CLEAR, PROTECTED)]:
            stop(programs.pop(row))
        quiet = shares(programs, seconds)
        read = with_readers(programs, folder, seconds)
        print()
        for row, used in read.items():
            reader = (used - quiet[row]) / READERS
            print(f"| {row}, {READERS} readers | {used:.2f} % of a core | {reader:.3f} % each |")
        for program in programs.values():
            stop(program)


if __name__ == "__main__":
    main()
