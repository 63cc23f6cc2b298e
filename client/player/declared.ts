// SPDX-License-Identifier: Apache-2.0
// The type checker compares the element with its declaration, live-player.d.ts.

import type { LivePlayer as Declared } from '../live-player';
import type { LivePlayer } from './element.js';

type Own<T> = Omit<T, keyof HTMLElement | 'attributeChangedCallback' | 'connectedCallback'
  | 'disconnectedCallback'>;

/** Each has the members of the other. */
export const toDeclaration = (element: Own<LivePlayer>): Own<Declared> => element;
export const toElement = (element: Own<Declared>): Own<LivePlayer> => element;
