// SPDX-License-Identifier: Apache-2.0
// The stream that a wrong name may mean.

/** @typedef {import('./other-streams.js').Listed} Listed */

/**
 * The listed stream whose name is the nearest to another one; null if none is near.
 * @param {string} name @param {Listed[]} listed
 */
export function nearest(name, listed) {
  const all = listed.map((stream) => ({
    stream, by: Math.min(distance(name, stream.name), distance(name, stream.label)),
  })).sort((a, b) => a.by - b.by);
  return all.length > 0 && all[0].by <= Math.max(2, name.length / 3) ? all[0].stream : null;
}

/**
 * The least number of changed characters (Levenshtein).
 * @param {string} a @param {string} b
 */
function distance(a, b) {
  const [from, to] = [a.toLowerCase(), b.toLowerCase()];
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 0; i < from.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j += 1) {
      next.push(Math.min(next[j] + 1, row[j + 1] + 1, row[j] + (from[i] === to[j] ? 0 : 1)));
    }
    row = next;
  }
  return row[to.length];
}
