// SPDX-License-Identifier: Apache-2.0
// A card of Home Assistant's dashboards around <live-player>: see docs/home-assistant.md. It is a
// module without dependencies, which loads the player from the server of its stream.

// Attributes of <live-player> that a card may set.
const VALUES = ['target', 'sync', 'transport', 'at'];
const FLAGS = { muted: true, controls: true, timebar: false };
const FORM = [
  { name: 'url', required: true, selector: { text: {} } },
  { name: 'title', selector: { text: {} } },
  { name: 'aspect_ratio', selector: { text: {} } },
  { name: 'transport',
    selector: { select: { mode: 'dropdown',
      options: ['auto', 'http', 'ws', 'webcodecs', 'hls', 'dash', 'native'] } } },
  { name: 'target', selector: { number: { min: 0.05, max: 10, step: 0.05, mode: 'box' } } },
  { name: 'sync', selector: { text: {} } },
  ...Object.keys(FLAGS).map((name) => ({ name, selector: { boolean: {} } })),
];

/** The address of a stream; an Error that says what is expected. */
function address(text) {
  const expected = 'expected the address of a stream, such as http://192.0.2.20:8080/gate/';
  if (typeof text !== 'string') throw new Error(`url: missing (${expected})`)
  let url;
  try {
    url = new URL(text);
  } catch {
    throw new Error(`url: invalid value "${text}" (${expected})`);
  }
  if (!/^https?:$/.test(url.protocol)) {
    throw new Error(`url: invalid value "${text}" (${expected})`);
  }
  return url;
}

/** Width through height, of "16:9", "16/9" or "1.78". */
function ratio(text) {
  const found = /^(\d+(?:\.\d+)?)(?:[:/](\d+(?:\.\d+)?))?$/.exec(String(text));
  if (!found || Number(found[1]) === 0 || Number(found[2]) === 0) {
    throw new Error(`aspect_ratio: invalid value "${text}" (expected such as 16:9)`);
  }
  return `${found[1]} / ${found[2] ?? 1}`;
}

class StreamerCard extends HTMLElement {
  #card = null;
  #player = null;
  #message = null;
  #src = '';

  static getConfigForm() {
    return { schema: FORM, assertConfig: (config) => address(config.url) };
  }

  static getStubConfig() {
    return { url: `http://${location.hostname}:8080/live/` };
  }

  setConfig(config) {
    const url = address(config.url);
    const aspect = config.aspect_ratio === undefined ? null : ratio(config.aspect_ratio);
    this.#build();
    this.#card.header = config.title;
    this.#player.style.aspectRatio = aspect ?? '';
    for (const name of VALUES) this.#set(name, config[name] ?? null);
    for (const [name, byDefault] of Object.entries(FLAGS)) {
      this.#set(name, config[name] ?? byDefault ? '' : null);
    }
    this.#src = url.href;
    this.#set('src', url.href);
    this.#load(url);
  }

  getCardSize() { return 5; }

  getGridOptions() { return { columns: 12, min_columns: 4 }; }

  #build() {
    if (this.#card) return;
    this.#card = document.createElement('ha-card');
    this.#player = document.createElement('live-player');
    this.#message = document.createElement('div');
    Object.assign(this.#card.style, { display: 'block', overflow: 'hidden' });
    Object.assign(this.#message.style, { padding: '16px' });
    this.#card.append(this.#player, this.#message);
    this.append(this.#card);
  }

  #set(name, value) {
    if (value === null) this.#player.removeAttribute(name);
    else if (this.#player.getAttribute(name) !== String(value)) {
      this.#player.setAttribute(name, value);
    }
  }

  #show(text) {
    this.#message.textContent = text;
    this.#message.style.display = text === '' ? 'none' : '';
    this.#player.style.display = text === '' ? '' : 'none';
  }

  async #load(url) {
    this.#show('');
    if (location.protocol === 'https:' && url.protocol === 'http:') {
      this.#show(`${url.origin}: this page is served over HTTPS, and plays HTTPS only`);
      return;
    }
    if (customElements.get('live-player')) return;
    try {
      await import(new URL('/player/live-player.js', url).href);
    } catch {
      // Another card may have loaded it meanwhile, or this one has another address now.
      if (customElements.get('live-player') || this.#src !== url.href) return;
      this.#show(`${url.origin}: the server does not answer`);
    }
  }
}

customElements.define('streamer-card', StreamerCard);
window.customCards = window.customCards ?? [];
window.customCards.push({
  type: 'streamer-card',
  name: 'Live video',
  description: 'A stream of a streamer server, a tenth of a second behind',
});
