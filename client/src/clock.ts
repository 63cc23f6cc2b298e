// The server's clock, by its time service /time?ms.

import { within } from './deadline.ts';

export type Answer = { sent: number; received: number; server: number };

/** This machine's clock, Unix ms. */
export function localNow(): number {
  return performance.timeOrigin + performance.now();
}

/** The answer with the shortest round trip; `offset` is the server's clock less ours. All in ms. */
export function bestOffset(answers: Answer[]): { offset: number; roundTrip: number } | null {
  let best: { offset: number; roundTrip: number } | null = null;
  for (const { sent, received, server } of answers) {
    const roundTrip = received - sent;
    if (!best || roundTrip < best.roundTrip) best = { offset: server - (sent + received) / 2, roundTrip };
  }
  return best;
}

export class ServerClock {
  offset = 0;
  /** Of the best answer, ms; null while the server was not asked or has no such service. */
  roundTrip: number | null = null;

  /** Unix ms on the server's clock. */
  now(): number {
    return localNow() + this.offset;
  }

  /** Asks eight times each service in turn until one answers. */
  async ask(urls: string[]): Promise<boolean> {
    for (const url of urls) {
      const best = bestOffset(await answersOf(url));
      if (!best) continue;
      this.offset = best.offset;
      this.roundTrip = best.roundTrip;
      return true;
    }
    return false;
  }
}

async function answersOf(url: string): Promise<Answer[]> {
  const answers: Answer[] = [];
  try {
    for (let i = 0; i < 8; i += 1) {
      const sent = localNow();
      const server = await within(2000, async (signal) => {
        const response = await fetch(url, { cache: 'no-store', signal });
        return response.ok ? Number.parseFloat(await response.text()) : Number.NaN;
      });
      const received = localNow();
      if (!(server > 1e12)) break;
      answers.push({ sent, received, server });
    }
  } catch {
    // What did not come is no sample.
  }
  return answers;
}
