// SPDX-License-Identifier: Apache-2.0
// The video of a publisher: frames on the grid, encoded in real time.

import { videoConfigOf } from './codecs.js';
import { FrameGrid, RateMeter } from './frame-grid.js';
import { sendingAfter } from './sending.js';
/** @typedef {import('./codecs.js').VideoFormat} VideoFormat */

/** The largest number of frames in the encoder above which a repeat is left out. */
const MOST_REPEATS_QUEUED = 4;
/** The age of the last frame above which the video counts as still, ms. */
const STILL = 150;
/** The age of the first frame at which the usual rate is assumed, ms, and this rate, frames/s. */
const RATE_UNKNOWN = 1000, USUAL_RATE = 30;

/**
 * A coded frame; times in Unix µs of the server's clock.
 * @typedef {object} CodedVideo
 * @property {EncodedVideoChunk} chunk
 * @property {number} captured
 * @property {number} presentation
 */

/**
 * `describe`: the format of the next frames, which begin with a key frame; `isCongested`: whether
 * frames are left out now.
 * @typedef {object} VideoEvents
 * @property {(config: VideoEncoderConfig) => void} describe
 * @property {(frame: CodedVideo) => void} onFrame
 * @property {(queued: number) => boolean} isCongested
 * @property {(reason: string) => void} onFailure
 */

/**
 * The size of a coded frame: H.264 has even ones.
 * @param {VideoFrame} frame @returns {[number, number]}
 */
function sizeOf({ displayWidth, displayHeight }) { return [displayWidth & ~1, displayHeight & ~1]; }

/** Encodes the frames of a source. */
export class VideoSender {
  /** @param {VideoEvents} events @param {number} kbps */
  constructor(events, kbps) {
    this.events = events;
    this.kbps = kbps;
    this.meter = new RateMeter();
    /** @type {FrameGrid | null} before the first connection */
    this.grid = null;
    this.segment = 1000;
    /** @type {VideoEncoder | null} */
    this.encoder = null;
    /** @type {VideoEncoderConfig | null} of the encoder */
    this.config = null;
    this.isConfiguring = false;
    /** @type {import('./sending.js').Sending} */
    this.sending = 'off';
    /** Whether the viewers see a dark frame; also chosen before frames are sent. */
    this.isPaused = false;
    /** @type {VideoFrame | null} the last frame, for repeats */
    this.last = null;
    /** When the first frame of the source was captured, Unix ms. */
    this.firstAt = Infinity;
    this.isScreen = false;
    /** @type {Map<number, { captured: number, presentation: number }>} by their timestamps */
    this.pending = new Map();
    this.origin = 0;
    /** @type {HTMLCanvasElement | null} the dark frame of a pause */
    this.canvas = null;
    /** Frames that were left out, and repeats of frames. */
    this.dropped = 0;
    this.repeated = 0;
    this.encoded = 0;
  }

  get isOn() { return this.sending !== 'off'; }

  get queued() { return this.encoder?.encodeQueueSize ?? 0; }

  /** The rate of the frames, frames/s. */
  get rate() { return this.grid?.rate ?? this.meter.rate; }

  /**
   * Frames are sent from now on, the first one a key frame with its description.
   * @param {number} segment the distance of key frames, ms
   */
  begin(segment) {
    // After a short gap the segments keep their places.
    if (segment !== this.segment) this.grid = null;
    this.segment = segment;
    this.sending = sendingAfter(this.sending, 'begin');
    this.pending.clear();  // frames in the encoder belong to the connection before
    if (this.config) this.events.describe(this.config);
  }

  /** No frames are sent until `begin`. */
  pause() { this.sending = sendingAfter(this.sending, 'end'); }

  /**
   * The source is another one, or none.
   * @param {boolean} isScreen whether it has a frame for each change, so at any rate
   */
  changeSource(isScreen) {
    this.isScreen = isScreen;
    this.meter = new RateMeter();
    this.firstAt = Infinity;
    this.keep(null);
  }

  /**
   * Keeps a frame for repeats, and closes the one before.
   * @param {VideoFrame | null} frame
   */
  keep(frame) {
    this.last?.close();
    this.last = frame;
  }

  /** The next frame must be a key frame. */
  requestKey() { this.sending = sendingAfter(this.sending, 'key'); }

  /**
   * Takes a frame of the source, and closes it.
   * @param {VideoFrame} frame @param {number} captured Unix ms of the server's clock
   */
  take(frame, captured) {
    this.meter.add(captured);
    this.firstAt = Math.min(this.firstAt, captured);
    const grid = this.isOn && this.gridAt(captured), place = grid && this.prepare(frame)
      ? grid.place(captured) : null;
    if (!grid || !place) {
      this.keep(frame);  // a screen that does not change may have no other one
      return;
    }
    const isCongested = this.events.isCongested(this.queued);
    for (const slot of place.repeats) this.fill(slot, captured, isCongested);
    if (isCongested && !grid.isKey(place.slot)) {
      this.dropped += 1;
      grid.leaveOut(place.slot);
      this.keep(frame);
      return;
    }
    this.encode(frame, place.slot, captured);
    this.keep(frame);
  }

