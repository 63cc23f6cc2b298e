// SPDX-License-Identifier: Apache-2.0
// Time limits for requests.

/**
 * Waits for this time, or until `stop`.
 * @param {number} ms @param {AbortSignal} [stop]
 * @returns {Promise<void>}
 */
export function sleep(ms, stop) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stop?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, stop?.aborted ? 0 : ms);
    stop?.addEventListener('abort', end);
  });
}

/**
 * Runs `work` with a signal that fires after `timeout`, or together with `stop`.
 * @template T
 * @param {number} timeout ms
 * @param {(signal: AbortSignal) => Promise<T>} work
 * @param {AbortSignal} [stop]
 * @returns {Promise<T>}
 */
export async function within(timeout, work, stop) {
  const either = new AbortController();
  const end = () => either.abort(stop?.reason);
  const expire = () => either.abort(new Error(`no response within ${timeout / 1000} s`));
  const timer = setTimeout(expire, timeout);
  if (stop?.aborted) end();
  stop?.addEventListener('abort', end);
  try {
    return await work(either.signal);
  } finally {
    clearTimeout(timer);
    stop?.removeEventListener('abort', end);
  }
}
