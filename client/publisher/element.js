// SPDX-License-Identifier: Apache-2.0
// <live-publisher>: publishes any MediaStream from any page, and shows it.

import { Publisher } from '../publish/publisher.js';
/** @typedef {import('../publish/audience.js').Audience} Audience */
/** @typedef {import('../publish/publisher.js').PublisherState} PublisherState */

/** The bit rate without the attribute, kbit/s. */
const USUAL_RATE = 2500;

/**
 * The element. It opens no device: a script gives it a stream, as of a camera, a screen or a
 * canvas, and starts it.
 */
export class LivePublisher extends HTMLElement {
  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    this.video = document.createElement('video');
    this.video.muted = true;
    this.video.autoplay = true;
    this.video.playsInline = true;
    this.video.style.cssText = 'display: block; width: 100%; height: 100%; object-fit: contain';
    root.append(this.video);
    /** @type {MediaStream | null} */
    this.source = null;
    /** @type {Publisher | null} */
    this.publisher = null;
    /** @type {PublisherState} */
    this.lastState = 'idle';
  }

  /** The stream to publish; another one may be set while it publishes. */
  get stream() { return this.source; }

  set stream(stream) {
    this.source = stream;
    this.video.srcObject = stream;
    if (stream) this.publisher?.setStream(stream);
  }

  /** The state, and why it connects again or has failed. */
  get state() { return this.publisher?.state ?? 'idle'; }

  get reason() { return this.publisher?.reason ?? ''; }

  /** @returns {Audience | null} the viewers as the server knows them; null before it has told */
  get audience() { return this.publisher?.audience ?? null; }

  /** Whether silence is sent. */
  get muted() { return this.hasAttribute('muted'); }

  set muted(isMuted) { this.toggleAttribute('muted', isMuted); }

  /** Whether dark frames are sent. */
  get paused() { return this.hasAttribute('paused'); }

  set paused(isPaused) { this.toggleAttribute('paused', isPaused); }

  static get observedAttributes() { return ['muted', 'paused']; }

  attributeChangedCallback() {
    if (!this.publisher) return;
    this.publisher.audio.isMuted = this.muted;
    this.publisher.video.isPaused = this.paused;
  }

  /**
   * Begins to publish the stream to the address in `src`, that of the page `/S/publish`.
   * @param {{ key?: string, token?: string }} credential never an attribute: pages are shown
   */
  async start({ key = '', token = '' } = {}) {
    const src = this.getAttribute('src');
    if (src === null || !this.source) throw new Error('src and stream are required');
    this.publisher?.close();
    this.publisher = new Publisher(new URL(src, document.baseURI).href, () => this.changed());
    this.publisher.setStream(this.source);
    this.attributeChangedCallback();
    const kbps = Number(this.getAttribute('kbps'));
    await this.publisher.start({ key, token, kbps: kbps > 0 ? kbps : USUAL_RATE });
  }

  /** Ends publishing; the stream stays open. */
  stop() {
    this.publisher?.close();
    this.publisher = null;
    this.changed();
  }

  disconnectedCallback() { this.stop(); }

  changed() {
    if (this.state !== this.lastState) {
      this.lastState = this.state;
      this.dispatchEvent(new Event('statechange'));
    } else {
      this.dispatchEvent(new Event('audience'));
    }
  }
}
