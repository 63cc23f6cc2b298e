// SPDX-License-Identifier: Apache-2.0
// The checksum of the burned clock, for the scripts that draw it and that read it.

/** CRC-12 (0x80F, start 0xFFF) over bits, the first one most significant. */
window.crc12 = (bits) => {
  let crc = 0xfff;
  for (const bit of bits) {
    const top = crc >> 11 & 1;
    crc = crc << 1 & 0xfff;
    if (top !== bit) crc ^= 0x80f;
  }
  return crc;
};
