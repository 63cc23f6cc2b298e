// SPDX-License-Identifier: Apache-2.0
// The attributes of <live-player> in JSX of React.

import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type { LivePlayer, LivePlayerEventMap, Transport } from './live-player.js';

/** React 19 listens for events by these; earlier versions need `addEventListener` of a `ref`. */
type Listeners = {
  [Type in keyof LivePlayerEventMap as `on${Type}`]?: (event: LivePlayerEventMap[Type]) => void;
};

interface Attributes extends HTMLAttributes<LivePlayer>, Listeners {
  /** A stream's folder, playlist or MPD. */
  src?: string;
  /** The requested latency, 0.05–10 s. */
  target?: number | string | null;
  /** The sync group. */
  sync?: string | null;
  transport?: Transport | 'auto';
  /** The instant to play from: a date with its zone or Unix seconds. */
  at?: string | null;
  /** Before React 19, `false` sets this attribute and the next two: use `undefined` there. */
  muted?: boolean;
  controls?: boolean;
  timebar?: boolean;
  /** False if playback begins with `play()` or a click. */
  autoplay?: boolean;
  /** Before React 19, custom elements have no `className`. */
  class?: string;
}

/** The properties of `<live-player>` in JSX. */
export type LivePlayerProps = DetailedHTMLProps<Attributes, LivePlayer>;
