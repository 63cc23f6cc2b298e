// SPDX-License-Identifier: Apache-2.0
// Writes CEA-708 captions for tests (CTA-708-E).

import { CEA708Decoder } from '../engine/captions/cea708.js';

export const letters = (text) => [...text].map((letter) => letter.charCodeAt(0));

/** A service block (§6.2). */
export const block = (service, ...bytes) => (service < 7 ? [service << 5 | bytes.length, ...bytes]
  : [7 << 5 | bytes.length, service, ...bytes]);

/** The triplets of a packet (§5), which is filled to an even size. */
export function packet(sequence, ...blocks) {
  const data = blocks.flat();
  if (data.length % 2 === 0) data.push(0);
  const size = (data.length + 1) / 2, bytes = [sequence % 4 << 6 | size & 0x3F, ...data];
  return bytes.flatMap((first, i) => (
    i % 2 ? [] : [{ type: i === 0 ? 3 : 2, first, second: bytes[i + 1] }]));
}

/** DefineWindow (§8.10.5.2). */
export function define(number, {
  visible = true, rows = 2, columns = 32, vertical = 60, relative = false, anchor = 6, style = 1,
} = {}) {
  return [0x98 + number, visible ? 0x20 : 0, (relative ? 0x80 : 0) | vertical, 10,
    anchor << 4 | rows - 1, columns - 1, style << 3 | 1];
}

export const CR = 0x0D, FF = 0x0C, BS = 0x08, HCR = 0x0E, EXT1 = 0x10, P16 = 0x18;
export const CLW = 0x88, DSW = 0x89, HDW = 0x8A, TGW = 0x8B, DLW = 0x8C, DLY = 0x8D, DLC = 0x8E;
export const RST = 0x8F, SPA = 0x90, SPC = 0x91, SPL = 0x92, SWA = 0x97;

/** A decoder to which `give` gives one packet of SERVICE1 with blocks of at most 31 bytes. */
export function decoding() {
  const seen = [], decoder = new CEA708Decoder((name) => seen.push(name));
  let sequence = 0;
  const take = (triplets, time = 0) => triplets.forEach((one) => decoder.take(one, time));
  return {
    decoder, seen, take,
    shown: (name = 'SERVICE1', time = 0) => decoder.textOf(name, time),
    next: () => { sequence += 1; return sequence; },
    give(...codes) { this.giveAt(0, ...codes); },
    giveAt(time, ...codes) {
      const bytes = codes.flat();
      for (let i = 0; i < bytes.length; i += 31) {
        take(packet(this.next(), block(1, ...bytes.slice(i, i + 31))), time);
      }
    },
  };
}
