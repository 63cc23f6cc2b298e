// SPDX-License-Identifier: Apache-2.0
// Buttons that copy the text beside them.

/** The tick is shown for this time, ms. */
const SHOWN = 2000;

/** @param {HTMLElement} element whose text is copied */
async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent ?? '');
    return true;
  } catch {
    // Without HTTPS a page has no clipboard, but may copy its selection.
    getSelection()?.selectAllChildren(element);
    return document.execCommand('copy');
  }
}

/**
 * Connects the buttons of `.copy`, whose text is that of its `code`.
 * @param {HTMLElement} status an element that is announced
 */
export function connectCopies(status) {
  for (const box of document.querySelectorAll('.copy')) {
    const code = box.querySelector('code'), use = box.querySelector('use');
    box.querySelector('button')?.addEventListener('click', async () => {
      if (!code || !await copy(code)) return;
      use?.setAttribute('href', '#i-check');
      status.textContent = 'Copied';
      setTimeout(() => {
        use?.setAttribute('href', '#i-copy');
        status.textContent = '';
      }, SHOWN);
    });
  }
}
