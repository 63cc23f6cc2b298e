// SPDX-License-Identifier: Apache-2.0
// Files that the build writes into the module as texts.

declare module '*/stage.css' { export const STAGE_STYLE: string; }
declare module '*/page.html' { export const STAGE_MARKUP: string; }
