// SPDX-License-Identifier: Apache-2.0

/**
 * A signal that fires after so many ms, or with another.
 * @param {number} ms @param {AbortSignal} [other]
 */
export function within(ms, other) {
  const stop = new AbortController();
  const end = () => { clearTimeout(timer); stop.abort(other?.reason); };
  const timer = setTimeout(() => {
    other?.removeEventListener('abort', end);
    stop.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError'));
  }, ms);
  if (other?.aborted) end();
  else other?.addEventListener('abort', end, { once: true });
  return stop.signal;
}

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
