// SPDX-License-Identifier: Apache-2.0
// Instants in addresses: ISO 8601 with a zone, or seconds since 1970.

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;
const SECONDS = /^\d{1,11}(\.\d+)?$/;

/**
 * The time of a text in Unix seconds, null without a text, and what is wrong with another one.
 * @param {string | null} text in a query `+` before the zone is a space
 * @returns {{ at: number | null, problem: string | null }}
 */
export function instantOf(text) {
  if (text === null || text === '') return { at: null, problem: null };
  const trimmed = text.trim().replace(/ (?=\d\d:?\d\d$)/, '+');
  if (SECONDS.test(trimmed)) return { at: Number(trimmed), problem: null };
  const ms = ISO.test(trimmed) ? Date.parse(trimmed) : NaN;
  if (ms >= 0) return { at: ms / 1000, problem: null };
  const expected = 'expected a date with its zone, such as 2026-11-23T22:48:15Z, or Unix seconds';
  return { at: null, problem: `invalid time "${text}" (${expected})` };
}

/**
 * ISO 8601 with milliseconds.
 * @param {number} at Unix seconds
 */
export function instantText(at) { return new Date(Math.round(at * 1000)).toISOString(); }

/**
 * The address of a page that begins at an instant.
 * @param {string} page URL @param {number | null} at Unix seconds; null for the live edge
 */
export function linkTo(page, at) {
  const url = new URL(page);
  url.searchParams.delete('at');
  if (at === null) return url.href;
  // Colons may stay: the link is for people, too.
  const query = url.search === '' ? '?' : `${url.search}&`;
  return `${url.origin}${url.pathname}${query}at=${instantText(at)}${url.hash}`;
}
