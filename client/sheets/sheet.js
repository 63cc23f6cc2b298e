// SPDX-License-Identifier: Apache-2.0
// A dialog over the player: the focus goes in, stays there, and returns.

import { iconButton, make } from './make.js';

let count = 0;

/** One sheet, open until `close`. */
export class Sheet {
  /**
   * @param {HTMLElement} parent @param {string} title @param {(Node | string)[]} content
   * @param {{ footer?: Node[], onClose: () => void }} options
   */
  constructor(parent, title, content, { footer = [], onClose }) {
    count += 1;
    const id = `sheet-${count}`;
    this.onClose = onClose;
    this.before = /** @type {Document} */ (parent.getRootNode()).activeElement;
    this.said = make('p', { class: 'sr', role: 'status' });
    this.heading = make('h2', { id }, title);
    this.section = make('section', {
      class: 'sheet wide', role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': id,
    }, make('header', {}, this.heading, iconButton('x', 'Close (Esc)', () => this.close(), 'bare')),
    ...content, this.said, ...footer.length > 0 ? [make('footer', {}, ...footer)] : []);
    this.veil = make('div', { class: 'veil on-stage' }, this.section);
    this.veil.addEventListener('click', (event) => {
      if (event.target === this.veil) this.close();
      event.stopPropagation();
    });
    this.veil.addEventListener('keydown', (event) => this.pressed(event));
    parent.append(this.veil);
    this.first?.focus({ preventScroll: true });
  }

  /** @returns {HTMLElement[]} */
  get stops() {
    return [...this.section.querySelectorAll(
      'button:enabled, a[href], input:enabled, select, [tabindex="0"]')].filter(
      (stop) => stop instanceof HTMLElement && stop.offsetParent !== null).map(
      (stop) => /** @type {HTMLElement} */ (stop));
  }

  /** The first stop after the button that closes. */
  get first() { return this.stops[1] ?? this.stops[0]; }

  /** @param {string} text for screen readers, as an answer to a button */
  say(text) { this.said.textContent = text; }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const { key, shiftKey } = event, { stops } = this;
    event.stopPropagation();  // no key of the player
    if (key === 'Escape') this.close();
    if (key !== 'Tab' || stops.length === 0) return;
    const { activeElement } = /** @type {Document} */ (this.veil.getRootNode());
    const edge = shiftKey ? stops[0] : stops[stops.length - 1];
    if (activeElement !== edge) return;
    event.preventDefault();
    (shiftKey ? stops[stops.length - 1] : stops[0]).focus();
  }

  close() {
    if (!this.veil.isConnected) return;
    this.veil.remove();
    if (this.before instanceof HTMLElement) this.before.focus({ preventScroll: true });
    this.onClose();
  }
}
