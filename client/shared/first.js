// SPDX-License-Identifier: Apache-2.0
// The first script of a page, before its body: the chosen scheme is shown without a flash.

import { chosenTheme, showTheme } from './theme.js';

const theme = chosenTheme();
if (theme !== null) showTheme(theme);
