// SPDX-License-Identifier: Apache-2.0
// How far viewers may go back: the content of /S/dvr.json.

/** @typedef {{ id: number, time: number, data: any }} PastEvent */
/** @typedef {{ from: number, header: string }} HeaderStart `from`: number of its first segment */

/** The past of a stream. Times are Unix seconds; segments and frames are counted from 1970. */
export class PastExtent {
  /** @param {any} document the object of dvr.json */
  constructor(document) {
    const [rate, scale] = document.frameRate ?? [30, 1];
    /** Whether there is an archive behind the window. */
    this.isArchived = document.archive === true;
    /** Whether the stream has a session: if not, the past ends at `to`. */
    this.isLive = document.live !== false;
    /** @type {number | null} the start of the first segment; null without any */
    this.from = document.from ?? null;
    this.to = /** @type {number} */ (document.to ?? 0);
    this.frameDuration = scale / rate;
    /** Whether the document names the frame rate. */
    this.hasRate = Array.isArray(document.frameRate);
    this.framesPerSegment = /** @type {number} */ (document.framesPerSegment ?? 30);
    /** @type {[number, number][]} from and to of each time without media */
    this.gaps = document.gaps ?? [];
    /** @type {PastEvent[]} the events, by their time */
    this.events = document.events ?? [];
    /** @type {{ name: string, headers: HeaderStart[] }[]} */
    this.renditions = document.renditions ?? [];
  }

  get segmentDuration() { return this.framesPerSegment * this.frameDuration; }

  /** @param {number} time @returns {number} the frame whose slot contains `time` */
  frameAt(time) { return Math.floor(time / this.frameDuration + 1e-4); }

  /** @param {number} frame @returns {number} the middle of its slot, which names it surely */
  middleOf(frame) { return (frame + 0.5) * this.frameDuration; }

  /** @param {number} time */
  segmentAt(time) { return Math.floor(this.frameAt(time) / this.framesPerSegment); }

  /** @param {number} number @returns {number} */
  startOf(number) { return number * this.segmentDuration; }

  /**
   * The segment, or the first one after it that is not in a gap.
   * @param {number} number
   */
  withMedia(number) {
    const middle = (number + 0.5) * this.segmentDuration;
    const gap = this.gaps.find(([from, to]) => from < middle && middle < to);
    return gap ? this.segmentAt(gap[1] + this.frameDuration / 2) : number;
  }

  /**
   * The media from one time to a later one, without the gaps between them, s.
   * @param {number} from @param {number} to
   */
  mediaBetween(from, to) {
    return this.gaps.reduce((sum, [start, end]) => (
      sum - Math.max(0, Math.min(end, to) - Math.max(start, from))), to - from);
  }

  /** @param {number} time @returns {number} not before the first segment, or after a recording */
  clamp(time) {
    const last = this.isLive ? time : Math.min(time, this.to - this.frameDuration / 2);
    return Math.max(last, this.from ?? last);
  }

  /**
   * The hash of the CMAF header of a segment; null if it is unknown.
   * @param {string} rendition @param {number} number
   */
  headerOf(rendition, number) {
    const headers = this.renditions.find(({ name }) => name === rendition)?.headers ?? [];
    return headers.filter(({ from }) => from <= number).at(-1)?.header ?? null;
  }

  /** @param {string} rendition whether its past is kept */
  has(rendition) { return this.renditions.some(({ name }) => name === rendition); }
}
