// SPDX-License-Identifier: Apache-2.0
// Boxes (ISO/IEC 14496-12 §4.2).

/** No box of a live stream is larger, bytes. */
const LARGEST_BOX = 2 ** 26;

/** @param {Uint8Array} bytes @param {number} offset */
export function uint32(bytes, offset) {
  const high = bytes[offset] << 24 | bytes[offset + 1] << 16;
  return (high | bytes[offset + 2] << 8 | bytes[offset + 3]) >>> 0;
}

/** @param {Uint8Array} bytes @param {number} offset */
export function fourCC(bytes, offset) {
  return String.fromCharCode(...bytes.subarray(offset, offset + 4));
}

/** @param {Uint8Array} a @param {Uint8Array} b */
export function concatenated(a, b) {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

/**
 * The size of the box at `offset`; 0 if its size field is not complete. Throws on an invalid size.
 * @param {Uint8Array} bytes @param {number} offset
 */
export function boxSize(bytes, offset) {
  if (bytes.length - offset < 8) return 0;
  let size = uint32(bytes, offset), least = 8;
  if (size === 1) {
    if (bytes.length - offset < 16) return 0;
    size = uint32(bytes, offset + 8) * 2 ** 32 + uint32(bytes, offset + 12);
    least = 16;
  }
  if (size < least || size > LARGEST_BOX) {
    throw new Error(`invalid size of box ${JSON.stringify(fourCC(bytes, offset + 4))}: ${size}`);
  }
  return size;
}

/**
 * The content of the first box at this path of types; null if there is none.
 * @param {Uint8Array} bytes a sequence of boxes
 * @param {...string} path
 * @returns {Uint8Array | null}
 */
export function content(bytes, ...path) {
  for (let offset = 0; offset < bytes.length;) {
    const size = boxSize(bytes, offset);
    if (size === 0) return null;
    if (fourCC(bytes, offset + 4) === path[0]) {
      const start = offset + (uint32(bytes, offset) === 1 ? 16 : 8);
      const inner = bytes.subarray(start, offset + size);
      return path.length === 1 ? inner : content(inner, ...path.slice(1));
    }
    offset += size;
  }
  return null;
}
