// SPDX-License-Identifier: Apache-2.0
// New elements of menus and sheets. Texts are never read as HTML.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * The lines of icons, in a box of 24 units.
 * @type {Record<string, string>}
 */
const ICONS = {
  x: 'M6 6l12 12M18 6L6 18', back: 'M15 5l-7 7 7 7', next: 'M9 5l7 7-7 7',
  rev: 'M15 5l-9 7 9 7zM18.5 5v14', fwd: 'M9 5l9 7-9 7zM5.500 5v14',
  copy: 'M8.5 8.5h11v11h-11zM15.5 8.5v-2a2 2 0 00-2-2h-7a2 2 0 00-2 2v7a2 2 0 002 2h2',
  check: 'M5 12.5l4.5 4.5L19 7.5', load: 'M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14',
  snap: 'M4 8h3.5l1.5-2.5h6L16.5 8H20v11H4zM12 9.9a3.3 3.3 0 100 6.6 3.3 3.3 0 000-6.6z',
  stats: 'M5 20v-7M12 20V5M19 20v-10',
  kbd: 'M2.5 6.5h19v11h-19zM6.5 10h.2M10 10h.2M13.5 10h.2M17 10h.2M8 14h8',
  pip: 'M3 5h18v14H3zM12 11.500h6.500v5H12z', 
  info: 'M12 3.5a8.5 8.5 0 100 17 8.5 8.5 0 000-17zM12 11v5M12 7.8v.2',
};

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name @param {Record<string, any>} [properties] those with a hyphen, and `role`, `for`,
 *   `part`, `class` are attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (/-|^(role|for|part|class|list)$/.test(key)) made.setAttribute(key, value);
    else /** @type {any} */ (made)[key] = value;
  }
  if (made instanceof HTMLButtonElement && !properties.type) made.type = 'button';
  made.append(...children);
  return made;
}

/** @param {string} name @param {Record<string, string>} attributes @param {...Element} children */
export function makeSVG(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** @param {string} name @param {string} [size] `l` or `s` */
export function icon(name, size = '') {
  return makeSVG('svg', { class: `i ${size}`.trim(), viewBox: '0 0 24 24', 'aria-hidden': 'true' },
    makeSVG('path', { d: ICONS[name] }));
}

/**
 * A button with an icon only.
 * @param {string} name of the icon @param {string} label @param {() => void} action
 * @param {string} [style]
 */
export function iconButton(name, label, action, style = '') {
  const button = make('button', {
    class: `btn icon ${style}`.trim(), 'aria-label': label, title: label,
  }, icon(name, 'l'));
  button.addEventListener('click', action);
  return button;
}

/** @param {string} text @param {() => void} action @param {string} style @param {string} [sign] */
export function textButton(text, action, style, sign) {
  const button = make('button', { class: `btn ${style}` }, ...sign ? [icon(sign)] : [], text);
  button.addEventListener('click', action);
  return button;
}

/** @param {Element} target @param {string} text is written only if it differs */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
