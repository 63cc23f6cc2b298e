// SPDX-License-Identifier: Apache-2.0
// hls.js with the preset, in a page with a video element: `?src=` is the playlist.

import Hls from 'hls.js';
import { playLowLatency } from 'streamer-live-player/hls-preset';

const src = new URLSearchParams(location.search).get('src') ?? 'http://localhost:8080/live.m3u8';
const playback = playLowLatency(Hls, document.querySelector('video'), src);
setInterval(() => {
  const { latency } = playback;
  document.title = latency === null ? '' : `${Math.round(latency * 1000)} ms`;
}, 250);
