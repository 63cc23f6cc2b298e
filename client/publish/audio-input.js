// SPDX-License-Identifier: Apache-2.0
// The samples of an audio track.

import { CaptureClock } from './capture-clock.js';

/** Samples per block of browsers without a processor. */
const BLOCK = 1024;

/** Gives each block of a track with its capture time, ms of performance.now(). */
export class AudioInput {
  /**
   * @param {MediaStreamTrack} track
   * @param {(data: AudioData, captured: number) => void} onData the receiver closes the data
   */
  constructor(track, onData) {
    this.track = track;
    this.onData = onData;
    this.clock = new CaptureClock();
    this.isClosed = false;
    /** @type {AudioContext | null} */
    this.context = null;
    if ('MediaStreamTrackProcessor' in globalThis) void this.read();
    else this.record();
  }

  async read() {
    /** @type {MediaStreamTrackProcessor<AudioData>} */
    const processor = new MediaStreamTrackProcessor({ track: this.track });
    const reader = processor.readable.getReader();
    while (!this.isClosed) {
      const { done, value } = await reader.read();
      if (done) break;
      if (this.isClosed) value.close();
      else this.give(value);
    }
    reader.cancel().catch(() => {});
  }

  /** Takes the blocks of an audio graph, in browsers without a processor. */
  record() {
    const context = new AudioContext({ sampleRate: 48000 });
    this.context = context;
    const source = context.createMediaStreamSource(new MediaStream([this.track]));
    const node = context.createScriptProcessor(BLOCK, 1, 1);
    let samples = 0;
    node.onaudioprocess = ({ inputBuffer }) => {
      if (this.isClosed) return;
      this.give(new AudioData({
        format: 'f32-planar', sampleRate: context.sampleRate, numberOfFrames: BLOCK,
        numberOfChannels: 1, timestamp: Math.round(samples * 1e6 / context.sampleRate),
        data: inputBuffer.getChannelData(0),
      }));
      samples += BLOCK;
    };
    source.connect(node);
    node.connect(context.destination);
  }

  /** @param {AudioData} data */
  give(data) {
    const now = performance.now(), length = 1000 * data.numberOfFrames / data.sampleRate;
    // A block arrives after its last sample.
    this.onData(data, this.clock.take(data.timestamp, now - length));
  }

  close() {
    this.isClosed = true;
    void this.context?.close();
  }
}
