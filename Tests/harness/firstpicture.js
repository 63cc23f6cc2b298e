// SPDX-License-Identifier: Apache-2.0
// Notes when each step from the start of a <live-player> to its first picture is first reached.
// Added to a page before its own scripts; `__first.mount(attributes)` starts a player.
(() => {
  'use strict';
  if (window.__first) return;
  let started = 0, steps = {};
  const note = (name, at = performance.now()) => {
    if (started > 0 && !(name in steps)) steps[name] = at - started;
  };
  window.__first = {
    get steps() { return steps; },

    /** Puts a player into the document: from here on the time counts. */
    mount(attributes) {
      const player = document.createElement('live-player');
      for (const [name, value] of Object.entries(attributes)) player.setAttribute(name, value);
      steps = {};
      started = performance.now();
      document.body.append(player);
      const video = player.shadowRoot.querySelector('video');
      for (const event of ['loadedmetadata', 'loadeddata', 'seeking', 'seeked', 'playing']) {
        video.addEventListener(event, () => note(event));
      }
      video.requestVideoFrameCallback((_, { expectedDisplayTime }) => {
        note('picture', Math.max(expectedDisplayTime, performance.now()));
      });
      note('connected');
    },

    /** Ends the player. */
    unmount() {
      document.querySelector('live-player').remove();
      started = 0;
    },
  };

  const wrapMethod = (prototype, name, before) => {
    const original = prototype[name];
    prototype[name] = function (...values) {
      before.call(this, ...values);
      return original.apply(this, values);
    };
  };

  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...values) {
      super(...values);
      note('socket asked');
      this.addEventListener('open', () => note('socket open'));
      this.addEventListener('message', ({ data }) => {
        if (typeof data === 'string') note(`"${JSON.parse(data).t}"`);
        else note(new Uint8Array(data)[0] === 0 ? 'header' : 'media');
      });
    }
  };

  const get = window.fetch;
  window.fetch = async (url, ...more) => {
    const path = new URL(url, document.baseURI).pathname;
    const kind = /\.m3u8$/.test(path) ? 'playlist' : /init-/.test(path) ? 'header'
      : /segment/.test(path) ? 'segment' : null;
    const track = /\/audio\//.test(path) ? ' of audio' : '';
    if (kind !== null) note(`${kind}${track} asked`);
    const response = await get(url, ...more);
    if (kind !== null) note(`${kind}${track}`);
    return response;
  };

  wrapMethod(SourceBuffer.prototype, 'appendBuffer', function (bytes) {
    this.addEventListener('updateend', () => note('appended'), { once: true });
    note(bytes.byteLength > 5000 ? 'append of media' : 'append');
  });
  wrapMethod(MediaSource.prototype, 'addSourceBuffer', () => note('source open'));
  wrapMethod(HTMLMediaElement.prototype, 'play', () => note('play'));
  if (window.VideoDecoder) {
    wrapMethod(VideoDecoder.prototype, 'decode', () => note('decode'));
  }
  wrapMethod(CanvasRenderingContext2D.prototype, 'drawImage', function () {
    if (!(this.canvas.getRootNode() instanceof ShadowRoot) || 'drawn' in steps) return;
    note('drawn');
    // A canvas is shown with the refresh after its drawing.
    requestAnimationFrame((at) => note('picture', at));
  });
})();
