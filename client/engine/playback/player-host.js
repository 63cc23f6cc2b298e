// SPDX-License-Identifier: Apache-2.0
// The interface that a playback offers to its player.

/** @typedef {import('../players/player.js').Host} Host */
/** @typedef {import('./playback.js').Playback} Playback */

/**
 * Calls of a player that another one has replaced are ignored.
 * @param {Playback} playback
 * @param {() => boolean} isCurrent whether the player still plays
 * @returns {Host}
 */
export function hostOf(playback, isCurrent) {
  const { captions, clock, events, frames, options, queue, services, targets, video } = playback;
  const { kind, reason: choice, source } = playback.phase.choice;
  return {
    video, clock, source,
    shown: (...frame) => { if (isCurrent()) frames.shown(...frame); },
    status: (...status) => { if (isCurrent()) playback.setStatus(...status); },
    unsupported: (reason, isRefused) => {
      if (!isCurrent()) return;
      if (isRefused) playback.tried.leaveSockets(true);
      playback.fallBack(reason);
    },
    cannotDecrypt: (reason, isRefused) => {
      if (!isCurrent()) return;
      if (isRefused) playback.tried.leaveAll();
      playback.fallBack(reason);
    },
    withoutSocket: (reason, isRefused) => {
      if (!isCurrent()) return;
      playback.tried.leaveSockets(isRefused);
      playback.play(kind, `${choice}; HTTP has the frames (${reason})`);
    },
    notice: (text) => {
      if (!isCurrent()) return;
      events.onMessage('sound', text, 'warn');
      if (text !== null) playback.failed(text, false);
    },
    learnServices: (list) => { if (isCurrent()) services.learn(list); },
    measureClock: () => void services.measureClock(),
    setTargets: (...values) => {
      if (isCurrent() && targets.setStream(...values)) playback.applyTarget();
    },
    sync: options.sync,
    later: options.later,
    need: () => playback.controller.need,
    setSharedTarget: (target) => { if (isCurrent()) playback.share(target); },
    untilJoined: async () => playback.controlSocket?.untilJoined,
    addEvent: (event) => { if (event && isCurrent()) queue.add(event); },
    addCaptions: (time, triplets) => { if (isCurrent()) captions.video.add(time, triplets); },
    leaveRendition: (index) => { if (isCurrent()) playback.watch.leave(index); },
    setSource: (presence) => { if (isCurrent()) services.push(presence); },
  };
}
