// SPDX-License-Identifier: Apache-2.0
// Reads a Media Playlist again and again by Blocking Playlist Reload (RFC 8216bis §6.2.5.2).

import { sleep, within } from '../shared/deadline.js';
import { parsePlaylist } from '../shared/playlist.js';
import type { Part, Playlist } from '../shared/playlist.js';

export type FollowEvents = {
  /** A playlist has arrived that lists new parts; `fresh`, oldest first. */
  onParts: (fresh: Part[], list: Playlist) => void;
  /** The server does not respond, or not as expected. Called once per outage. */
  onLost: (reason: string) => void;
  /** The server responds again, `seconds` after the outage began. */
  onBack: (seconds: number) => void;
  /** Numbers went back, or the Media Initialization Section changed. */
  onChange: (change: string) => void;
};

/** The stream cannot be followed. The message is one line. */
export class FollowError extends Error {}

/** The reason of a failed fetch in one line; node puts it into `cause`. */
function reasonOf(error: unknown): string {
  type Reason = { code?: string; message?: string };
  const { message, cause } = error as Reason & { cause?: Reason };
  if (cause?.code === 'ECONNREFUSED') return 'connection refused';
  return cause?.code ?? cause?.message ?? message ?? String(error);
}

async function load(url: string, timeout: number, stop: AbortSignal): Promise<Playlist> {
  return within(timeout, async (signal) => {
    const response = await fetch(url, { cache: 'no-store', signal });
    const text = await response.text();
    if (!response.ok) throw new Error(`status ${response.status}`);
    return parsePlaylist(text, response.url || url);
  }, stop);
}

/** Loads the Media Playlist of `url`, or of its first Variant Stream. Throws FollowError. */
export async function openStream(
  url: string, stop: AbortSignal,
): Promise<{ url: string; list: Playlist }> {
  let current = url;
  for (let depth = 0; depth < 2; depth += 1) {
    let list: Playlist;
    try {
      list = await load(current, 10_000, stop);
    } catch (error) {
      throw new FollowError(`${current}: ${reasonOf(error)}`);
    }
    if (list.variants.length === 0) return { url: current, list };
    current = list.variants[0];
  }
  throw new FollowError(`${url}: a Multivariant Playlist that refers to another one`);
}

/** The URL of the next reload: held until the next part, or the next segment, is published. */
export function reloadURL(url: string, list: Playlist): string {
  if (!list.canBlockReload) return url;
  const next = new URL(url);
  next.searchParams.set('_HLS_msn', String(list.openNumber));
  if (list.hasParts) next.searchParams.set('_HLS_part', String(list.openParts));
  return next.href;
}

/** Whether `a` follows `b`. */
function isAfter(a: Part, b: Part): boolean {
  return a.number > b.number || (a.number === b.number && a.index > b.index);
}

/** Returns when the stream has ended or `stop` fires; retries during an outage of the server. */
export async function follow(
  url: string, first: Playlist, events: FollowEvents, stop: AbortSignal,
): Promise<void> {
  let list = first, newest = list.parts[list.parts.length - 1];
  let lostAt: number | null = null;
  while (!list.ended && !stop.aborted) {
    let next: Playlist;
    try {
      if (!list.canBlockReload) await sleep(500 * list.targetDuration);
      const reload = lostAt === null ? reloadURL(url, list) : url;
      next = await load(reload, 3000 * list.targetDuration + 1000, stop);
    } catch (error) {
      if (stop.aborted) return;
      if (lostAt === null) {
        lostAt = performance.now();
        events.onLost(reasonOf(error));
      }
      await sleep(100);
      continue;
    }
    if (lostAt !== null) events.onBack((performance.now() - lostAt) / 1000);
    if (next.map !== list.map) events.onChange('new Media Initialization Section');
    const wentBack = newest !== undefined && next.openNumber < newest.number;
    if (wentBack) events.onChange(`segment numbers went back to ${next.openNumber}`);
    const fresh = next.parts.filter((part) => wentBack || !newest || isAfter(part, newest));
    lostAt = null;
    list = next;
    if (fresh.length === 0) {
      if (list.canBlockReload) await sleep(50);  // the server responded too early
      continue;
    }
    newest = fresh[fresh.length - 1];
    events.onParts(fresh, list);
  }
}
