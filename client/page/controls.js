// SPDX-License-Identifier: Apache-2.0
// The buttons, keys and menus of the page.

import { element } from './dom.js';
/** @typedef {import('./panel.js').Panel} Panel */
/** @typedef {import('./players/player.js').Kind} Kind */

/**
 * @typedef {object} ControlEvents
 * @property {(kind: Kind) => void} onPlayer a player was chosen
 * @property {(target: number | null) => void} onTarget a target was chosen, s; null for automatic
 */

/** Connects the controls to the video element, the panel and the page. */
export class Controls {
  /** @param {HTMLVideoElement} video @param {Panel} panel @param {ControlEvents} events */
  constructor(video, panel, events) {
    this.video = video;
    this.panel = panel;
    this.main = element('main', HTMLElement);
    this.figures = element('panel', HTMLElement);
    this.restore = element('restore', HTMLButtonElement);
    this.audio = element('sound', HTMLButtonElement);
    this.target = element('target', HTMLSelectElement);
    /** @type {boolean | null} null while unknown */
    this.hasAudio = null;
    video.muted = true;
    video.addEventListener('volumechange', () => this.showAudio(this.hasAudio));
    this.connectButtons();
    for (const radio of document.querySelectorAll('input[name="player"]')) {
      const { value } = /** @type {HTMLInputElement} */ (radio);
      radio.addEventListener('change', () => events.onPlayer(/** @type {Kind} */ (value)));
    }
    this.target.addEventListener('change', () => {
      events.onTarget(this.target.value === '' ? null : parseFloat(this.target.value));
    });
  }

  connectButtons() {
    const mute = () => { this.video.muted = !this.video.muted; };
    const toggle = () => this.togglePanel(), full = () => this.toggleFullScreen();
    this.audio.addEventListener('click', mute);
    this.restore.addEventListener('click', toggle);
    element('hide', HTMLButtonElement).addEventListener('click', toggle);
    element('full', HTMLButtonElement).addEventListener('click', full);
    /** @type {Record<string, () => void>} */
    const keys = { m: mute, f: full, i: toggle };
    document.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (!(event.target instanceof HTMLSelectElement)) keys[event.key]?.();
    });
  }

  get isPanelHidden() { return this.figures.hidden; }

  togglePanel() {
    const isHidden = !this.figures.hidden;
    this.figures.hidden = isHidden;
    this.restore.hidden = !isHidden;
    this.main.classList.toggle('bare', isHidden);
    const button = isHidden ? this.restore : element('hide', HTMLButtonElement);
    button.focus({ preventScroll: true });
  }

  toggleFullScreen() {
    const done = document.fullscreenElement ? document.exitFullscreen()
      : this.main.requestFullscreen();
    done.catch(() => this.panel.message('full', 'The browser refused full screen', 'warn'));
  }

  /** @param {Kind} kind */
  showPlayer(kind) {
    const radio = document.querySelector(`input[name="player"][value="${kind}"]`);
    if (radio instanceof HTMLInputElement) radio.checked = true;
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
   * Names the action of the audio button.
   * @param {boolean | null} hasAudio null while unknown
   */
  showAudio(hasAudio) {
    this.hasAudio = hasAudio;
    const text = hasAudio === false ? 'No sound' : this.video.muted ? 'Unmute' : 'Mute';
    if (this.audio.textContent !== text) this.audio.textContent = text;
    this.audio.disabled = hasAudio === false;
  }
}
