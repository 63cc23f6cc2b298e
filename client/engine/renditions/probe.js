// SPDX-License-Identifier: Apache-2.0
// The probe of a higher rendition: one of its segments, loaded in pieces.

import { retrieve } from '../transport/connection.js';

/**
 * The first piece takes this share of the limit on a connection that is just fast enough. Each
 * further piece is twice as large.
 */
const FIRST_SHARE = 1 / 12;
/** A piece may be later than its share of the limit by this time, s. */
const PATIENCE = 0.04;

/**
 * Whether the bytes of a segment arrive within a time. The time to the head of each response does
 * not count.
 *
 * A response that is under way cannot be taken back: its bytes are in the buffers of the line, and
 * media of the same connection waits behind them. Pieces are small while it is unknown whether the
 * connection is fast enough, and a connection that is too slow gets no further one.
 * @param {string} url of a complete segment
 * @param {number} bytes that it has about
 * @param {number} limit s
 * @param {AbortSignal} signal
 */
export async function arrivesWithin(url, bytes, limit, signal) {
  let size = Math.ceil(bytes * FIRST_SHARE), total = bytes, from = 0, seconds = 0;
  for (;;) {
    const range = { Range: `bytes=${from}-${from + size - 1}` };
    const response = await retrieve(url, { signal, headers: range });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const begun = performance.now();
    const { byteLength } = await response.arrayBuffer();
    seconds += (performance.now() - begun) / 1000;
    from += byteLength;
    total = Number(/\/(\d+)$/.exec(response.headers.get('Content-Range') ?? '')?.[1] ?? total);
    // A server without ranges has sent the whole segment.
    if (response.status !== 206 || byteLength < size || from >= total) return seconds <= limit;
    if (seconds > limit * from / total + PATIENCE) return false;
    size *= 2;
  }
}
