// SPDX-License-Identifier: Apache-2.0
// The player over a WebSocket: appends the chunks that the server sends.

import { sleep } from '../../shared/deadline.js';
import { messageOf, UnsupportedError } from '../../shared/errors.js';
import { ArrivalDelays } from '../clock/arrivals.js';
import { ChunkSplitter } from '../cmaf/chunks.js';
import { MediaFeed } from '../feed/media-feed.js';
import { SocketRenditions } from '../renditions/socket-renditions.js';
import { presenceOf } from '../server/away.js';
import { helloOf, newSession } from '../transport/hello.js';
import {
  AUDIO, CATCH_UP, EVENT, HEADER, KEY, SAMPLE, socketAddress, VIDEO,
} from '../transport/llws.js';
import { SegmentChunks } from '../transport/segment-chunks.js';
import { LiveSocket, refusalOf } from '../transport/socket.js';
import { eventOf } from '../transport/stream-events.js';
import { Subscription } from '../transport/subscription.js';
import { LOSS_TIME } from './player.js';
/** @typedef {import('../feed/feed.js').Display} Display */
/** @typedef {import('../feed/feed.js').Feed} Feed */
/** @typedef {import('../transport/llws.js').Group} Group */
/** @typedef {import('../transport/llws.js').MediaMessage} MediaMessage */
/** @typedef {import('../transport/subscription.js').OpenGroup} OpenGroup */
/** @typedef {import('./player.js').Host} Host */
/** @typedef {import('./player.js').Player} Player */

/** The target with audio if the server names none, s. */
const SOCKET_AUDIO_TARGET = 0.25;
/** A seek to the end of the buffered media is to this time before the end, s. */
const SOCKET_END_MARGIN = 0.03;
/** Without a message for this time the connection brings no media, ms. */
const SILENT_TIME = 400;
/** A socket is not ended before this age because of silence, ms. */
const LEAST_SOCKET = 1000;
/** A player that has shown this much of the media has not failed, s. */
const SHOWN_TIME = 1;
/** The chunks that a new viewer gets at once arrive within this time, ms. */
const CATCH_UP_TIME = 300;
/** Sockets that end at once are opened again after at most this time, ms. */
const LONGEST_WAIT = 1000;
/** A server that is busy is asked again after at most this time, ms. */
const LONGEST_RETRY = 30000;

/** @param {OpenGroup} group */
function headerText({ mime, header }) { return `${mime} ${header?.join() ?? ''}`; }

/**
 * Appends each chunk to the media source when it arrives. After a lost connection it subscribes
 * again; media that is buffered goes on playing.
 * @implements {Player}
 */
export class SocketPlayer {
  /** @param {Host} host @param {number} target */
  constructor(host, target) {
    this.host = host;
    this.target = target;
    this.stopping = new AbortController();
    /** @type {LiveSocket | null} */
    this.socket = null;
    this.session = newSession();
    this.failures = 0;
    /** Whether something on the way to the server passes no sockets. */
    this.hasNoSocket = false;
    /** The time for which the server asks the page to wait, ms; 0 if it does not. */
    this.retryTime = 0;
    this.lostAt = 0;
    /** @type {Display} */
    this.display = this.newDisplay();
    /** @type {Feed} */
    this.feed = this.newFeed();
    this.subscription = new Subscription();
    /** @type {MediaMessage[]} headers and chunks that wait until the media source is open */
    this.waiting = [];
    /** @type {Map<string, string>} the latest headers of the feed by track */
    this.opened = new Map();
    /** @type {Feed | null} the feed whose media source opens */
    this.opening = null;
    /** The chunks since the latest key frame, which the next socket may send again. */
    this.segment = this.newSegment();
    /** Whether the latest key frame was replaced by one of another server. */
    this.isReplaced = false;
    this.delays = new ArrivalDelays();
    /** Wall clock − media time, s. */
    this.epoch = 0;
    this.hasEpoch = false;
    this.firstChunkAt = 0;
    this.isPositioned = false;
    /** The position at which playback began, s. */
    this.beginsAt = 0;
    this.seekedAt = 0;
    this.isPaused = false;
    this.ladder = new SocketRenditions();
    /** When the latest chunk of video arrived, and when the socket was opened, ms. */
    this.chunkAt = 0;
    this.connectedAt = 0;
    this.sourceState = '';
  }

