// SPDX-License-Identifier: Apache-2.0
// The element; the types of this module name it in JSX of React.

export * from './live-player.js';
