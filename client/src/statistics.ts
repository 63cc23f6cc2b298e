// Figures of a run: samples, and what one second of them says.

export type Spread = { count: number; min: number; median: number; p95: number; max: number };

/** The value below which the share `q` of the numbers lies; NaN of none. */
export function quantile(numbers: number[], q: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted.length === 0 ? Number.NaN : sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

/** The latest samples of a figure; an endless run does not fill the memory. */
export class Samples {
  private values: number[] = [];
  private count = 0;
  private readonly capacity: number;

  constructor(capacity = 200_000) {
    this.capacity = capacity;
  }

  add(value: number): void {
    this.values[this.count % this.capacity] = value;
    this.count += 1;
  }

  /** Null without a sample. */
  spread(): Spread | null {
    if (this.count === 0) return null;
    const [min, median, p95, max] = [0, 0.5, 0.95, 1].map((q) => quantile(this.values, q));
    return { count: this.count, min, median, p95, max };
  }
}

/**
 * Jitter of arrivals: the mean of |time between two arrivals − media time between them|, ms.
 * An arrival after an outage begins anew.
 */
export class Jitter {
  private last: { arrived: number; media: number } | null = null;
  private deviations: number[] = [];

  /** `arrived` and `media` in ms. Returns the deviation, or null for the first. */
  add(arrived: number, media: number): number | null {
    const { last } = this;
    this.last = { arrived, media };
    if (!last) return null;
    const deviation = Math.abs(arrived - last.arrived - (media - last.media));
    this.deviations.push(deviation);
    return deviation;
  }

  interrupt(): void {
    this.last = null;
  }

  /** The mean since the last call. */
  take(): number | null {
    const { deviations } = this;
    this.deviations = [];
    return deviations.length === 0 ? null : deviations.reduce((sum, value) => sum + value, 0) / deviations.length;
  }
}