  get isStopped() { return this.stopping.signal.aborted; }

  get isOpening() { return this.opening === this.feed; }

  /** Whether the player has a socket of its own for messages. */
  get ownsSocket() { return true; }

  /** The format of the media. */
  get format() { return 'fmp4'; }

  /** @returns {Display} */
  newDisplay() { return this.host.video; }

  /** @returns {Feed} */
  newFeed() {
    const feed = new MediaFeed(this.host.video, (reason) => {
      if (this.feed === feed) this.recover(reason);
    });
    feed.onAppended = () => {
      if (this.feed === feed && !this.isPositioned) this.choosePosition();
    };
    return feed;
  }

  newSegment() {
    return new SegmentChunks((chunk) => this.feed.video?.append(chunk.bytes), () => {
      this.isReplaced = true;
      this.isPositioned = false;
    });
  }

  start() {
    this.feed.prepare();
    if ('WebSocket' in globalThis) this.connect();
    else this.withoutSocket('This browser has no WebSockets');
  }

  /** @param {string} reason @param {boolean} [isRefused] */
  withoutSocket(reason, isRefused) { this.host.unsupported(reason, isRefused); }

  /** Whether a socket without media so far is not opened again. */
  isHopeless() { return this.hasNoSocket || this.failures > 5; }

  stop() {
    this.stopping.abort();
    this.socket?.send({ t: 'bye', reason: 'stopped' });
    this.socket?.close();
    this.feed.close();
  }

  /**
   * Restarts after a failure of this player.
   * @param {string} reason
   */
  recover(reason) { this.restart(reason); }

  /** @param {string} reason */
  restart(reason) {
    this.renewFeed();
    this.socket?.end(reason);
  }

  renewFeed() {
    this.feed.close();
    this.feed = this.newFeed();
  }

  /** @param {number} target */
  setTarget(target) { this.target = target; }

  // The connection

  /** The next media belong to another subscription, or to another session of the stream. */
  forgetMedia() {
    this.subscription.clear();
    this.waiting = [];
    this.forgetPosition();
  }

  forgetPosition() {
    this.subscription.leaveEdge();
    this.isPositioned = false;
    this.firstChunkAt = 0;
  }

  connect() {
    this.forgetMedia();
    this.isPaused = false;
    this.connectedAt = performance.now();
    const socket = new LiveSocket(socketAddress(this.host.source), this.host.clock, {
      onControl: (message) => this.guard(() => this.control(message)),
      onMedia: (message) => this.guard(() => this.media(message)),
      onEnd: (reason) => void this.reconnect(reason),
    });
    this.socket = socket;
    socket.socket.addEventListener('open', () => {
      socket.send(helloOf(this.session));
      socket.send({ t: 'list' });
      this.subscribe();
    });
  }

  subscribe() {
    this.socket?.send({
      t: 'subscribe', rendition: this.ladder.wanted ?? 'auto', start: 'live', tracks: ['v', 'a'],
      ...this.format === 'fmp4' ? {} : { format: this.format },
      ...this.host.sync === null ? {}
        : { sync: this.host.sync, need: Math.round(this.host.need() * 1000) },
    });
  }

  /** @param {() => void} body */
  guard(body) {
    try {
      body();
    } catch (error) {
      if (error instanceof UnsupportedError) this.host.unsupported(error.message);
      else this.recover(messageOf(error));
    }
  }

