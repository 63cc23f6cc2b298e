// SPDX-License-Identifier: Apache-2.0
// Binary messages of llws-publish.v1 (docs/publishing/browser.md).

/** The name of the protocol. */
export const PROTOCOL = 'llws-publish.v1';

const HEAD = 24, KIND = 4, KEY = 1, ALWAYS = 16;

/**
 * `group` and `number`: those of the frame; `sent`: the server's time, Unix ms; `captured` and
 * `presentation`: Unix µs of the server's clock.
 * @typedef {object} FrameHead
 * @property {boolean} isKey
 * @property {number} group
 * @property {number} number
 * @property {number} sent
 * @property {number} captured
 * @property {number} presentation
 */

/**
 * The message with a coded frame.
 * @param {FrameHead} head @param {{ byteLength: number, copyTo(bytes: Uint8Array): void }} chunk
 */
export function frameMessage({ isKey, group, number, sent, captured, presentation }, chunk) {
  const bytes = new Uint8Array(HEAD + chunk.byteLength), view = new DataView(bytes.buffer);
  view.setUint8(0, KIND);
  view.setUint8(1, ALWAYS + (isKey ? KEY : 0));
  view.setUint16(2, group);
  view.setUint32(4, number % 2 ** 32);
  view.setUint32(8, Math.floor(sent) % 2 ** 32);
  view.setBigUint64(12, BigInt(Math.round(captured)));
  view.setInt32(20, Math.max(-1e6, Math.min(1e6, Math.round(presentation - captured))));
  chunk.copyTo(bytes.subarray(HEAD));
  return bytes;
}
