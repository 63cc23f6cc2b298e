// SPDX-License-Identifier: Apache-2.0
// The interfaces that a playback offers to its player, and to a WebSocket beside the player.

import { ControlSocket } from '../server/control-socket.js';
import { withNewestToken } from '../transport/playback-tokens.js';
/** @typedef {import('../players/player.js').Host} Host */
/** @typedef {import('./playback.js').Playback} Playback */

/**
 * Calls of a player that another one has replaced are ignored.
 * @param {Playback} playback
 * @param {() => boolean} isCurrent whether the player still plays
 * @returns {Host}
 */
export function hostOf(playback, isCurrent) {
  const {
    captions, clock, events, frames, options, players, queue, services, target, video,
  } = playback;
  const { kind, reason: choice, source } = players.choice;
  return {
    video, clock,
    get source() { return withNewestToken(source); },
    shown: (...frame) => { if (isCurrent()) frames.shown(...frame); },
    refused: (error) => isCurrent() && playback.refused(error),
    status: (...status) => { if (isCurrent()) playback.setStatus(...status); },
    unsupported: (reason, isRefused) => {
      if (!isCurrent()) return;
      if (isRefused) players.tried.leaveSockets(true);
      players.fallBack(reason);
    },
    cannotDecrypt: (reason, isRefused) => {
      if (!isCurrent()) return;
      if (isRefused) players.tried.leaveAll();
      players.fallBack(reason);
    },
    withoutSocket: (reason, isRefused) => {
      if (!isCurrent()) return;
      players.tried.leaveSockets(isRefused);
      players.play(kind, `${choice}; HTTP has the frames (${reason})`);
    },
    notice: (text) => {
      if (!isCurrent()) return;
      events.onMessage('audio', text, 'warn');
      if (text !== null) playback.failed(text, false);
    },
    learnServices: (list) => { if (isCurrent()) services.learn(list); },
    measureClock: () => void services.measureClock(),
    setTargets: (...values) => {
      if (isCurrent() && target.choice.setStream(...values)) target.apply();
    },
    sync: options.sync,
    later: options.later,
    need: () => playback.controller.need,
    setSharedTarget: (shared) => { if (isCurrent()) target.share(shared); },
    untilJoined: async () => playback.controlSocket?.untilJoined,
    addEvent: (event) => { if (event && isCurrent()) queue.add(event); },
    addCaptions: (time, triplets) => { if (isCurrent()) captions.video.add(time, triplets); },
    leaveRendition: (index) => { if (isCurrent()) playback.watch.leave(index); },
    setSource: (presence) => { if (isCurrent()) services.push(presence); },
  };
}

/**
 * A socket without media, for a player that has none of its own.
 * @param {Playback} playback
 */
export function controlSocketOf(playback) {
  const { clock, options: { sync }, queue, services, source, target, watch } = playback;
  return new ControlSocket(source, sync, clock, {
    onOpen: (isOpen) => { services.isPushed = isOpen; },
    need: () => target.controller.need,
    onTarget: (shared) => target.share(shared),
    onEvent: (event) => queue.add(event),
    onSource: (presence) => services.push(presence),
    onMissing: (names) => watch.setMissing(names),
  });
}
