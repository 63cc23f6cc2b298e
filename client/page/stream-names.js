// SPDX-License-Identifier: Apache-2.0
// The streams of the server: the name of the shown one for people, and the others.

/** @typedef {{ name: string, label: string, state: string, isOnDemand: boolean }} Listed */

/**
 * The address of the list of streams, for the page of a stream: the folder above that of the
 * stream, also below a folder of a proxy.
 * @param {string} page URL
 * @param {string} [root] the relative address that the server has written: the page is at the root
 */
export function listAddress(page, root) {
  const { pathname, protocol, origin } = new URL(page);
  if (protocol === 'file:') return page;
  const folder = pathname.replace(/\/t\/[^/]+(?=\/)/, '').replace(/\/ldash\/play(?=\/)/, '');
  if (root !== undefined) return new URL(root, new URL(folder, origin)).href;
  return new URL(folder.replace(/[^/]*$/, '').replace(/[^/]+\/$/, ''), origin).href;
}

/** @param {unknown} content of /streams.json @returns {Listed[]} */
export function listedIn(content) {
  if (!Array.isArray(content)) return [];
  return content.filter((item) => typeof item?.name === 'string').map(
    ({ name, label, state, onDemand }) => ({
      name, label: typeof label === 'string' && label !== '' ? label : name,
      state: String(state), isOnDemand: onDemand === true,
    }));
}

/** Asks for the list once, when the picture needs the connection no more. */
export class StreamNames {
  /**
   * @param {string} name of the stream in its address @param {boolean} isEmbedded
   * @param {HTMLElement} heading with the label that the server has written
   */
  constructor(name, isEmbedded, { dataset, textContent }) {
    this.name = name;
    this.list = listAddress(location.href, dataset.root);
    const isServed = dataset.name !== undefined && (name === '' || name === dataset.name);
    /** The label in the page; null for another stream, and in a page from a file. */
    this.served = isServed ? textContent : null;
    /** @type {Listed[]} */
    this.all = [];
    this.isAsked = isEmbedded || location.protocol === 'file:'
      || new URL(location.href).searchParams.has('src');
    this.isKnown = false;
  }

  get shown() {
    return this.all.find(({ name }) => name === this.name)
      ?? (this.name === '' && this.all.length === 1 ? this.all[0] : null);
  }

  get label() { return this.shown?.label ?? this.served ?? (this.name || 'Live'); }

  get isOnDemand() { return this.shown?.isOnDemand === true && this.shown.state === 'idle'; }

  get others() { return this.all.filter((stream) => stream !== this.shown); }

  /** @param {boolean} mayAsk whether the first picture is there */
  update(mayAsk) {
    if (this.isAsked || !mayAsk) return;
    this.isAsked = true;
    void this.ask();
  }

  async ask() {
    try {
      const response = await fetch(new URL('streams.json', this.list));
      if (response.ok) this.all = listedIn(await response.json());
    } catch { /* the page has the name of the address */ }
    this.isKnown = true;
  }
}
