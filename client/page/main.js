// SPDX-License-Identifier: Apache-2.0

import { View } from './view.js';

new View();
