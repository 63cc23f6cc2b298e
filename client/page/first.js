// SPDX-License-Identifier: Apache-2.0
// The first script of the page, before its body: the chosen scheme is shown without a flash.

import { chosenTheme } from '../shared/theme.js';

const theme = chosenTheme();
if (theme !== null) document.documentElement.dataset.theme = theme;
