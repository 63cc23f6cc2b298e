// What /timestamps.json tells of the newest part, and of a restart of the server.

export type Timestamps = {
  timestamp: number;
  parts: Record<string, number>;
  captures: Record<string, number>;
  clock: { synchronized: boolean | null };
};

/** Takes what is there of an answer; nothing in it is trusted. */
export function timestampsOf(answer: unknown): Timestamps {
  const from = (answer ?? {}) as Record<string, any>;
  return {
    timestamp: Number(from.timestamp),
    parts: typeof from.parts === 'object' && from.parts ? from.parts : {},
    captures: typeof from.captures === 'object' && from.captures ? from.captures : {},
    clock: { synchronized: typeof from.clock?.synchronized === 'boolean' ? from.clock.synchronized : null },
  };
}

/** The name of the newest part. */
export function newestPart(names: string[]): string | null {
  let newest: string | null = null;
  let place = [-1, -1];
  for (const name of names) {
    const match = name.match(/(\d+)\.(\d+)\.m4s$/);
    if (!match) continue;
    const [number, index] = [Number(match[1]), Number(match[2])];
    if (number > place[0] || (number === place[0] && index > place[1])) {
      place = [number, index];
      newest = name;
    }
  }
  return newest;
}

/** Follows the answers one after the other. */
export class TimestampWatch {
  private newest: string | null = null;

  /**
   * `available`: ms from the capture of the newest part's first frame until the part was complete.
   * `restarted`: the server no longer knows the newest part of its last answer; it knows only its own.
   */
  take(answer: Timestamps): { available: number | null; restarted: boolean } {
    const newest = newestPart(Object.keys(answer.parts));
    const restarted = this.newest !== null && !(this.newest in answer.parts);
    this.newest = newest;
    const complete = newest === null ? undefined : answer.parts[newest];
    const captured = newest === null ? undefined : answer.captures[newest];
    const known = complete !== undefined && captured !== undefined;
    return { available: known ? (complete - captured) / 1e6 : null, restarted };
  }
}
