// SPDX-License-Identifier: Apache-2.0
// The command line of client.ts.

export const USAGE = `usage: npx tsx client.ts URL [--seconds N] [--json]

Follows a live HLS playlist by Blocking Playlist Reload and prints once per second how far the live
edge is from the server's clock: the time on that clock when a playlist has arrived, minus the end
of the newest part in it. The value is negative, by up to one frame, if a part arrives before the
display time of its last frame has passed.

  URL          Media or Multivariant Playlist, or the root of the server for its default stream
  --seconds N  end after N seconds (default: at the end of the stream, or at Ctrl-C)
  --json       print one JSON object per line
  -h, --help   print this text
`;

export type Arguments = { url: string; seconds: number; json: boolean };

/** An error in the command line, in one line. */
export class UsageError extends Error {}

/** Returns null if help is requested. Throws UsageError. */
export function parseArguments(words: string[]): Arguments | null {
  let url: string | null = null, seconds = Number.POSITIVE_INFINITY, json = false;
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [name, inline] = split(word);
    if (name === '-h' || name === '--help') return null;
    if (name === '--json' && inline === undefined) json = true;
    else if (name === '--seconds') seconds = secondsOf(inline ?? rest.shift());
    else if (word.startsWith('-')) {
      throw new UsageError(`unknown option ${word} (expected --seconds N or --json)`);
    } else if (url !== null) throw new UsageError(`two URLs (expected one): ${url} and ${word}`);
    else url = word;
  }
  if (url === null) throw new UsageError('missing URL (expected one like http://localhost:8080/)');
  return { url: playlistURL(url), seconds, json };
}

/** The name and the value of `--name=value`; the value is absent in other words. */
function split(word: string): [string, string?] {
  const at = word.startsWith('--') ? word.indexOf('=') : -1;
  if (at < 0) return [word];
  return [word.slice(0, at), word.slice(at + 1)];
}

function secondsOf(value = ''): number {
  if (/^\d+(\.\d+)?$/.test(value) && Number(value) > 0) return Number(value);
  const given = JSON.stringify(value);
  throw new UsageError(`--seconds: invalid value ${given} (expected a number above 0)`);
}

/** The URL of a playlist: the root of a server is replaced by its default stream. */
function playlistURL(word: string): string {
  const url = parsed(word);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    const given = JSON.stringify(word);
    throw new UsageError(`invalid URL ${given} (expected one like http://localhost:8080/)`);
  }
  if (url.pathname === '/') url.pathname = '/live.m3u8';
  return url.href;
}

function parsed(word: string): URL | null {
  try {
    return new URL(word);
  } catch {
    return null;
  }
}
