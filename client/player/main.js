// SPDX-License-Identifier: Apache-2.0

import { LivePlayer } from './element.js';

export { LivePlayer };

if (!customElements.get('live-player')) customElements.define('live-player', LivePlayer);
