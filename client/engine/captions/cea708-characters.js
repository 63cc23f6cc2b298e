// SPDX-License-Identifier: Apache-2.0
// The characters of CEA-708 (CTA-708-E §7.1.4 to §7.1.7 and §7.1.11).

/** G2, second bytes after EXT1. The first two are transparent spaces. */
const G2 = new Map([
  [0x20, ' '], [0x21, '\xA0'], [0x25, '…'], [0x2A, 'Š'], [0x2C, 'Œ'], [0x30, '█'], [0x31, '‘'],
  [0x32, '’'], [0x33, '“'], [0x34, '”'], [0x35, '•'], [0x39, '™'], [0x3A, 'š'], [0x3C, 'œ'],
  [0x3D, '℠'], [0x3F, 'Ÿ'], [0x76, '⅛'], [0x77, '⅜'], [0x78, '⅝'], [0x79, '⅞'], [0x7A, '│'],
  [0x7B, '┐'], [0x7C, '└'], [0x7D, '─'], [0x7E, '┘'], [0x7F, '┌'],
]);
/** G3 has one character, the sign of captions. */
const G3 = new Map([[0xA0, '㏄']]);
/** The character in place of one that has no meaning. */
const UNKNOWN = '_';

/**
 * G0 is ASCII with a note as its last character, G1 is ISO 8859-1.
 * @param {number} byte 0x20 to 0x7F or from 0xA0
 */
export function characterOf(byte) { return byte === 0x7F ? '♪' : String.fromCharCode(byte); }

/** @param {number} byte 0x20 to 0x7F (G2) or from 0xA0 (G3) */
export function extendedCharacterOf(byte) { return G2.get(byte) ?? G3.get(byte) ?? UNKNOWN; }

/**
 * A character of P16: UCS-2.
 * @param {number} code 16 bits
 */
export function wideCharacterOf(code) {
  const isText = code >= 0x20 && (code < 0x7F || code >= 0xA0) && (code >> 11) !== 0xD800 >> 11;
  return isText ? String.fromCharCode(code) : UNKNOWN;
}
