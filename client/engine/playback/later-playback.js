// SPDX-License-Identifier: Apache-2.0
// The parts of a playback that few streams need: other players, and tokens of passwords.

export * from '../players/later-players.js';
export { nextTransport } from './next-transport.js';
export { ViewerTokens } from './viewer-tokens.js';
