// SPDX-License-Identifier: Apache-2.0

import { mediaSourceClass } from '../engine/feed/media-feed.js';
import { LATER, LivePlayer } from './element.js';

export { LivePlayer };

if (globalThis.customElements) {
  // HTTP frames cannot play: the first player is in the other file.
  if (!mediaSourceClass()) LATER.preload();

  if (!customElements.get('live-player')) customElements.define('live-player', LivePlayer);
}
