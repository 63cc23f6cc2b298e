// SPDX-License-Identifier: Apache-2.0
// A replacement for dash.js, which no package registry has: the part of its interface that the page
// uses, without a player.
(() => {
  'use strict';
  const made = [];
  const events = { ERROR: 'error', PLAYBACK_PLAYING: 'playbackPlaying' };
  function MediaPlayer() {
    return {
      create() {
        const player = {
          calls: [], settings: {}, handlers: {},
          updateSettings(settings) {
            this.calls.push(['updateSettings', settings]);
            this.settings = { ...this.settings, ...settings };
          },
          on(event, body) { (this.handlers[event] ??= []).push(body); },
          initialize(video, url, autoPlay) {
            this.calls.push(['initialize', video.tagName, url, autoPlay]);
            setTimeout(() => this.fire(events.PLAYBACK_PLAYING, {}), 50);
          },
          getCurrentLiveLatency() { return this.calls.length ? 0.512 : NaN; },
          reset() { this.calls.push(['reset']); },
          fire(event, data) { for (const body of this.handlers[event] ?? []) body(data); },
        };
        made.push(player);
        return player;
      },
    };
  }
  MediaPlayer.events = events;
  window.dashjs = { MediaPlayer, made };
})();
