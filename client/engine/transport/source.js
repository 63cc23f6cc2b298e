// SPDX-License-Identifier: Apache-2.0
// The address of the stream: an HLS playlist or an MPD.

/** @param {string} url */
export const isMPD = (url) => new URL(url).pathname.endsWith('.mpd');

/**
 * The address of the same stream in the other format, by the names of our server; null for a
 * stream with another name.
 * @param {string} url
 */
export function otherFormat(url) {
  const other = new URL(url), names = /\/(?:(?:live|ll|playlist|index)\.m3u8|manifest\.mpd)$/;
  if (!names.test(other.pathname)) return null;
  // `auto/` has no ll.m3u8; elsewhere playlist.m3u8 may be the chunked one.
  const isAutomatic = other.pathname.endsWith('/auto/manifest.mpd');
  const playlist = isAutomatic ? 'playlist.m3u8' : 'll.m3u8';
  other.pathname = other.pathname.replace(names, `/${isMPD(url) ? playlist : 'manifest.mpd'}`);
  return other.href;
}

/**
 * The extent of the past beside a playlist or MPD that is not loaded; at the root the server leads
 * to that of its stream.
 * @param {string} source
 */
export const extentBeside = (source) => new URL('dvr.json', source).href;

/**
 * The stream that belongs to the address of the page.
 * @param {URL} page
 */
export function usualSource(page) {
  if (page.protocol === 'file:') return 'http://localhost:8080/live.m3u8';
  const dash = page.pathname.match(/^(.*)\/ldash\/play\/([^/]+)(?:\/(?:manifest\.mpd)?)?$/);
  if (dash) return new URL(`${dash[1]}/${dash[2]}/manifest.mpd`, page).href;
  return new URL(page.pathname === '/' ? '/live.m3u8' : 'll.m3u8', page).href;
}

/**
 * The stream to play.
 * @param {string | null} requested `?src=`
 * @param {string} page URL of the page
 * @returns {{ source: string, warning: string | null }}
 */
export function sourceOf(requested, page) {
  const base = new URL(page), usual = usualSource(base);
  if (!requested) return { source: usual, warning: null };
  try {
    const url = new URL(requested, base.protocol === 'file:' ? undefined : base);
    if (/^https?:$/.test(url.protocol)) return { source: url.href, warning: null };
  } catch { /* not a URL */ }
  const warning = `?src=${requested} is no http or https URL; playing ${usual}`;
  return { source: usual, warning };
}
