// SPDX-License-Identifier: Apache-2.0
// The player over a WebSocket: appends the chunks that the server sends.

import { sleep } from '../../shared/deadline.js';
import { messageOf, UnsupportedError } from '../../shared/errors.js';
import { SocketRenditions } from '../renditions/socket-renditions.js';
import { presenceOf } from '../server/away.js';
import { helloOf, newSession } from '../transport/hello.js';
import { CATCH_UP, EVENT, socketAddress } from '../transport/llws.js';
import { LiveSocket, refusalOf } from '../transport/socket.js';
import { eventOf } from '../transport/stream-events.js';
import { Subscription } from '../transport/subscription.js';
import { OwnPlayer } from './own-player.js';
import { SecondSocket } from './second-socket.js';
import { connectionAfter } from './socket-connection.js';
import { ChunkFormat, SampleFormat } from './socket-formats.js';
import { SocketIntake } from './socket-intake.js';
/** @typedef {import('../transport/llws.js').MediaMessage} MediaMessage */
/** @typedef {import('../transport/subscription.js').OpenGroup} OpenGroup */
/** @typedef {import('./output.js').Output} Output */
/** @typedef {import('./player.js').Host} Host */
/** @typedef {import('./player.js').Player} Player */
/** @typedef {import('./socket-connection.js').ConnectionEvent} ConnectionEvent */
/** @typedef {import('./socket-connection.js').ConnectionState} ConnectionState */
/** @typedef {import('./socket-formats.js').SocketFormat} SocketFormat */

/** The target with audio if the server names none, s. */
const SOCKET_AUDIO_TARGET = 0.25;
/** Without a message for this time the connection brings no media, ms. */
const SILENT_TIME = 400;
/** A socket with a message in this time is not lost, ms: a probe waits as long for a response. */
const HEARD_TIME = 1500;
/** A socket is not ended before this age because of silence, ms. */
const LEAST_SOCKET = 1000;
/** A player that has shown this much of the media has not failed, s. */
const SHOWN_TIME = 1;
/** A position that is nearer than this is kept, s: buffered media goes on playing. */
const TOLERANCE = 0.5;
/** Sockets that end at once are opened again after at most this time, ms. */
const LONGEST_WAIT = 1000;
/** A server that is busy is asked again after at most this time, ms. */
const LONGEST_RETRY = 30000;

/**
 * Appends each chunk to the media source when it arrives. After a lost connection it subscribes
 * again; media that is buffered goes on playing.
 * @implements {Player}
 */
export class SocketPlayer extends OwnPlayer {
  /**
   * @param {Host} host @param {number} target s @param {Output} output
   * @param {'fmp4' | 'raw'} format of the media
   */
  constructor(host, target, output, format) {
    super(host, target, output, TOLERANCE);
    /** @type {SocketFormat} */
    this.format = format === 'raw' ? new SampleFormat()
      : new ChunkFormat(() => this.positioner.on({ name: 'replace' }));
    /** @type {ConnectionState} */
    this.connection = { name: 'closed' };
    this.second = new SecondSocket();
    /** The number of latest connections that failed. */
    this.failures = 0;
    /** The time of the latest message but media, of performance.now(). */
    this.heardAt = -Infinity;
    this.session = newSession();
    this.subscription = new Subscription();
    this.intake = new SocketIntake(this.feeds, this.subscription, {
      onMedia: (group, message) => this.append(group, message),
      onOpening: () => this.format.begin(),
      onOtherTracks: () => this.forgetPosition(),
      guard: (body) => this.guard(body),
    });
    this.ladder = new SocketRenditions();
    /** When the latest chunk of video arrived, ms. */
    this.chunkAt = 0;
  }

  /** @param {ConnectionEvent} event */
  on(event) { this.connection = connectionAfter(this.connection, event); }

  get socket() { return this.connection.name === 'closed' ? null : this.connection.socket; }

  /** Whether the player has a socket of its own for messages. */
  get ownsSocket() { return true; }

  get isAtEdge() { return this.subscription.isAtEdge; }

  play() {
    if ('WebSocket' in globalThis) this.connect();
    else this.withoutSocket('This browser has no WebSockets');
  }

