// SPDX-License-Identifier: Apache-2.0
// One player with its elements: the display, the words over it, and the controls.

import { Playback } from '../engine/playback/playback.js';
import { CaptionView } from './caption-view.js';
import { Controls } from './controls.js';
import { element } from './dom.js';
import { fragmentOf } from './markup.js';
import { Notices } from './notices.js';
import { briefWords, keepsControls } from './brief-words.js';
import { messageOf } from '../shared/errors.js';
import { sentenceOf } from '../shared/sentence.js';
/** @typedef {import('../engine/clock/stall-meter.js').Stall} Stall */
/** @typedef {import('../engine/playback/playback.js').PlaybackOptions} PlaybackOptions */
/** @typedef {import('../engine/players/kinds.js').Kind} Kind */
/** @typedef {import('../engine/transport/stream-events.js').StreamEvent} StreamEvent */
/** @typedef {import('./controls.js').ControlOptions} ControlOptions */
/** @typedef {import('./dom.js').Root} Root */
/** @typedef {import('../sheets/extras.js').Extras} Extras */
/** @typedef {import('../sheets/extras.js').ExtraName} ExtraName */
/** @typedef {import('./state-words.js').Action} Action */
/** @typedef {import('./state-words.js').Words} Words */
/** @typedef {import('../engine/playback/later-code.js').LaterCode<typeof import('./later.js')>}
 *    Later
 */
/** @typedef {Omit<import('./past-controls.js').PastOptions, 'onMessage' | 'open' | 'fragment'>}
 *    PastOptions
 */
/** @typedef {Pick<typeof import('./later.js'), 'tell' | 'FrameHold' | 'PastOffer'>} Early */

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
 */

/**
 * Parts that only the page has.
 * @typedef {object} PageParts
 * @property {string} list address of the list of streams
 * @property {() => string} label the name of the stream for people
 * @property {() => boolean} isOnDemand
 * @property {(kind: Kind) => void} onKind the viewer chooses a player
 * @property {(target: number | null) => void} onTarget the viewer chooses a target, s
 * @property {(name: string, value: string) => void} remember a parameter in the address
 * @property {() => string} element address of the module of <live-player>
 * @property {import('../sheets/other-streams.js').Names} names the streams of the server
 */

/** Connects playback, words and controls in one document or shadow root. */
export class Stage {
  /**
   * @param {Root} root
   * @param {PlaybackOptions & ControlOptions & {
   *   past: PastOptions, later: Later, page?: PageParts, early?: Early }} options `early`: code
   *   that is there from the start; without it, it is loaded when it is needed
   * @param {StageEvents} events
   */
  constructor(root, options, events) {
    this.root = root;
    this.fragment = fragmentOf;
    /** @type {import('../engine/server/services.js').Figures} */
    this.figures = { isShown: false, latest: null };
    this.closing = new AbortController();
    this.options = options;
    this.events = events;
    const { signal } = this.closing;
    this.notices = new Notices(root, (action) => this.act(action), signal);
    const video = element('video', HTMLVideoElement, root);
    this.controls = new Controls(root, video, options, {
      onPlay: () => this.playback.togglePlay(), onPicture: () => this.mayPause,
      onSkip: (seconds) => this.skip(seconds),
      onMessage: (...message) => this.notices.message(...message),
    }, signal);
    const captions = new CaptionView(root);
    this.captions = captions;
    /** @type {Playback} */
    this.playback = new Playback(video, options, {
      onStatus: () => {},
      onMessage: (...message) => {
        if (message[0] === 'player') this.fellBackAt = performance.now();
        const isRepeated = message[0] === 'trouble' && this.words.title !== '';
        if (!isRepeated) this.notices.message(...message);
      },
      onPlayer: events.onPlayer, onError: events.onError, onStall: events.onStall,
      onEvent: events.onEvent, figures: this.figures,
      onCaption: (text, blocks) => captions.show(text, blocks.length > 0
        ? (box) => options.later.code?.showBlocks(box, blocks, this.playback.display) : undefined),
      onJump: () => this.held?.take(),
    });
    /** @type {import('./frame-hold.js').FrameHold | null} */
    this.hold = null;
    /** @type {import('./past-offer.js').PastOffer | null} */
    this.offer = null;
    /** The frames, and when the newest one came: ms of performance.now(), and Unix ms. */
    this.count = {
      frames: 0, frameAt: 0, shownAt: /** @type {number | null} */ (null), lateSince: Infinity,
    };
    /** @type {Words} */
    this.words = briefWords(this);
    /** @type {Extras | null} menus and sheets; null until one was opened */
    this.extras = null;
    /** @type {number[]} */
    this.timers = [];
    this.fellBackAt = 0;
    this.bigPlay = element('big-play', HTMLButtonElement, root);
    this.captionsButton = element('captions-button', HTMLButtonElement, root);
    this.connect(signal);
  }

