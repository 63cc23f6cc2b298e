// SPDX-License-Identifier: Apache-2.0
// One attempt of the frame player after another, and the time between them.

import { sleep } from '../../shared/deadline.js';
import { messageOf, StatusError, UnsupportedError, waitOf } from '../../shared/errors.js';
import { changeConnection } from '../transport/connection.js';
import { SegmentError } from '../transport/track-reader.js';
import { attemptAfter } from './attempt.js';
/** @typedef {import('../clock/media-flow.js').MediaFlow} MediaFlow */
/** @typedef {import('../feed/feed.js').Feed} Feed */
/** @typedef {import('./attempt.js').AttemptEvent} AttemptEvent */
/** @typedef {import('./attempt.js').AttemptState} AttemptState */
/** @typedef {import('./player.js').Host} Host */

/** An attempt of this age may end because the display stands still, ms. */
const LEAST_ATTEMPT = 1000;
/**
 * The patience of the first attempt after one without an answer, ms; each further one has twice the
 * time. Browsers send requests over idle connections first, and these may be lost as well.
 */
const FIRST_PATIENCE = 600;
/** The longest time before the next attempt after a lost connection, and after a refusal, ms. */
const LONGEST_LOST = 250, LONGEST_REFUSED = 2000;
/** An origin without the open segment is not supported after this number of failures. */
const MOST_MISSING = 5;

/** The attempt ends because the player leaves a rendition. */
class RenditionLeft extends Error {}

/**
 * @typedef {object} AttemptActions
 * @property {(signal: AbortSignal) => Promise<void>} follow makes one attempt
 * @property {() => Feed} feed the present one
 * @property {() => boolean} hasPlayed whether media has arrived
 * @property {() => void} onLost an attempt has failed
 */

/** Makes attempts until the player is stopped. */
export class AttemptLoop {
  /**
   * @param {Host} host @param {MediaFlow} flow @param {AbortSignal} stop
   * @param {AttemptActions} actions
   */
  constructor(host, flow, stop, actions) {
    this.host = host;
    this.flow = flow;
    this.stop = stop;
    this.actions = actions;
    /** @type {AttemptState} */
    this.state = { name: 'idle' };
    /** The number of latest attempts that failed. */
    this.failures = 0;
    /** The number of latest attempts that ended without an answer. */
    this.unanswered = 0;
  }

  /** Whether the browser wants no media. */
  get isSuspended() { return this.state.name === 'suspended'; }

  /** The attempt for which media is requested; null if there is none. */
  get running() { return this.state.name === 'running' ? this.state.attempt : null; }

  /** The time for the first chunk of an attempt, ms; undefined for the usual one. */
  get patience() {
    const { unanswered } = this;
    return unanswered > 0 ? FIRST_PATIENCE * 2 ** Math.min(unanswered - 1, 4) : undefined;
  }

  /** @param {AttemptEvent} event */
  on(event) { this.state = attemptAfter(this.state, event); }

  /**
   * Ends the attempt; another one follows.
   * @param {Error} [reason]
   */
  abandon(reason) { if (this.state.name !== 'idle') this.state.attempt.abort(reason); }

  /** Ends an attempt that gets no answer. */
  abandonUnanswered() {
    if (this.state.name === 'idle') return;
    this.unanswered += 1;
    changeConnection(this.host.source);
    this.abandon(new Error('no answer'));
  }

  /**
   * Ends an attempt because the display stands still, unless it has just begun.
   * @param {number} now of performance.now() @param {boolean} isAnswered whether the server answers
   */
  abandonStill(now, isAnswered) {
    if (this.state.name === 'idle' || now - this.state.since <= LEAST_ATTEMPT) return;
    if (!isAnswered) this.abandonUnanswered();
    else {
      changeConnection(this.host.source);
      this.abandon(new Error('the picture stands still'));
    }
  }

  /** Ends an attempt; the next one, for another rendition, follows at once. */
  leaveRendition() { this.abandon(new RenditionLeft()); }

  /** The browser wants no media: the attempt ends, and the next one waits until it does. */
  pause() {
    this.on({ name: 'suspend' });
    this.abandon(new Error('the browser wants no media'));
  }

  /** The attempt is a success. */
  succeeded() {
    this.failures = 0;
    this.unanswered = 0;
  }

  async run() {
    const { actions, host, stop } = this;
    while (!stop.aborted) {
      const attempt = new AbortController(), at = performance.now();
      this.on({ name: 'begin', at, attempt });
      this.flow.expect(at, this.patience);
      let wait = 0, longest = LONGEST_LOST, pause = 0;
      try {
        if (this.isSuspended) await this.suspend(actions.feed());
        await actions.follow(attempt.signal);
      } catch (error) {
        if (stop.aborted) return;
        if (this.isSuspended) continue;
        const reason = attempt.signal.aborted ? attempt.signal.reason : this.checked(error);
        if (reason instanceof UnsupportedError) {
          host.unsupported(reason.message);
          return;
        }
        actions.onLost();
        if (reason instanceof RenditionLeft) {
          this.failures = 0;
          continue;
        }
        if (reason instanceof StatusError && host.refused?.(reason)) return;
        wait = waitOf(reason);
        if (reason instanceof SegmentError) longest = LONGEST_REFUSED;
        pause = this.pauseAfter(wait, longest);
        const time = wait > 1000 ? ` in ${Math.round(wait / 1000)} s` : '';
        const problem = `Interrupted (${messageOf(reason)}); trying again${time}`;
        host.status('wait', 'Reconnecting', problem, pause);
      } finally {
        attempt.abort();
        this.on({ name: 'end' });
      }
      await sleep(pause || this.pauseAfter(wait, longest), stop);
      this.failures += 1;
    }
  }

  /**
   * The time before the next attempt, ms.
   * @param {number} wait at least this time @param {number} longest the longest one otherwise
   */
  pauseAfter(wait, longest) {
    const backoff = Math.min(longest, 50 * 2 ** this.failures);
    // The viewers of a server that has restarted do not return all at once.
    const share = this.failures === 0 ? 1 : 1 + Math.random();
    return Math.max(wait, backoff) * share;
  }

  /**
   * An origin that never has the open segment is not supported.
   * @param {unknown} error
   */
  checked(error) {
    const isMissing = error instanceof SegmentError && error.status === 404;
    if (!isMissing || this.actions.hasPlayed() || this.failures <= MOST_MISSING) return error;
    return new UnsupportedError('The origin does not serve the open segment');
  }

  /**
   * Waits until the browser wants media again.
   * @param {Feed} feed
   */
  async suspend(feed) {
    this.on({ name: 'suspend' });
    await feed.untilStreaming();
    this.on({ name: 'resume' });
    this.flow.expect(performance.now());
  }
}
