// SPDX-License-Identifier: Apache-2.0
// Video.js with hls.js and the preset, in a page with a video element: `?src=` is the playlist.

import Hls from 'hls.js';
import videojs from 'video.js';
import { useLowLatency } from 'streamer-live-player/video-js';

useLowLatency(videojs, Hls);

const src = new URLSearchParams(location.search).get('src') ?? 'http://localhost:8080/live.m3u8';
const player = videojs(document.querySelector('video'));
player.src({ src, type: 'application/x-mpegURL' });
setInterval(() => {
  const latency = player.tech(true).sourceHandler_?.playback.latency ?? null;
  document.title = latency === null ? '' : `${Math.round(latency * 1000)} ms`;
}, 250);
