// SPDX-License-Identifier: Apache-2.0
// Files that the build writes into the module as texts.

declare const STAGE_STYLE: string;
declare const STAGE_MARKUP: string;
declare const SHEETS_STYLE: string;
declare const PAST_MARKUP: string;

/** Defined in the page of the wall, which has the player in itself. */
declare const IN_WALL: true | undefined;
