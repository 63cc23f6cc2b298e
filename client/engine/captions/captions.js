// SPDX-License-Identifier: Apache-2.0
// The captions of a stream: the languages, the viewer's choice, and the text for the shown frame.

import { followCues } from './cue-feed.js';
import { CueList } from './cue-list.js';

/** Cues are forgotten this time after their end, ms: the viewer may go back a little. */
const KEPT_TIME = 60000;

/** @typedef {import('../../shared/timestamps.js').CaptionLanguage} CaptionLanguage */

/**
 * The languages by name, and the index of the shown one (−1: none).
 * @typedef {{ names: string[], current: number }} CaptionChoice
 */

/** Requests cues only while a language is shown. */
export class Captions {
  /** @param {(text: string) => void} onText the text over the display; empty for none */
  constructor(onText) {
    this.onText = onText;
    /** @type {CaptionLanguage[]} */
    this.languages = [];
    this.base = '';
    /** @type {string | null} the language that the viewer has chosen; null for the default one */
    this.requested = null;
    /** Whether the viewer has chosen a language, or none. */
    this.isChosen = false;
    /** The URL of the cues that are followed; empty for none. */
    this.followed = '';
    this.following = new AbortController();
    this.list = new CueList();
    this.text = '';
    this.timer = 0;
  }

  /** The index of the shown language; −1 for none. */
  get current() {
    const { languages, requested } = this;
    return languages.findIndex(({ language, isDefault }) => (
      this.isChosen ? language === requested : isDefault));
  }

  /** @returns {CaptionChoice | null} null without captions */
  get choice() {
    const { languages, current } = this;
    return languages.length === 0 ? null : { names: languages.map(({ name }) => name), current };
  }

  /**
   * Takes the languages of the stream.
   * @param {CaptionLanguage[]} languages @param {string} base URL of /timestamps.json
   */
  setLanguages(languages, base) {
    this.languages = languages;
    this.base = base;
    this.follow();
  }

  /** @param {number} index of a language; −1 for none */
  choose(index) {
    this.isChosen = true;
    this.requested = this.languages[index]?.language ?? null;
    this.follow();
  }

  /** Requests the cues of the chosen language, and no others. */
  follow() {
    const language = this.languages[this.current];
    const url = language ? new URL(language.cues, this.base).href : '';
    if (url === this.followed) return;
    this.close();
    this.followed = url;
    if (url === '') return;
    this.following = new AbortController();
    const { list } = this, { signal } = this.following;
    void followCues(url, (cues) => list.add(cues), signal);
  }

  /** Ends the requests, and removes the text. */
  close() {
    this.following.abort();
    this.followed = '';
    this.list = new CueList();
    clearTimeout(this.timer);
    this.show('');
  }

  /**
   * Shows the text of the shown frame, and changes it at its moments until the next call.
   * @param {number} shown the capture time of the frame on the screen, Unix ms
   * @param {number} rate the playback rate; 0 if playback stands still
   * @param {number} interval the time until the next call, ms
   */
  update(shown, rate, interval) {
    clearTimeout(this.timer);
    if (this.followed === '') return;
    this.list.forget(shown - KEPT_TIME);
    this.show(this.list.textAt(shown));
    const change = this.list.changeAfter(shown), wait = (change - shown) / rate;
    if (rate > 0 && wait < interval) {
      this.timer = Number(setTimeout(() => this.update(change, rate, interval - wait), wait));
    }
  }

  /** @param {string} text */
  show(text) {
    if (text === this.text) return;
    this.text = text;
    this.onText(text);
  }
}
