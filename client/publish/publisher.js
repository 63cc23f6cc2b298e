// SPDX-License-Identifier: Apache-2.0
// A publisher: sends a MediaStream to a stream of the server, and connects again after a loss.

import { ServerClock } from '../shared/clock.js';
import { audienceOf, noAudience } from './audience.js';
import { AudioSender, encodesOpus } from './audio-sender.js';
import { hasWebCodecs, publishProblem } from './codecs.js';
import { frameMessage } from './frame-message.js';
import { newName, PublishSocket } from './publish-socket.js';
import { RateControl } from './rate-control.js';
import { RecordedUpload } from './recorded-upload.js';
import { RetryWait } from './retry-wait.js';
import { SourceInputs } from './source-inputs.js';
import { VideoSender } from './video-sender.js';

/** The interval between two looks at the connection and the bit rate, ms. */
const INTERVAL = 100;
/** The interval between two looks at a video that stands still, ms. */
const STILL_INTERVAL = 33;
/** Frames in the encoder above which the bit rate is lowered. */
const MOST_QUEUED = 2;

/**
 * Not publishing; connecting for the first time; publishing; connecting again; refused, or without
 * an encoder.
 * @typedef {'idle' | 'connecting' | 'live' | 'reconnecting' | 'failed'} PublisherState
 */

/** Publishes a MediaStream. */
export class Publisher {
  /**
   * @param {string} url of the page `/S/publish`
   * @param {() => void} onChange the state, the reason or the audience has changed
   */
  constructor(url, onChange) {
    const address = new URL(url);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    address.hash = '';
    address.search = '';
    this.url = address.href;
    this.page = url;
    this.onChange = onChange;
    this.clock = new ServerClock();
    /** @type {PublisherState} */
    this.state = 'idle';
    /** Why it connects again, or has failed. */
    this.reason = '';
    /** The server's name for the reason; empty if it has given none. */
    this.code = '';
    this.audience = noAudience();
    this.control = new RateControl(2500);
    this.video = new VideoSender({
      describe: (config) => this.describe(config), onFrame: (frame) => this.sendVideo(frame),
      isCongested: (queued) => this.control.isCongested(queued, performance.now()),
      onFailure: (reason) => this.fail(reason),
    }, 2500);
    this.audio = new AudioSender({
      onFrame: (chunk, presentation) => this.sendAudio(chunk, presentation),
      onFailure: () => this.audio.close(),
    });
    this.inputs = new SourceInputs(
      this.video, this.audio, (time) => this.serverTime(time), () => this.repeat());
    /** @type {PublishSocket | null} */
    this.socket = null;
    /** @type {RecordedUpload | null} in browsers without WebCodecs */
    this.upload = null;
    /** @type {MediaStream | null} */
    this.stream = null;
    /** @type {Record<string, unknown>} */
    this.hello = {};
    this.groups = { last: 0, video: 0, audio: 0 };
    this.numbers = { video: 0, audio: 0 };
    this.retries = new RetryWait();
    this.wasBusy = false;
    this.hasAudio = false;
    this.sentBytes = 0;
    /** Numbers of connections after a loss. */
    this.reconnections = 0;
    this.timer = 0;
    this.stillTimer = 0;
    this.retryTimer = 0;
  }

  /**
   * The server's time, Unix ms, of a time of performance.now().
   * @param {number} time
   */
  serverTime(time) { return performance.timeOrigin + time + this.clock.offset; }

  /**
   * Sets the tracks to publish; the first call determines whether there is audio.
   * @param {MediaStream} stream
   */
  setStream(stream) {
    this.stream = stream;
    if (hasWebCodecs()) this.inputs.set(stream);
  }

  // MARK: The connection

  /**
   * Begins to publish.
   * @param {{ key?: string, token?: string, kbps?: number }} options
   */
  async start({ key = '', token = '', kbps = 2500 } = {}) {
    const problem = publishProblem();
    if (problem) {
      this.fail(problem);
      return;
    }
    if (!hasWebCodecs()) {
      this.record(key, kbps);
      return;
    }
    this.control = new RateControl(kbps);
    this.video.setRate(kbps);
    this.hello = {
      sid: newName(), ...(key === '' ? {} : { key }), ...(token === '' ? {} : { token }),
    };
    this.retries.restart();
    this.wasBusy = false;
    this.hasAudio = this.inputs.audioTrack !== null && await encodesOpus();
    this.code = '';
    this.audience = noAudience();
    this.change('connecting', '');
    this.connect();
    this.timer = window.setInterval(() => this.step(), INTERVAL);
    this.stillTimer = window.setInterval(() => this.repeat(), STILL_INTERVAL);
  }

  /**
   * Publishes without WebCodecs.
   * @param {string} key @param {number} kbps
   */
  record(key, kbps) {
    this.change('connecting', '');
    this.upload = new RecordedUpload(this.page, this.stream?.getTracks() ?? [], key, kbps, {
      onSent: (bytes) => {
        this.sentBytes += bytes;
        if (this.state === 'connecting') {
          this.audience.state = 'live';
          this.change('live', '');
        }
      },
      onFailure: (reason) => this.fail(reason),
    });
  }

  connect() {
    this.groups = { last: 0, video: 0, audio: 0 };
    this.socket = new PublishSocket(this.url, this.hello, this.clock, {
      onWelcome: (welcome) => this.begin(welcome), onMessage: (message) => this.take(message),
      onEnd: (reason, error) => this.lost(reason, error),
    });
  }

