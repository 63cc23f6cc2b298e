// SPDX-License-Identifier: Apache-2.0

/** @param {Uint8Array} bytes @param {number} at */
export function uint32(bytes, at) {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

/** @param {Uint8Array} bytes @param {number} at */
export function fourCC(bytes, at) {
  return String.fromCharCode(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
}

/** @param {Uint8Array} a @param {Uint8Array} b */
export function joined(a, b) {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

/**
 * The size of the box that begins at `at`, or 0 while its header is not whole.
 * @param {Uint8Array} bytes @param {number} at
 */
export function boxSize(bytes, at) {
  if (bytes.length - at < 8) return 0;
  let size = uint32(bytes, at), header = 8;
  if (size === 1) {
    if (bytes.length - at < 16) return 0;
    size = uint32(bytes, at + 8) * 2 ** 32 + uint32(bytes, at + 12);
    header = 16;
  }
  if (size < header || size > 2 ** 26) throw new Error(`box ${JSON.stringify(fourCC(bytes, at + 4))} of ${size} bytes`);
  return size;
}

/**
 * The content of the first box at this path of types, or null.
 * @param {Uint8Array} bytes a run of boxes
 * @param {...string} path
 * @returns {Uint8Array | null}
 */
export function content(bytes, ...path) {
  for (let at = 0; at < bytes.length;) {
    const size = boxSize(bytes, at);
    if (size === 0) return null;
    if (fourCC(bytes, at + 4) === path[0]) {
      const inner = bytes.subarray(at + (uint32(bytes, at) === 1 ? 16 : 8), at + size);
      return path.length === 1 ? inner : content(inner, ...path.slice(1));
    }
    at += size;
  }
  return null;
}
