// SPDX-License-Identifier: Apache-2.0
// Messages of the protocol llws.v1 (docs/websocket.md).

/** The name of the protocol. */
export const PROTOCOL = 'llws.v1';

/** Contents of a binary message. */
export const HEADER = 0, VIDEO = 1, AUDIO = 2, SAMPLE = 4, EVENT = 5;

/** Properties of a chunk: decoding can start here; sent later than published. */
export const KEY = 1, CATCH_UP = 8;

/** The bytes before the media, and with a capture time. */
const PREFIX = 12, LONG_PREFIX = 20, HAS_CAPTURE_TIME = 16;

/**
 * A binary message. `channel`: the number of its group; `sequence`: its number in the group, which
 * wraps around; `sent`: the publish time, ms of the server's clock modulo 2^32; `captured`: the
 * capture time, Unix µs, null without it.
 * @typedef {object} MediaMessage
 * @property {number} kind
 * @property {number} flags
 * @property {number} channel
 * @property {number} sequence
 * @property {number} sent
 * @property {number | null} captured
 * @property {Uint8Array} media
 */

/**
 * A group of viewers, of `subscribed` and `switching`.
 * @typedef {object} Group
 * @property {number} cid its number
 * @property {string} rendition
 * @property {'v' | 'a'} track
 * @property {string} mime
 * @property {number} timescale ticks per second
 * @property {number} frame duration of a frame, ticks; 0 if the server does not state it
 * @property {number} epoch wall clock − media time, ms
 */

/**
 * Reads a binary message; null if it is too short.
 * @param {ArrayBuffer} buffer
 * @returns {MediaMessage | null}
 */
export function mediaMessage(buffer) {
  if (buffer.byteLength < PREFIX) return null;
  const view = new DataView(buffer), flags = view.getUint8(1);
  const hasCaptureTime = (flags & HAS_CAPTURE_TIME) !== 0;
  const start = hasCaptureTime ? LONG_PREFIX : PREFIX;
  if (buffer.byteLength < start) return null;
  return {
    kind: view.getUint8(0), flags, channel: view.getUint16(2), sequence: view.getUint32(4),
    sent: view.getUint32(8), captured: hasCaptureTime ? Number(view.getBigUint64(PREFIX)) : null,
    media: new Uint8Array(buffer, start),
  };
}

/**
 * A coded frame; times in seconds of media time.
 * @typedef {{ time: number, end: number, isKey: boolean, data: Uint8Array }} CodedSample
 */

/**
 * The frame in a message of kind SAMPLE; null if it is too short.
 * @param {MediaMessage} message @param {Group} group
 * @returns {CodedSample | null}
 */
export function sampleOf({ captured, flags, media }, { epoch, frame, timescale }) {
  if (captured === null || media.length < 4) return null;
  const delta = new DataView(media.buffer, media.byteOffset).getInt32(0);
  const time = (captured + delta) / 1e6 - epoch / 1000;
  return {
    time, end: time + frame / timescale, isKey: (flags & KEY) !== 0, data: media.subarray(4),
  };
}

/**
 * Reads a control message; null if it is none.
 * @param {string} text
 * @returns {({ t: string } & Record<string, any>) | null}
 */
export function controlMessage(text) {
  try {
    const message = JSON.parse(text);
    return typeof message?.t === 'string' ? message : null;
  } catch {
    return null;
  }
}

/**
 * The group of a control message; null if a member is missing.
 * @param {Record<string, any>} message
 * @returns {Group | null}
 */
export function groupOf({ cid, rendition, track, mime, timescale, frame = 0, epoch }) {
  const isValid = Number.isInteger(cid) && typeof rendition === 'string'
    && (track === 'v' || track === 'a') && typeof mime === 'string' && timescale > 0
    && frame >= 0 && Number.isFinite(epoch);
  return isValid ? { cid, rendition, track, mime, timescale, frame, epoch } : null;
}

/**
 * The address of the socket beside a playlist or MPD.
 * @param {string} source
 */
export function socketAddress(source) {
  const url = new URL('ws', source);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

/**
 * The renditions without media at the moment.
 * @param {any} channels of a `channels` message
 * @returns {string[]}
 */
export function missingIn(channels) {
  const renditions = Array.isArray(channels) ? channels[0]?.renditions : null;
  if (!Array.isArray(renditions)) return [];
  return renditions.filter(({ missing }) => missing === true).map(({ id }) => String(id));
}
