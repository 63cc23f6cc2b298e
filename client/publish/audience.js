// SPDX-License-Identifier: Apache-2.0
// The viewers of a publisher, as the server knows them.

/**
 * `latency` and `slowest`: the median and the 95 % quantile of the times from a frame to its
 * display, ms, null while no viewer has reported one; `state`: the server's word for the stream.
 * @typedef {{ viewers: number, latency: number | null, slowest: number | null, state: string }}
 *   Audience
 */

/** @returns {Audience} before the server has reported any */
export function noAudience() { return { viewers: 0, latency: null, slowest: null, state: '' }; }

/**
 * Reads an `audience` message.
 * @param {Record<string, any>} message
 * @returns {Audience}
 */
export function audienceOf({ audience, state }) {
  const { viewers, delay } = audience ?? {};
  return {
    viewers: Number(viewers) || 0, latency: Number.isFinite(delay?.p50) ? delay.p50 : null,
    slowest: Number.isFinite(delay?.p95) ? delay.p95 : null, state: String(state),
  };
}
