// SPDX-License-Identifier: Apache-2.0
// Files that the build writes into the module as texts.

declare const STAGE_STYLE: string;
declare module '*/stage.html' { const text: string; export default text; }
