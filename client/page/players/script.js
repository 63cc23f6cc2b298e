// SPDX-License-Identifier: Apache-2.0

/** hls.js from the one public CDN; its sum is known, so it may be nothing else. */
export const CDN = {
  url: 'https://cdn.jsdelivr.net/npm/hls.js@1.6.15/dist/hls.min.js',
  integrity: 'sha256-QTqD4rsMd+0L8L4QXVOdF+9F39mEoLE+zTsUqQE4OTg=',
};

/**
 * Where hls.js may come from, in order of trial.
 * @param {string | null} asked `?hlsjs=`
 * @param {string} page the page's URL
 * @returns {{ places: { url: string, integrity?: string }[], refused: string | null }}
 */
export function hlsPlaces(asked, page) {
  const here = new URL(page), web = here.protocol !== 'file:';
  /** @type {{ url: string, integrity?: string }[]} */
  const places = web ? [{ url: new URL('/player/hls.js', page).href }, CDN] : [CDN];
  if (!asked) return { places, refused: null };
  /** @type {URL | null} */
  let url = null;
  try { url = new URL(asked, page); } catch { /* refused below */ }
  if (url?.href === CDN.url) return { places: [CDN], refused: null };
  const ours = web ? url?.origin === here.origin : url?.protocol === 'file:' && url.host === '';
  if (url && ours) return { places: [{ url: url.href }], refused: null };
  return { places, refused: `A script from ${url?.host || asked} is refused: only this server and the CDN may give hls.js` };
}

/** @param {{ url: string, integrity?: string }} place */
export function loadScript({ url, integrity }) {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    if (integrity) {
      script.integrity = integrity;
      script.crossOrigin = 'anonymous';
    }
    const fail = (/** @type {string} */ why) => { script.remove(); reject(new Error(`${url}: ${why}`)); };
    script.onload = () => resolve(undefined);
    script.onerror = () => fail('not there, or not what it should be');
    setTimeout(() => fail('no answer'), 8000);
    script.src = url;
    document.head.append(script);
  });
}
