// SPDX-License-Identifier: Apache-2.0
// Faults that a test switches on in the page: `__fault = { kind, rendition }`. Added before the
// scripts of the page.
//
// gone: the rendition is 404. gap: its segments have no media. truncated: responses end within a
// chunk. silent: they bring no more bytes. stuck: source buffers and decoders of this moment take
// no more media. decoder: the media is damaged, or the decoder fails.
(() => {
  'use strict';
  if (window.__faultsApplied) return;
  window.__fault = null;
  window.__faultsApplied = 0;
  const STYP = new Uint8Array([0, 0, 0, 24, ...new TextEncoder().encode('stypmsdh'), 0, 0, 0, 0,
    ...new TextEncoder().encode('msdhmsix')]);
  const hit = (...kinds) => {
    const isHit = window.__fault !== null && kinds.includes(window.__fault.kind);
    if (isHit) window.__faultsApplied += 1;
    return isHit;
  };
  const isHere = (text) => window.__fault !== null
    && (!window.__fault.rendition || text.includes(`/${window.__fault.rendition}/`));

  // HTTP

  const realFetch = window.fetch.bind(window);
  window.fetch = async (input, options) => {
    const url = String(input?.url ?? input);
    if (isHere(url) && hit('gone')) return new Response('', { status: 404 });
    const isMedia = /segment\d+[^/]*\.m4s/.test(url);
    if (isMedia && isHere(url) && hit('gap')) return new Response(STYP);
    const response = await realFetch(input, options);
    if (!isMedia || !response.body) return response;
    const reader = response.body.getReader();
    const body = new ReadableStream({
      start(controller) {
        options?.signal?.addEventListener('abort', () => {
          try { controller.error(options.signal.reason); } catch { /* it has ended */ }
        });
      },
      async pull(controller) {
        const { done, value } = await reader.read();
        if (!isHere(url)) {
          if (done) controller.close();
          else controller.enqueue(value);
        } else if (hit('silent')) await new Promise(() => {});
        else if (!done && hit('truncated')) {
          controller.enqueue(value.slice(0, Math.ceil(value.length / 2)));
          controller.close();
          void reader.cancel();
        } else if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel() { return reader.cancel(); },
    }, { highWaterMark: 0 });
    const { status, statusText, headers } = response;
    const other = new Response(body, { status, statusText, headers });
    Object.defineProperty(other, 'url', { value: response.url });
    return other;
  };

  // WebSockets: messages of video, by the groups that the server names

  const RealSocket = window.WebSocket;
  if (RealSocket) window.WebSocket = class extends RealSocket {
    set onmessage(body) {
      const groups = new Map();
      super.onmessage = body && ((event) => {
        const { data } = event;
        if (typeof data === 'string') {
          const message = JSON.parse(data);
          if (message.cid !== undefined) groups.set(message.cid, message);
        } else {
          const view = new DataView(data), kind = view.getUint8(0);
          const group = groups.get(view.getUint16(2)) ?? {};
          const isVideo = kind === 1 || kind === 4 && group.track === 'v';
          if (isVideo && isHere(`/${group.rendition}/`)) {
            if (hit('gone', 'gap', 'silent')) return;
            if (hit('truncated')) {
              const half = data.slice(0, 20 + Math.ceil((data.byteLength - 20) / 2));
              body(new MessageEvent('message', { data: half }));
              return;
            }
          }
        }
        body(event);
      });
    }
  };

  // Buffers and decoders

  /** @param {ArrayBufferView | ArrayBuffer} media */
  const damaged = (media) => {
    const bytes = new Uint8Array(media.buffer ?? media).slice();
    for (let i = Math.min(400, bytes.length >> 1); i < bytes.length; i += 1) bytes[i] ^= 0x5a;
    return bytes;
  };
  const once = new WeakSet(), stuck = new WeakSet();
  const { appendBuffer } = SourceBuffer.prototype;
  SourceBuffer.prototype.appendBuffer = function append(bytes) {
    if (!once.has(this)) once.add(this);
    else if (hit('stuck') && !window.__fault.used) {
      window.__fault.used = true;
      stuck.add(this);
    }
    if (stuck.has(this)) {
      Object.defineProperty(this, 'updating', { get: () => true });
      return;
    }
    if (bytes.byteLength > 1500 && window.__fault?.kind === 'decoder' && !window.__fault.used) {
      hit('decoder');
      window.__fault.used = true;
      appendBuffer.call(this, damaged(bytes));
    } else appendBuffer.call(this, bytes);
  };
  if (!window.VideoDecoder) return;
  const { decode } = VideoDecoder.prototype;
  VideoDecoder.prototype.decode = function decodeOrNot(chunk) {
    if (window.__fault?.kind === 'stuck' && !window.__fault.used) {
      hit('stuck');
      window.__fault.used = true;
      stuck.add(this);
    }
    if (stuck.has(this)) return;
    if (window.__fault?.kind === 'decoder' && !window.__fault.used) {
      hit('decoder');
      window.__fault.used = true;
      throw new DOMException('damaged', 'EncodingError');
    }
    decode.call(this, chunk);
  };
})();