  /** @param {Record<string, any>} welcome */
  begin({ segment }) {
    this.retries.connected();
    this.control.restart();
    if (this.state === 'reconnecting') this.reconnections += 1;
    if (this.hasAudio) {
      this.groups.audio = this.nextGroup();
      this.numbers.audio = 0;
      this.socket?.send({
        t: 'track', kind: 'audio', cid: this.groups.audio, codec: 'opus',
        channels: this.audio.channels,
      });
    }
    this.change('live', '');
    this.video.begin(segment > 0 ? segment : 1000);
  }

  nextGroup() { return (this.groups.last += 1); }

  /**
   * Describes the next frames of the video.
   * @param {VideoEncoderConfig} config
   */
  describe({ codec, width, height }) {
    const isFirst = this.groups.video === 0;
    this.groups.video = this.nextGroup();
    this.numbers.video = 0;
    this.control.renumber();
    const [cid, fps] = [this.groups.video, this.video.rate];
    this.socket?.send({ t: 'track', kind: 'video', cid, codec, w: width, h: height, fps });
    if (!isFirst) return;
    this.socket?.send({ t: 'begin' });
    this.audio.isOn = this.hasAudio;
  }

  /** @param {{ t: string } & Record<string, any>} message */
  take(message) {
    const now = performance.now();
    this.repeat();
    if (message.t === 'ack' && message.cid === this.groups.video) {
      const received = message.r - this.clock.offset - performance.timeOrigin;
      this.control.acknowledged(message.n, received, now);
    } else if (message.t === 'key') {
      this.video.requestKey();
    } else if (message.t === 'rate') {
      const kbps = this.control.limit(message.kbps, now);
      if (kbps !== null) this.video.setRate(kbps);
    } else if (message.t === 'audience') {
      this.audience = audienceOf(message);
      this.onChange();
    }
  }

  /** @param {string} reason @param {{ code: string, retry: number | null } | null} error */
  lost(reason, error) {
    this.video.pause();
    this.audio.isOn = false;
    const wasLive = this.state === 'live' || this.state === 'reconnecting';
    const isBusy = error?.code === 'busy' && !wasLive;
    this.code = error?.code ?? '';
    if (error?.retry === null || isBusy && this.wasBusy) {
      this.fail(reason);
      return;
    }
    // The other publisher may be this page before it was reloaded.
    this.wasBusy ||= isBusy;
    const wait = this.retries.next(
      this.state === 'live', performance.now(), error?.retry ?? null);
    this.change(wasLive ? 'reconnecting' : 'connecting', reason);
    this.retryTimer = window.setTimeout(() => this.connect(), wait);
  }

  /**
   * Repeats the last frame of a video that stands still. Timers of a hidden page fire once per
   * second; acknowledgements and audio arrive in time.
   */
  repeat() {
    if (this.state === 'live' && this.inputs.videoTrack?.muted === false) {
      this.video.repeat(this.serverTime(performance.now()));
    }
  }

  /** Looks at the connection and the bit rate. */
  step() {
    if (this.state !== 'live' || this.upload) return;
    const now = performance.now();
    if (this.control.isLost(now)) {
      this.socket?.end('the server acknowledges nothing', null);
      return;
    }
    const kbps = this.control.step(now, this.video.queued > MOST_QUEUED);
    if (kbps !== null) this.video.setRate(kbps);
  }

  // MARK: Frames

  /** @param {import('./video-sender.js').CodedVideo} frame */
  sendVideo({ chunk, captured, presentation }) {
    if (!this.socket?.isOpen || this.groups.video === 0) return;
    const number = this.numbers.video, now = performance.now();
    this.numbers.video += 1;
    this.control.sent(number, now);
    this.send(frameMessage({
      isKey: chunk.type === 'key', group: this.groups.video, number, captured, presentation,
      sent: this.serverTime(now),
    }, chunk));
  }

  /** @param {EncodedAudioChunk} chunk @param {number} presentation Unix µs */
  sendAudio(chunk, presentation) {
    if (!this.socket?.isOpen || this.groups.audio === 0 || this.groups.video === 0) return;
    const number = this.numbers.audio;
    this.numbers.audio += 1;
    this.send(frameMessage({
      isKey: true, group: this.groups.audio, number, captured: presentation, presentation,
      sent: this.serverTime(performance.now()),
    }, chunk));
  }

  /** @param {Uint8Array} message */
  send(message) {
    this.sentBytes += message.byteLength;
    this.socket?.send(message);
  }

  // MARK: The end

  /** Ends publishing; the source stays. */
  stop() {
    this.end();
    this.change('idle', '');
  }

  /** @param {string} reason */
  fail(reason) {
    this.end();
    this.change('failed', reason);
  }

  end() {
    clearInterval(this.timer);
    clearInterval(this.stillTimer);
    clearTimeout(this.retryTimer);
    this.video.pause();
    this.audio.isOn = false;
    this.upload?.stop();
    this.upload = null;
    this.socket?.send({ t: 'bye' });
    this.socket?.close();
    this.socket = null;
  }

  /** Ends everything. */
  close() {
    this.stop();
    this.inputs.close();
    this.video.close();
    this.audio.close();
  }

  /** @param {PublisherState} state @param {string} reason */
  change(state, reason) {
    this.state = state;
    this.reason = reason;
    this.onChange();
  }
}
