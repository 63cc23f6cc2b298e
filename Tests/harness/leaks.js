// SPDX-License-Identifier: Apache-2.0
// Counts what scripts begin and must end; in window.__open. Added before the scripts of the page.
(() => {
  'use strict';
  const open = window.__open = {
    timers: new Set(), frames: new Set(), sockets: new Set(), urls: new Set(), listeners: 0,
  };
  const watch = (begin, end, set, isOnce) => {
    const start = window[begin], stop = window[end];
    window[begin] = (body, ...rest) => {
      const id = start((...values) => {
        if (isOnce) set.delete(id);
        return body(...values);
      }, ...rest);
      set.add(id);
      return id;
    };
    window[end] = (id) => {
      set.delete(id);
      stop(id);
    };
  };
  watch('setTimeout', 'clearTimeout', open.timers, true);
  watch('setInterval', 'clearInterval', open.timers, false);
  watch('requestAnimationFrame', 'cancelAnimationFrame', open.frames, true);

  const { createObjectURL, revokeObjectURL } = URL;
  URL.createObjectURL = (object) => {
    const url = createObjectURL.call(URL, object);
    open.urls.add(url);
    return url;
  };
  URL.revokeObjectURL = (url) => {
    open.urls.delete(url);
    revokeObjectURL.call(URL, url);
  };

  window.WebSocket = class extends WebSocket {
    constructor(...words) {
      super(...words);
      open.sockets.add(this);
    }

    close(...words) {
      open.sockets.delete(this);
      super.close(...words);
    }
  };

  for (const target of [window, document]) {
    const { addEventListener, removeEventListener } = target, known = new Map();
    const forget = (key) => { if (known.delete(key)) open.listeners -= 1; };
    const ids = new WeakMap();
    let count = 0;
    const keyOf = (type, body) => {
      if (!ids.has(body)) ids.set(body, count += 1);
      return `${type} ${ids.get(body)}`;
    };
    target.addEventListener = (type, body, options) => {
      const key = keyOf(type, body);
      if (!known.has(key)) {
        known.set(key, true);
        open.listeners += 1;
        options?.signal?.addEventListener('abort', () => forget(key), { once: true });
      }
      addEventListener.call(target, type, body, options);
    };
    target.removeEventListener = (type, body, options) => {
      if (body) forget(keyOf(type, body));
      removeEventListener.call(target, type, body, options);
    };
  }
  window.__counts = () => Object.fromEntries(
    Object.entries(open).map(([name, found]) => [name, found.size ?? found]));
})();
