// SPDX-License-Identifier: Apache-2.0
// The samples of a CMAF chunk (ISO/IEC 14496-12 §8.8).

import { content, uint32 } from './boxes.js';

/** Flags of tfhd (§8.8.7) and trun (§8.8.8): the members that are present. */
const BASE_OFFSET = 1, DESCRIPTION = 2, USUAL_DURATION = 8, USUAL_SIZE = 16, USUAL_FLAGS = 32;
const DATA_OFFSET = 1, FIRST_FLAGS = 4, DURATION = 256, SIZE = 512, FLAGS = 1024;
const COMPOSITION = 2048;
/** sample_is_non_sync_sample */
const NO_SYNC = 0x10000;

/**
 * An access unit: decode time, presentation time and duration in ticks.
 * @typedef {object} Sample
 * @property {number} decodeTime
 * @property {number} time
 * @property {number} duration
 * @property {boolean} isKey whether decoding can start here
 * @property {Uint8Array} data
 */

/** @typedef {{ duration: number, size: number, flags: number }} SampleDefaults */

/**
 * The defaults in trex (§8.8.3); zeros if the header has none.
 * @param {Uint8Array} header
 * @returns {SampleDefaults}
 */
export function sampleDefaults(header) {
  const trex = content(header, 'moov', 'mvex', 'trex');
  if (!trex) return { duration: 0, size: 0, flags: 0 };
  return { duration: uint32(trex, 12), size: uint32(trex, 16), flags: uint32(trex, 20) };
}

/** Reads members of 32 bits, one after another; throws at the end of the box. */
class Members {
  /** @param {Uint8Array} bytes @param {number} offset */
  constructor(bytes, offset) {
    this.bytes = bytes;
    this.offset = offset;
  }

  next() {
    if (this.offset + 4 > this.bytes.length) throw new Error('a box of moof is too short');
    this.offset += 4;
    return uint32(this.bytes, this.offset - 4);
  }

  /**
   * The next member if it is present, else `usual`.
   * @param {number} isPresent not 0 if it is @param {number} usual
   */
  optional(isPresent, usual) { return isPresent ? this.next() : usual; }
}

/**
 * The presentation time of the first sample of a chunk, which is later or earlier than its decode
 * time in a stream with B-frames.
 * @param {Uint8Array} chunk moof and mdat @param {number} time its base media decode time, ticks
 */
export function presentationTime(chunk, time) {
  const trun = content(chunk, 'moof', 'traf', 'trun');
  const present = trun ? uint32(trun, 0) & 0xFFFFFF : 0;
  if (!trun || (present & COMPOSITION) === 0) return time;
  const members = new Members(trun, 8);
  for (const member of [DATA_OFFSET, FIRST_FLAGS, DURATION, SIZE, FLAGS]) {
    members.optional(present & member, 0);
  }
  return time + (members.next() | 0);
}

/**
 * The samples of the first track run of a chunk.
 * @param {Uint8Array} chunk moof and mdat @param {number} time its base media decode time, ticks
 * @param {SampleDefaults} defaults of trex
 * @returns {Sample[]}
 */
export function accessUnitsOf(chunk, time, defaults) {
  const traf = content(chunk, 'moof', 'traf');
  const tfhd = traf && content(traf, 'tfhd'), trun = traf && content(traf, 'trun');
  if (!tfhd || !trun) throw new Error('moof without tfhd or trun');
  const present = uint32(tfhd, 0) & 0xFFFFFF, outer = new Members(tfhd, 8);
  if (present & BASE_OFFSET) outer.offset += 8;
  outer.optional(present & DESCRIPTION, 0);
  const usual = {
    duration: outer.optional(present & USUAL_DURATION, defaults.duration),
    size: outer.optional(present & USUAL_SIZE, defaults.size),
    flags: outer.optional(present & USUAL_FLAGS, defaults.flags),
  };
  const run = uint32(trun, 0) & 0xFFFFFF, members = new Members(trun, 4), count = members.next();
  const usualOffset = uint32(chunk, 0) + 8;  // the content of mdat follows moof
  let offset = members.optional(run & DATA_OFFSET, usualOffset);
  const firstFlags = members.optional(run & FIRST_FLAGS, usual.flags);
  /** @type {Sample[]} */
  const samples = [];
  let decodeTime = time;
  for (let i = 0; i < count; i += 1) {
    const duration = members.optional(run & DURATION, usual.duration);
    const size = members.optional(run & SIZE, usual.size);
    const flags = members.optional(run & FLAGS, i === 0 ? firstFlags : usual.flags);
    // Signed in version 1; in version 0 no offset is so large that the sign matters.
    const composition = members.optional(run & COMPOSITION, 0) | 0;
    const data = chunk.subarray(offset, offset + size);
    if (data.length < size) throw new Error('a sample ends after its chunk');
    samples.push({
      decodeTime, time: decodeTime + composition, duration, isKey: (flags & NO_SYNC) === 0, data,
    });
    offset += size;
    decodeTime += duration;
  }
  return samples;
}
