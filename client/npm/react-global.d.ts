// SPDX-License-Identifier: Apache-2.0
// Types of streamer-live-player/react-global: <live-player> in JSX, with types of React before
// 18.2.8, whose namespace of JSX is global.

import type { LivePlayerProps } from './react-props.js';

export * from './live-player.js';
export type { LivePlayerProps };

declare global {
  namespace JSX {
    interface IntrinsicElements {
      'live-player': LivePlayerProps;
    }
  }
}
