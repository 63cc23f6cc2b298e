// SPDX-License-Identifier: Apache-2.0
// Jitter of arrivals.

/** The mean of |time between two arrivals − media time between them|, ms. */
export class Jitter {
  private last: { arrived: number; media: number } | null = null;
  private deviations: number[] = [];

  /** Takes an arrival; times in ms. Returns its deviation; null for the first arrival. */
  add(arrived: number, media: number): number | null {
    const { last } = this;
    this.last = { arrived, media };
    if (!last) return null;
    const deviation = Math.abs(arrived - last.arrived - (media - last.media));
    this.deviations.push(deviation);
    return deviation;
  }

  /** After an outage: the next arrival counts as the first. */
  interrupt(): void {
    this.last = null;
  }

  /** The mean since the last call; null without a deviation. */
  take(): number | null {
    const { deviations } = this;
    this.deviations = [];
    if (deviations.length === 0) return null;
    return deviations.reduce((sum, value) => sum + value, 0) / deviations.length;
  }
}
