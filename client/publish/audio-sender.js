// SPDX-License-Identifier: Apache-2.0
// The audio of a publisher: Opus.

import { AudioTimeline } from './capture-clock.js';

/** bit/s */
const BIT_RATE = 128000;
/** The most blocks in the encoder. */
const MOST_QUEUED = 20;

/**
 * @typedef {object} AudioEvents
 * @property {(chunk: EncodedAudioChunk, presentation: number) => void} onFrame
 *   `presentation`: Unix µs of the server's clock
 * @property {(reason: string) => void} onFailure
 */

/** Whether this browser encodes Opus. */
export async function encodesOpus() {
  if (!('AudioEncoder' in globalThis)) return false;
  try {
    return (await AudioEncoder.isConfigSupported({
      codec: 'opus', sampleRate: 48000, numberOfChannels: 1, bitrate: BIT_RATE,
    })).supported;
  } catch {
    return false;
  }
}

/** Encodes the blocks of a source. */
export class AudioSender {
  /** @param {AudioEvents} events */
  constructor(events) {
    this.events = events;
    this.timeline = new AudioTimeline();
    /** @type {AudioEncoder | null} */
    this.encoder = null;
    this.format = '';
    this.isOn = false;
    /** The level of the newest block, 0 to 1. */
    this.level = 0;
    this.isMuted = false;
    this.channels = 1;
  }

  /** The source is another one: its timestamps have another base. */
  changeSource() { this.timeline.offset = null; }

  /**
   * Takes a block of the source, and closes it.
   * @param {AudioData} data @param {number} captured Unix ms of the server's clock
   */
  take(data, captured) {
    const samples = new Float32Array(data.numberOfFrames);
    data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
    this.level = this.isMuted ? 0 : Math.sqrt(
      samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    if (this.isOn) {
      this.timeline.follow(data.timestamp, captured, performance.now());
      this.encode(data);
    }
    data.close();
  }

  /** @param {AudioData} data */
  encode(data) {
    const { sampleRate, numberOfFrames, timestamp } = data;
    const format = `${sampleRate} ${this.channels}`;
    if (this.encoder?.state === 'closed') return;
    this.encoder ??= new AudioEncoder({
      output: (chunk) => {
        const presentation = this.timeline.presentation(chunk.timestamp);
        if (this.isOn && presentation !== null) this.events.onFrame(chunk, presentation);
      },
      error: ({ message }) => this.events.onFailure(message),
    });
    if (format !== this.format) {
      this.encoder.configure({
        codec: 'opus', sampleRate, numberOfChannels: this.channels, bitrate: BIT_RATE,
      });
      this.format = format;
    }
    if (this.encoder.encodeQueueSize > MOST_QUEUED) return;
    const planes = new Float32Array(numberOfFrames * this.channels);
    if (!this.isMuted) {
      for (let channel = 0; channel < this.channels; channel += 1) {
        const plane = Math.min(channel, data.numberOfChannels - 1);
        const samples = planes.subarray(channel * numberOfFrames, (channel + 1) * numberOfFrames);
        data.copyTo(samples, { planeIndex: plane, format: 'f32-planar' });
      }
    }
    const block = new AudioData({
      format: 'f32-planar', sampleRate, numberOfFrames, numberOfChannels: this.channels, timestamp,
      data: planes,
    });
    this.encoder.encode(block);
    block.close();
  }

  close() {
    this.isOn = false;
    if (this.encoder && this.encoder.state !== 'closed') this.encoder.close();
  }
}
