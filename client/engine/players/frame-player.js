// SPDX-License-Identifier: Apache-2.0
// The frame player: reads the open segment chunk by chunk.

import { sleep } from '../../shared/deadline.js';
import { UnsupportedError } from '../../shared/errors.js';
import { tracksOf } from '../cmaf/header.js';
import { presentationTime } from '../cmaf/samples.js';
import { CHUNK_TIMEOUT, MediaFlow } from '../clock/media-flow.js';
import { AudioTracks } from '../renditions/audio-tracks.js';
import { EmptySegments } from '../renditions/empty-segments.js';
import { Ladder } from '../renditions/ladder.js';
import { RenditionControl } from '../renditions/rendition-control.js';
import { headersOf, loadHeader, loadPlaylist } from '../transport/documents.js';
import { segmentNames } from '../transport/segment-names.js';
import { isMPD } from '../transport/source.js';
import { eventOfMessage } from '../transport/stream-events.js';
import { readTrack, request } from '../transport/track-reader.js';
import { AttemptLoop } from './attempt-loop.js';
import { OwnPlayer } from './own-player.js';
import { MPD_TARGET } from './kinds.js';
/** @typedef {import('../../shared/playlist.js').Playlist} Playlist */
/** @typedef {import('../../shared/playlist.js').SegmentNames} SegmentNames */
/** @typedef {import('../cmaf/chunks.js').Chunk} Chunk */
/** @typedef {import('../feed/feed.js').Feed} Feed */
/** @typedef {import('../renditions/ladder.js').Prepared} Prepared */
/** @typedef {import('./output.js').Output} Output */
/** @typedef {import('./player.js').Host} Host */
/** @typedef {import('./player.js').Player} Player */

/**
 * The target with audio, s: a chunk of audio lasts up to 0.043 s, and browsers stall with less than
 * about 0.13 s of it. In the segments of an MPD its chunks may be longer.
 */
const AUDIO_TARGET = 0.18, LEAST_MPD_TARGET = 0.25;
const REFRESH_INTERVAL = 4000;
/** The position is always chosen by a seek. */
const TOLERANCE = -1;
/** Dates of one frame in two documents differ by less than this, s. */
const DATE_ERROR = 0.01;
/** An attempt that gets media for this time is a success, ms. */
const STEADY_TIME = 1000;
/**
 * Appends each chunk to the media source when it arrives. After an error it begins again at the
 * open segment of the playlist: one such period is called an attempt.
 * @implements {Player}
 */
export class FramePlayer extends OwnPlayer {
  /** @param {Host} host @param {number} target s @param {Output} output */
  constructor(host, target, output) {
    super(host, target, output, TOLERANCE);
    this.refreshedAt = 0;
    this.ladder = new Ladder(host, this.stopping.signal);
    this.control = new RenditionControl(this.ladder, this.stopping.signal);
    const { signal } = this.stopping;
    this.audio = new AudioTracks((index) => this.loadPlaylist(signal, index), signal);
    this.emptySegments = new EmptySegments(this.ladder, (index) => host.leaveRendition(index));
    /** Ticks per second. */
    this.timescales = { video: 90000, audio: 48000 };
    this.clockOffset = host.clock.offset;
    this.flow = new MediaFlow();
    this.attempts = new AttemptLoop(host, this.flow, signal, {
      follow: (attempt) => this.follow(attempt),
      feed: () => this.feed,
      hasPlayed: () => !this.positioner.isEmpty || this.feed.end() !== null,
      onLost: () => { this.lostAt = performance.now(); },
    });
  }

  /** Whether later requests take another connection after no answer. */
  get changesConnection() { return true; }

  get isAtEdge() { return this.flow.isAtEdge; }

  play() { void this.attempts.run(); }

  stop() {
    super.stop();
    this.attempts.abandon();
  }

  /** @param {string} reason */
  restart(reason) {
    this.feeds.renew();
    this.attempts.abandon(new Error(reason));
  }

