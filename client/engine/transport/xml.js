// SPDX-License-Identifier: Apache-2.0
// A parser for the XML of MPDs: without CDATA and without entities of the document.

/**
 * An element. `name` and the names of children have no prefix; the names of attributes keep theirs.
 * @typedef {object} XMLNode
 * @property {string} name
 * @property {Record<string, string>} attributes
 * @property {XMLNode[]} children
 * @property {string} text
 */

const TOKENS = new RegExp([
  /<!--[\s\S]*?-->/, /<[?!][^>]*>/,  // comment; declaration
  /<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/,  // tag
  /([^<]+)/,  // text
].map((pattern) => pattern.source).join('|'), 'g');

/** @type {Record<string, string>} */
const ENTITIES = { lt: '<', gt: '>', quot: '"', apos: '\'', amp: '&' };

/** @param {string} text */
const unescaped = (text) => text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name) => ENTITIES[name]);

/**
 * The root element of a document. Throws if the document has not exactly one.
 * @param {string} text
 * @returns {XMLNode}
 */
export function parseXML(text) {
  /** @type {XMLNode} */
  const root = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  for (const [, isEnd, name, attributes, isEmpty, words] of text.matchAll(TOKENS)) {
    const parent = open[open.length - 1];
    if (words) parent.text += unescaped(words).trim();
    else if (isEnd) {
      if (open.length > 1) open.pop();
    } else if (name) {
      /** @type {XMLNode} */
      const node = { name: name.replace(/^.*:/, ''), attributes: {}, children: [], text: '' };
      for (const [, key, value] of attributes.matchAll(/([\w:.-]+)\s*=\s*("[^"]*"|'[^']*')/g)) {
        node.attributes[key] = unescaped(value.slice(1, -1));
      }
      parent.children.push(node);
      if (!isEmpty) open.push(node);
    }
  }
  if (root.children.length !== 1 || open.length !== 1) throw new Error('XML is not well-formed');
  return root.children[0];
}
