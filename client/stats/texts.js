// SPDX-License-Identifier: Apache-2.0
// Values as texts.

/** @param {number | null | undefined} value ms */
export function milli(value) {
  if (value === null || value === undefined) return '–';
  if (Math.abs(value) >= 9995) return `${(value / 1000).toFixed(1)} s`;
  return `${value < 10 && value % 1 !== 0 ? value.toFixed(1) : Math.round(value)} ms`;
}

/** @param {number} kilobits per second */
export function bitrate(kilobits) {
  if (kilobits >= 999.5) return `${(kilobits / 1000).toFixed(kilobits < 99500 ? 1 : 0)} Mbit/s`;
  return `${Math.round(kilobits)} kbit/s`;
}

/** @param {number} value */
export const count = (value) => (value % 1 === 0 ? String(value) : value.toFixed(1));

/** @param {number} ms */
export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d`;
}

/** Programs in the field User-Agent; browsers claim to be others too, so the order counts. */
const PROGRAMS = [
  'Edg', 'OPR', 'Firefox', 'HeadlessChrome', 'Chromium', 'Chrome', 'Version', 'AppleCoreMedia',
  'VLC', 'Lavf', 'mpv', 'GStreamer', 'curl',
];
/** @type {Record<string, string>} */
const TITLES_OF_PROGRAMS = {
  Edg: 'Edge', OPR: 'Opera', HeadlessChrome: 'Chromium (headless)', Version: 'Safari',
  AppleCoreMedia: 'Apple', Lavf: 'ffmpeg',
};

/**
 * The name and the first number of the version of a client's program.
 * @param {string} userAgent
 */
export function program(userAgent) {
  for (const name of PROGRAMS) {
    const found = new RegExp(`\\b${name}/(\\d+)`).exec(userAgent);
    if (found && (name !== 'Version' || /\bSafari\//.test(userAgent))) {
      return `${TITLES_OF_PROGRAMS[name] ?? name} ${found[1]}`;
    }
  }
  return userAgent.split(' ')[0].slice(0, 40) || '–';
}
