// SPDX-License-Identifier: Apache-2.0
// Publishing without WebCodecs: fragments of MediaRecorder as uploads of CMAF tracks. The first
// frame is late by the distance of key frames.

/** The distance of key frames, and the time between two blobs, ms. */
const KEY_DISTANCE = 500, SLICE = 100;
/** The formats of the recorder by track. */
const FORMATS = /** @type {const} */ ({
  video: { mime: 'video/mp4;codecs=avc1.42001f', name: 'page.cmfv' },
  audio: { mime: 'audio/mp4;codecs=opus', name: 'page.cmfa' },
});
/** An empty random access box: the end of a track. */
const END = new Uint8Array([0, 0, 0, 8, 0x6d, 0x66, 0x72, 0x61]);
/** The most bytes that wait for the server. */
const MOST_WAITING = 4 << 20;

/** @typedef {keyof typeof FORMATS} Kind */

/** Whether this browser records fragments that the server takes. */
export function canRecord() {
  return 'MediaRecorder' in globalThis && MediaRecorder.isTypeSupported(FORMATS.video.mime);
}

/**
 * The number of bytes of the whole fragments at the start, each `moof` and `mdat`, or a header.
 * @param {Uint8Array} bytes
 */
export function wholeFragments(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = 0, at = 0;
  while (at + 8 <= bytes.length) {
    const size = view.getUint32(at), type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (size < 8 || at + size > bytes.length) break;
    at += size;
    if (type === 'moov' || type === 'mdat') end = at;
  }
  return end;
}

/** One track on its way to the server. */
class RecordedTrack {
  /**
   * @param {Kind} kind @param {MediaStreamTrack} track @param {URL} page of the stream
   * @param {string} key @param {number} kbps
   * @param {{ onSent: (bytes: number) => void, onFailure: (reason: string) => void }} events
   */
  constructor(kind, track, page, key, kbps, events) {
    const { mime, name } = FORMATS[kind];
    this.url = new URL(name, page).href;
    this.key = key;
    this.events = events;
    this.rest = new Uint8Array(0);
    this.isSending = false;
    this.hasEnded = false;
    const options = {
      mimeType: mime, videoBitsPerSecond: kbps * 1000, videoKeyFrameIntervalDuration: KEY_DISTANCE,
    };
    this.recorder = new MediaRecorder(new MediaStream([track]), options);
    this.recorder.ondataavailable = ({ data }) => {
      void data.arrayBuffer().then((buffer) => this.take(new Uint8Array(buffer)));
    };
    this.recorder.start(SLICE);
  }

  /** @param {Uint8Array} bytes */
  take(bytes) {
    if (this.hasEnded) return;
    const all = new Uint8Array(this.rest.length + bytes.length);
    all.set(this.rest);
    all.set(bytes, this.rest.length);
    this.rest = all;
    if (all.length > MOST_WAITING) this.fail('the server takes too little');
    else void this.send();
  }

  async send() {
    const count = wholeFragments(this.rest);
    if (this.isSending || count === 0 || this.hasEnded) return;
    this.isSending = true;
    const body = this.rest.slice(0, count);
    this.rest = this.rest.slice(count);
    const problem = await this.post(body);
    this.isSending = false;
    if (problem !== '') this.fail(problem);
    else this.events.onSent(count);
    void this.send();
  }

  /** @param {Uint8Array} body @returns {Promise<string>} why it was refused, '' if it was not */
  async post(body) {
    try {
      const response = await fetch(this.url, {
        method: 'POST', body, headers: { Authorization: `Bearer ${this.key}` },
      });
      return response.ok ? '' : (await response.text()).trim() || `status ${response.status}`;
    } catch {
      return 'the server does not answer';
    }
  }

  /** @param {string} reason */
  fail(reason) {
    if (this.hasEnded) return;
    this.stop(false);
    this.events.onFailure(reason);
  }

  /** @param {boolean} tells whether the server gets the end */
  stop(tells) {
    if (this.hasEnded) return;
    this.hasEnded = true;
    if (this.recorder.state !== 'inactive') this.recorder.stop();
    if (tells) void this.post(END);
  }
}

/** The tracks of a stream on their way to the server. */
export class RecordedUpload {
  /**
   * @param {string} page @param {MediaStreamTrack[]} tracks @param {string} key
   * @param {number} kbps
   * @param {{ onSent: (bytes: number) => void, onFailure: (reason: string) => void }} events
   */
  constructor(page, tracks, key, kbps, events) {
    const onFailure = (/** @type {string} */ reason) => {
      this.stop(false);
      events.onFailure(reason);
    };
    this.tracks = tracks.filter(({ kind }) => (
      MediaRecorder.isTypeSupported(FORMATS[/** @type {Kind} */ (kind)].mime)))
      .map((track) => new RecordedTrack(
        /** @type {Kind} */ (track.kind), track, new URL(page), key, kbps,
        { onSent: events.onSent, onFailure }));
  }

  /** @param {boolean} [tells] whether the server gets the end */
  stop(tells = true) { for (const track of this.tracks) track.stop(tells); }
}