  /** @param {string} reason */
  async reconnect(reason) {
    if (this.isStopped) return;
    const hasEnded = this.sourceState === 'ended', { retryTime } = this;
    this.retryTime = 0;
    this.lostAt = performance.now();
    this.sourceState = '';
    this.host.setSource(null);
    if (hasEnded) this.host.status('dead', 'Ended', 'The stream has ended');
    else this.host.status('wait', 'Reconnecting', `Interrupted (${reason}); trying again`);
    if (this.socket?.hasOpened === false) {
      const { status, isMissing } = await refusalOf(
        socketAddress(this.host.source), this.stopping.signal);
      if (this.isStopped) return;
      this.hasNoSocket = isMissing;
      if (status !== null) {
        this.withoutSocket(
          `The server refuses this stream over a WebSocket (status ${status})`, true);
        return;
      }
    }
    if (retryTime === 0 && this.feed.end() === null && this.isHopeless()) {
      this.withoutSocket(this.firstChunkAt === 0
        ? 'The server does not serve this stream over a WebSocket'
        : `The media over the WebSocket cannot be played (${reason})`);
      return;
    }
    // Behind a proxy another server may have the stream.
    const backoff = this.failures === 0 ? 0 : Math.min(LONGEST_WAIT, 50 * 2 ** this.failures);
    // The viewers of a server that has restarted do not return all at once.
    const wait = Math.max(retryTime, backoff) * (1 + Math.random());
    await sleep(wait, this.stopping.signal);
    if (retryTime === 0) this.failures += 1;
    if (!this.isStopped) this.connect();
  }

  /** @param {{ t: string } & Record<string, any>} message */
  control(message) {
    switch (message.t) {
      case 'subscribed':
        this.takeTracks(message);
        this.join(message);
        break;
      case 'switching':
        if (Array.isArray(message.tracks)) this.beginAgain(message);
        this.join(message);
        break;
      case 'channels': this.ladder.learn(message.channels); break;
      case 'source': this.learnSource(message.state, message.since, message.outage); break;
      case 'sync':
        if (message.target > 0) {
          this.host.setSharedTarget(message.target / 1000);
        }
        break;
      case 'error': this.refused(message); break;
      default: break;
    }
  }

  /** @param {Record<string, any>} message */
  takeTracks({ tracks, target }) {
    const { subscription } = this, hadAudio = subscription.hasAudio;
    if (Array.isArray(tracks)) subscription.tracks = tracks;
    const seconds = target > 0 ? target / 1000 : SOCKET_AUDIO_TARGET;
    if (subscription.hasAudio) this.requireAudioTarget(seconds);
    else if (hadAudio) this.host.setTargets(seconds, 0);
  }

  /**
   * A new session of the stream has begun, whose tracks and times may be others: one message for
   * each track, the first one of them begins.
   * @param {Record<string, any>} message
   */
  beginAgain(message) {
    if (message.track !== message.tracks[0]) return;
    this.forgetMedia();
    this.renewFeed();
    this.takeTracks(message);
  }

  /** @param {number} target of a stream with audio, s */
  requireAudioTarget(target) { this.host.setTargets(target, target); }

  /** @param {Record<string, any>} error */
  refused({ code, msg, retry }) {
    if (code === 'unknown-rendition' && this.ladder.wanted !== null) {
      // The ladder has changed.
      this.ladder.forget();
      if (this.subscription.isEmpty) this.subscribe();
      else this.socket?.send({ t: 'switch', rendition: 'auto' });
      return;
    }
    if (retry > 0) {
      // The server is busy, or its source is away: nothing of this player has failed.
      this.retryTime = Math.min(retry, LONGEST_RETRY);
      this.restart(String(msg));
      return;
    }
    throw new Error(String(msg));
  }

  /** @param {Record<string, any>} message */
  join(message) {
    const group = this.subscription.add(message);
    if (group?.track === 'v') this.ladder.shown = group.rendition;
  }

  /** @param {unknown} state @param {unknown} since in Unix ms @param {unknown} outage */
  learnSource(state, since, outage) {
    this.sourceState = String(state);
    if (typeof since === 'number' && since > 0) {
      this.host.setSource(presenceOf(state, since, outage));
    }
    if (state === 'ended') {
      this.host.status('dead', 'Ended', 'The stream has ended');
    } else if (state === 'starting') {
      this.host.status('wait', 'Starting', 'The stream is starting');
    } else if (state === 'failed') {
      this.host.status('wait', 'Failed', 'The stream has failed');
    }
  }

