// SPDX-License-Identifier: Apache-2.0
// The interfaces of a player's media: the sink of the chunks, and the display of the frames.

/**
 * The display of the frames: a video element, or an object that behaves like one.
 * @typedef {Pick<HTMLVideoElement, 'currentTime' | 'playbackRate' | 'paused' | 'seeking'
 *   | 'readyState' | 'buffered' | 'videoWidth' | 'videoHeight'
 *   | 'getVideoPlaybackQuality'>} Display
 */

/** @typedef {{ type: string, timescale: number, header: Uint8Array }} FeedTrack */

/**
 * One track of a feed: `append` takes chunks, `changeType` the CMAF header of those that follow.
 * @typedef {object} TrackFeed
 * @property {(bytes: Uint8Array) => void} append
 * @property {(type: string, header: Uint8Array, timescale?: number) => void} changeType
 *   `timescale` of their times, if it may be another one
 */

/**
 * The sink of the chunks of the frame player: a media source, or a decoder.
 * @typedef {object} Feed
 * @property {TrackFeed | null} video null until it is open
 * @property {TrackFeed | null} audio
 * @property {string} headers the URLs of the CMAF headers that were appended last
 * @property {boolean} isClosed
 * @property {boolean} isStreaming whether the browser wants media
 * @property {() => Promise<void>} untilStreaming
 * @property {() => void} prepare prepares the parts that need no CMAF header
 * @property {(tracks: FeedTrack[]) => Promise<void>} open
 * @property {boolean} isIdle whether all media is appended
 * @property {() => void} onAppended called when media was appended
 * @property {import('../captions/chunk-captions.js').OnTriplets} onCaptions called with the
 *   captions of a frame, when it arrives
 * @property {(count: number) => boolean} hasTracks
 * @property {() => number | null} start of the media, s
 * @property {() => number | null} end of the media, s
 * @property {() => TimeRanges | null} ranges
 * @property {() => number | null} gapEnd the position at which playback continues after a gap, s
 * @property {() => void} close
 */

export {};
