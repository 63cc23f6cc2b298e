// SPDX-License-Identifier: Apache-2.0
// The text of the values in /timestamps.json.

import { milliseconds } from '../shared/milliseconds.js';
import { clockTime } from '../shared/outage.js';
import { newestPartOf } from '../shared/timestamps.js';
/** @typedef {import('../shared/timestamps.js').Publisher} Publisher */
/** @typedef {import('../shared/timestamps.js').Timestamps} Timestamps */
/** @typedef {import('./panel.js').Panel} Panel */

/** @param {number} at Unix ms @param {number} now Unix ms */
function sinceText(at, now) {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  const time = clockTime(at);
  const units = seconds < 90 ? `${seconds} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min`
    : `${Math.round(seconds / 3600)} h`;
  return `since ${time} (${units})`;
}

/**
 * The state of the publisher, and since when.
 * @param {Publisher} publisher
 * @param {number} now Unix ms on the server's clock
 */
export function publisherText({ state, protocol, since }, now) {
  const time = since > 0 ? ` ${sinceText(since / 1e6, now)}` : '';
  if (state === 'live') return `${protocol}${time}`;
  if (state === 'starting') return `${protocol}${time}, no picture yet`;
  return state === 'slate' ? `away${time}, slate shown` : `away${time}`;
}

/**
 * Shows the values of the latest document; without one they are unknown.
 * @param {Panel} panel @param {Timestamps | null} latest
 * @param {number} now Unix ms on the server's clock
 * @returns {number | null} the time from the capture of the newest part to its availability, ms
 */
export function showServedFigures(panel, latest, now) {
  const { age, delay } = latest ? newestPartOf(latest) : { age: null, delay: null };
  panel.figure('Live edge age', milliseconds(age));
  panel.figure('Capture → available', milliseconds(delay));
  const { synchronized = null, estimate = null } = latest?.clock ?? {};
  const error = estimate === null ? '' : ` ± ${Math.abs(estimate).toFixed(1)} ms`;
  const text = synchronized === null ? '–' : synchronized ? `in sync${error}` : 'not in sync';
  panel.figure('Server clock', text, synchronized === false);
  const publisher = latest?.publisher;
  if (publisher) {
    panel.figure('Publisher', publisherText(publisher, now), publisher.state !== 'live');
  } else if (panel.values.has('Publisher')) panel.figure('Publisher', '–');
  return delay;
}
