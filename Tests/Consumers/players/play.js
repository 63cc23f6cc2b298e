// SPDX-License-Identifier: Apache-2.0
// Players of pages of other origins: play(kind, url, offset, key) with the scripts of the page.
(() => {
  'use strict';
  const said = window.__said = [];
  const say = (...words) => said.push(words.join(' ').slice(0, 300));
  const video = document.querySelector('video');
  video.addEventListener('ended', () => { window.__ended = true; });
  video.addEventListener('error', () => say('video:', video.error?.message));

  /** Encrypted Media Extensions by the page: licences of ClearKey. */
  async function decrypt(url) {
    const access = await navigator.requestMediaKeySystemAccess('org.w3.clearkey', [{
      initDataTypes: ['cenc', 'keyids'],
      videoCapabilities: [{ contentType: 'video/mp4; codecs="avc1.42c01e"',
        encryptionScheme: 'cbcs' }],
    }]);
    const keys = await access.createMediaKeys();
    await video.setMediaKeys(keys);
    video.addEventListener('encrypted', async ({ initDataType, initData }) => {
      const session = keys.createSession();
      session.addEventListener('message', async ({ message }) => {
        const answer = await fetch(url, { method: 'POST', body: message });
        await session.update(await answer.arrayBuffer());
      });
      await session.generateRequest(initDataType, initData).catch((error) => say(error));
    });
  }

  function seek(offset) {
    if (!offset) return;
    video.addEventListener('loadeddata', () => {
      video.currentTime = (video.seekable.length ? video.seekable.start(0) : 0) + offset;
    }, { once: true });
  }

  const players = {
    native: async (url) => { video.src = url; },
    hlsjs: async (url, _, licences) => {
      if (licences) await decrypt(licences);
      const hls = window.__player = new Hls({
        lowLatencyMode: window.__lowLatency, liveSyncOnStallIncrease: 0,
        maxFragLookUpTolerance: 0.005,
        playlistLoadPolicy: { default: {
          maxTimeToFirstByteMs: 10000, maxLoadTimeMs: 20000,
          timeoutRetry: { maxNumRetry: 2, retryDelayMs: 0, maxRetryDelayMs: 0 },
          errorRetry: { maxNumRetry: 60, retryDelayMs: 500, maxRetryDelayMs: 500,
            backoff: 'linear' },
        } },
      });
      hls.on(Hls.Events.ERROR, (_, { fatal, details, error }) => {
        if (fatal) say('fatal', details, error);
      });
      hls.once(Hls.Events.MEDIA_ATTACHED, () => hls.loadSource(url));
      hls.attachMedia(video);
    },
    videojs: async (url) => {
      const options = { overrideNative: true };
      const player = window.__player = videojs(video, {
        html5: { hls: options, vhs: options }, muted: true, autoplay: true });
      player.on('error', () => say(player.error()?.message));
      player.src({ src: url, type: 'application/x-mpegURL' });
    },
    dashjs: async (url, offset, licences) => {
      const player = window.__player = dashjs.MediaPlayer().create();
      player.updateSettings({ streaming: {
        delay: { liveDelay: 0.5 }, liveCatchup: { enabled: true },
        retryAttempts: { MPD: 20, MediaSegment: 10, lowLatencyMultiplyFactor: 10 },
      } });
      if (licences) {
        player.setProtectionData({ 'org.w3.clearkey': { serverURL: licences } });
      }
      player.on('error', ({ error }) => say(error?.message));
      player.initialize(video, url, true);
      if (offset) {
        video.addEventListener('playing', () => {
          player.seekToPresentationTime(player.getDvrWindow().start + offset);
        }, { once: true });
      }
    },
    shaka: async (url, offset, licences, key) => {
      shaka.polyfill.installAll();
      const player = window.__player = new shaka.Player();
      player.addEventListener('error', ({ detail }) => say(`${detail.code} ${detail.data}`));
      if (licences) {
        const kidDigits = '01'.repeat(16);
        player.configure('drm.clearKeys', { [kidDigits]: key });
      }
      await player.attach(video);
      // Before the first picture Shaka still moves to its own start.
      if (offset) {
        video.addEventListener('playing', () => {
          video.currentTime = player.seekRange().start + offset;
        }, { once: true });
      }
      await player.load(url);
    },
  };

  window.play = (kind, url, offset, licences, key) => {
    if (!['dashjs', 'shaka'].includes(kind)) seek(offset);
    players[kind](url, offset, licences, key)
      .then(() => video.play())
      .catch((error) => say(error?.message ?? error, error?.code ?? '', error?.data ?? ''));
  };
})();
