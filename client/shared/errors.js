// SPDX-License-Identifier: Apache-2.0
// Errors of the players.

/** A player cannot play this stream in this browser; another player may. */
export class UnsupportedError extends Error {}

/** A refusal counts for this time, ms: longer than our origin remembers an invalid token. */
export const REFUSAL_TIME = 65000;
/** The wait after a stream that does not exist, after other refusals, and the longest one, ms. */
const MISSING_WAIT = 1000, REFUSAL_WAIT = 5000, LONGEST_REFUSAL = 120000;

/** A server answered with a status that is no success. */
export class StatusError extends Error {
  /**
   * @param {string} object the requested object
   * @param {Pick<Response, 'status' | 'headers'>} response
   * @param {string} reason
   */
  constructor(object, { status, headers }, reason = '') {
    super(`status ${status} for ${object}${reason === '' ? '' : `: ${reason}`}`);
    this.status = status;
    this.reason = reason;
    /** The time before another attempt, ms; 0 for an error that may end at any time. */
    this.wait = refusalWait(status, parseInt(headers.get('Retry-After') ?? '', 10));
  }
}

/**
 * Whether a server refuses this client: without a token, with another one, after its end.
 * @param {number} status
 */
export function isRefusal(status) { return [401, 403, 410].includes(status); }

/**
 * Whether the status of a plain request to the address of a WebSocket that did not open tells that
 * none will: something on the way answers, and does not pass the upgrade. 404 may be a stream that
 * is missing now; 429 and errors of the server may end.
 * @param {number} status
 */
export function isWithoutSockets(status) {
  return status < 500 ? ![404, 408, 425, 429].includes(status) : status === 501 || status === 505;
}

/** @param {number} status @param {number} retryAfter s; NaN if unknown */
function refusalWait(status, retryAfter) {
  if (retryAfter > 0) return Math.min(1000 * retryAfter, LONGEST_REFUSAL);
  if (isRefusal(status)) return REFUSAL_TIME;
  if (status === 404) return MISSING_WAIT;
  return status < 500 || status === 503 ? REFUSAL_WAIT : 0;
}

/**
 * The time for which a server wants no other attempt, ms; 0 for a lost connection.
 * @param {unknown} error
 */
export function waitOf(error) { return error instanceof StatusError ? error.wait : 0; }

/** @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
