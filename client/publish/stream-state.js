// SPDX-License-Identifier: Apache-2.0
// The publisher of the page's stream in words, also another one: /S/publish.json.

import { sinceTime } from '../shared/day-time.js';
import { sentenceOf } from '../shared/sentence.js';

/**
 * The state of the media of a publisher by the server: `kind` is waiting, accepted, no-picture or
 * no-audio.
 * @typedef {{ kind: string, text: string }} PublishedMedia
 */

/**
 * `since` in Unix ms, NaN before the first publisher; `protocol` in capitals, empty before it;
 * `silence` tells why viewers hear nothing, and is empty if they do; `label` is the name of the
 * stream for people, empty if it has none.
 * @typedef {{
 *   isConnected: boolean, protocol: string, since: number, media: PublishedMedia | null,
 *   silence: string, label: string,
 * }} StreamState
 */

/**
 * Reads the state of the media of a publisher; null if there is none.
 * @param {any} value
 * @returns {PublishedMedia | null}
 */
export function mediaOf(value) {
  const { kind, text } = value ?? {};
  const isKnown = typeof kind === 'string' && typeof text === 'string' && text !== '';
  return isKnown ? { kind, text } : null;
}

/**
 * Reads the document; null if it is none.
 * @param {any} value
 * @returns {StreamState | null}
 */
export function streamStateOf(value) {
  const { connected, protocol, since, media, audioFault, label } = value ?? {};
  if (typeof connected !== 'boolean') return null;
  return {
    isConnected: connected, since: since > 0 ? since / 1e6 : NaN, media: mediaOf(media),
    protocol: typeof protocol === 'string' ? protocol.toUpperCase() : '',
    silence: typeof audioFault?.text === 'string' ? audioFault.text : '',
    label: typeof label === 'string' ? label : '',
  };
}

/** @param {string} protocol in capitals */
function wayOf(protocol) {
  if (protocol === 'PAGE') return ' from a page like this';
  return protocol === '' ? '' : ` by ${protocol}`;
}

/**
 * The stream in words for a page that does not publish it.
 * @param {StreamState} state
 * @returns {{ text: string, isBad: boolean }}
 */
export function streamWords({ isConnected, protocol, since, media, silence }) {
  const time = since > 0 ? ` since ${sinceTime(since, Date.now())}` : '';
  if (!isConnected) {
    const text = time === '' ? 'No publisher yet.'
      : `No publisher${time}.`;
    return { text, isBad: false };
  }
  const words = [media?.text ?? '', silence].filter((text) => text !== '')
    .map((text) => ` ${sentenceOf(text)}.`).join('');
  return {
    text: `Another publisher sends this stream${wayOf(protocol)}${time}.${words}`,
    isBad: media?.kind === 'no-picture' || media?.kind === 'no-audio' || silence !== '',
  };
}

/**
 * The media of the page itself as the server has received them, and why viewers hear nothing.
 * @param {PublishedMedia | null} media
 * @param {string} silence
 * @returns {{ text: string, isBad: boolean }}
 */
export function mediaWords(media, silence = '') {
  if (media === null) return { text: '', isBad: false };
  const isBad = media.kind === 'no-picture' || media.kind === 'no-audio' || silence !== '';
  const heard = silence === '' ? '' : ` ${sentenceOf(silence)}.`;
  return { text: `Arrived at the server: ${media.text}.${heard}`, isBad };
}

/** The expectation after a refusal, by the code of the server's error. */
const EXPECTED = /** @type {Record<string, string>} */ ({
  'bad-key': 'Expected: the publish key of this stream, or a token, in the field “Key”.',
  busy: 'Expected: no other publisher. End it, or wait until it has been silent for 2 s.',
  unsupported: 'Expected: H.264 or VP8 with Opus, as this page sends them, and a stream whose '
    + 'settings accept them.',
});

/**
 * The expectation after a refusal; empty if none is known.
 * @param {string} code
 */
export function expectationOf(code) {
  return Object.hasOwn(EXPECTED, code) ? EXPECTED[code] : '';
}

/** Asks for the state of a stream again and again while it is wanted. */
export class StreamStateWatch {
  /**
   * @param {string} page the URL `/S/publish`
   * @param {(state: StreamState | null) => void} onState null if the server does not answer
   */
  constructor(page, onState) {
    const address = new URL(page);
    address.pathname += '.json';
    address.search = '';
    address.hash = '';
    this.url = address.href;
    this.onState = onState;
    this.isAsking = false;
  }

  /** Asks once, unless a request is on its way. */
  async ask() {
    if (this.isAsking) return;
    this.isAsking = true;
    try {
      const response = await fetch(this.url, { cache: 'no-store' });
      this.onState(response.ok ? streamStateOf(await response.json()) : null);
    } catch {
      this.onState(null);
    } finally {
      this.isAsking = false;
    }
  }
}