  // Media

  /** @param {MediaMessage} message */
  media(message) {
    if (message.kind === EVENT) {
      this.host.addEvent(eventOf(new TextDecoder().decode(message.media)));
      return;
    }
    const group = this.subscription.groupOf(message.channel);
    if (!group) return;  // a late chunk of a former group
    if (this.isOpening) {
      this.waiting.push(message);
    } else if (message.kind === HEADER) {
      group.next = message.sequence;
      this.takeHeader(group, message.media);
    } else if ([VIDEO, AUDIO, SAMPLE].includes(message.kind)) {
      if (this.feed.video) this.append(group, message);
      else this.waiting.push(message);
    }
  }

  /** @param {OpenGroup} group @param {Uint8Array} header */
  takeHeader(group, header) {
    group.header = header;
    if (group.track === 'v') {
      this.epoch = group.epoch / 1000;
      this.hasEpoch = true;
    }
    const { feed } = this, open = this.subscription.complete;
    if (open === null) return;
    if (feed.video && feed.hasTracks(open.length)) {
      const queue = group.track === 'v' ? feed.video : feed.audio;
      const isNew = this.opened.get(group.track) !== headerText(group);
      if (isNew) queue?.changeType(group.mime, header);
      this.opened.set(group.track, headerText(group));
      return;
    }
    if (feed.video) {
      // The server has begun again with other tracks.
      this.forgetPosition();
      this.renewFeed();
    }
    void this.openFeed(this.feed, open);
  }

  /** @param {Feed} feed @param {OpenGroup[]} groups */
  async openFeed(feed, groups) {
    this.opening = feed;
    this.segment = this.newSegment();
    this.opened = new Map(groups.map((group) => [group.track, headerText(group)]));
    /** @type {unknown} */
    let failure = null;
    try {
      await feed.open(groups.map(({ mime, timescale, header }) => (
        { type: mime, timescale, header: header ?? new Uint8Array(0) })));
    } catch (error) { failure = error; }
    if (this.feed !== feed || this.isStopped) return;  // it was closed meanwhile
    this.opening = null;
    const { waiting } = this;
    this.waiting = [];
    this.guard(() => {
      if (failure) throw failure;
      for (const message of waiting) this.media(message);
    });
  }

  /** @param {OpenGroup} group @param {MediaMessage} message */
  append(group, message) {
    const isVideo = group.track === 'v';
    const delays = isVideo ? this.delays.video : this.delays.audio;
    const counts = this.isPositioned && (message.flags & CATCH_UP) === 0;
    for (const time of this.appendMedia(group, message)) {
      if (counts) delays.add(this.host.clock.now() / 1000, time + group.epoch / 1000);
    }
    if (isVideo) this.chunkAt = performance.now();
    if (isVideo && this.firstChunkAt === 0) this.firstChunkAt = this.chunkAt;
    this.subscription.received(group, message);
    if (!this.isPositioned) this.choosePosition();
  }

  /**
   * Appends the media of a message to its track.
   * @param {Group} group @param {MediaMessage} message
   * @returns {number[]} their media times, s
   */
  appendMedia({ track, timescale }, { media, flags }) {
    return new ChunkSplitter().push(media).map((chunk) => {
      if (track !== 'v') this.feed.audio?.append(chunk.bytes);
      else {
        if ((flags & KEY) !== 0) {
          if (this.segment.passed[0]?.time === chunk.time) this.segment.beginAgain();
          else this.segment = this.newSegment();
        }
        this.segment.take(chunk);
      }
      return chunk.time / timescale;
    });
  }

