// SPDX-License-Identifier: Apache-2.0
// Sharing a stream: a link, also to an instant, code to embed, addresses for other players.

import { dayOf, secondOf } from '../shared/day-time.js';
import { connectCopy, copyBox } from './copy.js';
import { icon, make, makeSVG } from './make.js';
import { qrOf, qrPath } from './qr.js';
/** @typedef {import('./sheet.js').Sheet} Sheet */

/** The empty border of a QR code, modules. */
const MARGIN = 4;

/**
 * The shared stream. Addresses are absolute.
 * @typedef {object} Shared
 * @property {string} page the page of the stream
 * @property {string} source its playlist or MPD
 * @property {string} module of the element
 * @property {string} label
 * @property {number | null} at the shown instant of the past, Unix s; null at the live edge
 * @property {(at: number | null) => string} linkOf
 */

/** @param {string} text for an attribute in HTML */
export const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/**
 * The element and the frame that show a stream in another page.
 * @param {Pick<Shared, 'page' | 'module' | 'label'>} shared
 */
export function embedCodes({ page, module, label }) {
  const [source, name] = [page, label].map(escaped);
  return {
    element: `<script type="module" src="${escaped(module)}"></script>\n`
      + `<live-player src="${source}" aria-label="${name}" muted controls></live-player>`,
    frame: `<iframe src="${source}?embed" title="${name}"\n  width="640" height="360" `
      + 'allow="autoplay; fullscreen; picture-in-picture"></iframe>',
  };
}

/**
 * The addresses of a stream for other programs.
 * @param {string} source
 * @returns {[string, string][]} name and address
 */
export function addressesOf(source) {
  const beside = (/** @type {string} */ name) => new URL(name, source).href;
  return [
    ['HLS, for Safari and hls.js', beside('playlist.m3u8')],
    ['HLS, for VLC, mpv and ffplay', beside('chunked.m3u8')],
    ['DASH', beside('manifest.mpd')],
    ['Single picture', beside('snapshot.jpg')], ['Motion JPEG', beside('stream.mjpeg')],
  ];
}

/**
 * A code to photograph.
 * @param {string} text
 * @returns {Element | null} null for a long text
 */
export function qrPicture(text) {
  const modules = qrOf(text);
  if (!modules) return null;
  const size = String(modules.length + 2 * MARGIN);
  return makeSVG('svg', {
    class: 'qr', viewBox: `0 0 ${size} ${size}`, role: 'img', 'shape-rendering': 'crispEdges',
    'aria-label': 'QR code of the link',
  }, makeSVG('path', { d: qrPath(modules, MARGIN) }));
}

/** The content of the sheet. */
export class ShareContent {
  /** @param {Shared} shared @param {(text: string) => void} say */
  constructor(shared, say) {
    this.shared = shared;
    this.say = say;
    this.isAt = shared.at !== null;
    this.isPlain = false;
    this.panel = make('div', { class: 'stack' });
    const names = /** @type {const} */ (['Link', 'Embed', 'Addresses']);
    this.tabs = names.map((name) => {
      const tab = make('button', { role: 'tab', 'aria-selected': String(name === 'Link') }, name);
      tab.addEventListener('click', () => this.choose(name));
      return tab;
    });
    this.element = make('div', { class: 'stack' },
      make('div', { class: 'seg', role: 'tablist' }, ...this.tabs), this.panel);
    this.choose('Link');
  }

  /** @param {'Link' | 'Embed' | 'Addresses'} name */
  choose(name) {
    for (const tab of this.tabs) {
      tab.setAttribute('aria-selected', String(tab.textContent === name));
    }
    const made = {
      Link: () => this.link(), Embed: () => this.embed(), Addresses: () => this.list(),
    };
    this.panel.replaceChildren(...made[name]());
  }

  get address() {
    const { shared: { linkOf, at }, isAt, isPlain } = this, url = new URL(linkOf(isAt ? at : null));
    if (isPlain) url.searchParams.set('embed', '');
    return url.href.replace(/embed=(?=&|$)/, 'embed').replaceAll('%3A', ':');
  }

  /** @param {string} text @param {boolean} isOn @param {(isOn: boolean) => void} onChange */
  option(text, isOn, onChange) {
    const box = make('input', { type: 'checkbox', class: 'switch', checked: isOn });
    box.addEventListener('change', () => onChange(box.checked));
    return make('label', { class: 'option' }, box, make('span', {}, text));
  }

  link() {
    const { shared: { at }, say } = this, picture = make('div');
    const { box, code } = copyBox('Copy the link', this.address, say);
    const show = () => {
      code.textContent = this.address;
      const squares = qrPicture(this.address);
      picture.replaceChildren(...squares ? [squares] : []);
    };
    const options = [this.option('Without controls', this.isPlain, (isOn) => {
      this.isPlain = isOn;
      show();
    })];
    if (at !== null) {
      const text = `Start at ${secondOf(at * 1000)} ${dayOf(at * 1000, Date.now())}`;
      options.unshift(this.option(text, this.isAt, (isOn) => {
        this.isAt = isOn;
        show();
      }));
    }
    show();
    const hasToken = /\/t\//.test(new URL(this.address).pathname);
    const note = make('div', { class: 'note' }, icon('info'), make('p', {}, hasToken
      ? 'This link has your permission in it: who has the link can watch.'
      : 'Who can reach this address can open the link.'));
    const copy = make('button', { class: 'btn go' }, icon('copy'), 'Copy link');
    connectCopy(copy, () => this.address, say);
    const words = make('div', { class: 'stack' }, box, ...options, note);
    return [make('div', { class: 'share' }, words, picture),
      make('div', { class: 'row' }, make('span', { class: 'grow' }), copy)];
  }

  embed() {
    const { element, frame } = embedCodes(this.shared);
    return [['An element in your page', element], ['A frame', frame]].flatMap(([name, text]) => {
      const copy = make('button', { class: 'btn solid' }, icon('copy'), 'Copy');
      connectCopy(copy, () => text, this.say);
      return [make('div', { class: 'row' }, make('span', { class: 'label grow' }, name), copy),
        make('pre', { class: 'code', tabIndex: 0 }, text)];
    });
  }

  list() {
    return addressesOf(this.shared.source).flatMap(([name, address]) => [
      make('span', { class: 'label' }, name), copyBox(`Copy: ${name}`, address, this.say).box]);
  }
}
