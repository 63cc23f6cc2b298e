// SPDX-License-Identifier: Apache-2.0
// The panel's button and menus, which only the page has.

import { element } from '../stage/dom.js';
import { rememberParameter } from './parameters.js';
/** @typedef {import('../engine/players/kinds.js').Kind} Kind */
/** @typedef {import('../stage/controls.js').Controls} Controls */
/** @typedef {import('./parameters.js').PageOptions} PageOptions */

/**
 * @typedef {object} SettingEvents
 * @property {(kind: Kind) => void} onPlayer a player was chosen
 * @property {(target: number | null) => void} onTarget a target was chosen, s; null for automatic
 */

/** Opens the panel, and reads the choice of player and target. */
export class Settings {
  /** @param {Controls} controls @param {PageOptions} options @param {SettingEvents} events */
  constructor(controls, options, events) {
    this.controls = controls;
    this.main = element('main', HTMLElement);
    this.figures = element('panel', HTMLElement);
    this.figuresButton = element('figures-button', HTMLButtonElement);
    this.target = element('target', HTMLSelectElement);
    this.figuresButton.hidden = options.isEmbedded;
    this.showPanel(options.hasPanel);
    if (!options.isEmbedded) controls.keys.i = () => this.togglePanel();
    this.figuresButton.addEventListener('click', () => this.togglePanel());
    element('hide', HTMLButtonElement).addEventListener('click', () => this.togglePanel());
    for (const radio of document.querySelectorAll('input[name="player"]')) {
      const { value } = /** @type {HTMLInputElement} */ (radio);
      radio.addEventListener('change', () => events.onPlayer(/** @type {Kind} */ (value)));
    }
    this.target.addEventListener('change', () => {
      events.onTarget(this.target.value === '' ? null : parseFloat(this.target.value));
    });
  }

  togglePanel() {
    const isShown = this.figures.hidden, hadFocus = this.figures.contains(document.activeElement);
    this.showPanel(isShown);
    if (hadFocus) this.figuresButton.focus({ preventScroll: true });
    rememberParameter('panel', isShown ? '1' : '');
  }

  /** @param {boolean} isShown */
  showPanel(isShown) {
    this.figures.hidden = !isShown;
    this.controls.isPinned = isShown;
    this.main.classList.toggle('figures', isShown);
    this.figuresButton.setAttribute('aria-expanded', String(isShown));
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
}
