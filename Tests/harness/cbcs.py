# SPDX-License-Identifier: Apache-2.0
"""Reads and decrypts cbcs (ISO/IEC 23001-7) without a line of the server."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from harness.boxes import Box, boxes, chunks, find


@dataclass(frozen=True)
class Protection:
    """The key of a sample: `tenc`, or an entry of `seig`."""

    kid: bytes
    vector: bytes
    pattern: tuple[int, int]

    @staticmethod
    def of(fields: bytes) -> Protection:
        """From the pattern on: 1 byte, isProtected, the size of IVs, KID, constant IV."""
        pattern, is_protected, size = fields[0], fields[1], fields[2]
        assert (is_protected, size, fields[19]) == (1, 0, 16), fields.hex()
        return Protection(fields[3:19], fields[20:36], (pattern >> 4, pattern & 15))


def protection(init: bytes) -> Protection:
    """The default key of a CMAF header; raises AssertionError if the header is not of cbcs."""
    stsd = find(init, "moov/trak/mdia/minf/stbl/stsd")[0]
    entry = next(iter(boxes(stsd[8:])))
    assert entry.kind in ("encv", "enca"), entry.kind
    body = entry.body[78 if entry.kind == "encv" else 28:]
    scheme = find(body, "sinf/schm")[0]
    assert scheme[4:8] == b"cbcs" and scheme[8:12] == b"\0\1\0\0", scheme.hex()
    tenc = find(body, "sinf/schi/tenc")[0]
    assert tenc[0] == 1, "version"
    return Protection.of(tenc[5:])


def decrypted(data: bytes, key: bytes, protection: Protection) -> bytes:
    """The clear bytes of one protected range."""
    cipher = Cipher(algorithms.AES(key), modes.CBC(protection.vector)).decryptor()
    crypt, skip = protection.pattern
    if (crypt, skip) == (0, 0):
        crypt, skip = len(data), 0
    out, at = b"", 0
    while len(data) - at >= 16:
        count = min(crypt, (len(data) - at) // 16) * 16
        out += cipher.update(data[at:at + count])
        at += count
        out += data[at:at + 16 * skip]
        at += 16 * skip
    return out + data[min(at, len(data)):]


def samples(media: bytes, init: bytes, keys: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """The KID and the clear bytes of each sample; checks saiz and saio of each chunk."""
    found: list[tuple[bytes, bytes]] = []
    default = protection(init)
    is_video = default.pattern != (0, 0)
    for chunk in chunks(media, init):
        top = list(boxes(chunk.data))
        moof = next(box for box in top if box.kind == "moof")
        traf = list(boxes(find(moof.body, "traf")[0]))
        kinds = [box.kind for box in traf]
        own = group(traf) or default
        data = chunk.sample_data()
        if not is_video:
            assert "senc" not in kinds
            found += [(own.kid, decrypted(sample, keys[own.kid], own)) for sample in data]
            continue
        entries = auxiliary(moof, traf, len(data))
        for sample, subsamples in zip(data, entries, strict=True):
            assert sum(map(sum, subsamples)) == len(sample), "subsamples do not fill the sample"
            clear, at = b"", 0
            for lead, size in subsamples:
                clear += sample[at:at + lead]
                at += lead
                clear += decrypted(sample[at:at + size], keys[own.kid], own)
                at += size
            found.append((own.kid, clear))
    return found


def subsamples(media: bytes, init: bytes) -> list[list[tuple[int, int]]]:
    """The clear and protected bytes of each sample of video."""
    found = []
    for chunk in chunks(media, init):
        moof = next(box for box in boxes(chunk.data) if box.kind == "moof")
        traf = list(boxes(find(moof.body, "traf")[0]))
        found += auxiliary(moof, traf, len(chunk.sample_data()))
    return found


def group(traf: list[Box]) -> Protection | None:
    """The key of `seig` for all samples of a fragment."""
    described = [box for box in traf if box.kind == "sgpd"]
    mapped = [box for box in traf if box.kind == "sbgp"]
    assert len(described) == len(mapped) <= 1
    if not described:
        return None
    head = struct.unpack_from(">I4sII", described[0].body)
    assert head == (1 << 24, b"seig", 37, 1) and len(described[0].body) == 16 + 37
    assert mapped[0].body[4:8] == b"seig"
    assert struct.unpack_from(">III", mapped[0].body, 8)[2] == 0x10001
    return Protection.of(described[0].body[17:])


def auxiliary(moof: Box, traf: list[Box], count: int) -> list[list[tuple[int, int]]]:
    """The subsamples of each sample: `senc`, to which `saio` and `saiz` must point."""
    of = {box.kind: box.body for box in traf}
    senc, saiz, saio = of["senc"], of["saiz"], of["saio"]
    assert senc[:4] == b"\0\0\0\2" and struct.unpack_from(">I", senc, 4)[0] == count
    assert struct.unpack(">II", saio[:8]) == (0, 1)
    whole = struct.pack(">I4s", moof.size, b"moof") + moof.body
    at = struct.unpack_from(">I", saio, 8)[0]
    size, stated = saiz[4], struct.unpack_from(">I", saiz, 5)[0]
    assert stated == count
    sizes = [size] * count if size else list(saiz[9:9 + count])
    assert whole[at:at + sum(sizes)] == senc[8:] and len(senc) - 8 == sum(sizes)
    entries = []
    for own in sizes:
        number = struct.unpack_from(">H", whole, at)[0]
        assert own == 2 + 6 * number
        entries.append([struct.unpack_from(">HI", whole, at + 2 + 6 * n) for n in range(number)])
        at += own
    return entries
