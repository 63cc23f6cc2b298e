// SPDX-License-Identifier: Apache-2.0
// Keys for dash.js from the page: dash.js 5.1.1 asks for the key of a rotation when it needs it.

/**
 * Runs `body`, in which a player of dash.js attaches a video element without its own code for keys.
 * @param {{ Protection?: unknown }} dashjs @param {() => void} body
 */
export function withoutProtection(dashjs, body) {
  const { Protection } = dashjs;
  dashjs.Protection = undefined;
  try {
    body();
  } finally {
    dashjs.Protection = Protection;
  }
}

/**
 * An MPD without the statements of encryption: without its code for keys dash.js refuses them.
 * @param {string} mpd
 */
export function withoutContentProtection(mpd) {
  return mpd.replace(/<ContentProtection\b(?:[^>]*\/>|[\s\S]*?<\/ContentProtection>)/g, '');
}
