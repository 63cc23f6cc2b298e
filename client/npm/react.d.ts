// SPDX-License-Identifier: Apache-2.0
// Types of streamer-live-player/react: <live-player> in JSX, with types of React from 18.2.8 on.

import type { LivePlayerProps } from './react-props.js';

export * from './live-player.js';
export type { LivePlayerProps };

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'live-player': LivePlayerProps;
    }
  }
}
