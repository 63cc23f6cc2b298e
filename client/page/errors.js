// SPDX-License-Identifier: Apache-2.0
// Errors of the players.

/** A player cannot play this stream in this browser; another player may. */
export class UnsupportedError extends Error {}

/** @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error || error instanceof DOMException ? error.message : String(error);
}
