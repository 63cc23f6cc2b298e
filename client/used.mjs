// SPDX-License-Identifier: Apache-2.0
// Parts of shared files that one page uses: rules of style sheets, and icons.

/** @typedef {{ head: string, body: string }} Rule `body`: empty for a statement without a block */

/**
 * The rules of a minified style sheet, in order.
 * @param {string} css
 * @returns {Rule[]}
 */
function rulesOf(css) {
  /** @type {Rule[]} */
  const rules = [];
  let start = 0;
  while (start < css.length) {
    const open = css.indexOf('{', start), statement = css.indexOf(';', start);
    if (open < 0) break;
    if (statement >= 0 && statement < open) {
      rules.push({ head: css.slice(start, statement + 1), body: '' });
      start = statement + 1;
      continue;
    }
    let end = open + 1;
    for (let depth = 1; depth > 0 && end < css.length; end += 1) {
      if (css[end] === '{') depth += 1;
      else if (css[end] === '}') depth -= 1;
    }
    rules.push({ head: css.slice(start, open).trim(), body: css.slice(open + 1, end - 1) });
    start = end;
  }
  return rules;
}

/**
 * The selectors of a list; commas in parentheses separate none.
 * @param {string} list
 */
const selectorsOf = (list) => list.split(/,(?![^(]*\))/);

/** @param {string} css @param {Set<string>} words @returns {string} */
function ruled(css, words) {
  return rulesOf(css).map(({ head, body }) => {
    if (body === '') return '';
    if (/^@(media|supports|container)/.test(head)) {
      const inner = ruled(body, words);
      return inner === '' ? '' : `${head}{${inner}}`;
    }
    if (head.startsWith('@')) return `${head}{${body}}`;
    const used = selectorsOf(head).filter((selector) => (
      [...selector.matchAll(/\.([a-zA-Z][\w-]*)/g)].every(([, name]) => words.has(name))));
    return used.length === 0 ? '' : `${used.join(',')}{${body}}`;
  }).join('');
}

/**
 * The style sheet without rules of classes that a page never names, without keyframes and custom
 * properties that no rule uses.
 * @param {string} css minified @param {string} page its markup and code
 */
export function usedStyle(css, page) {
  let style = ruled(css, new Set(page.match(/[a-zA-Z][\w-]*/g)));
  style = rulesOf(style).filter(({ head }, _, all) => {
    const name = /^@keyframes (.*)/.exec(head)?.[1];
    return !name || all.some(({ body }) => new RegExp(`animation[^;}]*\\b${name}\\b`).test(body));
  }).map(({ head, body }) => `${head}{${body}}`).join('');
  for (let before = ''; before !== style;) {
    before = style;
    const uses = `${style} ${page}`.matchAll(/var\((--[\w-]+)/g);
    const names = new Set([...uses].map(([, name]) => name));
    style = style.replace(/(--[\w-]+):[^;{}]*(;|(?=\}))/g, (declaration, name) => (
      names.has(name) ? declaration : ''));
  }
  return style.replace(/[^{}]+\{\}/g, '');
}

/**
 * The symbols of icons that a page shows.
 * @param {string} icons the content of icons.svg @param {string} page its markup
 * @param {string[]} more names of those that its script shows
 */
export function iconsOf(icons, page, more) {
  const symbols = new Map([...icons.matchAll(/<symbol id="i-([\w-]+)"[^]*?<\/symbol>/g)]
    .map(([text, name]) => [name, text.replace(/\n\s*(?=<)/g, '').replace(/\n\s*/g, ' ')]));
  const shown = [...page.matchAll(/href="#i-([\w-]+)"/g)].map(([, name]) => name);
  const names = new Set([...shown, ...more.filter((name) => name !== '')]);
  return [...names].sort().map((name) => {
    const symbol = symbols.get(name);
    if (symbol === undefined) throw new Error(`no icon ${name}`);
    return symbol;
  }).join('');
}
