// SPDX-License-Identifier: Apache-2.0
// One player with its elements: the display, the words over it, and the controls.

import { Playback } from '../engine/playback/playback.js';
import { CaptionView } from './caption-view.js';
import { Controls } from './controls.js';
import { element } from './dom.js';
import { Notices } from './notices.js';
import { PastOffer } from './past-offer.js';
import { FrameHold } from './frame-hold.js';
import { sentenceOf } from '../shared/sentence.js';
import { durationText } from './time-scale.js';
/** @typedef {import('../engine/clock/stall-meter.js').Stall} Stall */
/** @typedef {import('../engine/playback/playback.js').PlaybackOptions} PlaybackOptions */
/** @typedef {import('../engine/players/kinds.js').Kind} Kind */
/** @typedef {import('../engine/server/services.js').Figures} Figures */
/** @typedef {import('../engine/transport/stream-events.js').StreamEvent} StreamEvent */
/** @typedef {import('./controls.js').ControlOptions} ControlOptions */
/** @typedef {import('./dom.js').Root} Root */
/** @typedef {import('../engine/playback/later-code.js').LaterCode<typeof import('./later.js')>}
 *    Later
 */
/** @typedef {Omit<import('./past-controls.js').PastOptions, 'onMessage'>} PastOptions */

/** The time between two updates of the controls, and of the values, ms. */
const CONTROL_INTERVAL = 50, SHOW_INTERVAL = 250;
/** The words for another player than the requested one disappear after this time, ms. */
const FALLBACK_TIME = 10000;

/**
 * @typedef {object} StageEvents
 * @property {(kind: Kind) => void} onPlayer
 * @property {(text: string, isFatal: boolean) => void} onError
 * @property {(stall: Stall) => void} onStall a stall has ended
 * @property {(event: StreamEvent) => void} onEvent the frame of an event is shown
 * @property {() => void} onShow every 250 ms, after the elements were updated
 * @property {Figures} figures
 */

/** Connects playback, words and controls in one document or shadow root. */
export class Stage {
  /**
   * @param {Root} root
   * @param {PlaybackOptions & ControlOptions & { past: PastOptions, later: Later }} options
   * @param {StageEvents} events
   */
  constructor(root, options, events) {
    this.closing = new AbortController();
    this.options = options;
    this.events = events;
    this.notices = new Notices(root);
    const video = element('video', HTMLVideoElement, root);
    this.controls = new Controls(root, video, options, {
      onAudioTrack: (index) => this.playback.player?.chooseAudio?.(index),
      onRendition: (rendition) => this.playback.player?.chooseRendition(rendition),
      onPlay: () => this.playback.togglePlay(),
      onMessage: (...message) => this.notices.message(...message),
    }, this.closing.signal);
    /** @type {CaptionView} */
    const captions = new CaptionView(
      root, (index) => this.playback.captions.choose(index), this.closing.signal);
    this.captions = captions;
    /** @type {Playback} */
    this.playback = new Playback(video, options, {
      onStatus: (status, text) => this.notices.state(status, text),
      onMessage: (...message) => {
        if (message[0] === 'player') this.fellBackAt = performance.now();
        const isRepeated = message[0] === 'trouble' && this.isAway;  // it is in the other words
        if (!isRepeated) this.notices.message(...message);
      },
      onPlayer: events.onPlayer, onError: events.onError, onStall: events.onStall,
      onEvent: events.onEvent, figures: events.figures,
      onCaption: (text, blocks) => captions.show(text, blocks.length > 0
        ? (box) => options.later.code?.showBlocks(box, blocks, this.playback.display) : undefined),
      onJump: () => this.held.take(),
    });
    this.held = new FrameHold(root, this.playback);
    this.past = new PastOffer(root, this.playback, this.controls, {
      ...options.past, onMessage: (...message) => this.notices.message(...message),
    }, options.later, this.closing.signal);
    /** @type {number[]} */
    this.timers = [];
    this.fellBackAt = 0;
    /** Whether words state that the stream has no frames. */
    this.isAway = false;
  }

  start() {
    this.playback.start();
    this.timers = [
      window.setInterval(() => {
        this.controls.update();
        this.held.update();
      }, CONTROL_INTERVAL),
      window.setInterval(() => this.show(), SHOW_INTERVAL),
    ];
  }

  /** Ends playback and all listeners. */
  close() {
    for (const timer of this.timers) clearInterval(timer);
    this.closing.abort();
    this.playback.close();
    this.notices.clear();
  }

  show() {
    const { playback, controls, notices } = this, { state } = playback;
    const words = playback.awayWords();
    controls.showAudio(state.sound);
    controls.showAudioTracks(playback.player?.audioTracks?.() ?? null);
    this.captions.showChoice(playback.captions.choice);
    controls.showRenditions(playback.player?.renditions() ?? null);
    notices.away(words?.title ?? '', words?.text);
    this.isAway = words !== null;
    if (words) notices.message('trouble');
    const isLive = state.status === 'live';
    if (isLive && performance.now() - this.fellBackAt > FALLBACK_TIME) notices.message('player');
    const { isPast, shownAt, clock } = playback;
    if (isPast && isLive && shownAt !== null) {
      notices.state('past', `−${durationText(clock.now() / 1000 - shownAt)}`);
    }
    this.past.update();
    const { audio } = playback.services.presence ?? {};
    notices.message('audio', audio ? sentenceOf(audio) : null, 'warn');
    const isShown = isLive && !isPast && !this.options.isIdle;
    notices.latency(isShown ? state.glassToGlassMs ?? state.latencyMs : null);
    this.events.onShow();
  }
}
