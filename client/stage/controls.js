// SPDX-License-Identifier: Apache-2.0
// The buttons, keys and menus over the display.

import { ControlsVisibility } from './controls-visibility.js';
import { element } from './dom.js';
/** @typedef {import('../engine/renditions/rendition-names.js').RenditionChoice} RenditionChoice */
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
 * @property {(rendition: string | null) => void} onRendition null for automatic
 * @property {(index: number) => void} onAudioTrack
 * @property {() => void} onPlay playback was paused or continued
 * @property {(key: string, text: string, style: string) => void} onMessage
 */

/** The controls stay while one of these is in the stage: the focus of a keyboard, or the form. */
const IN_USE = '#bar :focus-visible, #past :focus-visible, #past:not([hidden]) form:not([hidden])';

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
    this.bar = element('bar', HTMLDivElement, root);
    this.play = element('play', HTMLButtonElement, root);
    this.audio = element('sound', HTMLButtonElement, root);
    this.volume = element('volume', HTMLInputElement, root);
    this.rendition = element('rendition', HTMLSelectElement, root);
    this.quality = element('quality', HTMLLabelElement, root);
    this.audioTrack = element('audio-track', HTMLSelectElement, root);
    this.language = element('language', HTMLLabelElement, root);
    /** @type {Record<string, () => void>} actions by key */
    this.keys = this.usualKeys();
    /** @type {boolean | null} null while unknown */
    this.hasAudio = null;
    this.visibility = new ControlsVisibility(performance.now(), options.isIdle);
    /** Whether the controls stay visible. */
    this.isPinned = false;
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
   */
  listen(target, events, body) {
    const { signal } = this;
    for (const event of events) target.addEventListener(event, body, { signal });
  }

  connectButtons() {
    this.listen(this.audio, ['click'], () => this.toggleAudio());
    this.listen(this.volume, ['input'], () => this.setVolume(this.volume.valueAsNumber / 100));
    const full = element('full', HTMLButtonElement, this.root);
    this.listen(full, ['click'], () => this.toggleFullScreen());
    this.listen(this.play, ['click'], () => this.events.onPlay());
    this.listen(this.rendition, ['change'], () => {
      this.events.onRendition(this.rendition.value || null);
    });
    this.listen(this.audioTrack, ['change'], () => {
      this.events.onAudioTrack(this.audioTrack.selectedIndex);
    });
  }

  /**
   * Fills the menu of audio tracks; it is hidden if there is no choice.
   * @param {import('../engine/players/player.js').AudioChoice | null} choice
   */
  showAudioTracks(choice) {
    this.language.hidden = !choice || choice.names.length < 2;
    if (!choice || this.language.hidden) return;
    const { options } = this.audioTrack;
    if ([...options].map(({ text }) => text).join('\n') !== choice.names.join('\n')) {
      this.audioTrack.replaceChildren(...choice.names.map((name, i) => new Option(name, `${i}`)));
    }
    this.audioTrack.selectedIndex = choice.current;
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
    if (!this.hasControls || event.ctrlKey || event.metaKey || event.altKey) return;
    this.visibility.operated(performance.now());
    const { target } = event, isWord = event.key.length === 1 && event.key !== ' ';
    const isField = target instanceof HTMLSelectElement || target instanceof HTMLInputElement;
    const isButton = target instanceof HTMLButtonElement && event.key === ' ';
    if (isButton || isField && !(isWord && target instanceof HTMLInputElement)) return;
    if (!Object.hasOwn(this.keys, event.key)) return;
    if (!isWord) event.preventDefault();
    this.keys[event.key]();
  }

  connectPointer() {
    const { stage, visibility } = this;
    const boxes = [this.bar, element('past', HTMLDivElement, this.root)];
    const isOnControls = (/** @type {Event} */ { target }) => (
      boxes.some((box) => box.contains(/** @type {Node} */ (target))));
    this.listen(stage, ['pointermove', 'pointerdown'], (event) => {
      const { pointerType } = /** @type {PointerEvent} */ (event);
      visibility.pointed(performance.now(), pointerType, isOnControls(event));
    });
    // A click comes after the focus, and after all other events of a tap.
    this.listen(stage, ['click'], (event) => {
      if (isOnControls(event)) return;
      visibility.clicked(performance.now(), !stage.classList.contains('idle'));
    });
    this.listen(stage, ['focusin'], ({ target }) => {
      const isVisible = /** @type {Element} */ (target).matches(':focus-visible');
      if (isVisible) visibility.operated(performance.now());
    });
    this.listen(stage, ['pointerleave'], (event) => {
      visibility.left(/** @type {PointerEvent} */ (event).pointerType);
    });
    for (const box of boxes) {
      this.listen(box, ['pointerenter'], () => { visibility.isPointerOnControls = true; });
      this.listen(box, ['pointerleave', 'pointercancel'], () => {
        visibility.isPointerOnControls = false;
      });
    }
    this.listen(this.video, ['dblclick'], () => {
      // Two taps hide the controls and show them.
      if (this.hasControls && !visibility.isTouched) this.toggleFullScreen();
    });
  }

  /** @param {boolean} isShown */
  showControls(isShown) {
    this.hasControls = isShown;
    this.bar.hidden = !isShown;
  }

  /** Hides the controls of a display that plays while they are not used. */
  update() {
    const { video, stage } = this;
    const isOperated = this.visibility.isOperated(performance.now())
      || stage.querySelector(IN_USE) !== null;
    const isPlaying = !video.paused || this.options.isIdle;
    stage.classList.toggle('idle', isPlaying && !isOperated && !this.isPinned);
  }

  toggleAudio() {
    this.video.muted = !this.video.muted;
    if (!this.video.muted && this.video.volume === 0) this.video.volume = 0.5;
  }

  /** @param {number} volume is limited to 0–1 */
  setVolume(volume) {
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
   * Fills the menu of renditions; it is hidden if there is no choice.
   * @param {RenditionChoice | null} choice
   */
  showRenditions(choice) {
    this.quality.hidden = !choice || choice.names.length < 2;
    if (!choice || this.quality.hidden) return;
    const current = choice.names[choice.current] ?? '';
    const isAutomatic = choice.requested === null && current !== '';
    const texts = [isAutomatic ? `Auto (${current})` : 'Auto', ...choice.names];
    const { options } = this.rendition;
    if (options.length !== texts.length) {
      this.rendition.replaceChildren(...texts.map((text, i) => new Option(text, texts[i])));
    }
    texts.forEach((text, i) => {
      if (options[i].text !== text) options[i].text = text;
      options[i].value = i === 0 ? '' : text;
    });
    this.rendition.value = choice.requested ?? '';
  }

  /**
   * Names the action of the audio button.
   * @param {boolean | null} hasAudio null while unknown
   */
  showAudio(hasAudio) {
    this.hasAudio = hasAudio;
    const { muted, volume } = this.video;
    nameButton(this.audio, hasAudio === false ? 'No sound' : muted ? 'Unmute' : 'Mute',
      muted || hasAudio === false);
    this.audio.disabled = hasAudio === false;
    this.volume.disabled = hasAudio === false;
    const percent = String(muted ? 0 : Math.round(volume * 100));
    if (this.volume.value !== percent) this.volume.value = percent;
  }
}

/** @param {HTMLButtonElement} button @param {string} text @param {boolean} isOff its icon */
function nameButton(button, text, isOff) {
  const label = button.querySelector('.name');
  if (label && label.textContent !== text) {
    label.textContent = text;
    button.title = `${text} (${button.getAttribute('aria-keyshortcuts')})`;
  }
  button.classList.toggle('is-off', isOff);
}
