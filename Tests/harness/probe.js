// SPDX-License-Identifier: Apache-2.0
// Reads the burned clock of each frame of the page's <video>, without help from the page.
// Added to every page before its own scripts; results are in window.__lab.
(() => {
  'use strict';
  if (window.__lab) return;
  const lab = window.__lab = {
    opened: performance.timeOrigin, attached: null, samples: [], waits: [], seeks: [], rates: [],
    errors: [], visibility: [], refreshes: [],
  };
  const canvas = document.createElement('canvas');
  canvas.width = 256;
  canvas.height = 16;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const now = () => performance.timeOrigin + performance.now();

  const number = (bits) => bits.reduce((sum, bit) => sum * 2 + bit, 0);

  /** Unix milliseconds in the frame, or null. */
  function readClock(video) {
    const width = video.videoWidth, height = video.videoHeight;
    if (!width) return null;
    pen.drawImage(video, 0, 0, width, height / 9, 0, 0, 256, 16);
    const pixels = pen.getImageData(0, 0, 256, 16).data, means = [];
    for (let cell = 0; cell < 64; cell++) {
      const left = (cell % 32) * 8 + 2, top = (cell >> 5) * 8 + 2;
      let sum = 0;
      for (let y = top; y < top + 4; y++) {
        for (let x = left; x < left + 4; x++) {
          const at = (y * 256 + x) * 4;
          sum += pixels[at] * 0.299 + pixels[at + 1] * 0.587 + pixels[at + 2] * 0.114;
        }
      }
      means.push(sum / 16);
    }
    const white = (means[0] + means[2]) / 2, black = (means[1] + means[3]) / 2;
    if (white - black < 40) return null;
    const bits = means.map((mean) => (mean > (white + black) / 2 ? 1 : 0));
    if (bits.slice(0, 4).join('') !== '1010') return null;
    const time = bits.slice(4, 52);
    return crc12(time) === number(bits.slice(52)) ? number(time) : null;
  }

  function ahead(video) {
    const ranges = video.buffered;
    for (let i = 0; i < ranges.length; i++) {
      if (ranges.start(i) <= video.currentTime + 0.05 && video.currentTime < ranges.end(i)) {
        return ranges.end(i) - video.currentTime;
      }
    }
    return 0;
  }

  function attach(video) {
    lab.attached = now();
    const frame = (_, meta) => {
      let clock = null;
      try {
        clock = readClock(video);
      } catch (error) {
        lab.errors.push(String(error));
      }
      const shown = performance.timeOrigin + meta.expectedDisplayTime;
      lab.samples.push([shown, clock, meta.presentedFrames, meta.mediaTime,
        video.playbackRate, ahead(video)]);
      video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback(frame);
    video.addEventListener('waiting', () => lab.waits.push([now(), null]));
    for (const name of ['playing', 'canplay', 'timeupdate']) {
      video.addEventListener(name, () => {
        const last = lab.waits[lab.waits.length - 1];
        const plays = name === 'playing' || video.readyState >= 3;
        if (last && last[1] === null && plays) last[1] = now();
      });
    }
    video.addEventListener('seeking', () => lab.seeks.push([now(), video.currentTime]));
    video.addEventListener('ratechange', () => lab.rates.push([now(), video.playbackRate]));
    video.addEventListener('error',
      () => lab.errors.push('video: ' + (video.error && video.error.message)));
  }

  let current = null;
  const search = () => {
    const video = document.querySelector('video');
    if (video && video !== current) attach(current = video);
  };
  setInterval(search, 20);
  // A busy machine draws the page less often than frames come.
  const refresh = () => {
    lab.refreshes.push(now());
    requestAnimationFrame(refresh);
  };
  requestAnimationFrame(refresh);
  document.addEventListener('visibilitychange',
    () => lab.visibility.push([now(), document.visibilityState]));

  lab.state = () => ({
    currentTime: current ? current.currentTime : 0,
    paused: current ? current.paused : null,
    readyState: current ? current.readyState : 0,
    width: current ? current.videoWidth : 0,
    height: current ? current.videoHeight : 0,
    hlsLatency: typeof window.hls?.latency === 'number' ? window.hls.latency : null,
    pdtLatency: window.hls?.playingDate ? Date.now() - window.hls.playingDate.getTime() : null,
    text: document.body ? document.body.innerText.slice(0, 2000) : '',
  });
})();
