// SPDX-License-Identifier: Apache-2.0
// The feed of a player: a failed one is replaced.

/** @typedef {import('../feed/feed.js').Feed} Feed */
/** @typedef {import('./output.js').FeedEvents} FeedEvents */
/** @typedef {import('./output.js').Output} Output */

/** Keeps one feed of an output; events of those before it are ignored. */
export class FeedOwner {
  /** @param {Output} output @param {FeedEvents} events */
  constructor(output, events) {
    this.output = output;
    this.events = events;
    /** @type {Feed} */
    this.current = this.create();
  }

  create() {
    const { onAppended, onCaptions, onDecoded, onFailure } = this.events;
    const isCurrent = () => this.current === feed;
    /** @type {Feed} */
    const feed = this.output.newFeed({
      onFailure: (reason) => { if (isCurrent()) onFailure(reason); },
      onAppended: () => { if (isCurrent()) onAppended(); },
      onDecoded: (delays, time) => { if (isCurrent()) onDecoded(delays, time); },
    });
    feed.onCaptions = (time, triplets) => { if (isCurrent()) onCaptions?.(time, triplets); };
    return feed;
  }

  /** Replaces the feed: its media is lost. */
  renew() {
    this.current.close();
    this.current = this.create();
  }

  /** Whether the stream has audio; null while unknown. */
  get hasAudio() { return this.current.video ? this.current.audio !== null : null; }
}
