// SPDX-License-Identifier: Apache-2.0
// The services of the stream's origin: its clock and /timestamps.json.

import { sleep, within } from '../../shared/deadline.js';
import { messageOf, StatusError, waitOf } from '../../shared/errors.js';
import { servicesBeside } from '../../shared/services.js';
import { timestampsOf } from '../../shared/timestamps.js';
import { loadPlaylist, timeServicesOf } from '../transport/documents.js';
import { segmentNames } from '../transport/segment-names.js';
import { otherFormat } from '../transport/source.js';
import { retrieve } from '../transport/connection.js';
/** @typedef {import('../../shared/clock.js').ServerClock} ServerClock */
/** @typedef {import('../../shared/playlist.js').ClosedCaptionStatement} ClosedCaptionStatement */
/** @typedef {import('../../shared/timestamps.js').CaptionLanguage} CaptionLanguage */
/** @typedef {import('../../shared/timestamps.js').Timestamps} Timestamps */
/** @typedef {import('./away.js').SourcePresence} SourcePresence */

/**
 * What the card of values needs: nothing is requested for it while it is hidden.
 * @typedef {object} Figures
 * @property {boolean} isShown
 * @property {Timestamps | null} latest null while the server does not answer
 */

const CLOCK_INTERVAL = 30000, CLOCK_RETRY = 2000;
/** Without the panel, the state of the source is enough. */
const POLL_INTERVAL = 500, SOURCE_INTERVAL = 1500, POLL_RETRY = 5000;
/** The interval if a player learns of a rendition without media by these requests only. */
const URGENT_INTERVAL = 500;
/** The state of a stream without a playlist is asked for after this time, ms. */
const STATE_DELAY = 500;
/** A larger difference of the clocks means that one of them was set, ms. */
const DRIFT = 100;

/**
 * The services beside the segments of a playlist; null if it does not name its segments.
 * @param {import('../../shared/playlist.js').Playlist} list
 */
function servicesNamedBy(list) {
  const names = segmentNames(list);
  return names && { ...servicesBeside(names.folder), times: timeServicesOf(list) };
}

/** Keeps the server's clock measured, and keeps the values of /timestamps.json. */
export class ServicePoller {
  /**
   * @param {string} source @param {ServerClock} clock @param {Figures} figures
   * @param {AbortSignal} stop
   */
  constructor(source, clock, figures, stop) {
    this.source = source;
    this.clock = clock;
    this.figures = figures;
    this.stop = stop;
    /** @type {{ timestamps: string, times: string[] } | null} */
    this.services = null;
    this.isStarted = false;
    /** @type {Promise<{ timestamps: string, times: string[] } | null> | null} */
    this.search = null;
    /** Playlists in a row that named no services, and the time of the next one. */
    this.searches = 0;
    this.searchAt = 0;
    this.failures = 0;
    /** Whether a WebSocket reports the state of the source, and measures the clock. */
    this.isPushed = false;
    /** Requests in a row without a response; a refusal is one. */
    this.silences = 0;
    /** @type {SourcePresence | null} of the latest response */
    this.presence = null;
    /** @type {import('../../shared/timestamps.js').Publisher | null} of the latest response */
    this.publisher = null;
    /** Whether a player needs the renditions without media soon. */
    this.isUrgent = false;
    /** Whether a document has arrived; other sources of the stream have the same services. */
    this.hasDocument = false;
    /**
     * Whether the playlist of the source may be requested: a stream on demand starts for it.
     * @type {() => boolean}
     */
    this.mayAskLive = () => true;
    /** Called with the languages of captions, and the document that has named them. */
    this.onCaptions = /** @type {(languages: CaptionLanguage[], url: string) => void} */ (() => {});
    /** Called with the closed captions that a playlist or MPD names. */
    this.onClosedCaptions = /** @type {(found: ClosedCaptionStatement[]) => void} */ (() => {});
    /** Whether nothing is requested: the server refuses the stream. */
    this.isHalted = false;
    /** Called with a refusal of the playlist. */
    this.onRefused = /** @type {(error: StatusError) => void} */ (() => {});
    /** Called with the names of the renditions without media. */
    this.onMissing = /** @type {(names: string[]) => void} */ (() => {});
  }

  get isReachable() { return this.silences < 3; }

  /** Starts the requests; a second call has no effect. */
  start() {
    if (this.isStarted) return;
    this.isStarted = true;
    void this.keepClock();
    void this.keepState();
    void this.pollTimestamps();
  }

  /**
   * Takes the services from a playlist that a player has loaded, and starts.
   * @param {import('../../shared/playlist.js').Playlist} list
   */
  learn(list) {
    this.learnServices(list);
    this.start();
  }

  /** @param {import('../../shared/playlist.js').Playlist} list */
  learnServices(list) {
    if (list.closedCaptions) this.onClosedCaptions(list.closedCaptions);
    if (this.services) return;
    this.services = servicesNamedBy(list);
    // What was known of the stream before it started.
    if (this.services && !this.isPushed) this.presence = null;
  }

