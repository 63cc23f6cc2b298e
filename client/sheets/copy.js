// SPDX-License-Identifier: Apache-2.0
// Texts to copy: a box with its button, and the clipboard.

import { icon, make } from './make.js';

/** The tick is shown for this time, ms. */
const TICK_TIME = 2000;

/**
 * Copies a text; without HTTPS a page has no clipboard, but may copy a selection.
 * @param {string} text @param {HTMLElement} near an element that may have a field for a moment
 * @returns {Promise<boolean>}
 */
export async function copyText(text, near) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = make('textarea', { value: text, class: 'sr', 'aria-hidden': 'true' });
    const { activeElement } = /** @type {Document} */ (near.getRootNode());
    near.append(field);
    field.select();
    const isCopied = document.execCommand('copy');
    field.remove();
    if (activeElement instanceof HTMLElement) activeElement.focus({ preventScroll: true });
    return isCopied;
  }
}

/**
 * A button that copies a text, and shows a tick.
 * @param {HTMLButtonElement} button @param {() => string} text
 * @param {(said: string) => void} say for a live region
 */
export function connectCopy(button, text, say) {
  button.addEventListener('click', async () => {
    const isCopied = await copyText(text(), /** @type {HTMLElement} */ (button.parentElement));
    say(isCopied ? 'Copied' : 'The browser did not copy it: select the text');
    const sign = button.querySelector('svg');
    if (!isCopied || !sign) return;
    const tick = icon('check');
    sign.replaceWith(tick);
    setTimeout(() => tick.replaceWith(sign), TICK_TIME);
  });
}

/**
 * A text that scrolls inside its box, and a button that copies it.
 * @param {string} label @param {string} text @param {(said: string) => void} say
 */
export function copyBox(label, text, say) {
  const code = make('code', { tabIndex: 0 }, text);
  const button = make('button', { 'aria-label': label, title: label }, icon('copy'));
  connectCopy(button, () => code.textContent ?? '', say);
  return { box: make('div', { class: 'copy' }, code, button), code };
}
