# SPDX-License-Identifier: Apache-2.0
"""Files of H.264 or HEVC with pop-on captions in SEI messages: CEA-608 for CC1 and CC3, CEA-708.

`python Tests/harness/captionsource.py OUT.ts --seconds 12` writes one; the name's ending selects
the container. The burned clock of a frame is its time in the file, in milliseconds.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from harness import dtvcc  # noqa: E402
from harness.painter import frame  # noqa: E402
from harness.tools import need  # noqa: E402

RATE = 30
PADDING = b"\x80\x80"
# The second bytes of commands (CTA-608-E §7.1): resume caption loading, erase displayed memory,
# erase non-displayed memory, end of caption.
RCL, EDM, ENM, EOC = 0x20, 0x2C, 0x2E, 0x2F
# The encoders: access unit delimiters, an IDR frame per second, and no B-frames.
CODERS = {
    "h264": ("libx264", "-tune", "zerolatency", "-g", f"{RATE}", "-keyint_min", f"{RATE}",
             "-sc_threshold", "0", "-bsf:v", "h264_metadata=aud=insert"),
    "hevc": ("libx265", "-x265-params", f"log-level=none:aud=1:keyint={RATE}:min-keyint={RATE}"
             ":scenecut=0:bframes=0:open-gop=0"),
}
# By codec: the header of a NAL unit of SEI in front of a slice, the type of delimiters, and those
# of the slices that occur (H.264 table 7-1, H.265 table 7-1).
UNITS = {"h264": (b"\x06", 9, (1, 5)), "hevc": (b"\x4e\x01", 35, (0, 1, 19, 20))}
# The preamble address codes of rows 12 to 15, white, no indent.
ROWS = ((0x13, 0x40), (0x13, 0x60), (0x14, 0x40), (0x14, 0x60))


@dataclass(frozen=True)
class Caption:
    """A text of printable ASCII, up to 4 rows of 32 characters, and its times in the file."""

    start: float
    end: float
    text: str
    # 1: CC1. 2: CC3.
    field: int = 1
    # The preamble address code of each row; without them white, above the lower edge.
    places: tuple[tuple[int, int], ...] = ()


def captions(seconds: float, interval: float = 2) -> list[Caption]:
    """A caption of CC1 and one of CC3 every `interval`, shown for half of it."""
    count = int(seconds / interval)
    times = [(0.4 + index) * interval for index in range(count)]
    return [Caption(at, at + 0.5 * interval, f"{text} {index + 1}{end}", field)
            for index, at in enumerate(times)
            for field, text, end in ((1, "Caption", "\nof channel one"), (2, "Untertitel", ""))]


def odd_parity(byte: int) -> int:
    """Seven bits with the parity bit of CEA-608."""
    return byte | (0x80 if byte.bit_count() % 2 == 0 else 0)


def doubled(first: int, second: int) -> list[bytes]:
    """A control code, which is sent twice."""
    return [bytes([odd_parity(first), odd_parity(second)])] * 2


def loading(caption: Caption) -> list[bytes]:
    """The pairs that write a caption into the non-displayed memory."""
    command = 0x14 if caption.field == 1 else 0x15
    rows = caption.text.split("\n")
    pairs = doubled(command, RCL) + doubled(command, ENM)
    for place, text in zip(caption.places or ROWS[-len(rows):], rows, strict=True):
        pairs += doubled(*place)
        data = bytes(map(odd_parity, text.encode("ascii")))
        # A row of an odd number of characters is filled with a null.
        data += b"\x80" * (len(data) % 2)
        pairs += [data[at:at + 2] for at in range(0, len(data), 2)]
    return pairs


def schedule(given: Iterable[Caption], frames: int) -> list[tuple[bytes, bytes]]:
    """The pair of each field for each frame; EOC and EDM are at the captions' times.

    Raises ValueError if the captions are too close to each other.
    """
    fields: tuple[dict[int, bytes], dict[int, bytes]] = ({}, {})
    for caption in given:
        pairs, command = fields[caption.field - 1], 0x14 if caption.field == 1 else 0x15
        start, end = round(caption.start * RATE), round(caption.end * RATE)
        load = loading(caption)
        for at, group in ((start - len(load), load + doubled(command, EOC)),
                          (end, doubled(command, EDM))):
            for index, pair in enumerate(group, at):
                if not 0 <= index < frames or index in pairs:
                    raise ValueError(f"no frame for a pair of {caption.text!r}")
                pairs[index] = pair
    return [(fields[0].get(index, PADDING), fields[1].get(index, PADDING))
            for index in range(frames)]


def sei(pairs: tuple[bytes, bytes], header: bytes, packets: bytes = b"") -> bytes:
    """A NAL unit with a pair for each field (ATSC A/53 Part 4 §6.2.3), with a start code.

    `packets` are triplets of CEA-708.
    """
    triplets = b"\xfc" + pairs[0] + b"\xfd" + pairs[1] + packets
    payload = b"\xb5\x00\x31GA94\x03" + bytes([0xC0 | len(triplets) // 3, 0xFF]) + triplets \
        + b"\xff"
    data = bytes([4, len(payload)]) + payload + b"\x80"
    escaped = re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\0\0\3", data)
    return b"\0\0\0\1" + header + escaped


def units(stream: bytes) -> Iterator[bytes]:
    """The NAL units of an Annex B stream, without start codes."""
    for part in re.split(rb"\x00\x00\x00?\x01", stream)[1:]:
        yield part.rstrip(b"\0")


def kind(unit: bytes, codec: str) -> int:
    """nal_unit_type."""
    return unit[0] & 0x1F if codec == "h264" else unit[0] >> 1 & 0x3F


def insert(stream: bytes, pairs: list[tuple[bytes, bytes]],
           packets: dict[int, bytes] | None = None, codec: str = "h264") -> bytes:
    """An Annex B stream whose access units have one SEI message more each.

    `packets` are triplets of CEA-708 by the index of their frame.

    The message is before the first slice of its access unit, after the other SEI messages.
    """
    header, delimiter, slices = UNITS[codec]
    found, index, isInserted = bytearray(), -1, True
    for unit in units(stream):
        if kind(unit, codec) == delimiter:
            index, isInserted = index + 1, False
        elif kind(unit, codec) in slices and not isInserted:
            found += sei(pairs[index], header, (packets or {}).get(index, b""))
            isInserted = True
        found += b"\0\0\0\1" + unit
    return bytes(found)


def triplets(sample: bytes, codec: str = "h264") -> bytes:
    """The triplets in the SEI messages of an access unit with lengths of four bytes."""
    found, at = b"", 0
    while at + 4 < len(sample):
        size = int.from_bytes(sample[at:at + 4])
        unit = sample[at + 4:at + 4 + size]
        at += 4 + size
        head, mark, data = unit.replace(b"\0\0\3", b"\0\0").partition(b"\xb5\x00\x31GA94\x03")
        if mark and head.startswith(UNITS[codec][0]):
            found += data[2:2 + 3 * (data[0] & 0x1F)]
    return found


def annex_b(seconds: float, size: str, *options: str, codec: str = "h264") -> bytes:
    """Video with the burned clock and without captions."""
    width, height = map(int, size.split("x"))
    frames = b"".join(frame(width, height, index * 1000 // RATE, index)
                      for index in range(round(seconds * RATE)))
    return subprocess.run(
        [need("ffmpeg", "captions"), "-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s",
         size, "-r", f"{RATE}", "-i", "-", "-c:v", *CODERS[codec], "-preset", "ultrafast", "-b:v",
         "800k", *options, "-f", codec, "-"], input=frames, stdout=subprocess.PIPE, check=True,
        timeout=60).stdout


def captioned_clip(path: Path, seconds: float, given: Iterable[Caption] | None = None,
                   size: str = "640x360", *options: str,
                   services: Iterable[dtvcc.ServiceCaption] = (), codec: str = "h264") -> Path:
    """A file with captions, by default those of `captions`; `options` are those of the encoder.

    `services` are captions of CEA-708.
    """
    given = captions(seconds) if given is None else given
    stream = insert(
        annex_b(seconds, size, *options, codec=codec), schedule(given, round(seconds * RATE)),
        dtvcc.schedule(services, RATE), codec)
    subprocess.run(
        [need("ffmpeg", "captions"), "-v", "error", "-y", "-framerate", f"{RATE}", "-f", codec,
         "-i", "-", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t",
         f"{seconds}", "-c:v", "copy", "-c:a", "aac", str(path)], input=stream, check=True,
        timeout=60)
    return path


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--size", default="640x360")
    options = parser.parse_args()
    captioned_clip(options.path, options.seconds, None, options.size)


if __name__ == "__main__":
    main()