  /** Seeks to the target once the chunks of the start have arrived. */
  choosePosition() {
    const end = this.feed.end(), ranges = this.feed.ranges();
    if (end === null || !ranges || this.firstChunkAt === 0) return;
    if (this.isReplaced && !this.feed.isIdle) return;  // the ranges are those of the former frames
    const endLatency = this.host.clock.now() / 1000 - end - this.epoch;
    const elapsed = performance.now() - this.firstChunkAt;
    const isComplete = this.subscription.isAtEdge && this.feed.isIdle;
    if (endLatency > this.target && !isComplete && elapsed < CATCH_UP_TIME) return;
    const { display } = this, start = ranges.start(ranges.length - 1);
    const position = Math.max(
      start, Math.min(end + endLatency - this.target, end - SOCKET_END_MARGIN));
    const { currentTime } = display, isInside = currentTime >= start && currentTime <= end;
    // A browser decodes frames that were replaced only after a seek.
    const isFar = !isInside || Math.abs(currentTime - position) > 0.5;
    if (isFar || this.isReplaced) display.currentTime = position;
    this.isReplaced = false;
    this.isPositioned = true;
    this.beginsAt = this.position();
    this.seekedAt = performance.now();
    this.host.status('live', 'Live');
  }

  // The page

  update() {
    const { feed } = this;
    if (!this.isPositioned) this.choosePosition();
    // Media that the decoder refuses arrive as well as any others.
    else if (this.failures > 0 && this.position() - this.beginsAt > SHOWN_TIME) this.failures = 0;
    if (feed.video && feed.isStreaming === this.isPaused) {
      this.isPaused = !feed.isStreaming;
      this.socket?.send({ t: this.isPaused ? 'pause' : 'resume' });
      if (!this.isPaused) this.isPositioned = false;
    }
    const gapEnd = this.isPositioned ? feed.gapEnd() : null;
    if (gapEnd !== null) this.display.currentTime = gapEnd;
  }

  /** The media time that is shown, s. */
  position() { return this.display.currentTime; }

  latency() {
    const end = this.feed.end(), position = this.position();
    if (end === null || !this.isPositioned || !this.hasEpoch) return null;
    if (!this.delays.isPlausible) return end - position;
    return this.host.clock.now() / 1000 - position - this.epoch;
  }

  isControlled() { return true; }

  renditions() { return this.ladder.choice; }

  /** @param {string | null} name */
  chooseRendition(name) {
    this.ladder.choose(name);
    this.socket?.send({ t: 'switch', rendition: this.ladder.wanted ?? 'auto' });
  }

  /** @param {Set<number>} indices */
  avoid(indices) {
    const before = this.ladder.wanted;
    this.ladder.avoid(indices);
    const { wanted } = this.ladder, isSilent = performance.now() - this.chunkAt >= SILENT_TIME;
    if (wanted === before) return;
    // The server switches at the next segment, and sends a new viewer the present one.
    if (isSilent && wanted !== null) this.socket?.end('the rendition brings no media');
    else this.socket?.send({ t: 'switch', rendition: wanted ?? 'auto' });
  }

  /** @param {Player} before */
  inherit(before) { if (before instanceof SocketPlayer) this.ladder = before.ladder; }

  /**
   * Chooses the position again; if no media arrives, over another socket.
   * @param {number} now
   */
  toEdge(now) {
    if (now - this.chunkAt < SILENT_TIME) this.isPositioned = false;
    else if (now - this.connectedAt > LEAST_SOCKET) this.socket?.end('the picture stands still');
  }

  hasAudio() { return this.feed.video ? this.feed.audio !== null : null; }

  wantsMedia() { return this.feed.isStreaming; }

  minimumTarget() { return this.delays.minimumTarget(); }

  /** @param {Record<string, number | boolean | null>} figures */
  report(figures) { this.socket?.send({ t: 'stat', ...figures, rtt: this.host.clock.roundTrip }); }

  /** @param {number} time */
  wasConnectedSince(time) { return this.lostAt < time - 1000 * this.target - LOSS_TIME; }

  /** @param {number} seconds @param {number} now */
  seekBy(seconds, now) {
    const end = this.feed.end(), { display } = this;
    if (end === null || now - this.seekedAt < 1000) return;
    this.seekedAt = now;
    const position = Math.min(display.currentTime + seconds, end - SOCKET_END_MARGIN);
    display.currentTime = Math.max(this.feed.start() ?? 0, position);
  }
}
