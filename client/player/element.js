// SPDX-License-Identifier: Apache-2.0
// <live-player>: the player as an element of any page.

import { BUILD } from '../shared/build.js';
import { instantOf } from '../shared/instant.js';
import { targetOf } from '../shared/target.js';
import { LaterCode } from '../engine/playback/later-code.js';
import { KINDS } from '../engine/players/kinds.js';
import { scriptsBeside } from '../engine/players/script.js';
import { element } from '../stage/dom.js';
import { addStyle, fragmentOf } from '../stage/markup.js';
import { Stage } from '../stage/stage.js';
import { setSecondFile } from '../shared/second-file.js';
import { isSwitchedOn, requestedOf } from './attributes.js';
import { sourceStateOf } from './source-state.js';
/** @typedef {import('../engine/clock/stall-meter.js').Stall} Stall */
/** @typedef {import('./source-state.js').SourceState} SourceState */

/** The time between two `statistics` events, ms. */
const STATISTICS_INTERVAL = 1000;

/** Properties that a script may set before the element is defined. */
const EARLY_PROPERTIES = [
  'src', 'target', 'sync', 'transport', 'controls', 'muted', 'autoplay', 'volume', 'at',
  'timebar',
];

/**
 * The address of a file of the player, for a page that contains this module.
 * @param {string} name
 */
const besidePage = (name) => new URL(`player/${name}`, document.baseURI).href;

/** The code that few viewers need at the start is in a file beside this one. */
const loadSecondFile = () => (typeof IN_WALL !== 'undefined'
  ? /** @type {Promise<typeof import('./live-player-later.js')>} */ (
    import(besidePage('live-player-later.js')))
  : import('./live-player-later.js'));
setSecondFile(loadSecondFile);
export const LATER = new LaterCode(async () => {
  const code = await loadSecondFile();
  if (code.BUILD === BUILD) return code;
  throw new Error('the server has another version of it: load the page again');
});

/** The address of this module's file. In a bundle that is a plain script, it has no `url`. */
const ADDRESS = typeof IN_WALL !== 'undefined' ? besidePage('live-player.js') : import.meta.url
  || /** @type {HTMLScriptElement | null} */ (globalThis.document?.currentScript)?.src || null;

/** Servers that render pages import the module too, without a document. */
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {});

/**
 * The stage of an element, for the wall, which is one file with this one.
 * @type {(player: HTMLElement) => Stage | null}
 */
export let stageOf;

