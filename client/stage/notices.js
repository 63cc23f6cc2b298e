// SPDX-License-Identifier: Apache-2.0
// The words over the display, and the badge of state and latency.

import { element } from './dom.js';
/** @typedef {import('./dom.js').Root} Root */
/** @typedef {import('./state-words.js').Action} Action */
/** @typedef {import('./state-words.js').Words} Words */

/** Messages of one player. */
export class Notices {
  /**
   * @param {Root} root @param {(action: Action) => void} onAction
   * @param {AbortSignal} signal
   */
  constructor(root, onAction, signal) {
    this.stage = element('stage', HTMLDivElement, root);
    this.frame = element('frame', HTMLDivElement, root);
    this.list = element('messages', HTMLDivElement, root);
    this.badge = element('badge', HTMLParagraphElement, root);
    this.stateText = element('state', HTMLSpanElement, root);
    this.latencyText = element('latency', HTMLElement, root);
    this.box = element('away', HTMLDivElement, root);
    this.icon = /** @type {any} */ (root.getElementById('away-icon'));
    this.spin = element('spin', HTMLSpanElement, root);
    this.title = element('away-title', HTMLElement, root);
    this.text = element('away-text', HTMLElement, root);
    this.actions = element('away-actions', HTMLDivElement, root);
    this.said = element('said', HTMLElement, root);
    /** @type {Map<string, HTMLElement>} */
    this.messages = new Map();
    this.shown = '';
    this.actions.addEventListener('click', ({ target }) => {
      const { action } = /** @type {HTMLElement} */ (target).dataset;
      if (action) onAction(/** @type {Action} */ (action));
    }, { signal });
  }

  /**
   * Shows one message per key; without text the message is removed.
   * @param {string} key @param {string | null} [text] @param {string} [style]
   */
  message(key, text, style = '') {
    let line = this.messages.get(key);
    if (!text) {
      line?.remove();
      this.messages.delete(key);
      return;
    }
    if (!line) {
      line = document.createElement('p');
      this.messages.set(key, line);
      this.list.append(line);
    }
    line.className = style;
    write(line, text);
  }

  /**
   * @param {Words} words @param {[Action, string, string?][]} actions with their words, and the
   *   address of a link
   */
  show(words, actions) {
    const { state, tone, title, isNote } = words, { classList } = this.badge;
    if (!classList.contains(tone)) this.badge.className = `badge ${tone}`;
    write(this.stateText, words.badge);
    write(this.latencyText, words.detail);
    write(this.title, title);
    write(this.text, words.text);
    this.box.hidden = title === '';
    this.stage.classList.toggle('dim', words.isDim);
    this.frame.classList.toggle('tall', title !== '' && !isNote);
    const shown = [state, tone, actions, isNote].join();
    write(this.said, words.said);
    if (shown === this.shown) return;
    this.shown = shown;
    const isSpinning = words.sign === '', isBad = tone === 'bad' || tone === 'lost';
    this.spin.hidden = !isSpinning;
    this.icon.toggleAttribute('hidden', isSpinning);
    this.icon.firstElementChild.setAttribute('d', words.sign);
    const style = isBad ? 'bad' : tone === 'none' ? '' : 'warn';
    this.box.className = `tell ${isNote ? 'note warn' : style}`;
    this.actions.replaceChildren(...actions.map(([action, text, href], i) => {
      const button = document.createElement(href ? 'a' : 'button');
      if (button instanceof HTMLAnchorElement) {
        Object.assign(button, { href, target: '_blank', rel: 'noopener' });
      } else button.type = 'button';
      button.className = i === 0 && !isNote ? 'btn go' : 'btn solid';
      if (!href) button.dataset.action = action;
      button.textContent = text;
      return button;
    }));
  }

  /** Removes all messages. */
  clear() { for (const key of [...this.messages.keys()]) this.message(key); }
}

/** @param {HTMLElement} target @param {string} text is written only if it differs */
function write(target, text) { if (target.textContent !== text) target.textContent = text; }
