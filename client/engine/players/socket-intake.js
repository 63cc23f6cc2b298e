// SPDX-License-Identifier: Apache-2.0
// The media messages of a WebSocket on their way into a feed: they wait until it is open.

import { AUDIO, HEADER, SAMPLE, VIDEO } from '../transport/llws.js';
/** @typedef {import('../feed/feed.js').Feed} Feed */
/** @typedef {import('../transport/llws.js').MediaMessage} MediaMessage */
/** @typedef {import('../transport/subscription.js').OpenGroup} OpenGroup */
/** @typedef {import('../transport/subscription.js').Subscription} Subscription */
/** @typedef {import('./feed-owner.js').FeedOwner} FeedOwner */

/**
 * `waiting`: messages that wait until the feed is open; `headers`: its latest headers by track.
 * While a feed opens, `feed` is that one.
 * @typedef {{ waiting: MediaMessage[], headers: Map<string, string> }
 *   & ({ name: 'ready' } | { name: 'opening', feed: Feed })} IntakeState
 */

/**
 * @typedef {object} IntakeEvents
 * @property {(group: OpenGroup, message: MediaMessage) => void} onMedia for an open feed
 * @property {() => void} onOpening a feed opens
 * @property {() => void} onOtherTracks the media that follow have other tracks
 * @property {(body: () => void) => void} guard runs the body, whose errors are the player's
 */

/** @param {OpenGroup} group */
const headerText = ({ mime, header }) => `${mime} ${header?.join() ?? ''}`;

/** Opens the feed when the headers of all tracks were received. */
export class SocketIntake {
  /** @param {FeedOwner} feeds @param {Subscription} subscription @param {IntakeEvents} events */
  constructor(feeds, subscription, events) {
    this.feeds = feeds;
    this.subscription = subscription;
    this.events = events;
    /** @type {IntakeState} */
    this.state = { name: 'ready', waiting: [], headers: new Map() };
  }

  /** Whether the present feed opens. */
  get isOpening() {
    return this.state.name === 'opening' && this.state.feed === this.feeds.current;
  }

  /** The messages that follow belong to another connection or session. */
  forget() { this.state = { ...this.state, waiting: [] }; }

  /** @param {MediaMessage} message */
  take(message) {
    const group = this.subscription.groupOf(message.channel);
    if (!group) return;  // a late chunk of a former group
    if (this.isOpening) this.state.waiting.push(message);
    else if (message.kind === HEADER) {
      group.next = message.sequence;
      group.header = message.media;
      this.takeHeader(group, message.media);
    } else if ([VIDEO, AUDIO, SAMPLE].includes(message.kind)) {
      if (this.feeds.current.video) this.events.onMedia(group, message);
      else this.state.waiting.push(message);
    }
  }

  /** @param {OpenGroup} group @param {Uint8Array} header */
  takeHeader(group, header) {
    const feed = this.feeds.current, open = this.subscription.complete, { headers } = this.state;
    if (open === null) return;
    if (feed.video && feed.hasTracks(open.length)) {
      const queue = group.track === 'v' ? feed.video : feed.audio;
      const isNew = headers.get(group.track) !== headerText(group);
      if (isNew) queue?.changeType(group.mime, header);
      headers.set(group.track, headerText(group));
      return;
    }
    if (feed.video) {
      // The server has begun again with other tracks.
      this.events.onOtherTracks();
      this.feeds.renew();
    }
    void this.open(this.feeds.current, open);
  }

  /** @param {Feed} feed @param {OpenGroup[]} groups */
  async open(feed, groups) {
    const headers = new Map(groups.map((group) => [group.track, headerText(group)]));
    this.state = { name: 'opening', feed, waiting: this.state.waiting, headers };
    this.events.onOpening();
    /** @type {unknown} */
    let failure = null;
    try {
      await feed.open(groups.map(({ mime, timescale, header }) => (
        { type: mime, timescale, header: header ?? new Uint8Array(0) })));
    } catch (error) { failure = error; }
    if (this.feeds.current !== feed || feed.isClosed) return;
    const { waiting } = this.state;
    this.state = { name: 'ready', waiting: [], headers: this.state.headers };
    this.events.guard(() => {
      if (failure) throw failure;
      for (const message of waiting) this.take(message);
    });
  }
}
