// SPDX-License-Identifier: Apache-2.0
import { segmentNames } from '../playlist.js';
import { ChunkCutter } from '../chunks.js';
import { initOf, soundInitOf } from '../header.js';
import { pause, within } from '../deadline.js';
import { quantile } from '../statistics.js';
import { MediaFeed } from '../media-source.js';
import { PlayerUnfit, messageOf } from '../errors.js';
import { loadPlaylist, mapsOf } from '../transport.js';
import { MPD_TARGET, isMPD } from './player.js';
/** @typedef {import('../playlist.js').SegmentNames} SegmentNames */
/** @typedef {import('../playlist.js').Playlist} Playlist */
/** @typedef {import('../chunks.js').Chunk} Chunk */
/** @typedef {import('./player.js').Host} Host */
/** @typedef {import('./player.js').Player} Player */

/** With sound, s: a chunk of it lasts 0.107 s, and another may be on its way. */
export const SOUND_TARGET = 0.25;

/** No chunk for so long: the connection is taken as lost. */
export const SILENCE_MS = 2500;

/**
 * Reads the open segment as it grows and appends each chunk at once; asks for the next one shortly
 * before its end, which the origin holds until it begins. Whatever goes wrong, it begins anew at the
 * open segment that the playlist names.
 * @implements {Player}
 */
export class FramePlayer {
  /** @param {Host} host @param {number} target */
  constructor(host, target) {
    this.host = host;
    this.target = target;
    this.run = new AbortController();
    /** @type {AbortController | null} the present session: from a playlist to the next trouble */
    this.session = null;
    this.feed = this.newFeed();
    this.timescale = 90000;
    this.soundTimescale = 48000;
    /** @type {number[]} how old the latest chunks of sound were on arrival, s */
    this.soundAges = [];
    this.soundHeardAt = 0;
    /** @type {number | null} PROGRAM-DATE-TIME less media time, s */
    this.dateOffset = null;
    /** @type {Map<number, number>} when the first frame of a segment was due, Unix s, by segment number */
    this.dates = new Map();
    /** @type {Map<number, number>} its media time, s */
    this.starts = new Map();
    /** @type {number[]} how old the latest chunks were on arrival, s */
    this.ages = [];
    this.clockOffset = host.clock.offset;
    this.seated = false;
    this.firstChunkAt = 0;
    this.heardAt = 0;
    this.refreshedAt = 0;
    this.failures = 0;
    this.jumpedAt = 0;
    this.lostAt = 0;
  }

  newFeed() {
    const feed = new MediaFeed(this.host.video, (reason) => { if (this.feed === feed) this.broken(reason); });
    return feed;
  }

  start() { void this.work(); }

  stop() {
    this.run.abort();
    this.session?.abort();
    this.feed.close();
  }

  /**
   * The decoder or the buffer gave up: a new media source.
   * @param {string} reason
   */
  broken(reason) {
    this.feed.close();
    this.feed = this.newFeed();
    this.session?.abort(new Error(reason));
  }

  /** One session after the other until stopped. */
  async work() {
    while (!this.run.signal.aborted) {
      const session = new AbortController();
      this.session = session;
      this.heardAt = performance.now() + 7000;  // the origin may hold the first answers while it starts
      this.soundHeardAt = this.heardAt;
      try {
        await this.follow(session.signal);
      } catch (error) {
        if (this.run.signal.aborted) return;
        const cause = session.signal.aborted ? session.signal.reason : error;
        if (cause instanceof PlayerUnfit) {
          this.host.unfit(cause.message);
          return;
        }
        this.lostAt = performance.now();
        this.host.status('wait', 'Reconnecting', `Interrupted (${messageOf(cause)}); trying again`);
      } finally {
        session.abort();
      }
      await pause(Math.min(250, 50 * 2 ** this.failures));
      this.failures += 1;
    }
  }

  /** @param {AbortSignal} signal */
  async follow(signal) {
    const list = await loadPlaylist(this.host.source, this.host.clock, signal);
    const names = segmentNames(list);
    if (!names || !list.map) throw new PlayerUnfit('The stream does not name its segments as this player expects');
    if (list.ended) {
      this.host.status('dead', 'Ended', 'The stream has ended');
      await pause(2000);
      return;
    }
    const { sound } = list, soundNames = sound ? segmentNames(sound) : null;
    if (sound && !soundNames) throw new PlayerUnfit('The stream does not name its sound as this player expects');
    if (sound) this.host.suits(isMPD(this.host.source) ? MPD_TARGET : SOUND_TARGET, SOUND_TARGET);
    this.learn(list);
    const { feed } = this;
    if (mapsOf(list) !== feed.maps) await this.openMaps(feed, list, signal);
    this.seated = false;
    this.firstChunkAt = 0;
    const first = this.firstNumber(list), length = list.segments[list.segments.length - 1].duration;
    const tracks = [this.followTrack(names, first, length, this.timescale, feed, signal, (chunk, number, isFirst) => {
      if (isFirst) {
        this.starts.set(number, chunk.time / this.timescale);
        this.starts.delete(number - 30);
        this.date(number);
      }
      this.took(chunk);
    })];
    if (soundNames) tracks.push(this.followTrack(soundNames, first, length, this.soundTimescale, feed, signal, (chunk) => this.tookSound(chunk)));
    await Promise.all(tracks);
  }

