# SPDX-License-Identifier: Apache-2.0
"""Video against three audio tracks of a source whose clock is 100 ppm fast, over minutes.

ffmpeg sends flash and beep by MPEG-TS, its timestamps 100 ppm faster than the wall clock: AAC at
48 kHz, AAC at 44.1 kHz, MP2. One streamer passes the video through, another one encodes it. Each
minute the offset of every track is measured in the published media, minus that of the track as it
was sent in the first seconds. Run: python Bench/track_drift.py [--minutes 30] [--ppm 100]. It
prints a table.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests"))

from harness import tone  # noqa: E402
from harness.audio import Track  # noqa: E402
from harness.avsync import marks  # noqa: E402
from harness.http1 import get  # noqa: E402
from harness.ports import free_port  # noqa: E402
from harness.program import Program, start, stop  # noqa: E402
from harness.sources import Source  # noqa: E402
from harness.tools import need  # noqa: E402
from harness.waiting import pause, wait_until  # noqa: E402

TRACKS = {"audio": "AAC, 48 kHz", "audio-en": "AAC, 44.1 kHz", "audio-fr": "MP2"}
# How ffmpeg makes each from the film.
CODECS = [("aac", 48000), ("aac", 44100), ("mp2", 48000)]
LANGUAGES = ["ger", "eng", "fra"]
SETTINGS = {
    "passed through": ["--passthrough", "always"],
    "encoded": ["--passthrough", "never", "--resolution", "160x90", "--bitrate", "200"],
}


def endless(folder: Path) -> list[str]:
    """The inputs of ffmpeg: eight seconds of flash and of beep, each repeated without a seam."""
    film, video, audio = tone.record(folder), folder / "video.mp4", folder / "audio.wav"
    ffmpeg = [need("ffmpeg", "a source that drifts"), "-v", "error", "-y"]
    for options in (["-i", str(film), "-map", "0:v", "-c", "copy", "-video_track_timescale",
                     # Matroska has milliseconds: a repetition would be 0.3 ms too short.
                     "30000", "-bsf:v", "setts=ts=N/30/TB:duration=1/30/TB", str(video)],
                    # Its sound begins up to an AAC frame before the picture, and ends as early.
                    ["-copyts", "-i", str(film), "-map", "0:a", "-af",
                     "atrim=start=0,asetpts=PTS-STARTPTS,aresample=48000,apad,"
                     f"atrim=end_sample={tone.SECONDS * 48000}", str(audio)]):
        subprocess.run([*ffmpeg, *options], check=True, timeout=30, stdin=subprocess.DEVNULL)
    return [word for path in (video, audio)
            for word in ("-stream_loop", "-1", "-readrate", "RATE", "-i", str(path))]


def sender(inputs: list[str], ports: list[int], ppm: float, copy: Path) -> Source:
    """Sends video and audio without an end, to each port and into the file `copy`."""
    one = "[f=mpegts:pes_payload_size=0:max_delay=0]udp://127.0.0.1:{}?pkt_size=1316"
    audio: list[str] = []
    for index, ((codec, rate), language) in enumerate(zip(CODECS, LANGUAGES, strict=True)):
        audio += ["-map", "1:a", f"-c:a:{index}", codec, f"-ar:a:{index}", f"{rate}",
                  f"-metadata:s:a:{index}", f"language={language}"]
    return Source(subprocess.Popen(
        [need("ffmpeg", "a source that drifts"), "-v", "error",
         *(f"{1 + ppm / 1e6:.7f}" if word == "RATE" else word for word in inputs), "-map", "0:v",
         "-c:v", "copy", *audio, "-flush_packets", "1", "-f", "tee",
         "|".join([*(one.format(port) for port in ports), f"[f=mpegts]{copy}"])],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL))


def offset(program: Program, name: str) -> float | None:
    """How early the audio of the newest segments is, ms; None if no flash has its beep."""
    video, audio = Track(program.port, "video"), Track(program.port, name)
    found = marks(video.media(video.playlist(), 5), audio.media(audio.playlist(), 6))
    return statistics.median(mark.offset for mark in found) * 1000 if found else None


def sent(copy: Path) -> list[float]:
    """How early the audio of each track is as it was sent, ms."""
    offsets: list[float] = []
    for index in range(len(TRACKS)):
        one = copy.with_name(f"sent-{index}.ts")
        subprocess.run(
            [need("ffmpeg", "a source that drifts"), "-v", "error", "-y", "-copyts", "-t", "12",
             "-i", str(copy), "-map", "0:v", "-map", f"0:a:{index}", "-c", "copy", "-muxdelay",
             "0", "-muxpreload", "0", str(one)], check=True, timeout=30, stdin=subprocess.DEVNULL)
        offsets.append(statistics.median(mark.offset for mark in marks(one, one)) * 1000)
    return offsets


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--ppm", type=float, default=100)
    options = parser.parse_args()
    offsets: dict[tuple[str, str], list[float]] = {}
    of_source: list[float] = []
    with TemporaryDirectory() as folder:
        inputs, copy = endless(Path(folder)), Path(folder) / "sent.ts"
        ports = [free_port() for _ in SETTINGS]
        programs: dict[str, Program] = {}
        source = None
        try:
            for port, (setting, flags) in zip(ports, SETTINGS.items(), strict=True):
                programs[setting] = start(
                    ["--input", f"udp://127.0.0.1:{port}", "--host", "127.0.0.1", "--http-port",
                     "0", *flags], defaults=False)
            source = sender(inputs, ports, options.ppm, copy)
            for program in programs.values():
                wait_until(lambda program=program: get(
                    program.port, "/live/playlist.m3u8", timeout=15).status == 200, 25, "media")
            begun = time.monotonic()
            for minute in range(options.minutes + 1):
                # The first segments of a stream may be slate.
                pause(max(0, begun + 12 + 60 * minute - time.monotonic()), "the next measurement")
                of_source = of_source or sent(copy)
                for setting, program in programs.items():
                    for name, early in zip(TRACKS, of_source, strict=True):
                        values = offsets.setdefault((setting, name), [])
                        if (found := offset(program, name)) is None:
                            print(f"{minute}: {setting}, {name}: no mark", file=sys.stderr)
                        else:
                            values.append(found - early)
                newest = [f"{values[-1]:.1f}" for values in offsets.values() if values]
                print(minute, " ".join(newest), file=sys.stderr, flush=True)
        finally:
            if source:
                source.kill()
            for program in programs.values():
                stop(program)
    print("the source:", ", ".join(f"{early:.1f} ms" for early in of_source))
    print("| video | audio | measurements | audio earlier than in the source, ms |")
    print("|---|---|---|---|")
    for (setting, name), values in offsets.items():
        if not values:
            continue
        print(f"| {setting} | {TRACKS[name]} | {len(values)} | {min(values):.1f} to "
              f"{max(values):.1f} |")


if __name__ == "__main__":
    main()
