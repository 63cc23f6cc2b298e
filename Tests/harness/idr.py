# SPDX-License-Identifier: Apache-2.0
"""Finds the IDRs in the chunks of H.264 media."""

from __future__ import annotations

import struct

from harness.boxes import boxes


def has_idr(mdat: bytes) -> bool:
    """Whether an mdat with four-byte lengths has a slice of an IDR (type 5)."""
    offset = 0
    while offset + 5 <= len(mdat):
        size = struct.unpack_from(">I", mdat, offset)[0]
        if mdat[offset + 4] & 31 == 5:
            return True
        offset += 4 + size
    return False


def idr_chunks(media: bytes) -> list[bool]:
    """For each chunk, whether it has an IDR."""
    return [has_idr(box.body) for box in boxes(media) if box.kind == "mdat"]
