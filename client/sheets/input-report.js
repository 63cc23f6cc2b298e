// SPDX-License-Identifier: Apache-2.0
// Unusual properties of the input of the stream, by /api: for administrators.

import { sentenceOf } from '../shared/sentence.js';

/**
 * One unusual property: the measured value, its consequence for viewers, and a remedy.
 * @typedef {{ measured: string, consequence: string, advice: string }} Finding
 */

/**
 * `plan`: whether the video is passed through, and why not; `state`: the publisher's media in
 * words, empty without a publisher.
 * @typedef {{ plan: string, state: string, findings: Finding[] }} InputReport
 */

/** The most findings that are shown. */
const MOST = 20;

/** @param {unknown} value */
function text(value) { return typeof value === 'string' ? value : ''; }

/**
 * Reads one stream of /api/streams; null if it has no pulled input and no publisher.
 * @param {any} stream
 * @returns {InputReport | null}
 */
export function inputReportOf(stream) {
  const { passedThrough, encodedBecause, findings, publisher } = stream ?? {};
  const state = sentenceOf(text(publisher?.media?.text));
  const hasInput = typeof passedThrough === 'boolean';
  if (!hasInput && state === '') return null;
  const reason = text(encodedBecause);
  const plan = !hasInput ? '' : passedThrough ? 'Passed through'
    : `Encoded${reason === '' ? '' : `: ${reason}`}`;
  const list = (Array.isArray(findings) ? findings : []).slice(0, MOST).map((finding) => ({
    measured: sentenceOf(text(finding?.measured)), consequence: text(finding?.consequence),
    advice: text(finding?.advice),
  }));
  return { plan, state, findings: list.filter(({ measured }) => measured !== '') };
}

/**
 * The URL of the page's stream in /api: the streams of the server for its root.
 * @param {string} page URL of the page
 */
export function apiLocation(page) {
  const url = new URL(page);
  const elements = url.pathname.split('/').slice(0, -1);
  const stream = elements.length > 1 ? elements.pop() : undefined;
  const name = stream === undefined ? '' : `/${stream}`;
  return new URL(`${elements.join('/')}/api/streams${name}`, url).href;
}
