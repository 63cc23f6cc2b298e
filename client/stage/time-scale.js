// SPDX-License-Identifier: Apache-2.0
// The geometry of the time bar, and its texts. Times are Unix seconds, shown in local time.

import { dayOf } from '../shared/day-time.js';

/** @typedef {{ from: number, to: number }} View the times at both ends of the bar */

/** Distances of the marks of the scale, s. */
const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800,
  604800,
];
/** The least width for a mark with its text, pixels. */
const MARK_WIDTH = 76;

/**
 * The part of the past that the bar shows: all, or `span` seconds around the shown instant.
 * @param {number} from @param {number} now @param {number} shown @param {number | null} span
 * @returns {View}
 */
export function viewOf(from, now, shown, span) {
  if (span === null || now - from <= span) return { from, to: Math.max(now, from + 1) };
  const to = Math.min(now, Math.max(shown + span / 2, from + span));
  return { from: to - span, to };
}

/** @param {View} view @param {number} at @returns {number} from 0, the left end, to 1 */
export function fractionOf({ from, to }, at) {
  return Math.min(1, Math.max(0, (at - from) / (to - from)));
}

/** @param {View} view @param {number} fraction of the width */
export function timeAt({ from, to }, fraction) {
  return from + Math.min(1, Math.max(0, fraction)) * (to - from);
}

/**
 * The gaps on the bar, as fractions of its width.
 * @param {View} view @param {[number, number][]} gaps
 */
export function gapsIn(view, gaps) {
  return gaps.filter(([from, to]) => to > view.from && from < view.to).map(([from, to]) => {
    const left = fractionOf(view, from);
    return { left, width: fractionOf(view, to) - left };
  });
}

/** Closer than this, events have one mark, pixels. */
const EVENT_WIDTH = 10;
/** The longest text of an event on the bar. */
const EVENT_TEXT = 120;

/**
 * The text of an event: that which its data names, or the data.
 * @param {any} data a JSON value
 */
export function eventText(data) {
  const names = ['text', 'title', 'name', 'label'];
  const name = typeof data !== 'object' || data === null ? data
    : names.map((key) => data[key]).find((value) => typeof value === 'string' && value !== '');
  const text = typeof name === 'string' ? name : JSON.stringify(data) ?? '';
  return text.length > EVENT_TEXT ? `${text.slice(0, EVENT_TEXT - 1)}…` : text;
}

/**
 * The marks of events on the bar; events that are close together have one.
 * @param {View} view @param {number} width pixels
 * @param {import('../engine/server/past-extent.js').PastEvent[]} events
 * @returns {{ id: number, at: number, left: number, text: string }[]} `left`: a fraction of the
 *   width
 */
export function eventsIn(view, width, events) {
  const shown = events.filter(({ time }) => view.from <= time && time <= view.to)
    .sort((a, b) => a.time - b.time);
  /** @type {{ id: number, at: number, left: number, text: string }[]} */
  const marks = [];
  for (const { id, time: at, data } of shown) {
    const left = fractionOf(view, at), last = marks.at(-1), text = eventText(data);
    if (last && (left - last.left) * width < EVENT_WIDTH) {
      if (last.text.length < EVENT_TEXT) last.text += `; ${text}`;
    } else marks.push({ id, at, left, text });
  }
  return marks;
}

/**
 * The marks of the scale, at whole local times.
 * @param {View} view @param {number} width pixels
 * @returns {{ at: number, text: string }[]}
 */
export function marksIn(view, width) {
  const least = (view.to - view.from) * MARK_WIDTH / Math.max(width, MARK_WIDTH);
  const step = STEPS.find((one) => one >= least) ?? STEPS[STEPS.length - 1];
  const zone = -60 * new Date(view.from * 1000).getTimezoneOffset(), marks = [];
  for (let local = Math.ceil((view.from + zone) / step) * step; local - zone <= view.to;
    local += step) {
    marks.push({ at: local - zone, text: markText(local - zone, step) });
    if (marks.length > 50) break;
  }
  return marks;
}

/** @param {number} at @param {number} step s */
function markText(at, step) {
  const date = new Date(at * 1000);
  if (step >= 86400 || step >= 3600 && date.getHours() === 0) {
    return dayOf(at * 1000, 0).slice(4);
  }
  return clockText(at).slice(0, step < 60 ? 8 : 5);
}

/**
 * The local time of day, as `22:48:15`.
 * @param {number} at
 */
export function clockText(at) {
  const date = new Date(at * 1000);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0')).join(':');
}

/**
 * The local time and its day, as `22:48:15 today`.
 * @param {number} at @param {number} now
 */
export function timeText(at, now) { return `${clockText(at)} ${dayOf(at * 1000, now * 1000)}`; }

/** The lengths of the bar, s. */
const SPANS = [60, 600, 3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600];

/**
 * The next longer or shorter length of the bar, s; null for all of the past.
 * @param {number | null} span @param {number} all s @param {boolean} isOut whether longer
 */
export function spanAfter(span, all, isOut) {
  const now = span ?? all;
  const next = isOut ? SPANS.find((one) => one > now * 1.01)
    : SPANS.filter((one) => one < now * 0.99).at(-1) ?? SPANS[0];
  return next === undefined || next >= all ? null : next;
}

/**
 * A duration, as `0:09`, `12:40` or `3:02:05`.
 * @param {number} seconds
 */
export function durationText(seconds) {
  const whole = Math.max(0, Math.round(seconds)), pad = (/** @type {number} */ part) => (
    String(part).padStart(2, '0'));
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  return `${hours > 0 ? `${hours}:${pad(minutes)}` : minutes}:${pad(whole % 60)}`;
}

/**
 * A duration in one unit, as `33 s`, `10 min`, `2 h` or `3 days`.
 * @param {number} seconds
 */
export function durationWords(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 90) return `${whole} s`;
  if (whole < 5400) return `${Math.round(whole / 60)} min`;
  return whole < 172800 ? `${Math.round(whole / 3600)} h` : `${Math.round(whole / 86400)} days`;
}

/**
 * The value of a field for local dates, as `2026-11-23T22:48:15.250`.
 * @param {number} at
 */
export function fieldText(at) {
  const zone = 60 * new Date(at * 1000).getTimezoneOffset();
  return new Date(Math.round((at - zone) * 1000)).toISOString().slice(0, 23);
}

/** @param {string} value of such a field @returns {number | null} */
export function fieldTime(value) {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) ? new Date(value).getTime() : NaN;
  return Number.isNaN(ms) ? null : ms / 1000;
}
