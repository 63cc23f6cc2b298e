// SPDX-License-Identifier: Apache-2.0
// The tracks of a MediaStream as inputs of the senders.

import { AudioInput } from './audio-input.js';
import { VideoInput } from './video-input.js';
/** @typedef {import('./audio-sender.js').AudioSender} AudioSender */
/** @typedef {import('./video-sender.js').VideoSender} VideoSender */

/** @param {MediaStreamTrack} track */
const isScreen = (track) => 'displaySurface' in track.getSettings();

/** The present tracks; those of another stream replace them. */
export class SourceInputs {
  /**
   * @param {VideoSender} video @param {AudioSender} audio
   * @param {(time: number) => number} serverTime Unix ms of a time of performance.now()
   * @param {() => void} onBlock after each block of audio
   */
  constructor(video, audio, serverTime, onBlock) {
    this.senders = { video, audio };
    this.serverTime = serverTime;
    this.onBlock = onBlock;
    /** @type {VideoInput | null} */
    this.video = null;
    /** @type {AudioInput | null} */
    this.audio = null;
  }

  get videoTrack() { return this.video?.track ?? null; }

  get audioTrack() { return this.audio?.track ?? null; }

  /** @param {MediaStream} stream */
  set(stream) {
    const { senders } = this, [video] = stream.getVideoTracks(), [audio] = stream.getAudioTracks();
    if (video !== this.video?.track) {
      this.video?.close();
      senders.video.changeSource(video !== undefined && isScreen(video));
      this.video = video ? new VideoInput(video, (frame, captured) => {
        senders.video.take(frame, this.serverTime(captured));
      }, () => senders.video.changeSource(false)) : null;
    }
    if (audio !== this.audio?.track) {
      this.audio?.close();
      senders.audio.changeSource();
      this.audio = audio ? new AudioInput(audio, (data, captured) => {
        senders.audio.take(data, this.serverTime(captured));
        this.onBlock();
      }) : null;
    }
  }

  close() {
    this.video?.close();
    this.audio?.close();
  }
}
