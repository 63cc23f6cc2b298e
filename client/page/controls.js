// SPDX-License-Identifier: Apache-2.0
// The buttons, keys and menus of the page.

import { element } from './dom.js';
import { rememberParameter } from './parameters.js';
/** @typedef {import('./panel.js').Panel} Panel */
/** @typedef {import('./parameters.js').PageOptions} PageOptions */
/** @typedef {import('./players/player.js').Kind} Kind */
/** @typedef {import('./players/player.js').RenditionChoice} RenditionChoice */

/**
 * @typedef {object} ControlEvents
 * @property {(kind: Kind) => void} onPlayer a player was chosen
 * @property {(target: number | null) => void} onTarget a target was chosen, s; null for automatic
 * @property {(rendition: string | null) => void} onRendition null for automatic
 * @property {() => void} onPlay playback was paused or continued
 */

/** The controls are hidden after this time without a movement of the pointer, ms. */
const IDLE_TIME = 2500;

/** Connects the controls to the video element, the panel and the page. */
export class Controls {
  /**
   * @param {HTMLVideoElement} video @param {Panel} panel @param {PageOptions} options
   * @param {ControlEvents} events
   */
  constructor(video, panel, options, events) {
    this.video = video;
    this.panel = panel;
    this.options = options;
    this.events = events;
    this.main = element('main', HTMLElement);
    this.stage = element('stage', HTMLDivElement);
    this.figures = element('panel', HTMLElement);
    this.figuresButton = element('figures-button', HTMLButtonElement);
    this.audio = element('sound', HTMLButtonElement);
    this.volume = element('volume', HTMLInputElement);
    this.target = element('target', HTMLSelectElement);
    this.rendition = element('rendition', HTMLSelectElement);
    /** @type {boolean | null} null while unknown */
    this.hasAudio = null;
    this.isPointerOnBar = false;
    this.movedAt = options.isEmbedded ? -Infinity : performance.now();
    video.muted = options.isMuted;
    this.figuresButton.hidden = options.isEmbedded;
    this.showPanel(options.hasPanel);
    this.main.classList.toggle('bare', !options.hasControls);
    video.addEventListener('volumechange', () => this.showAudio(this.hasAudio));
    for (const event of ['play', 'pause']) video.addEventListener(event, () => this.showPlay());
    this.showPlay();
    this.connectButtons();
    if (options.hasControls) {
      this.connectKeys();
      this.connectPointer();
    }
    for (const radio of document.querySelectorAll('input[name="player"]')) {
      const { value } = /** @type {HTMLInputElement} */ (radio);
      radio.addEventListener('change', () => events.onPlayer(/** @type {Kind} */ (value)));
    }
    this.target.addEventListener('change', () => {
      events.onTarget(this.target.value === '' ? null : parseFloat(this.target.value));
    });
    this.rendition.addEventListener('change', () => {
      events.onRendition(this.rendition.value || null);
    });
  }

  connectButtons() {
    this.audio.addEventListener('click', () => this.toggleAudio());
    this.volume.addEventListener('input', () => this.setVolume(this.volume.valueAsNumber / 100));
    this.figuresButton.addEventListener('click', () => this.togglePanel());
    element('hide', HTMLButtonElement).addEventListener('click', () => this.togglePanel());
    element('full', HTMLButtonElement).addEventListener('click', () => this.toggleFullScreen());
    element('play', HTMLButtonElement).addEventListener('click', () => this.events.onPlay());
  }

  connectKeys() {
    const { video } = this;
    /** @type {Record<string, () => void>} */
    const keys = {
      m: () => this.toggleAudio(), f: () => this.toggleFullScreen(), k: () => this.events.onPlay(),
      i: () => { if (!this.options.isEmbedded) this.togglePanel(); },
      ArrowUp: () => this.setVolume(video.volume + 0.05),
      ArrowDown: () => this.setVolume(video.volume - 0.05),
      ' ': () => this.events.onPlay(),
    };
    document.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      this.movedAt = performance.now();
      const { target } = event, isWord = event.key.length === 1 && event.key !== ' ';
      const isField = target instanceof HTMLSelectElement || target instanceof HTMLInputElement;
      const isButton = target instanceof HTMLButtonElement && event.key === ' ';
      if (isButton || isField && !(isWord && target instanceof HTMLInputElement)) return;
      if (!Object.hasOwn(keys, event.key)) return;
      if (!isWord) event.preventDefault();
      keys[event.key]();
    });
  }

  connectPointer() {
    const { stage } = this, bar = element('bar', HTMLDivElement);
    const moved = () => { this.movedAt = performance.now(); };
    for (const event of ['pointermove', 'pointerdown', 'focusin']) {
      stage.addEventListener(event, moved);
    }
    stage.addEventListener('pointerleave', () => { this.movedAt = -Infinity; });
    bar.addEventListener('pointerenter', () => { this.isPointerOnBar = true; });
    bar.addEventListener('pointerleave', () => { this.isPointerOnBar = false; });
    this.video.addEventListener('dblclick', () => this.toggleFullScreen());
  }

  /** Hides the controls of a picture that plays while they are not used. */
  update() {
    const { video, stage } = this;
    const isOperated = performance.now() - this.movedAt < IDLE_TIME || this.isPointerOnBar
      || stage.querySelector('#bar :focus-visible') !== null;
    const isPlaying = !video.paused || this.options.isEmbedded;
    stage.classList.toggle('idle', isPlaying && !isOperated && this.figures.hidden);
  }

  get isPanelHidden() { return this.figures.hidden; }

  togglePanel() {
    const isShown = this.figures.hidden, hadFocus = this.figures.contains(document.activeElement);
    this.showPanel(isShown);
    if (hadFocus) this.figuresButton.focus({ preventScroll: true });
    rememberParameter('panel', isShown ? '1' : '');
  }

  /** @param {boolean} isShown */
  showPanel(isShown) {
    this.figures.hidden = !isShown;
    this.main.classList.toggle('figures', isShown);
    this.figuresButton.setAttribute('aria-expanded', String(isShown));
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
    const done = document.fullscreenElement ? document.exitFullscreen()
      : this.stage.requestFullscreen();
    done.catch(() => this.panel.message('full', 'The browser refused full screen', 'warn'));
  }

  /** @param {Kind} kind */
  showPlayer(kind) {
    const radio = document.querySelector(`input[name="player"][value="${kind}"]`);
    if (radio instanceof HTMLInputElement) radio.checked = true;
  }

  showPlay() {
    const { paused } = this.video;
    nameButton(element('play', HTMLButtonElement), paused ? 'Play' : 'Pause', paused);
  }

  /**
   * Selects a target; adds it to the menu if necessary.
   * @param {number} target s
   */
  showTarget(target) {
    const value = String(target), options = [...this.target.options];
    if (!options.some((option) => option.value === value)) {
      this.target.add(new Option(`${target} s`, value));
    }
    this.target.value = value;
  }

  /**
   * Fills the menu of renditions; it is hidden if there is no choice.
   * @param {RenditionChoice | null} choice
   */
  showRenditions(choice) {
    const label = element('quality', HTMLLabelElement);
    label.hidden = !choice || choice.names.length < 2;
    if (!choice || label.hidden) return;
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
