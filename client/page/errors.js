// SPDX-License-Identifier: Apache-2.0

/** The chosen player cannot play this stream here; another may. */
export class PlayerUnfit extends Error {}

/** @param {unknown} error */
export function messageOf(error) { return error instanceof Error || error instanceof DOMException ? error.message : String(error); }
