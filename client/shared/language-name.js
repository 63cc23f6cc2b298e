// SPDX-License-Identifier: Apache-2.0
// Names of languages for menus.

/**
 * The name of a language in itself; undefined if there is none.
 * @param {string} language
 */
export function languageName(language) {
  try {
    return new Intl.DisplayNames(language, { type: 'language', fallback: 'none' }).of(language);
  } catch {
    return undefined;
  }
}
