// SPDX-License-Identifier: Apache-2.0
// The first message of a socket: what the server has to know of the player.

/** The pixels of the screen: no larger frame is of use. */
function screenSize() {
  if (!('screen' in globalThis)) return {};
  const { screen } = globalThis;
  const ratio = Math.max(1, globalThis.devicePixelRatio);  // a page that is zoomed out has less
  return { maxW: Math.round(screen.width * ratio), maxH: Math.round(screen.height * ratio) };
}

/** A random name of a session: a player that connects again is the same viewer. */
export function newSession() {
  return Array.from({ length: 4 }, () => Math.random().toString(36).slice(2, 6)).join('');
}

/**
 * The first message of a player with the name of its session.
 * @param {string} session
 */
export function helloOf(session) {
  return { t: 'hello', v: 1, sid: session, ...screenSize() };
}
