// SPDX-License-Identifier: Apache-2.0
// Why a stream has no media of its source, in words.

import { sentenceOf } from './sentence.js';

/** An attempt that is nearer than this is not worth a time of day, ms. */
const NEAR = 2000;

/**
 * `text` is for viewers, in the server's words; times in Unix ms. `retry` is the next attempt, null
 * if the server waits for a sender.
 * @typedef {{ kind: string, text: string, since: number, retry: number | null }} Outage
 */

/**
 * Reads an outage; null if there is none.
 * @param {any} value @param {number} perMillisecond units of its times in a millisecond
 * @returns {Outage | null}
 */
export function outageOf(value, perMillisecond) {
  const { kind, text, since, retry } = value ?? {};
  if (typeof text !== 'string' || text === '' || !(since > 0)) return null;
  return {
    kind: typeof kind === 'string' ? kind : '', text, since: since / perMillisecond,
    retry: retry > 0 ? retry / perMillisecond : null,
  };
}

/**
 * The fact and its details, as a title and a sentence; the sentence may be empty.
 * @param {Outage} outage
 */
export function outageWords({ text }) {
  const colon = text.indexOf(': ');
  if (colon < 0) return { title: sentenceOf(text), details: '' };
  const details = `${sentenceOf(text.slice(colon + 2))}.`;
  return { title: sentenceOf(text.slice(0, colon)), details };
}

/** @param {number} at Unix ms */
export function clockTime(at) { return new Date(at).toLocaleTimeString([], { hour12: false }); }

/**
 * When the source is tried next; empty if it is not.
 * @param {Outage} outage @param {number} now Unix ms
 */
export function attemptText({ retry }, now) {
  if (retry === null) return '';
  return retry - now < NEAR ? 'Trying again.' : `Next attempt at ${clockTime(retry)}.`;
}
