// SPDX-License-Identifier: Apache-2.0
// The head of the pages: the switch of the scheme, and the names of pages.

import { followTheme, switchTheme } from './theme.js';

/** In the storage of the browser: whether the server has shown the page of viewers to it. */
const VIEWERS = 'viewers-page';

/** Connects the elements of top.html. The name of a page that is refused is not shown. */
export function connectTop() {
  document.getElementById('theme')?.addEventListener('click', switchTheme);
  followTheme();
  try {
    const link = document.getElementById('viewers-page');
    if (link && localStorage.getItem(VIEWERS) === 'shown') link.hidden = false;
  } catch { /* the browser keeps nothing */ }
}

/**
 * Notes whether the server shows the page of viewers to this browser.
 * @param {boolean} isShown
 */
export function noteViewersPage(isShown) {
  const link = document.getElementById('viewers-page');
  if (link && isShown) link.hidden = false;
  try {
    if (isShown) localStorage.setItem(VIEWERS, 'shown');
    else localStorage.removeItem(VIEWERS);
  } catch { /* the browser keeps nothing */ }
}
