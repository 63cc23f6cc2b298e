# SPDX-License-Identifier: Apache-2.0
"""Processor time of audio tracks, captions, metadata and encryption, per passed-through stream.

One program for each row plays a file of 1280×720 at 30 frames per second and 2.5 Mbit/s in a loop,
all at the same time, without viewers. Run: python Bench/track_cost.py [--seconds 90]. It prints a
table.
"""

from __future__ import annotations

import argparse
import json
import struct
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests"))

from harness.captionsource import PADDING, captions, insert, schedule  # noqa: E402
from harness.http1 import get  # noqa: E402
from harness.procfs import cpu_seconds, descendants  # noqa: E402
from harness.program import start, stop  # noqa: E402
from harness.tools import need  # noqa: E402
from harness.transport import Transport, splice_insert  # noqa: E402
from harness.waiting import wait_until  # noqa: E402

SECONDS = 8
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
    """The same video without audio, with one and three tracks, and with captions; by name."""
    paths = {name: str(folder / f"{name}.ts")
             for name in ("none", "one", "three", "captions", "metadata")}
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
    return paths


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
        rows = {"video alone": (paths["none"], []), "one audio track": (paths["one"], []),
                "three audio tracks": (paths["three"], []),
                "one audio track, CC1 and CC3": (paths["captions"], []),
                "one audio track, KLV each 0.1 s, SCTE-35 each 2 s": (paths["metadata"], []),
                "one audio track, cbcs": (paths["one"], encrypted)}
        programs = {row: start(["--input", path, "--loop", "--passthrough", "always", "--host",
                                "127.0.0.1", "--http-port", "0", *more], defaults=False)
                    for row, (path, more) in rows.items()}
        for program in programs.values():
            wait_until(lambda port=program.port: get(
                port, "/live/video/playlist.m3u8").status == 200, 30, "a stream")
        time.sleep(10)
        pids = {row: {program.process.pid, *descendants(program.process.pid)}
                for row, program in programs.items()}
        before = {row: cpu_seconds(found) for row, found in pids.items()}
        begin = time.monotonic()
        time.sleep(seconds)
        for row, found in pids.items():
            used = (cpu_seconds(found) - before[row]) / (time.monotonic() - begin)
            print(f"| {row} | {100 * used:.2f} % of a core |")
        for program in programs.values():
            stop(program)


if __name__ == "__main__":
    main()
