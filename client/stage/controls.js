// SPDX-License-Identifier: Apache-2.0
// The buttons and keys over the display, and when they are shown.

import { ControlsVisibility, sideAt } from './controls-visibility.js';
import { element } from './dom.js';
/** @typedef {import('./dom.js').Root} Root */

/**
 * @typedef {object} ControlOptions
 * @property {boolean} hasControls
 * @property {boolean} isMuted
 * @property {boolean} isIdle whether the controls appear only when the pointer moves, or by a tap
 * @property {EventTarget} keys whose keys are read
 */

/**
 * @typedef {object} ControlEvents
 * @property {() => void} onPlay playback was paused or continued
 * @property {() => boolean} onPicture a click on the picture; whether it pauses or plays
 * @property {(seconds: number) => boolean} onSkip a double tap at a side; false if nothing is there
 * @property {(key: string, text: string, style: string) => void} onMessage
 */

/** The controls stay while the focus of a keyboard is on one of them. */
const FOCUSED = '#controls :focus-visible, #title :focus-visible, .menu :focus-visible';

/** Connects the controls to the video element. */
export class Controls {
  /**
   * @param {Root} root @param {HTMLVideoElement} video @param {ControlOptions} options
   * @param {ControlEvents} events
   * @param {AbortSignal} signal ends all listeners
   */
  constructor(root, video, options, events, signal) {
    this.root = root;
    this.video = video;
    this.options = options;
    this.events = events;
    this.signal = signal;
    this.hasControls = options.hasControls;
    this.stage = element('stage', HTMLDivElement, root);
    this.boxes = [
      element('controls', HTMLDivElement, root), element('title', HTMLDivElement, root),
    ];
    this.play = element('play', HTMLButtonElement, root);
    this.audio = element('sound', HTMLButtonElement, root);
    this.volume = element('volume', HTMLInputElement, root);
    this.tapSound = element('tap-sound', HTMLButtonElement, root);
    /** @type {Record<string, () => void>} actions by key */
    this.keys = this.usualKeys();
    /** @type {boolean | null} null while unknown */
    this.hasAudio = null;
    this.visibility = new ControlsVisibility(performance.now(), options.isIdle);
    /** The reasons to keep the controls visible: an open menu, words over the picture. */
    this.pins = new Set();
    /** Whether the viewer has chosen whether there is sound. */
    this.hasChosenSound = false;
    video.muted = options.isMuted;
    this.showControls(options.hasControls);
    this.listen(video, ['volumechange'], () => this.showAudio(this.hasAudio));
    this.listen(video, ['play', 'pause'], () => this.showPlay());
    this.showPlay();
    this.connectButtons();
    this.connectPointer();
    this.listen(options.keys, ['keydown'], (event) => {
      this.pressed(/** @type {KeyboardEvent} */ (event));
    });
  }

  /**
   * @param {EventTarget} target @param {string[]} events @param {(event: Event) => void} body
   * @param {boolean} [capture]
   */
  listen(target, events, body, capture = false) {
    const { signal } = this;
    for (const event of events) target.addEventListener(event, body, { signal, capture });
  }

  connectButtons() {
    for (const button of this.stage.querySelectorAll('[aria-keyshortcuts]')) {
      titleOf(/** @type {HTMLButtonElement} */ (button));
    }
    const on = (/** @type {HTMLElement} */ button, /** @type {() => void} */ body) => {
      this.listen(button, ['click'], body);
    };
    on(this.audio, () => this.toggleAudio());
    on(this.tapSound, () => this.toggleAudio());
    this.listen(this.volume, ['input'], () => this.setVolume(this.volume.valueAsNumber / 100));
    on(element('full', HTMLButtonElement, this.root), () => this.toggleFullScreen());
    on(this.play, () => this.events.onPlay());
    on(element('big-play', HTMLButtonElement, this.root), () => this.events.onPlay());
  }

  usualKeys() {
    const { video, events } = this;
    return {
      m: () => this.toggleAudio(), f: () => this.toggleFullScreen(), k: () => events.onPlay(),
      ArrowUp: () => this.setVolume(video.volume + 0.05),
      ArrowDown: () => this.setVolume(video.volume - 0.05),
      ' ': () => events.onPlay(),
    };
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const { ctrlKey, metaKey, altKey, key, defaultPrevented } = event;
    if (!this.hasControls || ctrlKey || metaKey || altKey || defaultPrevented) return;
    this.visibility.operated(performance.now());
    // In a shadow root the target is the element itself.
    const target = event.composedPath()[0], isWord = key.length === 1 && key !== ' ';
    const isSlider = target instanceof HTMLInputElement && target.type === 'range';
    const isField = !isSlider && (target instanceof HTMLInputElement
      || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement);
    const isButton = key === ' ' && (target instanceof HTMLButtonElement
      || target instanceof HTMLAnchorElement);
    if (isField || isButton || isSlider && !isWord) return;
    const name = Object.hasOwn(this.keys, key) ? key : key.toLowerCase();
    if (!Object.hasOwn(this.keys, name)) return;
    event.preventDefault();
    this.keys[name]();
  }

