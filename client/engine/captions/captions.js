// SPDX-License-Identifier: Apache-2.0
// The captions of a stream: the languages, the viewer's choice, and the text for the shown frame.

import { ClosedCaptions } from './closed-captions.js';

/** Cues are forgotten this time after their end, ms: the viewer may go back a little. */
const KEPT_TIME = 60000;
/** The most by which a text may be ahead of a display that stands still, ms. */
const LARGEST_LEAD = 100;

/** @typedef {import('../../shared/timestamps.js').CaptionLanguage} CaptionLanguage */

/** @typedef {import('../../shared/playlist.js').ClosedCaptionStatement} ClosedCaptionStatement */
/** @typedef {import('../playback/later-code.js').LaterCode<typeof import('./later.js')>} Later */

/**
 * A language of cues, or a channel or service of the closed captions: `cues` or `channel` is
 * absent.
 * @typedef {object} CaptionTrack
 * @property {string} id the language, or the channel or service
 * @property {string} name
 * @property {boolean} isDefault
 * @property {string} [cues] URL
 * @property {string} [channel] CC1 to CC4, or SERVICE1 to SERVICE63
 */

/**
 * The languages by name, and the index of the shown one (−1: none).
 * @typedef {{ names: string[], current: number }} CaptionChoice
 */

/**
 * The text over the display, empty for none. That of closed captions has places and styles.
 * @typedef {(text: string, blocks: import('./caption-blocks.js').CaptionBlock[]) => void} OnText
 */

/** Requests cues only while a language is shown. */
export class Captions {
  /**
   * @param {OnText} onText
   * @param {Later} later the code for captions, which most streams do not have
   */
  constructor(onText, later) {
    this.later = later;
    this.onText = onText;
    /** @type {CaptionLanguage[]} */
    this.languages = [];
    this.base = '';
    this.video = new ClosedCaptions(later);
    /** @type {ClosedCaptionStatement[]} of the Multivariant Playlist or MPD */
    this.declared = [];
    /** @type {string | null} the track that the viewer has chosen; null for the default one */
    this.requested = null;
    /** Whether the viewer has chosen a track, or none. */
    this.isChosen = false;
    /** The URL of the cues that are followed; empty for none. */
    this.followed = '';
    this.following = new AbortController();
    /** @type {import('./cue-list.js').CueList | null} null while no language is followed */
    this.list = null;
    /** The text and its blocks. */
    this.shown = '[]';
    this.timer = 0;
    /** The capture time of the newest change that was shown at its predicted moment, Unix ms. */
    this.predicted = -Infinity;
  }

  /**
   * The languages, and the channels in which the video has had captions.
   * @returns {CaptionTrack[]}
   */
  get tracks() {
    const { base, declared, languages, later, video } = this;
    const byCues = languages.map(({ language, name, isDefault, cues }) => (
      { id: language, name, isDefault, cues: new URL(cues, base).href }));
    const isFirst = languages.length === 0;
    return [...byCues, ...later.code?.channelTracks(video.channels, declared, isFirst) ?? []];
  }

  /** The index of the shown track; −1 for none. */
  get current() {
    return this.tracks.findIndex(({ id, isDefault }) => (
      this.isChosen ? id === this.requested : isDefault));
  }

  /** @returns {CaptionChoice | null} null without captions */
  get choice() {
    const { tracks, current } = this;
    return tracks.length === 0 ? null : { names: tracks.map(({ name }) => name), current };
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

  /**
   * Takes the statements of a playlist or an MPD.
   * @param {ClosedCaptionStatement[]} declared
   */
  setDeclared(declared) { this.declared = declared; }

  /** @param {number} index of a track; −1 for none */
  choose(index) {
    this.isChosen = true;
    this.requested = this.tracks[index]?.id ?? null;
    this.follow();
  }

  /** Requests the cues of the chosen language, and no others. */
  follow() {
    const url = this.tracks[this.current]?.cues ?? '';
    if (url === this.followed) return;
    this.close();
    this.followed = url;
    if (url === '') return;
    this.following = new AbortController();
    void this.begin(url, this.following.signal);
  }

  /** @param {string} url of the cues @param {AbortSignal} signal */
  async begin(url, signal) {
    try {
      const { CueList, followCues } = this.later.code ?? await this.later.load();
      if (signal.aborted) return;
      const list = new CueList();
      this.list = list;
      await followCues(url, (cues) => list.add(cues), signal);
    } catch {
      // The code is requested again with the next list of languages.
      if (!signal.aborted) this.followed = '';
    }
  }

  /** Ends the requests, and removes the text. */
  close() {
    this.following.abort();
    this.followed = '';
    this.list = null;
    clearTimeout(this.timer);
    this.show('', []);
  }

  /** Forgets the captions of the video: another player will supply its frames. */
  forgetVideo() { this.video.clear(); }

  /**
   * Shows the text of the shown frame, and changes it at its moments until the next call.
   *
   * A change is not taken back if the display has stopped shortly before it.
   * @param {number} shown the capture time of the frame on the screen, Unix ms
   * @param {number} rate the playback rate; 0 if playback stands still
   * @param {number} interval the time until the next call, ms
   */
  update(shown, rate, interval) {
    clearTimeout(this.timer);
    const { list, predicted } = this;
    const at = shown < predicted && predicted - shown <= LARGEST_LEAD ? predicted : shown;
    this.video.advance(at);
    const track = this.tracks[this.current];
    const { channel } = track ?? {};
    if (channel) this.show(this.video.textAt(channel, at), this.video.blocksAt(channel, at));
    else {
      list?.forget(at - KEPT_TIME);
      if (!track || !list) this.show('', []);
      else this.show(list.textAt(at), list.blocksAt(at));
    }
    if (!track) return;
    const change = channel ? this.video.nextChange : list?.changeAfter(at) ?? Infinity;
    const wait = (change - shown) / rate;
    if (rate > 0 && wait < interval) {
      this.timer = Number(setTimeout(() => {
        this.predicted = change;
        this.update(change, rate, interval - wait);
      }, wait));
    }
  }

  /** @type {OnText} */
  show(text, blocks) {
    const key = text + JSON.stringify(blocks);
    if (key === this.shown) return;
    this.shown = key;
    this.onText(text, blocks);
  }
}
