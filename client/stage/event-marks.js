// SPDX-License-Identifier: Apache-2.0
// The events of the stream as marks on the time bar.

import { element } from './dom.js';
import { eventsIn, timeText } from './time-scale.js';
/** @typedef {import('../engine/server/past-extent.js').PastEvent} PastEvent */
/** @typedef {import('./dom.js').Root} Root */
/** @typedef {import('./time-scale.js').View} View */

/**
 * What the marks do with the bar.
 * @typedef {object} MarkActions
 * @property {(at: number, text: string) => void} onPoint a mark is pointed at, or has the focus
 * @property {() => void} onLeave
 * @property {(at: number) => void} onSeek
 */

/** Buttons that show an event and go to it. Texts are never read as HTML. */
export class EventMarks {
  /** @param {Root} root @param {MarkActions} actions @param {AbortSignal} signal */
  constructor(root, actions, signal) {
    this.box = element('events', HTMLDivElement, root);
    this.actions = actions;
    this.signal = signal;
    /** @type {Map<number, HTMLButtonElement>} by the number of the first event */
    this.buttons = new Map();
  }

  /** @param {View} view @param {number} width pixels @param {PastEvent[]} events
   * @param {number} now */
  draw(view, width, events, now) {
    const marks = eventsIn(view, width, events), kept = new Set(marks.map(({ id }) => id));
    for (const [id, button] of this.buttons) {
      if (kept.has(id)) continue;
      button.remove();
      this.buttons.delete(id);
    }
    /** @type {HTMLButtonElement | null} */
    let before = null;
    for (const { id, at, left, text } of marks) {
      // A button that moves keeps the focus.
      const button = this.buttons.get(id) ?? this.newButton(id);
      button.style.left = `${left * 100}%`;
      button.setAttribute('aria-label', `${timeText(at, now)}: ${text}`);
      button.dataset.at = String(at);
      button.dataset.text = text;
      if (button.parentNode !== this.box) {
        if (before) before.after(button);
        else this.box.prepend(button);
      }
      before = button;
    }
  }

  /** @param {number} id */
  newButton(id) {
    const button = document.createElement('button'), options = { signal: this.signal };
    const point = () => {
      this.actions.onPoint(Number(button.dataset.at), button.dataset.text ?? '');
    };
    button.type = 'button';
    button.addEventListener('pointerenter', point, options);
    button.addEventListener('focus', point, options);
    button.addEventListener('pointerleave', () => this.actions.onLeave(), options);
    button.addEventListener('blur', () => this.actions.onLeave(), options);
    button.addEventListener('click', () => {
      this.actions.onSeek(Number(button.dataset.at));
    }, options);
    this.buttons.set(id, button);
    return button;
  }
}
