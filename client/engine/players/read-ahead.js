// SPDX-License-Identifier: Apache-2.0
// Requests of hls.js for parts, one ahead of the other.

/**
 * The context that hls.js gives to a loader.
 * @typedef {{ url: string, frag: any, part?: any }} Context
 * @typedef {Record<string, ((...values: any[]) => void) | undefined>} Callbacks
 */

/** A request before hls.js asks for it. */
class EarlyRequest {
  /**
   * @param {any} loader of hls.js
   * @param {Context} context @param {any} policy
   */
  constructor(loader, context, policy) {
    this.loader = loader;
    this.url = context.url;
    /** @type {[string, any[]] | null} */
    this.outcome = null;
    /** @type {((name: string, values: any[]) => void) | null} */
    this.receive = null;
    const end = (/** @type {string} */ name) => (/** @type {any[]} */ ...values) => {
      this.outcome ??= [name, values];
      this.receive?.(...this.outcome);
      this.receive = null;
    };
    loader.load(context, policy, {
      onSuccess: end('onSuccess'), onError: end('onError'), onTimeout: end('onTimeout'),
      onAbort: end('onAbort'),
    });
  }

  /** @param {(name: string, values: any[]) => void} receive called once, with the outcome */
  whenEnded(receive) {
    if (this.outcome) receive(...this.outcome);
    else this.receive = receive;
  }
}

/**
 * A loader for hls.js that requests, together with a part of the video, the next part that the
 * playlist lists.
 *
 * hls.js requests one part after another, so that each takes a round trip: on a line with less than
 * twice the rate of the stream it loads slower than it plays, and stays late after a loss. At the
 * live edge no next part is listed, and nothing is requested early.
 * @param {any} Loader the loader of hls.js
 * @param {(context: Context) => any} nextPart the part after that of `context`; null for none
 */
export function readingAhead(Loader, nextPart) {
  /** @type {EarlyRequest | null} */
  let early = null;
  /** When the last part was complete: until then the line was not free for the next one. */
  let freeAt = 0;
  const drop = () => {
    early?.loader.destroy();
    early = null;
  };

  return class {
    /** @param {any} config of hls.js */
    constructor(config) {
      this.config = config;
      this.loader = new Loader(config);
      this.stats = this.loader.stats;
      /** @type {Context | null} */
      this.context = null;
      this.isLoading = false;
    }

    /** @param {Context} context @param {any} policy @param {Callbacks} callbacks */
    load(context, policy, callbacks) {
      this.context = context;
      if (context.frag?.type !== 'main') {
        this.loader.load(context, policy, callbacks);
        return;
      }
      this.isLoading = true;
      const found = context.part && early?.url === context.url ? early : null;
      if (found) early = null;
      else drop();
      if (found) this.take(found, policy, callbacks);
      else this.begin(policy, callbacks);
      const part = context.part ? nextPart(context) : null;
      if (!part || early) return;
      const next = { ...context, frag: part.fragment, part, url: part.url };
      early = new EarlyRequest(new Loader(this.config), next, policy);
    }

    /** @param {any} policy @param {Callbacks} callbacks */
    begin(policy, callbacks) {
      const end = (/** @type {string} */ name) => (/** @type {any[]} */ ...values) => (
        this.ended(callbacks, name, values));
      this.loader.load(this.context, policy, {
        ...callbacks, onSuccess: end('onSuccess'), onError: end('onError'),
        onTimeout: end('onTimeout'), onAbort: end('onAbort'),
      });
    }

    /**
     * Waits for a request that was sent early; if it fails, the part is requested again.
     * @param {EarlyRequest} request @param {any} policy @param {Callbacks} callbacks
     */
    take(request, policy, callbacks) {
      this.replaceLoader(request.loader);
      request.whenEnded((name, values) => {
        if (name !== 'onSuccess' && this.isLoading) {
          this.replaceLoader(new Loader(this.config));
          this.begin(policy, callbacks);
        } else this.ended(callbacks, name, values);
      });
    }

    /** @param {any} loader continues; hls.js reads the progress from `stats` */
    replaceLoader(loader) {
      this.loader.destroy();
      Object.assign(this.stats, loader.stats);
      loader.stats = this.stats;
      this.loader = loader;
    }

    /** @param {Callbacks} callbacks @param {string} name @param {any[]} values */
    ended(callbacks, name, values) {
      this.isLoading = false;
      const { loading } = this.stats;
      if (name === 'onSuccess') {
        if (loading.end > freeAt) loading.start = Math.max(loading.start, freeAt);
        loading.first = Math.max(loading.first, loading.start);
        freeAt = loading.end;
      }
      // The bytes of a request that was sent early belong to the context of hls.js.
      const own = (/** @type {any} */ value) => (
        value?.frag && value.url === this.context?.url ? this.context : value);
      callbacks[name]?.(...values.map(own));
    }

    abort() {
      drop();
      this.loader.abort();
    }

    destroy() {
      if (this.isLoading) drop();
      this.isLoading = false;
      this.loader.destroy();
    }

    getCacheAge() { return this.loader.getCacheAge?.() ?? null; }

    /** @param {string} name */
    getResponseHeader(name) { return this.loader.getResponseHeader?.(name) ?? null; }
  };
}

/**
 * The part after another one in a list of parts; null if none can be requested by itself.
 * @param {any[] | null | undefined} parts
 * @param {Context} context
 */
export function partAfter(parts, { frag, part }) {
  const index = parts?.findIndex((one) => (
    one.fragment.sn === frag.sn && one.index === part.index)) ?? -1;
  const next = index < 0 ? null : parts?.[index + 1];
  return next && !next.gap && next.byteRangeEndOffset === undefined ? next : null;
}
