# SPDX-License-Identifier: Apache-2.0
"""Captions of CEA-708: packets of DTVCC as triplets of cc_data (CTA-708-E)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# The most triplets of a frame that are written here: a packet needs several frames.
PER_FRAME = 9
NOTE = "♪"
# Commands of C0 and C1 (§7.1.2, §7.1.5).
CR, DISPLAY, DELETE, DEFINE = 0x0D, 0x89, 0x8C, 0x98


@dataclass(frozen=True)
class ServiceCaption:
    """A text of ISO 8859-1 and notes, up to 4 rows of 32 characters, and its times in the file."""

    start: float
    end: float
    text: str
    service: int = 1
    # DefineWindow, and commands before the text; without them a window above the lower edge.
    window: bytes = b""


def block(service: int, data: bytes) -> bytes:
    """A service block of at most 31 bytes; numbers from 7 on have a byte of their own (§6.2)."""
    head = [service << 5 | len(data)] if service < 7 else [0xE0 | len(data), service]
    return bytes(head) + data


def blocks(service: int, data: bytes) -> bytes:
    """The service blocks of any number of bytes."""
    return b"".join(block(service, data[at:at + 31]) for at in range(0, len(data), 31))


def packet(sequence: int, data: bytes) -> bytes:
    """The triplets of a packet, which a null block fills (§5)."""
    data += bytes((len(data) + 1) % 2)
    if len(data) > 127:
        raise ValueError(f"{len(data)} bytes in a packet")
    whole = bytes([sequence % 4 << 6 | (len(data) + 1) // 2 & 0x3F]) + data
    return b"".join((b"\xff" if at == 0 else b"\xfe") + whole[at:at + 2]
                    for at in range(0, len(whole), 2))


def define(window: int, rows: int) -> bytes:
    """DefineWindow: hidden, 32 columns, its lower edge near that of the picture (§8.10.5.2)."""
    return bytes([DEFINE + window, 0x00, 70, 20, 7 << 4 | rows - 1, 31, 1 << 3 | 1])


def coded(text: str) -> bytes:
    """A text in G0 and G1, whose note is the last character of G0."""
    return bytes([CR]).join(row.replace(NOTE, "\x7f").encode("latin-1")
                            for row in text.split("\n"))


def groups(caption: ServiceCaption, rate: int) -> Iterator[tuple[int, bytes]]:
    """The service blocks of a caption, with the frame at which they must be complete."""
    start, end = round(caption.start * rate), round(caption.end * rate)
    rows = caption.text.count("\n") + 1
    load = bytes([DELETE, 1]) + (caption.window or define(0, rows)) + coded(caption.text)
    yield start - 1, blocks(caption.service, load)
    yield start, block(caption.service, bytes([DISPLAY, 1]))
    yield end, block(caption.service, bytes([DELETE, 1]))


def schedule(given: Iterable[ServiceCaption], rate: int) -> dict[int, bytes]:
    """The triplets by the index of their frame.

    Raises ValueError if the captions are too close to each other.
    """
    frames: dict[int, bytes] = {}
    wanted = sorted(((at, data) for caption in given for at, data in groups(caption, rate)),
                    key=lambda entry: entry[0])
    merged: dict[int, bytes] = {}
    for at, data in wanted:
        merged[at] = merged.get(at, b"") + data
    free = 0
    for sequence, (at, data) in enumerate(sorted(merged.items())):
        triplets = packet(sequence, data)
        parts = [triplets[place:place + 3 * PER_FRAME]
                 for place in range(0, len(triplets), 3 * PER_FRAME)]
        first = at - len(parts) + 1
        if first < free:
            raise ValueError(f"no frame for the packet of frame {at}")
        frames |= {first + index: part for index, part in enumerate(parts)}
        free = at + 1
    return frames


def packets(frames: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The complete packets in the triplets of frames, with the index of their last frame (§5)."""
    held = b""
    for index, triplets in enumerate(frames):
        for place in range(0, len(triplets), 3):
            marker, pair = triplets[place], triplets[place + 1:place + 3]
            # cc_valid; cc_type 3 begins a packet, 2 continues it.
            if not marker & 4 or marker & 3 < 2 or marker & 3 == 2 and not held:
                continue
            held = pair if marker & 3 == 3 else held + pair
            if len(held) >= 2 * (held[0] & 0x3F or 64):
                yield index, held
                held = b""
