// SPDX-License-Identifier: Apache-2.0
// The past of all streams: they show the same instant, and step frame by frame together.

import { dayOf, frameTimeOf, secondOf } from '../shared/day-time.js';
/** @typedef {import('../live-player').LivePlayer} LivePlayer */

/** All players have media of an instant within this time, or play without the others, ms. */
const READY_TIMEOUT = 5000, READY_INTERVAL = 40;

/** @param {number} ms @returns {Promise<void>} */
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Moves all players together. */
export class WallPast {
  /** @param {() => LivePlayer[]} players of the shown tiles */
  constructor(players) {
    this.shown = players;
    this.isPast = false;
    /** The number of the latest seek: those before it are over. */
    this.seeks = 0;
    /** Whether players wait for each other, and whether they stay paused then. */
    this.isSeeking = false;
    this.staysPaused = false;
  }

  get players() { return this.shown(); }

  get isPaused() {
    return this.isSeeking ? this.staysPaused : this.players.every(({ paused }) => paused);
  }

  /** The instants that are shown, Unix seconds. */
  get instants() { return this.players.flatMap(({ shownAt }) => shownAt ?? []); }

  /** The earliest one; null while none is known. */
  get at() {
    const { instants } = this;
    return instants.length === 0 ? null : Math.min(...instants);
  }

  /**
   * Shows an instant in all players; they play on together.
   * @param {number | null} at Unix seconds; null for the live edge
   */
  async seek(at) {
    const { players } = this;
    this.staysPaused = this.isPast && this.isPaused;
    this.isPast = at !== null;
    this.seeks += 1;
    this.isSeeking = at !== null;
    if (at === null) {
      for (const player of players) player.seek(null);
      return;
    }
    const current = this.seeks;
    for (const player of players) player.pause();
    for (const player of players) player.seek(at);
    await this.untilReady();
    if (current !== this.seeks) return;
    this.isSeeking = false;
    if (!this.staysPaused) for (const player of players) player.play();
  }

  async untilReady() {
    const until = performance.now() + READY_TIMEOUT;
    const isReady = () => this.players.every(({ shownAt, video }) => (
      shownAt !== null && !video.seeking && video.readyState > 2));
    do await sleep(READY_INTERVAL); while (!isReady() && performance.now() < until);
  }

  /** @param {number} seconds */
  async seekBy(seconds) {
    if (this.at !== null) await this.seek(this.at + seconds);
  }

  /**
   * Shows the neighbouring frame of the first player in all players, paused.
   * @param {number} frames
   */
  async step(frames) {
    const { players } = this, [first, ...others] = players;
    if (!first) return;
    this.seeks += 1;
    this.isSeeking = false;
    this.isPast = true;
    for (const player of players) player.pause();
    await first.step(frames);
    const { shownAt } = first;
    if (shownAt !== null) for (const player of others) player.seek(shownAt);
  }

  togglePlay() {
    const { isPaused } = this;
    if (this.isSeeking) {
      this.staysPaused = !isPaused;
      return;
    }
    for (const player of this.players) {
      if (isPaused) player.play();
      else player.pause();
    }
  }

  /** @returns {Record<string, () => void>} the actions by key */
  get keys() {
    return {
      j: () => void this.seekBy(-10), ArrowLeft: () => void this.seekBy(-5),
      ArrowRight: () => void this.seekBy(5), ',': () => void this.step(-1),
      '.': () => void this.step(1), k: () => this.togglePlay(), End: () => void this.seek(null),
    };
  }
}

/**
 * The words of the page about the shown instants, as a badge.
 * @param {number[]} instants Unix seconds
 * @returns {{ kind: string, word: string, figure: string }}
 */
export function instantsWords(instants) {
  if (instants.length === 0) return { kind: 'start', word: 'Connecting', figure: '' };
  const first = Math.min(...instants), spread = Math.round(1000 * (Math.max(...instants) - first));
  const figure = instants.length === 1 ? '' : `all within ${spread} ms`;
  return { kind: 'past', word: secondOf(first * 1000), figure };
}

/**
 * The clock of the page, and the words beside it.
 * @param {number | null} at the earliest shown instant, Unix seconds @param {boolean} isPast
 * @param {boolean} isPaused @param {number} now Unix ms
 * @returns {{ clock: string, day: string }}
 */
export function clockWords(at, isPast, isPaused, now) {
  if (at === null) return { clock: '', day: '' };
  if (!isPast) return { clock: secondOf(at * 1000), day: 'live, all streams' };
  const clock = isPaused ? frameTimeOf(at * 1000) : secondOf(at * 1000);
  return { clock, day: `${dayOf(at * 1000, now)}, all streams` };
}