  /**
   * One attempt.
   * @param {AbortSignal} signal
   */
  async follow(signal) {
    const { attempts, ladder } = this;
    const list = await this.loadPlaylist(signal);
    const chosen = ladder.wanted;
    this.audio.begin(list.audioIndex ?? 0);
    const { audio } = list, video = segmentNames(list), audioNames = audio && segmentNames(audio);
    if (!video || !list.map) {
      throw new UnsupportedError('The stream does not name its segments as this player expects');
    }
    if (list.ended) {
      this.host.status('dead', 'Ended', 'The stream has ended');
      await sleep(2000, signal);
      return;
    }
    if (audio && !audioNames) {
      throw new UnsupportedError('The stream does not name its audio as this player expects');
    }
    if (audio) this.requireAudioTarget();
    this.learn(list);
    this.host.learnServices(list);
    const { feed } = this, early = this.firstNumber(list);
    // The first segments are requested together with the CMAF headers, if the target is known.
    const isKnown = feed.isStreaming && this.host.sync === null;
    const open = !isKnown ? []
      : [video, ...audioNames ? [audioNames] : []].map((names) => request(names, early, signal));
    if (headersOf(list).join(' ') !== feed.headers) await this.openFeed(feed, list, signal);
    if (!feed.isStreaming && !attempts.isSuspended) await attempts.suspend(feed);
    await this.host.untilJoined();
    signal.throwIfAborted();
    this.beginMedia();
    this.control.restart();
    const first = isKnown ? early : this.firstNumber(list);
    const { duration } = list.segments[list.segments.length - 1];
    const { timescale, ...start } = { first, duration, timescale: this.timescales.video };
    ladder.shown = chosen;
    this.control.duration = duration;
    /** @type {Prepared | null} the rendition of requests from now on */
    let wanted = null;
    /** @type {Map<SegmentNames, Prepared>} */
    const requested = new Map();
    let current = video;
    const track = {
      ...start, timescale,
      namesOf: () => {
        if (ladder.wanted !== (wanted?.index ?? chosen)) wanted = ladder.next() ?? wanted;
        if (!wanted) return video;
        requested.set(wanted.names, wanted);
        return wanted.names;
      },
      onPiece: (/** @type {number} */ bytes) => {
        this.flow.piece(performance.now());
        this.control.piece(bytes);
      },
      leaves: (/** @type {number} */ end) => this.control.leaves(end),
      onCut: () => { this.lostAt = performance.now(); },
      onRestart: () => this.replaceSegment(),
      substitute: async (/** @type {number} */ number, /** @type {SegmentNames} */ names) => {
        const empty = requested.get(names)?.index ?? chosen;
        const found = await this.emptySegments.substitute(number, empty);
        if (!found) return null;
        wanted = found;
        requested.set(found.names, found);
        return found.names;
      },
    };
    const tracks = [readTrack(track, signal, (chunk, number, isFirst, names) => {
      if (feed.isClosed) throw new Error('the media source was closed');
      if (isFirst) {
        this.timeline.learnStart(number, chunk.time / timescale);
        const rendition = requested.get(names);
        if (names !== current && rendition) this.switchTo(rendition);
        current = names;
      }
      this.control.chunk(chunk.time / timescale, number);
      this.appendVideo(chunk);
    }, open[0])];
    if (audioNames) tracks.push(this.readAudio({ ...start, audioNames }, feed, signal, open[1]));
    await Promise.all(tracks);
  }

  /**
   * Reads the audio; a track that the viewer chooses follows at the start of a segment.
   * @param {{ first: number, duration: number, audioNames: SegmentNames }} start
   * @param {Feed} feed @param {AbortSignal} signal
   * @param {ReturnType<typeof request>} [begun]
   */
  readAudio({ audioNames, ...start }, feed, signal, begun) {
    const { audio, timescales } = this;
    const track = {
      ...start, get timescale() { return timescales.audio; },
      namesOf: () => audio.prepared[audio.wanted]?.names ?? audioNames,
    };
    let current = audioNames;
    return readTrack(track, signal, (chunk, number, isFirst, names) => {
      if (feed.isClosed) throw new Error('the media source was closed');
      const next = names !== current && audio.prepared.find((one) => one?.names === names);
      if (next) {
        current = names;
        timescales.audio = next.timescale;
        audio.heard = next.index;
        feed.audio?.changeType(next.type, next.header, next.timescale);
        feed.headers = [feed.headers.split(' ')[0], next.map].join(' ');
      }
      this.appendAudio(chunk);
    }, begun);
  }