  /**
   * WebCodecs has the same decoder over HTTP.
   * @param {string} reason @param {boolean} [isRefused]
   */
  withoutSocket(reason, isRefused) {
    const { host } = this;
    if (this.format.name === 'raw') host.withoutSocket(reason, isRefused);
    else host.unsupported(reason, isRefused);
  }

  stop() {
    super.stop();
    this.second.drop();
    this.socket?.send({ t: 'bye', reason: 'stopped' });
    this.socket?.close();
  }

  /** @param {string} reason */
  restart(reason) {
    this.feeds.renew();
    this.socket?.end(reason);
  }

  // The connection

  /** The next media belong to another subscription, or to another session of the stream. */
  forgetMedia() {
    this.subscription.clear();
    this.intake.forget();
    this.forgetPosition();
  }

  forgetPosition() {
    this.subscription.leaveEdge();
    this.positioner.on({ name: 'begin' });
  }

  connect() {
    this.second.drop();
    this.forgetMedia();
    const socket = this.newSocket();
    this.on({ name: 'open', socket, at: performance.now() });
    socket.socket.addEventListener('open', () => this.greet());
  }

  newSocket() {
    /** @type {LiveSocket} */
    const socket = new LiveSocket(socketAddress(this.host.source), this.host.clock, {
      onControl: (message) => {
        this.heardAt = performance.now();
        this.guard(() => this.control(message));
      },
      onMedia: (message) => this.guard(() => this.media(message)),
      onEnd: (reason) => {
        if (this.second.hasFailed(socket)) this.socket?.end(reason);
        else void this.reconnect(reason);
      },
    });
    return socket;
  }

  greet() {
    this.socket?.send(helloOf(this.session));
    this.socket?.send({ t: 'list' });
    this.subscribe();
  }

  /** Replaces a socket that brings no media, unless it does before another one is open. */
  replaceSocket() {
    // A server that talks has no media now, as before a stream begins again.
    if (this.second.isOpening || performance.now() - this.heardAt < HEARD_TIME) return;
    const before = this.socket, socket = this.newSocket();
    this.second.open(socket, () => {
      const now = performance.now();
      if (this.isStopped || this.socket !== before || now - this.chunkAt < SILENT_TIME) {
        socket.close();
        return;
      }
      before?.close();
      this.lostAt = now;
      this.forgetMedia();
      this.on({ name: 'open', socket, at: now });
      this.greet();
    });
  }

