// SPDX-License-Identifier: Apache-2.0
// A decoder that is fed by the page, and the frames that wait for it.

import { messageOf, UnsupportedError } from '../../shared/errors.js';
import { AudioTrack } from '../audio/audio-track.js';
import { captionTriplets } from '../captions/caption-data.js';
import { decodeTime } from '../cmaf/chunks.js';
import { avcConfiguration, isEncrypted, nalUnitFormat, rotationOf } from '../cmaf/header.js';
import { sampleDefaults, accessUnitsOf } from '../cmaf/samples.js';
/** @typedef {import('../audio/audio-output.js').AudioOutput} AudioOutput */
/** @typedef {import('../cmaf/samples.js').SampleDefaults} SampleDefaults */
/** @typedef {import('../feed/feed.js').FeedTrack} FeedTrack */
/** @typedef {import('../feed/feed.js').TrackFeed} TrackFeed */
/** @typedef {import('../transport/llws.js').CodedSample} CodedSample */
/** @typedef {import('./canvas-display.js').CanvasDisplay} CanvasDisplay */

/** Frames are decoded at most this time before they are shown, s. */
const LOOK_AHEAD = 0.25;
/** The most frames that wait for the screen, and in the decoder. */
const MOST_DECODED = 8, MOST_PENDING = 4;

/** @typedef {CodedSample & { config: VideoDecoderConfig }} CodedFrame */

/** Why this browser cannot play by WebCodecs; null if it can. */
export function webCodecsProblem() {
  if ('VideoDecoder' in globalThis) return null;
  return globalThis.isSecureContext === false
    ? 'WebCodecs needs a secure context (HTTPS or localhost)' : 'This browser has no WebCodecs';
}

/**
 * The jitter buffer: keeps coded frames, and decodes them shortly before their time. Has the
 * interface of a MediaFeed.
 */
export class DecoderFeed {
  /**
   * @param {CanvasDisplay} display @param {AudioOutput} output
   * @param {(reason: string) => void} onFailure
   * @param {(time: number) => void} onDecoded media time of a frame, s
   */
  constructor(display, output, onFailure, onDecoded) {
    this.display = display;
    this.output = output;
    this.onFailure = onFailure;
    this.onDecoded = onDecoded;
    /** @type {CodedFrame[]} frames that were not decoded, in the order of decoding */
    this.queue = [];
    /** @type {VideoDecoder | null} */
    this.decoder = null;
    /** @type {VideoDecoderConfig | null} of the decoder */
    this.config = null;
    this.needsKey = true;
    this.timescale = 90000;
    /** @type {{ config: VideoDecoderConfig, defaults: SampleDefaults } | null} */
    this.format = null;
    /** @type {TrackFeed | null} */
    this.video = null;
    /** @type {AudioTrack | null} */
    this.audio = null;
    this.headers = '';
    this.isClosed = false;
    this.isStreaming = true;
    /** The end of the newest frame, s; 0 without one. */
    this.newest = 0;
    /** A decoder takes media at once. */
    this.isIdle = true;
    this.onAppended = () => {};
    this.onCaptions = /** @type {import('../captions/chunk-captions.js').OnTriplets} */ (() => {});
    /** @type {import('../cmaf/header.js').UnitFormat | null} */
    this.units = null;
    display.onRefresh = () => this.pump();
  }

  prepare() { /* a decoder needs the CMAF header */ }

  async untilStreaming() { /* a decoder always wants media */ }

  /** @param {FeedTrack[]} tracks video, then audio if there is audio */
  async open(tracks) {
    const [{ type, header, timescale }, audio] = tracks;
    if (isEncrypted(header)) throw new UnsupportedError('WebCodecs cannot play encrypted media');
    this.timescale = timescale;
    const { config } = this.formatOf(type, header);
    if (audio) this.audio ??= new AudioTrack(this.output.buffer, () => this.pumpAudio());
    const [{ supported }] = await Promise.all([
      VideoDecoder.isConfigSupported(config), audio && this.audio?.open(audio)]);
    if (!supported) {
      throw new UnsupportedError(`This browser cannot decode ${config.codec} by WebCodecs`);
    }
    if (this.isClosed) throw new Error('the decoder was closed before it was open');
    this.output.setTrack(this.audio);
    this.video = {
      append: (bytes) => this.append(bytes),
      changeType: (newType, newHeader) => { this.format = this.formatOf(newType, newHeader); },
    };
    this.video.changeType(type, header);
  }

