// SPDX-License-Identifier: Apache-2.0
// Types of streamer-live-player/hls-preset. Times are in seconds.

export interface LowLatencyOptions {
  /** The latency to hold; without it PART-HOLD-BACK + 0.05. */
  target?: number;
  /** Settings of hls.js that replace those of the preset. */
  config?: Record<string, unknown>;
}

export interface LowLatencyPlayback {
  /** The instance of hls.js. It recovers from fatal errors by itself. */
  readonly hls: any;
  /** From the time of the shown frame to now, by the server's clock; null while unknown. */
  readonly latency: number | null;
  /** The latency that is held; a change acts at once. */
  target: number;
  /** Ends the control, and destroys the instance. `hls.destroy()` does the same. */
  stop(): void;
}

/**
 * Plays a playlist by hls.js 1.6, and holds the latency by the playback rate and by seeks.
 * @param Hls the class of hls.js
 */
export function playLowLatency(
  Hls: any, video: HTMLVideoElement, url: string, options?: LowLatencyOptions,
): LowLatencyPlayback;
