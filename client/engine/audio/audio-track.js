// SPDX-License-Identifier: Apache-2.0
// The audio of a stream by WebCodecs: AAC frames that wait for their decoder.

import { messageOf } from '../../shared/errors.js';
import { decodeTime } from '../cmaf/chunks.js';
import { aacConfiguration } from '../cmaf/header.js';
import { accessUnitsOf, sampleDefaults } from '../cmaf/samples.js';
/** @typedef {import('../cmaf/samples.js').SampleDefaults} SampleDefaults */
/** @typedef {import('../feed/feed.js').FeedTrack} FeedTrack */
/** @typedef {import('./pcm-buffer.js').PCMBuffer} PCMBuffer */

/** Frames are decoded at most this time before they are played, s. */
const DECODE_AHEAD = 0.5;
/** Decoding starts this time before the position: each frame overlaps the one before it, s. */
const PREROLL = 0.06;
/** The most AAC frames that wait, half a minute, and in the decoder. */
const MOST_WAITING = 1500, MOST_DECODING = 24;
/** Frames that are older than the newest one by more than this begin another timeline, s. */
const RESTART = 10;
/** After this number of failures without a decoded frame between them audio is off. */
const MOST_AUDIO_FAILURES = 3;

/**
 * An AAC frame: times in seconds of media time.
 * @typedef {{ config: AudioDecoderConfig, time: number, end: number, data: Uint8Array }} AACFrame
 */

/** Keeps AAC frames, and decodes them into a PCMBuffer while audio is on. */
export class AudioTrack {
  /** @param {PCMBuffer} buffer @param {() => void} onDecoded */
  constructor(buffer, onDecoded) {
    this.buffer = buffer;
    this.onDecoded = onDecoded;
    /** @type {AACFrame[]} by time */
    this.queue = [];
    this.timescale = 48000;
    /** @type {{ config: AudioDecoderConfig, defaults: SampleDefaults } | null} */
    this.format = null;
    /** @type {AudioDecoder | null} */
    this.decoder = null;
    /** @type {AudioDecoderConfig | null} of the decoder */
    this.config = null;
    /** The end of the frame that was decoded last, s. */
    this.decodedEnd = -Infinity;
    /** Decoded samples before this time lack a part of their signal, µs. */
    this.completeFrom = -Infinity;
    /** The end of the newest frame, s; 0 without one. */
    this.newest = 0;
    /** @type {string | null} why audio is off */
    this.problem = null;
    this.failures = 0;
    this.isClosed = false;
  }

  /** @param {FeedTrack} track */
  async open({ type, header, timescale }) {
    this.changeType(type, header, timescale);
    const { config } = this.format ?? {};
    if (!config || this.problem !== null) return;
    try {
      const { supported } = await AudioDecoder.isConfigSupported(config);
      if (!supported) this.problem = `this browser cannot decode ${config.codec}`;
    } catch (error) {
      this.problem = messageOf(error);
    }
  }

  /**
   * @param {string} type @param {Uint8Array} header of the chunks that follow
   * @param {number} [timescale] of their times
   */
  changeType(type, header, timescale = this.timescale) {
    this.timescale = timescale;
    this.problem = null;
    this.failures = 0;
    const codec = /codecs="([^"]+)"/.exec(type)?.[1], found = aacConfiguration(header);
    if (!('AudioDecoder' in globalThis)) this.problem = 'this browser has no AudioDecoder';
    else if (!codec || !found) this.problem = 'the audio is not AAC';
    if (!codec || !found) {
      this.format = null;
      return;
    }
    const { sampleRate, channels: numberOfChannels, bytes: description } = found;
    const config = { codec, description, sampleRate, numberOfChannels };
    this.format = { config, defaults: sampleDefaults(header) };
  }

  close() {
    this.isClosed = true;
    this.queue = [];
    this.closeDecoder();
  }

  /** @param {Uint8Array} bytes a chunk */
  append(bytes) {
    const { format, timescale } = this;
    if (!format) return;
    for (const { time, duration, data } of accessUnitsOf(
      bytes, decodeTime(bytes), format.defaults)) {
      this.appendSample({ time: time / timescale, end: (time + duration) / timescale, data });
    }
  }

  /** @param {{ time: number, end: number, data: Uint8Array }} sample an AAC frame */
  appendSample({ time, end, data }) {
    const { format, queue } = this;
    if (this.isClosed || !format) return;
    if (time < this.newest - RESTART) {
      queue.length = 0;
      this.newest = 0;
    }
    // A segment may be read again after an error; times of frames have a resolution of 1 µs.
    if (end <= this.newest + 2e-6) return;
    queue.push({ config: format.config, time, end, data });
    this.newest = end;
    queue.splice(0, queue.length - MOST_WAITING);
    this.onDecoded();
  }

  /**
   * While audio is off: leaves out frames before `position`.
   * @param {number} position s
   */
  rest(position) {
    this.closeDecoder();
    this.leaveOut(position);
  }

  /** @param {number} position s */
  leaveOut(position) {
    const first = this.queue.findIndex(({ end }) => end > position - PREROLL);
    this.queue.splice(0, first < 0 ? this.queue.length : first);
  }

  /**
   * Decodes the frames that will be played soon.
   * @param {number} position s
   */
  decode(position) {
    const { queue } = this;
    this.leaveOut(position);
    while (queue.length > 0 && this.problem === null && !this.isClosed) {
      if ((this.decoder?.decodeQueueSize ?? 0) >= MOST_DECODING) return;
      if (queue[0].time > position + DECODE_AHEAD) return;
      const [{ config, time, end, data }] = queue.splice(0, 1);
      try {
        if (config !== this.config || !this.decoder) this.openDecoder(config);
        if (Math.abs(time - this.decodedEnd) > 0.001) this.completeFrom = Math.floor(end * 1e6) - 1;
        this.decodedEnd = end;
        this.decoder?.decode(new EncodedAudioChunk({
          type: 'key', timestamp: Math.round(time * 1e6),
          duration: Math.round((end - time) * 1e6), data,
        }));
      } catch (error) {
        this.fail(messageOf(error));
      }
    }
  }

  /** @param {AudioDecoderConfig} config */
  openDecoder(config) {
    this.closeDecoder();
    const decoder = new AudioDecoder({
      output: (data) => {
        if (this.decoder === decoder && data.timestamp >= this.completeFrom) this.take(data);
        data.close();
      },
      error: (error) => { if (this.decoder === decoder) this.fail(messageOf(error)); },
    });
    this.decoder = decoder;
    this.config = config;
    decoder.configure(config);
  }

  closeDecoder() {
    const { decoder } = this;
    this.decoder = null;
    this.decodedEnd = -Infinity;
    if (decoder && decoder.state !== 'closed') decoder.close();
  }

  /** @param {AudioData} data */
  take(data) {
    const { numberOfFrames, numberOfChannels, sampleRate, timestamp } = data;
    this.failures = 0;
    const channels = Array.from({ length: numberOfChannels }, (_, planeIndex) => {
      const samples = new Float32Array(numberOfFrames);
      data.copyTo(samples, { planeIndex, format: 'f32-planar' });
      return samples;
    });
    this.buffer.add({ time: timestamp / 1e6, sampleRate, channels });
    this.onDecoded();
  }

  /** @param {string} reason */
  fail(reason) {
    this.closeDecoder();
    this.failures += 1;
    if (this.failures >= MOST_AUDIO_FAILURES) this.problem = `decoder: ${reason}`;
  }
}