  /**
   * One segment after the other, each as it grows.
   * @param {SegmentNames} names @param {number} first @param {number} length of a segment, s @param {number} timescale
   * @param {MediaFeed} feed @param {AbortSignal} signal
   * @param {(chunk: Chunk, number: number, isFirst: boolean) => void} took
   */
  async followTrack(names, first, length, timescale, feed, signal, took) {
    let request = this.request(names.urlOf(first), signal);
    let empty = 0;
    for (let number = first; ; number += 1) {
      const response = await request;
      if (!response.ok) {
        if (response.status === 404 && this.failures > 5 && this.firstChunkAt === 0 && this.feed.end() === null) {
          throw new PlayerUnfit('The origin does not serve the open segment');
        }
        throw new Error(`segment ${number} was answered ${response.status}`);
      }
      const next = names.urlOf(number + 1);
      /** @type {Promise<Response> | null} */
      let early = null, count = 0, begin = 0;
      await this.read(response, number, (chunk) => {
        if (feed.closed) throw new Error('the source buffer was given up');
        if (count === 0) begin = chunk.time;
        took(chunk, number, count === 0);
        count += 1;
        if ((chunk.time - begin) / timescale > 0.8 * length && !early) early = this.request(next, signal);
      });
      if (count > 0) empty = 0;
      else if ((empty += 1) > 3) await pause(100);
      request = early ?? this.request(next, signal);
    }
  }

  /**
   * The segment in which the place to play from lies: the open one, or an earlier one when the target is that far back
   * and nothing is buffered.
   * @param {Playlist} list
   */
  firstNumber(list) {
    if (list.openDate === null || this.feed.end() !== null) return list.openNumber;
    const place = this.host.clock.now() / 1000 - this.target;
    const listed = list.segments.slice(-4).find(({ date, duration }) => date !== null && place < date + duration);
    return listed ? listed.number : list.openNumber;
  }

  /** @param {string} url @param {AbortSignal} signal */
  request(url, signal) {
    const response = fetch(url, { signal });
    response.catch(() => {});  // seen by who awaits it, if anybody still does
    return response;
  }

  /** @param {MediaFeed} feed @param {Playlist} list @param {AbortSignal} signal */
  async openMaps(feed, list, signal) {
    const load = async (/** @type {string} */ url) => {
      const response = await fetch(url, { signal: within(9000, signal) });
      if (!response.ok) throw new Error(`the init segment was answered ${response.status}`);
      return new Uint8Array(await response.arrayBuffer());
    };
    const inits = await Promise.all(mapsOf(list).split(' ').map(load));
    const facts = initOf(inits[0]), sound = inits[1] && soundInitOf(inits[1]);
    if (!facts) throw new PlayerUnfit('The stream is not H.264 in CMAF');
    if (inits[1] && !sound) throw new PlayerUnfit('The sound is not AAC in CMAF');
    this.timescale = facts.timescale;
    const tracks = [{ type: facts.type, init: inits[0] }];
    if (sound) {
      this.soundTimescale = sound.timescale;
      tracks.push({ type: sound.type, init: inits[1] });
    }
    if (feed.pictures && (feed.sound !== null) !== tracks.length > 1) this.broken('the stream has other tracks');
    await feed.open(tracks);
    feed.maps = mapsOf(list);
  }