  subscribe() {
    this.socket?.send({
      t: 'subscribe', rendition: this.ladder.wanted ?? 'auto', start: 'live', tracks: ['v', 'a'],
      ...this.ladder.requestedAudio === null ? {} : { audio: this.ladder.requestedAudio },
      ...this.format.name === 'fmp4' ? {} : { format: this.format.name },
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
    const { connection, host } = this;
    if (this.isStopped || connection.name === 'closed') return;
    const wait = connection.name === 'busy' ? connection.wait : 0;
    this.on({ name: 'end' });
    this.lostAt = performance.now();
    host.setSource(null);
    if (connection.source === 'ended') host.status('dead', 'Ended', 'The stream has ended');
    else host.status('wait', 'Reconnecting', `Interrupted (${reason}); trying again`);
    let isHopeless = this.failures > 5;
    if (!connection.socket.hasOpened) {
      const { status, isMissing } = await refusalOf(
        socketAddress(host.source), this.stopping.signal);
      if (this.isStopped) return;
      if (status !== null) {
        this.withoutSocket(
          `The server refuses this stream over a WebSocket (status ${status})`, true);
        return;
      }
      // HTTP has the frames of WebCodecs, too.
      isHopeless ||= isMissing || this.format.name === 'raw';
    }
    if (wait === 0 && this.feed.end() === null && isHopeless) {
      this.withoutSocket(this.positioner.isEmpty
        ? 'The server does not serve this stream over a WebSocket'
        : `The media over the WebSocket cannot be played (${reason})`);
      return;
    }
    // Behind a proxy another server may have the stream.
    const backoff = this.failures === 0 ? 0 : Math.min(LONGEST_WAIT, 50 * 2 ** this.failures);
    // The viewers of a server that has restarted do not return all at once.
    await sleep(Math.max(wait, backoff) * (1 + Math.random()), this.stopping.signal);
    if (wait === 0) this.failures += 1;
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
    if (subscription.hasAudio) this.output.requireAudioTarget(seconds, seconds);
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
    this.feeds.renew();
    this.takeTracks(message);
  }

  /** @param {Record<string, any>} error */
  refused({ code, msg, retry }) {
    if (code === 'unknown-format') {
      this.withoutSocket(String(msg));
      return;
    }
    if (code === 'unknown-rendition' && this.ladder.wanted !== null) {
      // The ladder has changed.
      this.ladder.forget();
      if (this.subscription.isEmpty) this.subscribe();
      else this.socket?.send({ t: 'switch', rendition: 'auto' });
      return;
    }
    if (retry > 0) {
      // The server is busy, or its source is away: nothing of this player has failed.
      this.on({ name: 'busy', wait: Math.min(retry, LONGEST_RETRY) });
      this.restart(String(msg));
      return;
    }
    throw new Error(String(msg));
  }

  /** @param {Record<string, any>} message */
  join(message) {
    const group = this.subscription.add(message);
    if (group?.track === 'v') this.ladder.shown = group.rendition;
    else if (group) this.ladder.heard = group.rendition;
  }

  /** @param {unknown} state @param {unknown} since in Unix ms @param {unknown} outage */
  learnSource(state, since, outage) {
    this.on({ name: 'source', state: String(state) });
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
    this.intake.take(message);
  }

  /** @param {OpenGroup} group @param {MediaMessage} message */
  append(group, message) {
    const isVideo = group.track === 'v';
    if (isVideo) this.timeline.offset = group.epoch / 1000;
    const delays = isVideo ? this.delays.video : this.delays.audio;
    const counts = this.positioner.isPlaced && (message.flags & CATCH_UP) === 0;
    for (const time of this.format.append(this.feed, group, message)) {
      if (counts) delays.add(this.host.clock.now() / 1000, time + group.epoch / 1000);
    }
    if (isVideo) {
      this.chunkAt = performance.now();
      this.positioner.on({ name: 'chunk', at: this.chunkAt });
    }
    this.subscription.received(group, message);
    this.choosePosition();
  }

  /**
   * Counts the delay of a decoded frame.
   * @param {import('../clock/arrivals.js').TrackDelays} delays @param {number} time s
   */
  addDelay(delays, time) {
    const date = this.timeline.dateOf(time);
    if (date !== null && this.format.isNew(date)) super.addDelay(delays, time);
  }

  // The page

  update() {
    this.followOutput();
    const { feed, positioner: { state } } = this;
    if (state.name !== 'placed') this.choosePosition();
    // Media that the decoder refuses arrive as well as any others.
    else if (this.output.position() - state.position > SHOWN_TIME) this.failures = 0;
    if (feed.video) this.setPaused(!feed.isStreaming);
    this.skipGap();
  }

  /** @param {boolean} isPaused whether the browser wants no media */
  setPaused(isPaused) {
    if (this.connection.name !== (isPaused ? 'playing' : 'paused')) return;
    this.on({ name: isPaused ? 'pause' : 'resume' });
    this.socket?.send({ t: isPaused ? 'pause' : 'resume' });
    if (!isPaused) this.positioner.on({ name: 'release' });
  }

  audioTracks() { return this.ladder.audioChoice; }

  /** @param {number} index */
  chooseAudio(index) {
    const audio = this.ladder.chooseAudio(index);
    if (audio !== null) this.socket?.send({ t: 'switch', audio });
  }

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
    if (now - this.chunkAt < SILENT_TIME) this.positioner.on({ name: 'release' });
    else if (this.connection.name !== 'closed' && now - this.connection.since > LEAST_SOCKET) {
      this.replaceSocket();
    }
  }

  /** @param {Record<string, number | boolean | null>} figures */
  report(figures) { this.socket?.send({ t: 'stat', ...figures, rtt: this.host.clock.roundTrip }); }
}
