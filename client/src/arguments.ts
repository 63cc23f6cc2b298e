// The command line.

export const USAGE = `usage: npx tsx client.ts URL [--seconds N] [--json]

Follows a live HLS playlist by blocking reloads and tells, once a second, how late its live edge is:
the server's clock when a playlist has arrived, less the end of the newest part that it lists. Below
zero is possible: a part's last frame can be had before the time for which it is shown has passed.

  URL          media or multivariant playlist, or the server's root for its default stream
  --seconds N  end after N seconds (default: at the end of the stream, or at Ctrl-C)
  --json       one JSON object a line instead of text
  -h, --help   this text
`;

export type Arguments = { url: string; seconds: number; json: boolean };

/** What was wrong with the command line, in one line. */
export class UsageError extends Error {}

/** Null when help was asked for. Throws UsageError. */
export function parseArguments(words: string[]): Arguments | null {
  let url: string | null = null, seconds = Number.POSITIVE_INFINITY, json = false;
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [name, inline] = word.startsWith('--') && word.includes('=') ? split(word) : [word, undefined];
    if (name === '-h' || name === '--help') return null;
    if (name === '--json' && inline === undefined) json = true;
    else if (name === '--seconds') {
      const value = inline ?? rest.shift();
      seconds = value !== undefined && /^\d+(\.\d+)?$/.test(value) ? Number(value) : 0;
      if (seconds <= 0) throw new UsageError(`--seconds takes a number of seconds above 0, not ${quote(value)}`);
    } else if (word.startsWith('-')) throw new UsageError(`unknown flag ${word}; there are --seconds N and --json`);
    else if (url !== null) throw new UsageError(`one URL, not two: ${quote(url)} and ${quote(word)}`);
    else url = word;
  }
  if (url === null) throw new UsageError('a URL is wanted: npx tsx client.ts URL [--seconds N] [--json]');
  return { url: checked(url), seconds, json };
}

function split(word: string): [string, string] {
  const at = word.indexOf('=');
  return [word.slice(0, at), word.slice(at + 1)];
}

function quote(word: string | undefined): string {
  return word === undefined ? 'nothing' : JSON.stringify(word);
}

function checked(word: string): string {
  let url: URL;
  try {
    url = new URL(word);
  } catch {
    throw new UsageError(`${quote(word)} is not a URL; it looks like http://localhost:8080/live.m3u8`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new UsageError(`${quote(word)} is not an http or https URL`);
  if (url.pathname === '/') url.pathname = '/live.m3u8';
  return url.href;
}
