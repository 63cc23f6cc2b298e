// SPDX-License-Identifier: Apache-2.0
// How late chunks arrive.

import { Samples } from '../../shared/statistics.js';

/** The duration of two frames at 30 frames per second, s. */
const MARGIN = 0.06;

/** The times from the PROGRAM-DATE-TIME of the latest chunks until their arrival, s. */
export class ArrivalDelays {
  constructor() {
    this.video = new Samples(150);
    this.audio = new Samples(50);
  }

  clear() {
    this.video.clear();
    this.audio.clear();
  }

  /**
   * The lowest target for which three of four chunks arrive in time, s; 0 while unknown. A later
   * chunk may cause a stall, and a stall raises the target.
   */
  minimumTarget() {
    if (this.video.count < 60) return 0;
    const audio = this.audio.count < 20 ? 0 : this.audio.quantile(0.75) + MARGIN;
    return Math.max(audio, this.video.quantile(0.75) + MARGIN);
  }

  /** Whether dates and clock agree: the median delay is plausible, or unknown. */
  get isPlausible() {
    const delay = this.video.quantile(0.5);
    return !(delay > 5 || delay < -1);
  }
}
