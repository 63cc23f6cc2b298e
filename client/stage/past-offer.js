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
    /** Whether the time bar is shown. */
    this.isOffered = false;
  }

  /** Called every 250 ms. */
  update() {
    const { playback, options } = this;
    // A stream that does not exist any more may have a recording.
    const isAsked = playback.player !== null || playback.refusal?.status === 404;
    if (options.isShown === false || !isAsked) return;
    this.playingSince ||= performance.now();
    if (performance.now() - this.playingSince > DELAY || options.isShown) void this.load();
    const { document: extent } = playback.reach;
    const isOffered = this.controls.hasControls && extent?.from != null
      && (extent.archive === true || options.isShown === true);
    if (isOffered && !this.past) this.begin();
    this.past?.update(isOffered);
    this.isOffered = isOffered && this.past !== null;
  }

  /** Makes the controls, when their code has arrived. */
  begin() {
    if (this.later.code) void this.made();
    else this.later.preload();
  }

  /**
   * The controls.
   * @returns {Promise<PastControls>}
   */
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
    if (playback.services.isHalted && reach.document) return;
    if (known && reach.document && reach.document.archive !== true && !options.isShown) return;
    // A stream without a session has no playlist that names its services.
    const { source } = playback;
    const beside = known || this.hasNone === source ? null : extentBeside(source);
    if (beside) {
      await reach.load(beside);
      if (reach.document?.archive !== true) this.hasNone = source;
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
    if (!this.playback.reach.document) await this.load();
    (await this.made()).step(frames);
  }
}
