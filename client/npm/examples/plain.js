// SPDX-License-Identifier: Apache-2.0
// The element in a page without a framework, for a bundler: `?src=` is the stream. `plain.html`
// needs no bundler.

import 'streamer-live-player';

const player = document.createElement('live-player');
player.src = new URLSearchParams(location.search).get('src') ?? 'http://localhost:8080/live/';
player.muted = true;
player.controls = true;
player.addEventListener('latency', ({ detail }) => {
  document.title = `${Math.round(detail.latency * 1000)} ms`;
});
document.body.append(player);
