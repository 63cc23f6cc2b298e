// SPDX-License-Identifier: Apache-2.0
// Whether the past is offered: its controls are loaded when it is, or when a frame is stepped to.

import { extentBeside } from '../engine/transport/source.js';
/** @typedef {import('../engine/playback/playback.js').Playback} Playback */
/** @typedef {import('./controls.js').Controls} Controls */
/** @typedef {import('./dom.js').Root} Root */
/** @typedef {import('./past-controls.js').PastControls} PastControls */
/** @typedef {import('./past-controls.js').PastOptions} PastOptions */
/** @template T @typedef {import('../engine/playback/later-code.js').LaterCode<T>} LaterCode */

/** The stream plays for this time before its past is asked for, ms. */
const DELAY = 1000;
/** After a failure the controls are loaded again after this time, ms. */
const RETRY = 3000;

/** Loads the extent of the past, and the controls for it. */
export class PastOffer {
  /**
   * @param {Root} root @param {Playback} playback @param {Controls} controls
   * @param {PastOptions} options
   * @param {LaterCode<typeof import('./later.js')>} later
   * @param {AbortSignal} signal ends all listeners
   */
  constructor(root, playback, controls, options, later, signal) {
    this.root = root;
    this.playback = playback;
    this.controls = controls;
    this.options = options;
    this.later = later;
    this.signal = signal;
    /** @type {PastControls | null} null until the past is offered for the first time */
    this.past = null;
    this.playingSince = 0;
    /** The source beside which there was no archive: another server has none. */
    this.hasNone = '';
    this.triedAt = -Infinity;
  }

  /** Called every 250 ms. */
  update() {
    const { playback, options } = this;
    if (options.isShown === false || !playback.player) return;
    this.playingSince ||= performance.now();
    if (performance.now() - this.playingSince > DELAY || options.isShown) void this.load();
    const { extent } = playback.reach;
    const isOffered = this.controls.hasControls && extent?.from != null
      && (extent.isArchived || options.isShown === true);
    if (isOffered && !this.past) this.begin();
    this.past?.update(isOffered);
  }

  /** Makes the controls, when their code has arrived. */
  begin() {
    const { later } = this, now = performance.now();
    if (later.code) void this.made();
    else if (now - this.triedAt > RETRY) {
      this.triedAt = now;
      later.preload();
    }
  }

  /** The controls. @returns {Promise<PastControls>} */
  async made() {
    const { later, root, playback, controls, options, signal } = this;
    const { PastControls: Made } = later.code ?? await later.load();
    this.past ??= new Made(root, playback, controls, options, signal);
    return this.past;
  }

  /** Loads the extent; without an archive once is enough. */
  async load() {
    const { playback, options } = this, { reach } = playback;
    const known = playback.services.services;
    if (known && reach.extent && !reach.extent.isArchived && !options.isShown) return;
    // A stream without a session has no playlist that names its services.
    const { source } = playback;
    const beside = known || this.hasNone === source ? null : extentBeside(source);
    if (beside) {
      await reach.load(beside);
      if (!reach.extent?.isArchived) this.hasNone = source;
    }
    const services = known ?? await playback.services.findServices();
    if (services) await reach.load(new URL('dvr.json', services.timestamps).href);
  }

  /**
   * Shows the next or the previous frame, paused.
   * @param {number} frames
   */
  async step(frames) {
    this.playback.pause();
    if (!this.playback.reach.extent) await this.load();
    (await this.made()).step(frames);
  }
}