/** Plays while it is in a document. */
export class LivePlayer extends Base {
  static { stageOf = (player) => (#stage in player ? player.#stage : null); }

  static get observedAttributes() {
    return ['src', 'target', 'sync', 'transport', 'controls', 'muted', 'at'];
  }

  /** @type {ShadowRoot} */
  #root;
  /** @type {Stage | null} */
  #stage = null;
  /** Whether the element is in a document. */
  #isUsed = false;
  /** Whether a change of attributes will start playback again. */
  #isChanging = false;
  #statisticsAt = 0;
  /** The values of the latest events. */
  #last = { rendition: /** @type {string | null} */ (null), source: '', transport: '' };

  constructor() {
    super();
    this.#root = this.attachShadow({ mode: 'open' });
    this.#root.append(fragmentOf(STAGE_MARKUP));
    addStyle(this.#root, STAGE_STYLE);
    // The page's own video begins muted.
    this.video.defaultMuted = false;
    this.video.muted = false;
    element('stage', HTMLDivElement, this.#root).tabIndex = -1;
  }

  connectedCallback() {
    for (const name of EARLY_PROPERTIES) {
      if (!Object.hasOwn(this, name)) continue;
      const object = /** @type {any} */ (this), value = object[name];
      delete object[name];
      object[name] = value;
    }
    this.#isUsed = true;
    this.#open();
  }

  disconnectedCallback() {
    this.#isUsed = false;
    this.#close();
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (before === now) return;
    const { controls, playback } = this.#stage ?? {};
    if (name === 'muted') this.video.muted = now !== null;
    else if (name === 'controls') controls?.showControls(now !== null);
    else if (name === 'at' && playback) this.#goTo(instantOf(now));
    else if (name === 'target') playback?.chooseTarget(targetOf(now).target);
    else if (this.#isUsed && !this.#isChanging) {
      this.#isChanging = true;
      queueMicrotask(() => {
        this.#isChanging = false;
        if (!this.#isUsed) return;
        this.#close();
        this.#open();
      });
    }
  }

  // Playback

  #open() {
    if (this.#stage) return;
    const requested = requestedOf((name) => this.getAttribute(name), document.baseURI);
    if (!requested) {
      if (this.src) this.#failed(`"${this.src}" is no address of a stream`, true);
      return;
    }
    const stage = new Stage(this.#root, {
      ...requested, scripts: scriptsBeside(ADDRESS), later: LATER,
      startsItself: this.autoplay, hasControls: this.controls, isMuted: this.muted, isIdle: false,
      keys: element('stage', HTMLDivElement, this.#root),
      past: { isShown: this.timebar, linkOf: null },
    }, {
      onPlayer: () => this.#announceTransport(),
      onError: (text, isFatal) => this.#failed(text, isFatal),
      onStall: (stall) => this.#emit('stall', { ...stall }),
      onEvent: (event) => this.#emit('streamevent', event),
      onShow: () => this.#show(),
    });
    this.#last = { rendition: null, source: '', transport: '' };
    this.#stage = stage;
    stage.start();
    for (const problem of requested.problems) this.#failed(problem, false);
  }

  #close() {
    this.#stage?.close();
    this.#stage = null;
  }

  /** Starts or continues playback. */
  play() {
    const playback = this.#stage?.playback;
    if (playback?.isPaused) playback.togglePlay();
    else playback?.resume();
  }

  /** @param {{ at: number | null, problem: string | null }} instant null for the live edge */
  #goTo({ at, problem }) {
    if (problem !== null) this.#failed(problem, false);
    else this.seek(at);
  }

  /**
   * Plays from an instant of the past.
   * @param {number | null} at Unix seconds; null for the live edge
   */
  seek(at) {
    const playback = this.#stage?.playback;
    if (at === null) playback?.goLive();
    else if (LATER.code) playback?.goTo(at, playback.isPaused);
    // The live picture stays until the code for the past is there.
    else LATER.load().catch(() => {}).then(() => playback?.goTo(at, playback.isPaused));
  }

  /**
   * Shows a frame before or after the shown one, paused.
   * @param {number} frames negative for one before
   */
  async step(frames) {
    await LATER.load();
    await this.#stage?.past?.step(frames);
  }

  pause() {
    const playback = this.#stage?.playback;
    if (playback && !playback.isPaused && playback.player) playback.pause();
  }

  // Events

  /** @param {string} type @param {Record<string, any>} detail */
  #emit(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }

  /** @param {string} message @param {boolean} fatal */
  #failed(message, fatal) { this.#emit('error', { message, fatal }); }

  #announceTransport() {
    const { activeTransport: transport, transportReason: reason } = this;
    if (!transport || this.#last.transport === transport + reason) return;
    this.#last.transport = transport + reason;
    this.#emit('transport', { transport, reason });
  }

  #show() {
    const { latency, statistics, rendition } = this, last = this.#last;
    const source = this.sourceState;
    if (source && source.state !== last.source) {
      last.source = source.state;
      this.#emit('source', source);
    }
    if (!statistics) return;
    const { target, syncOffset } = statistics;
    if (latency !== null) this.#emit('latency', { latency, target, syncOffset });
    if (rendition !== null && rendition !== last.rendition) {
      this.#emit('rendition', { rendition, renditions: this.renditions });
    }
    last.rendition = rendition;
    const now = performance.now();
    if (now - this.#statisticsAt < STATISTICS_INTERVAL) return;
    this.#statisticsAt = now;
    this.#emit('statistics', statistics);
  }

  // Attributes as properties

  get src() { return this.getAttribute('src') ?? ''; }

  set src(value) { this.setAttribute('src', value); }

  get target() { return targetOf(this.getAttribute('target')).target; }

  set target(value) { this.#reflect('target', value); }

  get at() { return this.getAttribute('at'); }

  set at(value) { this.#reflect('at', value); }

  get timebar() { return this.hasAttribute('timebar'); }

  set timebar(value) { this.toggleAttribute('timebar', value); }

  get sync() { return this.getAttribute('sync'); }

  set sync(value) { this.#reflect('sync', value); }

  get transport() { return this.getAttribute('transport') ?? 'auto'; }

  set transport(value) { this.#reflect('transport', value); }

  get controls() { return this.hasAttribute('controls'); }

  set controls(value) { this.toggleAttribute('controls', value); }

  get autoplay() { return isSwitchedOn(this.getAttribute('autoplay')); }

  set autoplay(value) { this.#reflect('autoplay', value ? null : 'false'); }

  /** @param {string} name @param {string | number | null} value */
  #reflect(name, value) {
    if (value === null) this.removeAttribute(name);
    else this.setAttribute(name, String(value));
  }

  // State

  /** The video element, for what this element does not offer. */
  get video() { return element('video', HTMLVideoElement, this.#root); }

  get muted() { return this.video.muted; }

  set muted(value) { this.video.muted = value; }

  get volume() { return this.video.volume; }

  set volume(value) { this.video.volume = value; }

  /** Also true if the browser has refused to play. */
  get paused() {
    const { playback } = this.#stage ?? {};
    if (!playback || playback.isPaused) return true;
    return playback.player !== null && this.video.paused;
  }

  /** The transport that plays; null while none does. */
  get activeTransport() {
    const playback = this.#stage?.playback;
    return playback?.player ? KINDS[playback.kind].transport : null;
  }

  get transportReason() { return this.#stage?.playback.reason ?? ''; }

  /** The instant of the shown frame, Unix seconds; null while unknown. */
  get shownAt() { return this.#stage?.playback.shownAt ?? null; }

  /** s; null while unknown, and in the past */
  get latency() {
    const { state, isPast } = this.#stage?.playback ?? {};
    const ms = state?.status === 'live' && !isPast ? state.glassToGlassMs ?? state.latencyMs : null;
    return ms === null ? null : ms / 1000;
  }

  get sourceState() {
    const playback = this.#stage?.playback;
    return playback?.player || playback?.refusal ? sourceStateOf(playback) : null;
  }

  get rendition() { return this.#stage?.playback.state.rendition ?? null; }

  set rendition(name) { this.#stage?.playback.player?.chooseRendition(name); }

  /** The name of the audio track that plays; null if there is no choice. */
  get audioTrack() {
    const choice = this.#stage?.playback.player?.audioTracks?.();
    return choice?.names[choice.current] ?? null;
  }

  set audioTrack(name) {
    const { player } = this.#stage?.playback ?? {};
    const index = player?.audioTracks?.()?.names.indexOf(name ?? '') ?? -1;
    if (index >= 0) player?.chooseAudio?.(index);
  }

  get audioTracks() { return this.#stage?.playback.player?.audioTracks?.()?.names ?? []; }

  /** The name of the language of the captions; null for none. */
  get captionTrack() {
    const choice = this.#stage?.playback.captions.choice;
    return choice?.names[choice.current] ?? null;
  }

  set captionTrack(name) {
    const captions = this.#stage?.playback.captions;
    captions?.choose(captions.choice?.names.indexOf(name ?? '') ?? -1);
  }

  get captionTracks() { return this.#stage?.playback.captions.choice?.names ?? []; }

  get renditions() { return this.#stage?.playback.player?.renditions()?.names ?? []; }

  get statistics() {
    const playback = this.#stage?.playback;
    if (!playback?.player) return null;
    const { state, clock, frames } = playback, offset = state.syncOffsetMs;
    const { at, text } = state.errors[state.errors.length - 1] ?? { at: 0, text: '' };
    return {
      status: state.status, transport: KINDS[playback.kind].transport, latency: this.latency,
      target: state.target, syncOffset: offset === null ? null : offset / 1000,
      buffer: state.bufferSeconds, rate: state.rate, rendition: state.rendition,
      width: playback.display.videoWidth, height: playback.display.videoHeight,
      hasAudio: state.sound,
      frames: state.framesShown, framesDropped: state.framesDropped, frameRate: frames.rate(),
      stalls: state.stalls.length,
      stallSeconds: state.stalls.reduce((sum, { seconds }) => sum + seconds, 0),
      clockOffset: clock.offset / 1000,
      roundTrip: clock.roundTrip === null ? null : clock.roundTrip / 1000,
      lastError: text === '' ? null : { at, message: text },
    };
  }
}
