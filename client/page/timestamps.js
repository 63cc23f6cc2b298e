// SPDX-License-Identifier: Apache-2.0

/**
 * What /timestamps.json tells: the age of the newest part, and how long it took from the capture of
 * its first frame until it was complete (ms).
 * @param {any} answer
 * @returns {{ edgeAge: number | null, available: number | null, synchronized: boolean | null, estimate: number | null }}
 */
export function timestampFacts(answer) {
  const parts = answer?.parts ?? {}, captures = answer?.captures ?? {};
  let newest = '', best = [-1, -1];
  for (const name of Object.keys(parts)) {
    const match = name.match(/(\d+)\.(\d+)\.m4s$/);
    if (!match) continue;
    const place = [parseInt(match[1], 10), parseInt(match[2], 10)];
    if (place[0] > best[0] || (place[0] === best[0] && place[1] > best[1])) {
      best = place;
      newest = name;
    }
  }
  const captured = captures[newest], complete = parts[newest], now = answer?.timestamp;
  const since = (/** @type {any} */ to, /** @type {any} */ from) => (to > 0 && from > 0 ? (to - from) / 1e6 : null);
  return {
    edgeAge: since(now, captured ?? complete),
    available: since(complete, captured),
    synchronized: typeof answer?.clock?.synchronized === 'boolean' ? answer.clock.synchronized : null,
    estimate: typeof answer?.clock?.offsetEstimateNs === 'number' ? answer.clock.offsetEstimateNs / 1e6 : null,
  };
}
