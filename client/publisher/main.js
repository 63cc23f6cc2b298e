// SPDX-License-Identifier: Apache-2.0

import { LivePublisher } from './element.js';

export { LivePublisher };

if (!customElements.get('live-publisher')) customElements.define('live-publisher', LivePublisher);
