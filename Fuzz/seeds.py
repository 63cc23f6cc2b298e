# SPDX-License-Identifier: Apache-2.0
"""Generates the media seeds of the fuzzers and of the hostile inputs with ffmpeg.

seeds.py FOLDER             files of every accepted codec, in TS, FLV, MP4, Matroska and ADTS
seeds.py --fuzz FOLDER      the same for `fuzz-media`: with the first byte that it reads, and units

A seed has at most 20 KB. A codec that this ffmpeg lacks is left out.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import tempfile
from pathlib import Path

LIMIT = 20_000
PICTURE = ["-f", "lavfi", "-i", "testsrc=s=96x64:r=10:d=1.3"]
STILL = ["-f", "lavfi", "-i", "color=s=64x64:r=10:d=1.4"]
TONE = ["-f", "lavfi", "-i", "sine=r=48000:d=1.3"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "5", "-crf", "45"]
HEVC = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
        "bframes=0:keyint=5:min-keyint=5:scenecut=0:crf=45:open-gop=0:log-level=none:info=0"]
MJPEG = ["-c:v", "mjpeg", "-q:v", "31"]
AAC = ["-c:a", "aac", "-b:a", "24k"]

# Name of the seed, arguments of ffmpeg.
SEEDS: dict[str, list[str]] = {
    "h264-aac.ts": [*PICTURE, *TONE, *H264, *AAC],
    "h264-bframes.ts": [*STILL, "-c:v", "libx264", "-bf", "2", "-g", "8", "-crf", "45"],
    "h264-mp3.ts": [*PICTURE, *TONE, *H264, "-c:a", "libmp3lame", "-b:a", "32k"],
    "h264-ac3.ts": [*STILL, *TONE, *H264, "-c:a", "ac3", "-b:a", "48k"],
    "h264-opus.ts": [*STILL, *TONE, *H264, "-c:a", "libopus", "-b:a", "16k"],
    "hevc-aac.ts": [*PICTURE, *TONE, *HEVC, *AAC],
    "mpeg2-mp2.ts": [*STILL, *TONE, "-r", "25", "-c:v", "mpeg2video", "-q:v", "31",
                     "-c:a", "mp2", "-b:a", "32k"],
    "h264-aac.flv": [*PICTURE, *TONE, *H264, *AAC],
    "h264-mp3.flv": [*STILL, *TONE, *H264, "-c:a", "libmp3lame", "-b:a", "32k", "-ar", "44100"],
    "flv1.flv": [*STILL, "-c:v", "flv", "-q:v", "31"],
    "h264-aac.mp4": [*PICTURE, *TONE, *H264, *AAC],
    "h264-turned.mp4": [*STILL, *H264, "-metadata:s:v", "rotate=90"],
    "h264-orientation.ts": [*STILL, *H264, "-bsf:v",
                            "h264_metadata=display_orientation=insert:rotate=90"],
    "hevc-aac.mp4": [*STILL, *TONE, *HEVC, *AAC],
    "h264-fragments.mp4": [*STILL, *TONE, *H264, *AAC, "-movflags",
                           "frag_keyframe+empty_moov+default_base_moof"],
    "mjpeg-pcm.mov": [*STILL, "-f", "lavfi", "-i", "sine=r=8000:d=0.5", *MJPEG,
                      "-c:a", "pcm_s16le"],
    "vp9-opus.mkv": [*STILL, *TONE, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-crf", "60",
                     "-c:a", "libopus", "-b:a", "16k"],
    "av1.mp4": [*STILL, "-c:v", "libaom-av1", "-cpu-used", "8", "-crf", "60",
                "-usage", "realtime"],
    "mpeg4-vorbis.mkv": [*STILL, *TONE, "-c:v", "mpeg4", "-q:v", "31", "-c:a", "libvorbis",
                         "-b:a", "32k", "-ac", "1"],
    "h264-flac.mkv": [*STILL, "-f", "lavfi", "-i", "sine=r=8000:d=1", *H264, "-c:a", "flac"],
    "h264-float.mkv": [*STILL, "-f", "lavfi", "-i", "sine=r=8000:d=0.3", *H264,
                       "-c:a", "pcm_f32le"],
    "ffv1-wide.mkv": [*STILL, "-vf", "setsar=16/11", "-c:v", "ffv1", "-level", "3"],
    "aac.adts": [*TONE, *AAC],
    "mono.adts": ["-f", "lavfi", "-i", "sine=r=22050:d=1.5", "-ac", "1", "-c:a", "aac",
                  "-b:a", "16k"],
}


def ffmpeg(arguments: list[str], path: Path) -> bytes | None:
    """The bytes of the file; None if this ffmpeg cannot write it."""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-threads", "1", "-y", *arguments,
               "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not path.exists():
        print(f"{path.name}: left out: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    data = path.read_bytes()
    if len(data) > LIMIT:
        print(f"{path.name}: left out: {len(data)} bytes", file=sys.stderr)
        return None
    return data


def media(folder: Path) -> dict[str, bytes]:
    """All seeds as files."""
    made = {}
    for name, arguments in SEEDS.items():
        if (data := ffmpeg(arguments, folder / name)) is not None:
            made[name] = data
    return made


def nal_units(data: bytes) -> list[bytes]:
    """The NAL units of an Annex B stream, each after a start code."""
    parts = data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]
    return [b"\0\0\0\1" + part for part in parts]


def unit(flags: int, milliseconds: int, data: bytes) -> bytes:
    """A packet of `fuzz-media`."""
    return struct.pack(">BHH", flags, milliseconds & 0xFFFF, len(data)) + data


def units(folder: Path, codec: str) -> bytes:
    """Packets as of RTP: pieces of access units of 100 ms, and AAC frames with headers."""
    name = {"h264": "v.h264", "hevc": "v.hevc"}[codec]
    video = ffmpeg([*PICTURE, *(H264 if codec == "h264" else HEVC)], folder / name) or b""
    audio = ffmpeg([*TONE, *AAC], folder / "a.aac") or b""
    out, begins, keys = b"", True, 0
    for nal in nal_units(video):
        kind = nal[4] & 31 if codec == "h264" else nal[4] >> 1 & 63
        is_slice = kind in range(1, 6) if codec == "h264" else kind < 32
        is_key = kind == 5 or 16 <= kind < 24
        # The third key frame comes over a new connection.
        keys += is_key
        flags = (2 if is_key else 4) | (16 if is_key and keys == 3 else 0)
        out += unit(flags, 100 if begins else 0, nal)
        begins = is_slice
        if is_slice:
            size = (audio[3] & 3) << 11 | audio[4] << 3 | audio[5] >> 5 if len(audio) > 6 else 0
            out += unit(1, 0, audio[:size]) if size else b""
            audio = audio[size:]
    return out[:LIMIT]


def opus(folder: Path) -> bytes:
    """JPEG frames and Opus in the form of MPEG-TS (control headers), as units."""
    frame = ffmpeg([*STILL, *MJPEG, "-frames:v", "1"], folder / "v.mjpeg") or b""
    packet = b"\x7f\xe0\x03" + b"\xfc\xff\xfe"
    return b"".join(unit(2, 100, frame) + unit(1, 0, packet * 2) for _ in range(14))[:LIMIT]


def fuzz(folder: Path, out: Path) -> None:
    """Writes the seeds with their first bytes: see `MediaArrival`."""
    for file, data in media(folder).items():
        name = file.replace(".", "-")
        (out / name).write_bytes(bytes([4]) + data)
        if file in ("h264-aac.ts", "hevc-aac.ts", "mpeg2-mp2.ts"):
            (out / f"{name}-pipe").write_bytes(bytes([4 | 1]) + data)
        if file in ("h264-aac.ts", "hevc-aac.mp4", "h264-aac.flv", "mjpeg-pcm.mov"):
            (out / f"{name}-encoded").write_bytes(bytes([file.endswith(".ts")]) + data)
        if file in ("h264-aac.ts", "h264-aac.mp4"):
            is_pipe = file.endswith(".ts")
            for ending, first in (("second", 4), ("second-encoded", 0)):
                (out / f"{name}-{ending}").write_bytes(bytes([0x80 | first | is_pipe]) + data)
    # The source changes size, rate and audio; its first units arrive before the session.
    other = ffmpeg(["-f", "lavfi", "-i", "testsrc=s=64x48:r=20:d=0.6", "-f", "lavfi", "-i",
                    "sine=r=44100:d=0.6", *H264, "-ac", "1", *AAC], folder / "other.ts") or b""
    same = ffmpeg([*STILL, *TONE, *H264, *AAC, "-t", "0.7"], folder / "same.ts") or b""
    (out / "changes-ts-pipe").write_bytes(bytes([4 | 1 | 3 << 3]) + same + other)
    (out / "changes-ts-encoded").write_bytes(bytes([1]) + same + other)
    (out / "units-h264-aac").write_bytes(bytes([2 | 4]) + units(folder, "h264"))
    (out / "units-h264-encoded").write_bytes(bytes([2]) + units(folder, "h264"))
    (out / "units-hevc-aac").write_bytes(bytes([2 | 4 | 1 << 3]) + units(folder, "hevc"))
    (out / "units-mjpeg-opus").write_bytes(bytes([2 | 4 | 6 << 3]) + opus(folder))


def main() -> int:
    """Writes the seeds that the arguments ask for."""
    is_fuzz = sys.argv[1:2] == ["--fuzz"]
    out = Path(sys.argv[-1])
    out.mkdir(parents=True, exist_ok=True)
    if not is_fuzz:
        return 0 if media(out) else 1
    with tempfile.TemporaryDirectory() as scratch:
        fuzz(Path(scratch), out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