  /** @param {string} type @param {Uint8Array} header */
  formatOf(type, header) {
    const codec = /codecs="([^"]+)"/.exec(type)?.[1], description = avcConfiguration(header);
    if (!codec || !description) throw new UnsupportedError('The video is not H.264 in CMAF');
    const rotation = rotationOf(header);
    // Browsers without the member show the frames unrotated.
    const config = {
      codec, description, optimizeForLatency: true, ...(rotation === 0 ? {} : { rotation }),
    };
    this.units = nalUnitFormat(header);
    return { config, defaults: sampleDefaults(header) };
  }

  /** @param {number} count */
  hasTracks(count) { return count === (this.audio ? 2 : 1); }

  /** The start of the kept media, s; null without any. */
  start() { return this.newest === 0 ? null : this.queue[0]?.time ?? this.newest; }

  /** The end of the newest frame of all tracks that play, s; null without one. */
  end() {
    const { audio, newest, output } = this;
    if (newest === 0 || !audio || audio.newest === 0 || !output.isOn) return newest || null;
    return Math.min(newest, audio.newest - output.lead);
  }

  ranges() {
    const start = this.start() ?? 0, end = this.end();
    return end === null ? null : { length: 1, start: () => start, end: () => end };
  }

  /** The clock of the canvas runs over gaps by itself. */
  gapEnd() { return null; }

  close() {
    this.isClosed = true;
    this.video = null;
    if (this.audio && this.output.track === this.audio) this.output.setTrack(null);
    this.audio?.close();
    this.queue = [];
    this.display.onRefresh = () => {};
    if (this.decoder && this.decoder.state !== 'closed') this.decoder.close();
    this.decoder = null;
  }

  // Frames

  /** @param {Uint8Array} bytes a chunk */
  append(bytes) {
    const { format, timescale } = this;
    if (this.isClosed || !format) return;
    for (const { time, duration, isKey, data } of accessUnitsOf(
      bytes, decodeTime(bytes), format.defaults)) {
      this.push({ time: time / timescale, end: (time + duration) / timescale, isKey, data });
    }
    this.pump();
  }

  /** @param {CodedSample} sample a coded frame */
  appendSample(sample) {
    if (this.isClosed) return;
    this.push(sample);
    this.pump();
  }

  /** @param {CodedSample} sample */
  push({ time, end, isKey, data }) {
    const { format, queue, units } = this;
    if (!format) return;
    const triplets = units ? captionTriplets(data, units) : [];
    if (triplets.length > 0) this.onCaptions(time, triplets);
    if (isKey) {  // a segment may be read again after an error
      while (queue.length > 0 && queue[queue.length - 1].time >= time) queue.pop();
    }
    queue.push({ config: format.config, isKey, time, end, data });
    this.newest = isKey ? end : Math.max(this.newest, end);
  }

  /** Plays the audio that is there. */
  pumpAudio() {
    this.display.receivedEnd = this.end() ?? 0;
    if (!this.isClosed) this.output.pump();
  }

  /** Decodes the frames that will be shown soon. */
  pump() {
    this.pumpAudio();
    const { display, queue } = this, isIdle = document.hidden || display.isPaused;
    this.skip(isIdle || !display.isSet ? Infinity : display.position(), isIdle);
    if (isIdle && display.shown > 0) return;
    while (queue.length > 0 && !this.isClosed) {
      if ((this.decoder?.decodeQueueSize ?? 0) >= MOST_PENDING) return;
      if (display.frames.length >= MOST_DECODED) return;
      if (display.isSet && queue[0].time > display.position() + LOOK_AHEAD) return;
      const [frame] = queue.splice(0, 1);
      try {
        this.decode(frame);
      } catch (error) {
        this.fail(messageOf(error));
      }
    }
  }

  /**
   * Leaves out frames before the newest key frame until `position`: none of them would be shown.
   * @param {number} position s @param {boolean} isIdle whether no frame is missed
   */
  skip(position, isIdle) {
    if (!this.display.isSet) return;
    let first = 0;
    this.queue.forEach(({ isKey, time }, index) => {
      if (isKey && time <= position) first = index;
    });
    if (first === 0) return;
    if (!isIdle && !this.display.isSeeking) this.display.dropped += first;
    this.queue.splice(0, first);
    this.needsKey = true;
  }

  /** @param {CodedFrame} frame */
  decode({ config, isKey, time, end, data }) {
    if (config !== this.config || !this.decoder) this.openDecoder(config);
    if (this.needsKey && !isKey) return;
    this.needsKey = false;
    this.decoder?.decode(new EncodedVideoChunk({
      type: isKey ? 'key' : 'delta', timestamp: Math.round(time * 1e6),
      duration: Math.round((end - time) * 1e6), data,
    }));
  }

  /** @param {VideoDecoderConfig} config */
  openDecoder(config) {
    const before = this.decoder;
    const decoder = new VideoDecoder({
      output: (frame) => {
        if (this.isClosed) {
          frame.close();
          return;
        }
        this.onDecoded(frame.timestamp / 1e6);
        this.display.add(frame);
        this.pump();
      },
      error: (error) => { if (this.decoder === decoder) this.fail(messageOf(error)); },
    });
    this.decoder = decoder;
    this.config = config;
    this.needsKey = true;
    decoder.configure(config);
    if (!before || before.state === 'closed') return;
    // Its last frames are still shown.
    const end = () => { if (before.state !== 'closed') before.close(); };
    before.flush().then(end, end);
  }

  /** @param {string} reason */
  fail(reason) { if (!this.isClosed) this.onFailure(`decoder: ${reason}`); }
}