  /** The next chunks follow no others. */
  beginMedia() {
    this.positioner.on({ name: 'begin' });
    this.flow.begin();
  }

  /** The chunks of the open segment come again, from another encoder. */
  replaceSegment() {
    this.control.restart();
    this.refreshedAt = -Infinity;  // the CMAF header may be another one
    if (!this.output.seeksToReplaced) return;
    this.positioner.on({ name: 'replace' });
    this.beginMedia();
  }

  requireAudioTarget() {
    const [usual, least] = isMPD(this.host.source)
      ? [MPD_TARGET, LEAST_MPD_TARGET] : [AUDIO_TARGET, AUDIO_TARGET];
    this.output.requireAudioTarget(usual, least);
  }

  /**
   * The number of the segment that contains the position to play from: the open one, or an earlier
   * one if the target requires it and no media of it is buffered.
   * @param {Playlist} list
   */
  firstNumber(list) {
    const end = this.feed.end(), bufferedTo = end === null ? -Infinity : this.timeline.dateOf(end);
    if (list.openDate === null || bufferedTo === null) return list.openNumber;
    const position = this.host.clock.now() / 1000 - this.positioner.target;
    const segment = list.segments.slice(-4).find(({ date, duration }) => (
      date !== null && date > bufferedTo - DATE_ERROR && position < date + duration));
    return segment ? segment.number : list.openNumber;
  }

  /** @param {Feed} feed @param {Playlist} list @param {AbortSignal} signal */
  async openFeed(feed, list, signal) {
    const urls = headersOf(list);
    const tracks = tracksOf(await Promise.all(urls.map((url) => loadHeader(url, signal))));
    const [video, audio] = tracks.map(({ timescale }) => timescale);
    this.timescales = { video, audio };
    if (feed.video && !feed.hasTracks(tracks.length)) this.recover('the stream has other tracks');
    await feed.open(tracks);
    feed.headers = urls.join(' ');
  }

  /**
   * @param {AbortSignal} signal
   * @param {number} [audioIndex] the audio track; the chosen one by default
   * @returns {Promise<Playlist>}
   */
  async loadPlaylist(signal, audioIndex) {
    const { audio, host, ladder } = this;
    let index = 0;
    const list = await loadPlaylist(host.source, host.clock, signal, (all) => ladder.choose(all),
      (tracks) => { index = audioIndex ?? audio.learn(tracks); return index; });
    return { ...list, audioIndex: index };
  }

  /** @param {Prepared} rendition from the next chunk on */
  switchTo({ index, map, type, header }) {
    this.feed.video?.changeType(type, header);
    this.feed.headers = [map, ...this.feed.headers.split(' ').slice(1)].join(' ');
    this.ladder.shown = index;
  }

  /** @param {Chunk} chunk */
  appendVideo(chunk) {
    for (const message of chunk.messages) {
      const time = chunk.time / this.timescales.video, date = this.timeline.dateOf(time);
      if (date !== null) this.host.addEvent(eventOfMessage(message, date - time));
    }
    const now = performance.now(), time = chunk.time / this.timescales.video;
    this.flow.video(now, time);
    this.feed.video?.append(chunk.bytes);
    this.positioner.on({ name: 'chunk', at: now });
    if (this.positioner.elapsed(now) > STEADY_TIME) this.attempts.succeeded();
    if (Math.abs(this.host.clock.offset - this.clockOffset) > 50) {
      this.clockOffset = this.host.clock.offset;
      this.delays.clear();
      this.refreshedAt = -Infinity;
    }
    // A B-frame arrives later than a frame that is presented after it.
    const shown = presentationTime(chunk.bytes, chunk.time) / this.timescales.video;
    if (this.positioner.isPlaced) this.addDelay(this.delays.video, shown);
    else this.choosePosition();
  }

