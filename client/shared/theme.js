// SPDX-License-Identifier: Apache-2.0
// The light or the dark scheme: that of the system, or the person's choice in this browser.

/** @typedef {'light' | 'dark'} Theme */

/** The name of the choice in the storage of the browser. */
const KEY = 'theme';
/** The colour of the browser's own bars: the surface of each scheme. */
const COLOURS = { dark: '#14171b', light: '#ffffff' };

/** @returns {Theme | null} null without a choice, and if the browser keeps nothing */
export function chosenTheme() {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === 'light' || theme === 'dark' ? theme : null;
  } catch { return null; }
}

/** @param {Theme | null} theme null for that of the system */
export function showTheme(theme) {
  const root = document.documentElement;
  if (theme === null) delete root.dataset.theme;
  else root.dataset.theme = theme;
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) {
    const isDark = meta.getAttribute('media')?.includes('dark');
    meta.setAttribute('content', COLOURS[theme ?? (isDark ? 'dark' : 'light')]);
  }
}

/** @returns {Theme} the shown one */
export function shownTheme() {
  return chosenTheme() ?? (matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark');
}

/** Shows the other scheme, and keeps the choice. */
export function switchTheme() {
  const shown = /** @type {Theme | undefined} */ (document.documentElement.dataset.theme);
  const theme = (shown ?? shownTheme()) === 'light' ? 'dark' : 'light';
  showTheme(theme);
  try {
    localStorage.setItem(KEY, theme);
  } catch { /* this page shows it, the next one does not */ }
}

/** Follows a choice in another tab of this browser. */
export function followTheme() {
  addEventListener('storage', ({ key }) => { if (key === KEY) showTheme(chosenTheme()); });
}
