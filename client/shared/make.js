// SPDX-License-Identifier: Apache-2.0
// New elements. Texts of clients and servers are never parsed as HTML.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name @param {string} [style] its classes @param {string} [text]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(name, style = '', text = '') {
  const element = document.createElement(name);
  if (style !== '') element.className = style;
  if (text !== '') element.textContent = text;
  return element;
}

/**
 * An icon of icons.svg that the page inlines.
 * @param {string} name @param {string} [size] `s` or `l`
 */
export function icon(name, size = '') {
  const svg = document.createElementNS(SVG, 'svg'), use = document.createElementNS(SVG, 'use');
  svg.setAttribute('class', `i ${size}`.trim());
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

/**
 * A button with an icon, whose name is its label and its tooltip.
 * @param {string} name of the icon @param {string} label @param {string} [style] more classes
 */
export function iconButton(name, label, style = '') {
  const button = make('button', `btn icon ${style}`.trim());
  button.type = 'button';
  button.setAttribute('aria-label', label);
  button.title = label;
  button.append(icon(name));
  return button;
}

/**
 * A badge: a sign, a word, and a figure. Its class tells the sign.
 * @param {HTMLElement} element @param {string} kind @param {string} word @param {string} [figure]
 */
export function showBadge(element, kind, word, figure = '') {
  const style = `badge ${kind}`;
  if (element.className !== style) element.className = style;
  if (!element.firstChild) element.append(make('i'), '', make('b'));
  const [, text, last] = element.childNodes;
  if (text.nodeValue !== word) text.nodeValue = word;
  if (last.textContent !== figure) last.textContent = figure;
  /** @type {HTMLElement} */ (last).hidden = figure === '';
}

/** @param {Element} element @param {string} text is written only if it differs */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
