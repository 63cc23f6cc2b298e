// SPDX-License-Identifier: Apache-2.0

/** @typedef {{ name: string, attributes: Record<string, string>, children: Tag[], text: string }} Tag */

/**
 * The elements of an XML document, without what MPDs have no use for (entities of their own, CDATA).
 * @param {string} text @returns {Tag}
 */
export function parseTags(text) {
  /** @type {Tag} */
  const root = { name: '', attributes: {}, children: [], text: '' };
  const plain = (/** @type {string} */ value) => value.replace(/&(lt|gt|quot|apos|amp);/g,
    (_, name) => ({ lt: '<', gt: '>', quot: '"', apos: '\'', amp: '&' })[/** @type {'lt'} */ (name)]);
  const open = [root];
  const tags = /<!--[\s\S]*?-->|<[?!][^>]*>|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/g;
  for (const [, ends, name, list, empty, words] of text.matchAll(tags)) {
    const inner = open[open.length - 1];
    if (words) inner.text += plain(words).trim();
    else if (ends) {
      if (open.length > 1) open.pop();
    } else if (name) {
      /** @type {Tag} */
      const tag = { name: name.replace(/^.*:/, ''), attributes: {}, children: [], text: '' };
      for (const [, key, value] of list.matchAll(/([\w:.-]+)\s*=\s*("[^"]*"|'[^']*')/g)) {
        tag.attributes[key] = plain(value.slice(1, -1));
      }
      inner.children.push(tag);
      if (!empty) open.push(tag);
    }
  }
  if (root.children.length !== 1 || open.length !== 1) throw new Error('the XML is not well-formed');
  return root.children[0];
}
