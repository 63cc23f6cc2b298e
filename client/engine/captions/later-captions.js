// SPDX-License-Identifier: Apache-2.0
// The captions of a stream, whose code is loaded when the stream has some.

/** @typedef {import('../../shared/playlist.js').ClosedCaptionStatement} ClosedCaptionStatement */
/** @typedef {import('../../shared/timestamps.js').CaptionLanguage} CaptionLanguage */
/** @typedef {import('./caption-data.js').CaptionTriplet} CaptionTriplet */
/** @typedef {import('./captions.js').Captions} Captions */
/** @typedef {import('./captions.js').Later} Later */
/** @typedef {import('./captions.js').OnText} OnText */

/** The most frames that are kept until the code is there: ten seconds of 60 a second. */
const MOST_WAITING = 600;

/** Keeps all arrivals until the code is there, and has the interface of `Captions` then. */
export class LaterCaptions {
  /** @param {OnText} onText @param {Later} later */
  constructor(onText, later) {
    this.onText = onText;
    this.later = later;
    /** @type {Captions | null} null while the stream has had no captions */
    this.made = null;
    this.isClosed = false;
    /** @type {ClosedCaptionStatement[]} */
    this.declared = [];
    /** @type {((captions: Captions) => void)[]} */
    this.waiting = [];
    this.video = {
      add: (/** @type {number} */ time, /** @type {CaptionTriplet[]} */ triplets) => {
        if (triplets.length > 0) this.use((captions) => captions.video.add(time, triplets));
      },
    };
  }

  get choice() { return this.made?.choice ?? null; }

  /** @param {(captions: Captions) => void} body with the captions, when their code is there */
  use(body) {
    const { later } = this;
    if (!this.made && later.code && !this.isClosed) {
      this.made = new later.code.Captions(this.onText, later);
      this.made.setDeclared(this.declared);
      for (const each of this.waiting.splice(0)) each(this.made);
    }
    if (this.made) body(this.made);
    else {
      this.waiting.push(body);
      if (this.waiting.length > MOST_WAITING) this.waiting.shift();
      later.preload();
    }
  }

  /** @param {CaptionLanguage[]} languages @param {string} base URL of /timestamps.json */
  setLanguages(languages, base) {
    if (this.made || languages.length > 0) this.use((made) => made.setLanguages(languages, base));
  }

  /** @param {ClosedCaptionStatement[]} declared */
  setDeclared(declared) {
    this.declared = declared;
    this.made?.setDeclared(declared);
  }

  /** @param {number} index of a track; −1 for none */
  choose(index) { this.made?.choose(index); }

  /** Ends the requests, and removes the text. */
  close() {
    this.isClosed = true;
    this.made?.close();
  }

  /** Forgets the captions of the video: another player will supply its frames. */
  forgetVideo() {
    if (this.made) this.made.forgetVideo();
    else this.waiting = [];
  }

  /** @param {number} shown Unix ms @param {number} rate @param {number} interval ms */
  update(shown, rate, interval) {
    const { made, waiting } = this;
    if (made) made.update(shown, rate, interval);
    else if (waiting.length > 0) this.use(() => {});
  }
}