  /**
   * @param {Response} response @param {number} number
   * @param {(chunk: Chunk) => void} onChunk
   */
  async read(response, number, onChunk) {
    const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    const cutter = new ChunkCutter();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      for (const chunk of cutter.push(value)) onChunk(chunk);
    }
    if (!cutter.whole) throw new Error(`segment ${number} ended in mid-chunk`);
  }

  /**
   * Sound waits for a whole chunk of several frames: what can be played ends before the pictures do.
   * @param {Chunk} chunk
   */
  tookSound(chunk) {
    this.feed.sound?.append(chunk.bytes);
    this.soundHeardAt = performance.now();
    if (!this.seated || this.dateOffset === null) return;
    this.soundAges.push(this.host.clock.now() / 1000 - chunk.time / this.soundTimescale - this.dateOffset);
    if (this.soundAges.length > 50) this.soundAges.shift();
  }

  /** @param {Chunk} chunk */
  took(chunk) {
    this.feed.pictures?.append(chunk.bytes);
    this.heardAt = performance.now();
    this.failures = 0;
    if (this.firstChunkAt === 0) this.firstChunkAt = this.heardAt;
    if (Math.abs(this.host.clock.offset - this.clockOffset) > 50) {
      this.clockOffset = this.host.clock.offset;
      this.ages = [];
      this.soundAges = [];
      this.refreshedAt = -Infinity;
    }
    if (this.seated && this.dateOffset !== null) {
      this.ages.push(this.host.clock.now() / 1000 - chunk.time / this.timescale - this.dateOffset);
      if (this.ages.length > 150) this.ages.shift();
    } else if (!this.seated) this.sit();
  }

  /** @param {Playlist} list */
  learn(list) {
    this.refreshedAt = performance.now();
    this.dates.clear();
    for (const segment of list.segments) if (segment.date !== null) this.dates.set(segment.number, segment.date);
    if (list.openDate !== null) this.dates.set(list.openNumber, list.openDate);
    for (const number of this.dates.keys()) this.date(number);
  }

  /**
   * Learns from this segment, if its date and its media time are known.
   * @param {number} number
   */
  date(number) {
    const date = this.dates.get(number), start = this.starts.get(number);
    if (date === undefined || start === undefined) return;
    if (this.dateOffset !== null && Math.abs(date - start - this.dateOffset) > 0.05) {
      this.ages = [];
      this.soundAges = [];  // a step of the server's clock: PROGRAM-DATE-TIME follows it, media time does not
      this.host.doubtClock();
    }
    this.dateOffset = date - start;
  }

  /** Takes the place to play from, once the chunks that were waiting for us have come in. */
  sit() {
    const end = this.feed.end(), start = this.feed.ranges();
    if (end === null || !start || this.firstChunkAt === 0) return;
    const late = this.dateOffset === null ? 0 : this.host.clock.now() / 1000 - this.dateOffset - end;
    if (late > this.target && performance.now() - this.firstChunkAt < 300) return;
    const from = start.start(start.length - 1);
    this.host.video.currentTime = Math.max(from, Math.min(end + late - this.target, end - 0.03));
    this.seated = true;
    this.jumpedAt = performance.now();
    this.host.status('live', 'Live');
  }

  tick() {
    const now = performance.now(), video = this.host.video;
    if (!this.seated) this.sit();
    const heardAt = this.feed.sound ? Math.min(this.heardAt, this.soundHeardAt) : this.heardAt;
    if (now - heardAt > SILENCE_MS) this.session?.abort(new Error(`nothing came for ${SILENCE_MS / 1000} s`));
    else if (now - this.refreshedAt > 4000 && this.seated && this.session) void this.refresh(this.session);
    const ranges = this.feed.ranges();
    if (!this.seated || !ranges) return;
    const last = ranges.start(ranges.length - 1);
    // A playhead that waits shortly before a hole waits for what is behind it: picture and sound end at their own places there.
    const least = video.seeking || video.readyState < 3 ? 0.25 : 0.02;
    let held = false;  // is there anything to play at the playhead?
    for (let i = 0; i < ranges.length; i += 1) {
      held ||= video.currentTime >= ranges.start(i) - 0.1 && video.currentTime < ranges.end(i) - least;
    }
    if (!held && last > video.currentTime) video.currentTime = last;  // a hole in the timeline
  }

  /**
   * Reads the playlist anew: dates after a step of the clock, another init, the end.
   * @param {AbortController} session
   */
  async refresh(session) {
    this.refreshedAt = performance.now();
    try {
      const list = await loadPlaylist(this.host.source, this.host.clock, session.signal);
      if (mapsOf(list) !== this.feed.maps) session.abort(new Error('the stream has a new init segment'));
      this.learn(list);
    } catch { /* the session itself will notice */ }
  }

  behind() {
    const end = this.feed.end();
    if (end === null || !this.seated) return null;
    const usual = quantile(this.ages, 0.5);
    if (this.dateOffset === null || usual > 5 || usual < -1) return end - this.host.video.currentTime;
    return this.host.clock.now() / 1000 - this.dateOffset - this.host.video.currentTime;
  }

  held() { return true; }

  sound() { return this.feed.pictures ? this.feed.sound !== null : null; }

  /** What usually comes in time, and two frames; what is later now and then is left to the stall rule. */
  lowest() {
    const sound = this.soundAges.length < 20 ? 0 : quantile(this.soundAges, 0.75) + 0.06;
    return this.ages.length < 60 ? 0 : Math.max(sound, quantile(this.ages, 0.75) + 0.06);
  }

  /** @param {number} since */
  steady(since) { return this.lostAt < since; }

  /** @param {number} seconds @param {number} now */
  jump(seconds, now) {
    const end = this.feed.end(), video = this.host.video;
    if (end === null || now - this.jumpedAt < 1000) return;
    this.jumpedAt = now;
    video.currentTime = Math.max(this.feed.start() ?? 0, Math.min(video.currentTime + seconds, end - 0.03));
  }
}
