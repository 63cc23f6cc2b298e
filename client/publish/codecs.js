// SPDX-License-Identifier: Apache-2.0
// The codec of a publisher: H.264 if this browser encodes it in time, else VP8.

import { canRecord } from './recorded-upload.js';

/** H.264 by profile and level, the simplest first: each permits larger frames. */
const H264 = ['avc1.42001f', 'avc1.42e01f', 'avc1.420028', 'avc1.640028', 'avc1.640033'];
/** Frames of the trial, how many of them must leave the encoder, and the time for that, ms. */
const TRIAL = 8, PROMPT = 5, TRIAL_TIME = 700;

/**
 * @typedef {{ width: number, height: number, rate: number, kbps: number }} VideoFormat
 */

/** @param {string} codec @param {VideoFormat} format @returns {VideoEncoderConfig} */
function configOf(codec, { width, height, rate, kbps }) {
  const config = {
    codec, width, height, bitrate: kbps * 1000, framerate: rate,
    latencyMode: /** @type {const} */ ('realtime'),
  };
  return codec === 'vp8' ? config : { ...config, avc: { format: 'annexb' } };
}

/** @param {VideoEncoderConfig} config */
async function isSupported(config) {
  try {
    return (await VideoEncoder.isConfigSupported(config)).supported;
  } catch {
    return false;
  }
}

/** @type {Promise<boolean> | null} */
let trial = null;

/**
 * Whether the encoder of H.264 returns frames as they are encoded: that of some browsers is forty
 * frames late.
 */
async function isPrompt() {
  const [width, height] = [320, 192];
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext('2d')?.fillRect(0, 0, width, height);
  let count = 0;
  /** @type {VideoEncoder | null} */
  let encoder = null;
  try {
    await new Promise((resolve, reject) => {
      const end = setTimeout(resolve, TRIAL_TIME, null);
      encoder = new VideoEncoder({
        output: () => {
          count += 1;
          if (count < PROMPT) return;
          clearTimeout(end);
          resolve(null);
        },
        error: reject,
      });
      encoder.configure(configOf('avc1.42001f', { width, height, rate: 30, kbps: 300 }));
      for (let index = 0; index < TRIAL; index += 1) {
        const frame = new VideoFrame(canvas, { timestamp: index * 33333 });
        encoder.encode(frame, { keyFrame: index === 0 });
        frame.close();
      }
    });
  } catch { /* no frame, no codec */ }
  /** @type {VideoEncoder | null} */ (encoder)?.close();
  return count >= PROMPT;
}

/**
 * The configuration of the encoder for a format.
 * @param {VideoFormat} format
 * @returns {Promise<VideoEncoderConfig>}
 */
export async function videoConfigOf(format) {
  trial ??= isPrompt();
  const codecs = await trial ? [...H264, 'vp8'] : ['vp8'];
  for (const codec of codecs) {
    const config = configOf(codec, format);
    if (await isSupported(config)) return config;
  }
  throw new Error(`this browser encodes no video of ${format.width}x${format.height}`);
}

/** Whether this browser encodes frames. */
export function hasWebCodecs() { return 'VideoEncoder' in globalThis; }

/** Why this browser cannot publish; null if it can. */
export function publishProblem() {
  if (globalThis.isSecureContext === false) {
    return 'Cameras and screens need a secure context: open this page by HTTPS or on localhost';
  }
  if (hasWebCodecs() || canRecord()) return null;
  return 'This browser has neither a video encoder (WebCodecs) nor a recorder of MP4';
}
