// SPDX-License-Identifier: Apache-2.0
// Scripts of players: their locations, and loading them.

/** @typedef {{ url: string, integrity?: string }} ScriptLocation */

/**
 * The locations of hls.js in order of preference, and the one of dash.js; null for none.
 * @typedef {{ hls: ScriptLocation[], dash: string | null }} Scripts
 */

/** @type {Map<string, Promise<void>>} scripts that are loaded or under way */
const LOADING = new Map();

/** hls.js on the only CDN that the page's policy allows; the browser checks its sum. */
export const CDN = {
  url: 'https://cdn.jsdelivr.net/npm/hls.js@1.6.15/dist/hls.min.js',
  integrity: 'sha256-QTqD4rsMd+0L8L4QXVOdF+9F39mEoLE+zTsUqQE4OTg=',
};

/**
 * The locations of hls.js, in order of preference: the requested one, or this server and the CDN.
 * @param {string | null} requested `?hlsjs=`
 * @param {string} page URL of the page @param {string} [root] the folder of the server
 * @returns {{ locations: ScriptLocation[], warning: string | null }}
 */
export function hlsLocations(requested, page, root = new URL('/', page).href) {
  const { protocol } = new URL(page), isFile = protocol === 'file:';
  const usual = isFile ? [CDN] : [{ url: new URL('player/hls.js', root).href }, CDN];
  if (!requested) return { locations: usual, warning: null };
  /** @type {URL | null} */
  let url = null;
  try { url = new URL(requested, page); } catch { /* refused below */ }
  if (url?.href === CDN.url) return { locations: [CDN], warning: null };
  const isOwn = isFile ? url?.protocol === 'file:' && url.host === ''
    : url?.href.startsWith(new URL('player/', root).href);
  if (url && isOwn) return { locations: [{ url: url.href }], warning: null };
  const host = url?.host || requested;
  const warning = `A script from ${host} is refused: hls.js is loaded from this server or the CDN`;
  return { locations: usual, warning };
}

/**
 * The locations for a module that a page of any server uses: the server of the module, if it has
 * the file with the known sum, and the CDN.
 * @param {string | null} module URL of the module; null if it is unknown
 * @returns {Scripts}
 */
export function scriptsBeside(module) {
  if (module === null || new URL(module).protocol === 'file:') return { hls: [CDN], dash: null };
  const { integrity } = CDN, beside = (/** @type {string} */ name) => new URL(name, module).href;
  return { hls: [{ url: beside('hls.js'), integrity }, CDN], dash: beside('dash.all.min.js') };
}

/**
 * The location of dash.js; null for a page from a file.
 * @param {string} page URL of the page @param {string} root the folder of the server
 */
export function dashLocation(page, root) {
  if (new URL(page).protocol === 'file:') return null;
  return new URL('player/dash.all.min.js', root).href;
}

/**
 * Loads a script once for all players of the document.
 * @param {ScriptLocation} location
 * @returns {Promise<void>}
 */
export function loadScript(location) {
  const key = `${location.url} ${location.integrity ?? ''}`;
  const loading = LOADING.get(key) ?? insertScript(location);
  LOADING.set(key, loading);
  loading.catch(() => LOADING.delete(key));
  return loading;
}

/** @param {ScriptLocation} location @returns {Promise<void>} */
function insertScript({ url, integrity }) {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    if (integrity) {
      script.integrity = integrity;
      script.crossOrigin = 'anonymous';
    }
    const fail = (/** @type {string} */ reason) => {
      clearTimeout(timer);
      script.remove();
      reject(new Error(`${url}: ${reason}`));
    };
    script.onload = () => {
      clearTimeout(timer);
      resolve();
    };
    script.onerror = () => fail('not found, or its sum is wrong');
    const timer = setTimeout(() => fail('no response within 8 s'), 8000);
    script.src = url;
    document.head.append(script);
  });
}
