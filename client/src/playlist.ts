// Media and Multivariant Playlists (RFC 8216bis §4.4), as far as a latency probe needs them.

/** One Partial Segment: its place, and when its last frame ended (Unix seconds, by PROGRAM-DATE-TIME). */
export type Part = { number: number; index: number; duration: number; end: number | null };

export type Playlist = {
  /** URLs of the Variant Streams; empty for a Media Playlist. */
  variants: string[];
  /** The Media Sequence Number that the next segment to be completed has or will have. */
  openNumber: number;
  /** How many parts of that segment are listed. */
  openParts: number;
  /** Parts, oldest first; in a playlist without parts each segment is one, with index 0. */
  parts: Part[];
  hasParts: boolean;
  targetDuration: number;
  canBlockReload: boolean;
  map: string | null;
  ended: boolean;
  /** URL of the last segment listed. */
  lastSegment: string | null;
};

/** The attributes of one tag, quotes taken off. */
export function attributes(list: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name, value] of list.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g)) {
    found[name] = value.replace(/^"|"$/g, '');
  }
  return found;
}

/** Throws when `text` is no playlist. `base` is the URL that it came from. */
export function parsePlaylist(text: string, base: string): Playlist {
  if (!text.startsWith('#EXTM3U')) throw new Error('the answer is not an HLS playlist');
  const list: Playlist = {
    variants: [], openNumber: 0, openParts: 0, parts: [], hasParts: false, targetDuration: 1,
    canBlockReload: false, map: null, ended: false, lastSegment: null,
  };
  const segments: Part[] = [];
  let number = 0, index = 0, duration = 0, variant = false;
  let start: number | null = null, within = 0;  // the segment's first frame; seconds of its parts so far
  for (const line of text.split(/\r?\n/)) {
    const [, tag, value] = line.match(/^#(EXT[A-Z0-9-]*):?(.*)$/) ?? ['', '', ''];
    if (tag === 'EXT-X-MEDIA-SEQUENCE') number = Number.parseInt(value, 10);
    else if (tag === 'EXT-X-SKIP') number += Number.parseInt(attributes(value)['SKIPPED-SEGMENTS'] ?? '0', 10);
    else if (tag === 'EXT-X-TARGETDURATION') list.targetDuration = Number.parseInt(value, 10);
    else if (tag === 'EXT-X-SERVER-CONTROL') list.canBlockReload = attributes(value)['CAN-BLOCK-RELOAD'] === 'YES';
    else if (tag === 'EXT-X-PROGRAM-DATE-TIME') start = Date.parse(value) / 1000;
    else if (tag === 'EXT-X-DISCONTINUITY') start = null;
    else if (tag === 'EXT-X-MAP') list.map = new URL(attributes(value).URI, base).href;
    else if (tag === 'EXT-X-PART') {
      const length = Number.parseFloat(attributes(value).DURATION);
      within += length;
      list.hasParts = true;
      list.parts.push({ number, index, duration: length, end: start === null ? null : start + within });
      index += 1;
    } else if (tag === 'EXTINF') duration = Number.parseFloat(value);
    else if (tag === 'EXT-X-STREAM-INF') variant = true;
    else if (tag === 'EXT-X-ENDLIST') list.ended = true;
    else if (line !== '' && !line.startsWith('#')) {
      const url = new URL(line, base).href;
      if (variant) list.variants.push(url);
      else {
        if (start !== null) start += duration;
        segments.push({ number, index: 0, duration, end: start });
        list.lastSegment = url;
        number += 1;
        index = 0;
        within = 0;
      }
      variant = false;
    }
  }
  list.openNumber = number;
  list.openParts = index;
  if (!list.hasParts) list.parts = segments;
  return list;
}

/** Where the services of the origin are that named this segment; null for a foreign one. */
export function servicesOf(segment: string | null): { timestamps: string; times: string[] } | null {
  if (!segment || !/\/segment\d+\.m4s$/.test(new URL(segment).pathname)) return null;
  const times = ['../../time?ms', '/time?ms'].map((path) => new URL(path, segment).href);
  return { timestamps: new URL('../timestamps.json', segment).href, times: [...new Set(times)] };
}

/** Whether `a` comes after `b`. */
export function isAfter(a: { number: number; index: number }, b: { number: number; index: number }): boolean {
  return a.number > b.number || (a.number === b.number && a.index > b.index);
}