  connectPointer() {
    const { stage, visibility } = this;
    const isOnControls = (/** @type {Event} */ { target }) => this.boxes.some(
      (box) => box !== target && box.contains(/** @type {Node} */ (target)));
    this.listen(stage, ['pointermove', 'pointerdown'], (event) => {
      const { pointerType } = /** @type {PointerEvent} */ (event);
      visibility.pointed(performance.now(), pointerType, isOnControls(event));
    });
    // A click comes after the focus, and after all other events of a tap. Before the playback's own
    // listener: that one starts the first playback.
    this.listen(stage, ['click'], (event) => {
      if (!this.isOnPicture(event) || event.defaultPrevented) return;
      this.clicked(/** @type {MouseEvent} */ (event));
    }, true);
    this.listen(stage, ['focusin'], ({ target }) => {
      const isVisible = /** @type {Element} */ (target).matches(':focus-visible');
      if (isVisible) visibility.operated(performance.now());
    });
    this.listen(stage, ['pointerleave'], (event) => {
      visibility.left(/** @type {PointerEvent} */ (event).pointerType);
    });
    for (const box of this.boxes.flatMap(({ children }) => [...children])) this.keepOver(box);
    this.listen(stage, ['dblclick'], (event) => {
      // Two taps hide the controls and show them.
      const isMouse = this.hasControls && !visibility.isTouched && this.isOnPicture(event);
      if (isMouse && !event.defaultPrevented) this.toggleFullScreen();
    });
  }

  /**
   * The controls stay while a pointer is on this element.
   * @param {Element} box
   */
  keepOver(box) {
    this.listen(box, ['pointerenter'], () => { this.visibility.isPointerOnControls = true; });
    this.listen(box, ['pointerleave', 'pointercancel'], () => {
      this.visibility.isPointerOnControls = false;
    });
  }

  /** @param {Event} event whether its target is the picture, not words or a button over it */
  isOnPicture({ target }) {
    return target instanceof HTMLVideoElement || target instanceof HTMLCanvasElement
      || target instanceof HTMLElement && ['frame', 'stage'].includes(target.id);
  }

  /** @param {MouseEvent} event a click on the picture */
  clicked(event) {
    const { stage, visibility, events } = this, now = performance.now();
    if (!visibility.isTouched) {
      if (this.hasControls && events.onPicture()) events.onPlay();
      return;
    }
    const isShown = !stage.classList.contains('idle');
    const side = sideAt(event.clientX, stage.getBoundingClientRect());
    const isSecond = visibility.isDoubleTap(now, side, isShown);
    if (isSecond && this.hasControls && events.onSkip(side === 'left' ? -10 : 10)) return;
    visibility.clicked(now, isShown);
  }

  /** @param {boolean} isShown */
  showControls(isShown) {
    this.hasControls = isShown;
    for (const box of this.boxes) box.hidden = !isShown;
  }

  /** @param {string} reason @param {boolean} isPinned whether it keeps the controls */
  pin(reason, isPinned) {
    if (isPinned) this.pins.add(reason);
    else this.pins.delete(reason);
  }

  /** Hides the controls of a display that plays while they are not used. */
  update() {
    const { video, stage, visibility, pins } = this;
    const isUsed = visibility.isOperated(performance.now())
      || stage.querySelector(FOCUSED) !== null;
    const isHeld = visibility.wasOperated && (video.paused || pins.size > 0);
    stage.classList.toggle('idle', !isUsed && !isHeld);
  }

  toggleAudio() {
    this.hasChosenSound = true;
    this.video.muted = !this.video.muted;
    if (!this.video.muted && this.video.volume === 0) this.video.volume = 0.5;
    this.showAudio(this.hasAudio);
  }

  /** @param {number} volume is limited to 0–1 */
  setVolume(volume) {
    this.hasChosenSound = true;
    this.video.volume = Math.min(1, Math.max(0, volume));
    this.video.muted = this.video.volume < 0.01;
  }

  toggleFullScreen() {
    const video = /** @type {any} */ (this.video);
    if (!document.fullscreenEnabled && video.webkitEnterFullscreen) {  // iPhone
      video.webkitEnterFullscreen();
      return;
    }
    const done = this.root.fullscreenElement ? document.exitFullscreen()
      : this.stage.requestFullscreen();
    done.catch(() => this.events.onMessage('full', 'The browser refused full screen', 'warn'));
  }

  showPlay() {
    const { paused } = this.video;
    nameButton(this.play, paused ? 'Play' : 'Pause', paused);
  }

  /**
   * Names the action of the audio button.
   * @param {boolean | null} hasAudio null while unknown
   */
  showAudio(hasAudio) {
    this.hasAudio = hasAudio;
    const { muted, paused, volume } = this.video;
    nameButton(this.audio, hasAudio === false ? 'No sound' : muted ? 'Unmute' : 'Mute',
      muted || hasAudio === false);
    this.audio.disabled = hasAudio === false;
    this.volume.disabled = hasAudio === false;
    const percent = String(muted ? 0 : Math.round(volume * 100));
    if (this.volume.value !== percent) this.volume.value = percent;
    this.tapSound.hidden = !muted || hasAudio !== true || paused || this.hasChosenSound
      || !this.hasControls || this.options.isIdle;
  }
}

/**
 * A tooltip with the key of a button.
 * @param {HTMLButtonElement} button
 */
function titleOf(button) {
  const [name, key] = ['aria-label', 'aria-keyshortcuts'].map(
    (each) => button.getAttribute(each) ?? '');
  button.title = `${name} (${key.toUpperCase()})`;
}

/** @param {HTMLButtonElement} button @param {string} text @param {boolean} isOff its icon */
export function nameButton(button, text, isOff) {
  if (button.getAttribute('aria-label') !== text) {
    button.setAttribute('aria-label', text);
    titleOf(button);
  }
  button.classList.toggle('is-off', isOff);
}