  /**
   * The grid; null while the rate of the source is unknown.
   * @param {number} now Unix ms of the server's clock
   */
  gridAt(now) {
    const { isKnown, rate } = this.meter, isUsual = this.isScreen || !isKnown;
    if (!this.grid && (this.isScreen || isKnown || now - this.firstAt > RATE_UNKNOWN)) {
      this.grid = new FrameGrid(isUsual ? USUAL_RATE : rate, this.segment);
    }
    return this.grid;
  }

  /**
   * Repeats the last frame while the source gives none, as a screen that does not change. Places
   * of the last moments stay empty for frames that are on their way.
   * @param {number} now Unix ms of the server's clock
   */
  repeat(now) {
    const { last } = this, still = now - STILL, grid = last && this.isOn ? this.gridAt(now) : null;
    const place = last && this.prepare(last) ? grid?.place(still) : null;
    if (!place) return;
    const isCongested = this.events.isCongested(this.queued);
    for (const slot of [...place.repeats, place.slot]) this.fill(slot, still, isCongested);
  }

  /**
   * Repeats the last frame at an empty place.
   * @param {number} slot @param {number} captured @param {boolean} isCongested
   */
  fill(slot, captured, isCongested) {
    const { grid, last } = this;
    if (!grid) return;
    const mayWait = isCongested || this.queued > MOST_REPEATS_QUEUED;
    if (!last || mayWait && !grid.isKey(slot)) {
      grid.leaveOut(slot);
      return;
    }
    this.repeated += 1;
    this.encode(last, slot, Math.min(captured, grid.presentation(slot) / 1000));
  }

  /** @param {VideoFrame} frame @param {number} slot @param {number} captured Unix ms */
  encode(frame, slot, captured) {
    const { encoder, grid } = this;
    if (!encoder || encoder.state !== 'configured' || !grid) return;
    const isKey = this.sending === 'key' || grid.isKey(slot);
    const presentation = grid.presentation(slot);
    if (this.origin === 0) this.origin = presentation;
    const timestamp = presentation - this.origin;
    this.pending.set(timestamp, { captured: captured * 1000, presentation });
    const copy = new VideoFrame(this.isPaused ? this.dark(frame) : frame, { timestamp });
    encoder.encode(copy, { keyFrame: isKey });
    copy.close();
    this.sending = sendingAfter(this.sending, 'encode');
    grid.take(slot, isKey);
    this.encoded += 1;
  }

  /**
   * A dark frame of the size of another one.
   * @param {VideoFrame} frame
   */
  dark({ displayWidth, displayHeight }) {
    this.canvas ??= document.createElement('canvas');
    if (this.canvas.width !== displayWidth || this.canvas.height !== displayHeight) {
      this.canvas.width = displayWidth;
      this.canvas.height = displayHeight;
      this.canvas.getContext('2d')?.fillRect(0, 0, displayWidth, displayHeight);
    }
    return this.canvas;
  }

  /**
   * Configures the encoder for the size of a frame.
   * @param {VideoFrame} frame
   * @returns {boolean} whether the frame can be encoded
   */
  prepare(frame) {
    if (this.fits(frame)) return true;
    if (!this.isConfiguring) {
      this.isConfiguring = true;
      const [width, height] = sizeOf(frame);
      this.configure({ width, height, rate: this.rate, kbps: this.kbps })
        .catch((error) => this.events.onFailure(String(error?.message ?? error)))
        .finally(() => { this.isConfiguring = false; });
    }
    return false;
  }

  /** @param {VideoFrame} frame @returns {boolean} whether the encoder has the size of a frame */
  fits(frame) {
    const [width, height] = sizeOf(frame);
    return this.config?.width === width && this.config.height === height;
  }

  /** @param {VideoFormat} format */
  async configure(format) {
    const config = await videoConfigOf(format);
    if (this.encoder && this.encoder.state === 'configured') await this.encoder.flush();
    this.encoder ??= this.newEncoder();
    this.encoder.configure(config);
    this.config = config;
    this.requestKey();
    this.grid?.breakOff();
    if (this.last && !this.fits(this.last)) this.keep(null);
    if (this.isOn) this.events.describe(config);
  }

  newEncoder() {
    return new VideoEncoder({
      output: (chunk) => {
        const times = this.pending.get(chunk.timestamp);
        this.pending.delete(chunk.timestamp);
        if (times && this.isOn) this.events.onFrame({ chunk, ...times });
      },
      error: ({ message }) => {
        // It is closed: the next frame that is sent gets another one.
        this.encoder = null;
        this.config = null;
        this.events.onFailure(message);
      },
    });
  }

  /**
   * Changes the bit rate.
   * @param {number} kbps
   */
  setRate(kbps) {
    this.kbps = kbps;
    if (!this.config || this.encoder?.state !== 'configured') return;
    this.config = { ...this.config, bitrate: Math.round(kbps * 1000) };
    this.encoder.configure(this.config);
  }

  close() {
    this.pause();
    this.keep(null);
    if (this.encoder && this.encoder.state !== 'closed') this.encoder.close();
  }
}
