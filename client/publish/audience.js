// SPDX-License-Identifier: Apache-2.0
// The viewers of a publisher and its media, as the server knows them.

import { mediaOf } from './stream-state.js';

/**
 * `latency` and `slowest`: the median and the 95 % quantile of the times from a frame to its
 * display, ms, null while no viewer has reported one; `state`: the server's word for the stream;
 * `media`: the state of the media of the publisher.
 * @typedef {{
 *   viewers: number, latency: number | null, slowest: number | null, state: string,
 *   media: import('./stream-state.js').PublishedMedia | null,
 * }} Audience
 */

/** @returns {Audience} before the server has reported any */
export function noAudience() {
  return { viewers: 0, latency: null, slowest: null, state: '', media: null };
}

/**
 * Reads an `audience` message.
 * @param {Record<string, any>} message
 * @returns {Audience}
 */
export function audienceOf({ audience, state, media }) {
  const { viewers, delay } = audience ?? {};
  return {
    viewers: Number(viewers) || 0, latency: Number.isFinite(delay?.p50) ? delay.p50 : null,
    slowest: Number.isFinite(delay?.p95) ? delay.p95 : null, state: String(state),
    media: mediaOf(media),
  };
}