  /** @param {string} source URL of the playlist or MPD from now on */
  use(source) {
    if (source === this.source) return;
    this.source = source;
    this.searches = 0;
    this.searchAt = 0;
  }

  /**
   * The services beside the stream's segments; null until its playlist has named them. Concurrent
   * callers share one search.
   */
  async findServices() {
    const mayAsk = !this.isHalted && this.mayAskLive();
    if (this.services || performance.now() < this.searchAt || !mayAsk) {
      return this.services;
    }
    this.search ??= this.searchServices().finally(() => { this.search = null; });
    return this.search;
  }

  async searchServices() {
    let wait = 0;
    try {
      const list = await loadPlaylist(this.source, this.clock, this.stop);
      this.learnServices(list);
      this.silences = 0;
    } catch (error) {  // the next call tries again
      const isSilent = error instanceof TypeError || messageOf(error).startsWith('no response');
      this.silences = isSilent ? this.silences + 1 : 0;
      wait = waitOf(error);
      if (error instanceof StatusError) this.onRefused(error);
    }
    this.searches = this.services ? 0 : this.searches + 1;
    const least = this.searches > 5 ? POLL_RETRY : 0;  // another server has none
    this.searchAt = performance.now() + Math.max(wait, least);
    return this.services;
  }

  /** @returns {Promise<boolean>} whether the clock is known */
  async measureClock() {
    const services = await this.findServices();
    return services && !this.isHalted ? this.clock.measure(services.times) : false;
  }

  async keepClock() {
    while (!this.stop.aborted) {
      const isMeasured = this.isPushed || await this.measureClock();
      await sleep(isMeasured ? CLOCK_INTERVAL : CLOCK_RETRY, this.stop);
    }
  }

  /**
   * Takes the state of the source from a WebSocket; null if there is no socket any more.
   * @param {SourcePresence | null} presence
   */
  push(presence) {
    this.isPushed = presence !== null;
    if (!presence) return;
    this.presence = presence;
    this.silences = 0;
  }

  /**
   * Asks for the state of a stream whose playlist the server holds, since its source has not
   * supplied anything yet.
   */
  async keepState() {
    await sleep(STATE_DELAY, this.stop);
    while (!this.stop.aborted && !this.services) {
      // By the names of our server only.
      const isKnown = otherFormat(this.source) !== null && !this.isPushed;
      if (isKnown && !document.hidden && !this.isHalted && !await this.updateState()) return;
      await sleep(SOURCE_INTERVAL, this.stop);
    }
  }

  /** @returns {Promise<boolean>} whether to ask again */
  async updateState() {
    try {
      return await within(2000, async (signal) => {
        const url = new URL('timestamps.json', this.source);
        const response = await retrieve(url, { cache: 'no-store', signal });
        if (!response.ok) return response.status === 503;
        const { source, publisher } = timestampsOf(await response.json());
        if (!this.services && source?.outage) [this.presence, this.publisher] = [source, publisher];
        return source !== null;
      }, this.stop);
    } catch {
      // The server holds this request too, or it does not answer.
      return true;
    }
  }

  async pollTimestamps() {
    while (!this.stop.aborted) {
      const begun = performance.now();
      const isPushed = this.isPushed && this.presence?.isOnline && this.publisher === null;
      const isWanted = this.figures.isShown || !isPushed || !this.hasDocument;
      if (!document.hidden && !this.isHalted && isWanted) await this.updateFigures();
      const seldom = this.isUrgent ? URGENT_INTERVAL : SOURCE_INTERVAL;
      const usual = this.figures.isShown ? POLL_INTERVAL : seldom;
      const interval = this.failures > 5 ? POLL_RETRY : usual;
      await sleep(Math.max(50, interval - (performance.now() - begun)), this.stop);
    }
  }

  async updateFigures() {
    const url = (await this.findServices())?.timestamps;
    if (!url) return;
    let hasAnswer = false;
    try {
      this.show(await within(2000, async (signal) => {
        const response = await retrieve(url, { cache: 'no-store', signal });
        hasAnswer = true;
        if (!response.ok) throw new Error(`status ${response.status}`);
        return timestampsOf(await response.json());
      }, this.stop), url);
      this.failures = 0;
      this.silences = 0;
    } catch {
      if (this.stop.aborted) return;
      this.silences = hasAnswer ? 0 : this.silences + 1;
      this.failures += 1;
      if (this.failures === 3) this.figures.latest = null;
    }
  }

  /** @param {Timestamps} response @param {string} url */
  show(response, url) {
    this.hasDocument = true;
    this.onCaptions(response.captions, url);
    this.figures.latest = response;
    this.presence = response.source;
    this.publisher = response.publisher;
    this.onMissing(response.missing);
    const { clock } = this;
    const drift = Math.abs(response.timestamp / 1e6 - clock.now());
    if (clock.roundTrip !== null && drift > DRIFT) void this.measureClock();
  }
}
