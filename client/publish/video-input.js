// SPDX-License-Identifier: Apache-2.0
// The frames of a video track.

import { CaptureClock } from './capture-clock.js';

/**
 * Gives each frame of a track with its capture time, ms of performance.now(); the receiver closes
 * the frame.
 */
export class VideoInput {
  /**
   * @param {MediaStreamTrack} track
   * @param {(frame: VideoFrame, captured: number) => void} onFrame
   * @param {() => void} onEnd the track has ended by itself
   */
  constructor(track, onFrame, onEnd) {
    this.track = track;
    this.onFrame = onFrame;
    this.onEnd = onEnd;
    this.clock = new CaptureClock();
    this.isClosed = false;
    track.addEventListener('ended', () => this.ended());
    if ('MediaStreamTrackProcessor' in globalThis) void this.read();
    else this.watch();
  }

  async read() {
    /** @type {MediaStreamTrackProcessor<VideoFrame>} */
    const processor = new MediaStreamTrackProcessor({ track: this.track, maxBufferSize: 2 });
    const reader = processor.readable.getReader();
    while (!this.isClosed) {
      const { done, value } = await reader.read();
      if (done) break;
      if (this.isClosed) value.close();
      else this.onFrame(value, this.clock.take(value.timestamp, performance.now()));
    }
    reader.cancel().catch(() => {});
    this.ended();
  }

  ended() { if (!this.isClosed) this.onEnd(); }

  /** Takes the frames that an element shows, in browsers without a processor. */
  watch() {
    const video = document.createElement('video');
    video.muted = true;
    video.playsInline = true;
    video.srcObject = new MediaStream([this.track]);
    video.play().catch(() => {});
    const next = () => video.requestVideoFrameCallback((now, { captureTime, presentationTime }) => {
      if (this.isClosed) {
        video.srcObject = null;
        return;
      }
      const time = captureTime ?? Math.min(now, presentationTime);
      if (video.videoWidth > 0) {
        this.onFrame(new VideoFrame(video, { timestamp: Math.round(time * 1000) }), time);
      }
      next();
    });
    next();
  }

  close() { this.isClosed = true; }
}
