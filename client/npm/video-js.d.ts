// SPDX-License-Identifier: Apache-2.0
// Types of streamer-live-player/video-js.

import type { LowLatencyOptions } from './hls-preset.js';

/**
 * Lets hls.js play all sources of HLS in players of Video.js 7 and 8 that are made later. The
 * source handler of a player's technology has the `playback` of `hls-preset`.
 * @param videojs the function of Video.js
 * @param Hls the class of hls.js 1.6
 */
export function useLowLatency(videojs: any, Hls: any, options?: LowLatencyOptions): void;
