// SPDX-License-Identifier: Apache-2.0
// The characters of CEA-608 (CTA-608-E §6.4.2 and Annex F).

/** Characters of one byte that are not those of ASCII. */
const REPLACED = new Map([
  [0x2A, 'á'], [0x5C, 'é'], [0x5E, 'í'], [0x5F, 'ó'], [0x60, 'ú'], [0x7B, 'ç'], [0x7C, '÷'],
  [0x7D, 'Ñ'], [0x7E, 'ñ'], [0x7F, '█'],
]);

/** Second bytes from 0x30 after 0x11; the tenth is a transparent space. */
const SPECIAL = [...'®°½¿™¢£♪à èâêîôû'];

/** Second bytes from 0x20 after 0x12 and 0x13: each replaces the character before it. */
const EXTENDED = [
  [...'ÁÉÓÚÜü‘¡*’—©℠•“”ÀÂÇÈÊËëÎÏïÔÙùÛ«»'], [...'ÃãÍÌìÒòÕõ{}\\^_|~ÄäÖöß¥¤│ÅåØø┌┐└┘'],
];

/** The character in place of one whose parity is wrong. */
export const BLOCK = '█';

/** @param {number} byte without parity, from 0x20 */
export function basicCharacter(byte) {
  return REPLACED.get(byte) ?? String.fromCharCode(byte);
}

/** @param {number} second byte, 0x30 to 0x3F */
export function specialCharacter(second) { return SPECIAL[second - 0x30]; }

/** @param {number} first byte, 0x12 or 0x13 @param {number} second byte, 0x20 to 0x3F */
export function extendedCharacter(first, second) { return EXTENDED[first - 0x12][second - 0x20]; }
