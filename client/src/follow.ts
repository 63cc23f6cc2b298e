// Follows a Media Playlist by Blocking Playlist Reload (RFC 8216bis §6.2.5.2).

import { within } from './deadline.ts';
import { isAfter, parsePlaylist } from './playlist.ts';
import type { Part, Playlist } from './playlist.ts';

export type FollowEvents = {
  /** A playlist came that lists something new; `fresh`, oldest first. */
  onParts: (fresh: Part[], list: Playlist) => void;
  /** The server does not answer, or not as it should. Once for each outage. */
  onLost: (reason: string) => void;
  /** It answers again. */
  onBack: (seconds: number) => void;
  /** Numbers went back, or the init segment changed. */
  onChange: (what: string) => void;
};

/** The stream cannot be followed at all, in one line. */
export class FollowError extends Error {}

const pause = (ms: number) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** One line of a failed fetch: node hides the reason in `cause`. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string; message?: string } };
  if (cause?.code === 'ECONNREFUSED') return 'connection refused';
  return cause?.code ?? cause?.message ?? message ?? String(error);
}

async function load(url: string, milliseconds: number, stop: AbortSignal): Promise<Playlist> {
  return within(milliseconds, async (signal) => {
    const response = await fetch(url, { cache: 'no-store', signal });
    const text = await response.text();
    if (!response.ok) throw new Error(`answered ${response.status}`);
    return parsePlaylist(text, response.url || url);
  }, stop);
}

/** Finds the Media Playlist behind `url`: itself, or the first variant. Throws FollowError. */
export async function openStream(url: string, stop: AbortSignal): Promise<{ url: string; list: Playlist }> {
  let at = url;
  for (let depth = 0; depth < 2; depth += 1) {
    let list: Playlist;
    try {
      list = await load(at, 10_000, stop);
    } catch (error) {
      throw new FollowError(`${at}: ${reasonOf(error)}`);
    }
    if (list.variants.length === 0) return { url: at, list };
    at = list.variants[0];
  }
  throw new FollowError(`${url}: a multivariant playlist within another`);
}

/** The URL of the next reload: the next part, the next segment, or whatever there is. */
export function reloadURL(url: string, list: Playlist): string {
  if (!list.canBlockReload) return url;
  const next = new URL(url);
  next.searchParams.set('_HLS_msn', String(list.openNumber));
  if (list.hasParts) next.searchParams.set('_HLS_part', String(list.openParts));
  return next.href;
}

/** Returns when the stream has ended or `stop` fires; an outage of the server is waited out. */
export async function follow(url: string, first: Playlist, events: FollowEvents, stop: AbortSignal): Promise<void> {
  let list = first, newest = list.parts[list.parts.length - 1];
  let lostAt: number | null = null;
  while (!list.ended && !stop.aborted) {
    let next: Playlist;
    try {
      if (!list.canBlockReload) await pause(500 * list.targetDuration);
      next = await load(lostAt === null ? reloadURL(url, list) : url, 3000 * list.targetDuration + 1000, stop);
    } catch (error) {
      if (stop.aborted) return;
      if (lostAt === null) {
        lostAt = performance.now();
        events.onLost(reasonOf(error));
      }
      await pause(100);
      continue;
    }
    if (lostAt !== null) events.onBack((performance.now() - lostAt) / 1000);
    if (next.map !== list.map) events.onChange('it has a new init segment');
    const behind = newest !== undefined && next.openNumber < newest.number;
    if (behind) events.onChange(`its numbers begin anew at ${next.openNumber}`);
    const fresh = next.parts.filter((part) => behind || !newest || isAfter(part, newest));
    lostAt = null;
    list = next;
    if (fresh.length === 0) {
      if (list.canBlockReload) await pause(50);  // a server that answers too soon
      continue;
    }
    newest = fresh[fresh.length - 1];
    events.onParts(fresh, list);
  }
}
