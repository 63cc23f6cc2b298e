// SPDX-License-Identifier: Apache-2.0
// The known facts of a stream, for the words over the picture.

import { maySignIn } from '../engine/transport/playback-tokens.js';
import { nameIn } from './stream-name.js';
import { ACTIONS, wordsOf } from './state-words.js';
/** @typedef {import('../engine/server/past-extent.js').PastExtent} PastExtent */
/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {import('./state-words.js').Action} Action */
/** @typedef {import('./state-words.js').Facts} Facts */
/** @typedef {import('./state-words.js').Words} Words */

/** A picture is late when it has been late for this time, ms. */
const LATE_TIME = 1500;
/** "Watch what was recorded" begins this much before the last recorded picture, s. */
const BEFORE_END = 10;

/**
 * The gap of the recording at the shown instant, Unix s; null without one.
 * @param {Stage} stage
 */
export function gapOf({ playback: { isPast, shownAt, reach: { extent } } }) {
  if (!isPast || shownAt === null) return null;
  return extent?.gaps.find(([from, to]) => from <= shownAt && shownAt < to) ?? null;
}

/**
 * An instant with a picture before the last one, Unix s.
 * @param {Stage} stage @param {PastExtent} extent
 */
export function recordedBefore({ playback: { services: { presence } } }, extent) {
  const since = presence && !presence.isOnline && presence.since > 0 ? presence.since / 1e9
    : extent.to;
  return extent.clamp(Math.min(since, extent.to) - BEFORE_END);
}

/**
 * The words for a stage, and those of its buttons.
 * @param {Stage} stage
 * @returns {{ words: Words, actions: [Action, string, string?][] }} each action with its words,
 *   and an address if it is a link
 */
export function tell(stage) {
  const { playback, options, count } = stage;
  const { clock, controller, frames, services, reach: { extent }, state, status } = playback;
  const now = clock.now(), time = performance.now(), recorded = extent?.isArchived ? extent : null;
  /** @type {Facts} */
  const facts = {
    status: status.name, since: status.since,
    problem: status.problem || (status.name === 'dead' ? state.errors.at(-1)?.text ?? '' : ''),
    retryAt: playback.retryAt, refusal: playback.isAsking ? null : playback.refusal,
    isReachable: services.isReachable,
    isConnected: services.services !== null, source: services.presence,
    publisher: services.publisher, hasStarted: stage.hasStarted,
    needsClick: playback.needsClick && playback.video.paused, isPaused: playback.isPaused,
    shownAt: count.shownAt, stillFor: count.frames === 0 ? 0 : time - count.frameAt,
    interval: frames.interval() * 1000,
    past: playback.isPast && playback.shownAt !== null ? playback.shownAt * 1000 : null,
    gap: toMilliseconds(gapOf(stage)), latency: state.glassToGlassMs ?? state.latencyMs,
    target: playback.player?.isControlled() ? controller.target * 1000 : null,
    frameRate: frames.rate(), usualRate: extent?.hasRate ? 1 / extent.frameDuration : null,
    recorded: recorded?.from == null ? null : recorded.from * 1000,
    recordedTo: recorded?.to ? recorded.to * 1000 : null,
    isOnDemand: options.page?.isOnDemand() ?? false, name: nameIn(playback.source),
    maySignIn: maySignIn(playback.source),
  };
  let words = wordsOf(facts, now);
  if (words.state !== 'late') count.lateSince = Infinity;
  else if (count.lateSince === Infinity) count.lateSince = time;
  // A picture that is late for a moment has no words yet.
  if (words.state === 'late' && time - count.lateSince < LATE_TIME) {
    words = { ...wordsOf({ ...facts, latency: null }, now), detail: words.detail };
  }
  const actions = words.actions.filter((action) => action !== 'list' || options.page);
  return {
    words, actions: actions.map((action) => (
      action === 'page' ? [action, ACTIONS.page, new URL('.', playback.source).href]
        : [action, ACTIONS[action]])),
  };
}

/** @param {[number, number] | null} span @returns {[number, number] | null} */
const toMilliseconds = (span) => span && [span[0] * 1000, span[1] * 1000];