  /**
   * Audio arrives in chunks of several frames: its buffer ends before the video's.
   * @param {Chunk} chunk
   */
  appendAudio(chunk) {
    this.feed.audio?.append(chunk.bytes);
    this.flow.audio(performance.now());
    if (!this.positioner.isPlaced) return;
    this.addDelay(this.delays.audio, chunk.time / this.timescales.audio);
  }

  /** @param {Playlist} list */
  learn(list) {
    this.refreshedAt = performance.now();
    this.timeline.learnDates(list);
  }

  update() {
    const now = performance.now(), { attempts, feed, positioner } = this;
    this.followOutput();
    if (attempts.isSuspended) return;
    if (!feed.isStreaming && positioner.isPlaced) {
      attempts.pause();
      return;
    }
    this.choosePosition();
    const isDue = now - this.refreshedAt > REFRESH_INTERVAL && positioner.isPlaced;
    if (this.flow.isLost(now, feed.audio !== null)) {
      if (attempts.unanswered > 0) attempts.abandonUnanswered();
      else attempts.abandon(new Error(`no media for ${CHUNK_TIMEOUT / 1000} s`));
    } else if (isDue && attempts.running) void this.refresh(attempts.running);
    this.skipGap();
    if (positioner.isPlaced) this.control.update(this.viewing());
  }

  /** What the viewer has, for the choice of the rendition. */
  viewing() {
    const { display } = this, quality = display.getVideoPlaybackQuality?.();
    return {
      target: this.positioner.target, dropped: quality?.droppedVideoFrames ?? 0,
      total: quality?.totalVideoFrames ?? 0,
      isWatched: !document.hidden && !display.paused && !display.seeking,
    };
  }

  /**
   * Loads the playlist again: for dates after a step of the clock, and for new CMAF headers.
   * @param {AbortController} attempt
   */
  async refresh(attempt) {
    this.refreshedAt = performance.now();
    try {
      const { ladder: { shown }, audio: { heard } } = this;
      const list = await this.loadPlaylist(attempt.signal), { audio } = this;
      const isSwitching = shown !== this.ladder.shown || shown !== this.ladder.wanted
        || heard !== audio.heard || audio.isSwitching;
      if (!isSwitching && headersOf(list).join(' ') !== this.feed.headers) {
        this.ladder.forget();
        attempt.abort(new Error('the stream has a new CMAF header'));
      }
      this.learn(list);
    } catch { /* if the connection is lost, reading the segments fails too */ }
  }

  /**
   * Chooses the position again. If no media arrives, that is by another attempt.
   * @param {number} now @param {boolean} [isAnswered] whether the server answers a probe
   */
  toEdge(now, isAnswered = true) {
    if (this.flow.isExpected(now)) this.positioner.on({ name: 'release' });
    else this.attempts.abandonStill(now, isAnswered);
  }

  /**
   * A rendition from which media still arrives is left at the end of its segment.
   * @param {Set<number>} indices
   */
  avoid(indices) {
    const { ladder } = this;
    ladder.avoided = new Set(indices);
    if (!indices.has(ladder.shown) || ladder.wanted === ladder.shown) return;
    const hasMedia = this.flow.isFlowing(performance.now());
    if (hasMedia || this.emptySegments.isPreparing) void ladder.prepare(ladder.wanted);
    else this.attempts.leaveRendition();
  }

  /** @param {Player} before */
  inherit(before) {
    if (!(before instanceof FramePlayer)) return;
    this.ladder.inherit(before.ladder);
    this.audio.names = before.audio.names;
    this.audio.wanted = before.audio.wanted;
  }

  /** Whether bytes arrive, but a chunk takes long: a slow connection. */
  isStarved() { return this.flow.isStarved(performance.now()) && this.feed.isIdle; }

  audioTracks() { return this.audio.choice; }

  /** @param {number} index */
  chooseAudio(index) { void this.audio.choose(index); }

  renditions() { return this.ladder.choice(); }

  /** @param {string | null} name */
  chooseRendition(name) { this.ladder.request(name); }
}