  /**
   * Menus and sheets are loaded when they are opened.
   * @param {AbortSignal} signal
   */
  connect(signal) {
    const openers = /** @type {[string, ExtraName, string][]} */ ([
      ['settings', 'settings', ''], ['figures-button', 'figures', 'i'], ['share', 'share', 'u'],
      ['keys-button', 'keys', '?'], ['snapshot', 'snapshot', 's'], ['small', 'small', 'p'],
      ['captions-button', 'captions', 'c'],
    ]);
    for (const [id, name, key] of openers) {
      const button = this.root.getElementById(id);
      if (!button) continue;
      button.addEventListener('click', () => void this.open(name), { signal });
      if (key) this.controls.keys[key] = () => void this.open(name);
    }
    this.controls.keys.Escape = () => this.extras?.close();
    const { pictureInPictureEnabled } = /** @type {any} */ (document);
    element('small', HTMLButtonElement, this.root).hidden = !pictureInPictureEnabled;
  }

  /**
   * Opens a menu or a sheet, or closes it; loads its code first.
   * @param {ExtraName} name
   */
  async open(name) {
    const later = /** @type {Later} */ (this.options.later);
    try {
      const { Extras: Made } = later.code ?? await later.load();
      if (this.closing.signal.aborted) return;
      this.extras ??= new Made(this);
      this.extras.open(name);
    } catch (error) {
      const text = `A part of the player was not loaded (${messageOf(error)})`;
      this.notices.message('extras', text, 'warn');
      setTimeout(() => this.notices.message('extras'), FALLBACK_TIME);
    }
  }

  start() {
    this.playback.start();
    this.timers = [
      window.setInterval(() => {
        this.controls.update();
        this.held?.update();
        this.countFrames();
      }, CONTROL_INTERVAL),
      window.setInterval(() => this.show(), SHOW_INTERVAL),
    ];
    this.show();
  }

  /** Ends playback and all listeners. */
  close() {
    for (const timer of this.timers) clearInterval(timer);
    this.extras?.close();
    this.closing.abort();
    this.playback.close();
    this.notices.clear();
  }

  /** The last frame, kept over the display; null until its code is there. */
  get held() {
    const { early, later } = this.options, code = early ?? later.code;
    if (code) this.hold ??= new code.FrameHold(this.root, this.playback);
    return this.hold;
  }

  /** The past of the stream; null until its code is there. */
  get past() {
    const { early, later, past } = this.options, code = early ?? later.code;
    if (code) {
      this.offer ??= new code.PastOffer(this.root, this.playback, this.controls, {
        ...past, onMessage: (...message) => this.notices.message(...message),
        open: (name) => this.open(name), fragment: fragmentOf,
      }, later, this.closing.signal);
    }
    return this.offer;
  }

  /** Called every 50 ms. */
  countFrames() {
    const { count, playback: { frames: { frames }, clock } } = this;
    // A hidden page shows no frames.
    if (frames === count.frames && !document.hidden) return;
    if (frames !== count.frames) count.shownAt = clock.now();
    count.frames = frames;
    count.frameAt = performance.now();
  }

  /** Whether playback has begun, also if it cannot go on. */
  get hasStarted() {
    const { player, refusal, status, isAsking } = this.playback;
    return player !== null || refusal !== null || isAsking || status.name === 'dead'
      || this.options.later.loading !== null;
  }

  /** The words for the present state. */
  tell() {
    const { early, later } = this.options, full = early ?? later.code;
    if (full) return full.tell(this);
    const words = briefWords(this);
    if (words.state === 'lost') later.preload();
    return { words, actions: [] };
  }

  /** Whether a click on the picture pauses or plays: the first one starts it. */
  get mayPause() {
    const { player, isPaused, video } = this.playback;
    return player !== null && (isPaused || !video.paused);
  }

  /** @param {number} seconds @returns {boolean} whether there is a past to go to */
  skip(seconds) {
    if (!this.past?.isOffered || seconds > 0 && !this.playback.isPast) return false;
    this.past.past?.skip(seconds);
    return true;
  }

  /** @param {Action} action of a state */
  act(action) {
    const { playback, options: { page } } = this, { extent } = playback.reach;
    if (action === 'list' && page) location.assign(page.list);
    else if (action === 'again' || action === 'live') playback.tryAgain();
    else if (action === 'stills') void this.open('stills');
    else if (extent) void this.open(action === 'start' || action === 'gap' ? action : 'recorded');
  }

  show() {
    const { playback, controls, notices } = this, { state } = playback;
    controls.showAudio(state.sound);
    const { words, actions } = this.tell();
    this.words = words;
    notices.show(words, actions);
    if (words.title !== '' && !words.isNote) notices.message('trouble');
    const { later, page } = this.options;
    if (words.form || words.state === 'not-found' && page) {
      if (later.code) void this.open('none');
      else later.preload();
    }
    controls.pin('words', keepsControls(words));
    this.bigPlay.hidden = words.state !== 'ready' && words.state !== 'demand';
    const { choice } = playback.captions;
    this.captionsButton.hidden = !choice;
    const hasCaptions = choice !== null && choice.current >= 0;
    this.captionsButton.setAttribute('aria-pressed', String(hasCaptions));
    const isLive = state.status === 'live';
    if (isLive && performance.now() - this.fellBackAt > FALLBACK_TIME) notices.message('player');
    if (this.past) this.past.update();
    else if (this.options.past.isShown) later.preload();
    this.extras?.update();
    const { audio } = playback.services.presence ?? {};
    // Not `audio`, the key of what the player says about its own sound.
    notices.message('source-audio', audio ? sentenceOf(audio) : null, 'warn');
    this.events.onShow();
  }
}
