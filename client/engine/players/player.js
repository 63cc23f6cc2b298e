// SPDX-License-Identifier: Apache-2.0
// The interface between the page and its players.

/** @typedef {import('../../shared/clock.js').ServerClock} ServerClock */
/** @typedef {import('../feed/feed.js').Display} Display */
/** @typedef {import('../renditions/rendition-names.js').RenditionChoice} RenditionChoice */

/** @typedef {'live' | 'wait' | 'dead'} Status */

/**
 * The page, as a player sees it.
 * @typedef {object} Host
 * @property {HTMLVideoElement} video
 * @property {(displayTime: number, frame: VideoFrame) => void} shown
 *   a frame is shown without the video element; `displayTime` in Unix ms
 * @property {ServerClock} clock
 * @property {string} source URL of the playlist or MPD
 * @property {(status: Status, text: string, problem?: string, pause?: number) => void} status
 *   `pause`: the time before the next attempt, ms
 * @property {(error: import('../../shared/errors.js').StatusError) => boolean} [refused] the server
 *   refuses the stream; whether the player ends
 * @property {(reason: string, isRefused?: boolean) => void} unsupported this player cannot play the
 *   stream; with `isRefused` because the server refuses this client
 * @property {(reason: string, isRefused?: boolean) => void} cannotDecrypt this player cannot play
 *   encrypted media; with `isRefused` no player can
 * @property {(reason: string, isRefused?: boolean) => void} withoutSocket
 *   there is no WebSocket: the same decoder has to get its media over HTTP
 * @property {(text: string | null) => void} notice for the viewer; null if it is over
 * @property {(list: import('../../shared/playlist.js').Playlist) => void} learnServices
 *   the services of the origin are beside the segments of this playlist
 * @property {() => void} measureClock the server's clock may have been set
 * @property {(usual: number, least: number) => void} setTargets
 *   the default target for this stream, and the lowest one that it allows, s
 * @property {string | null} sync the sync group of the page
 * @property {import('../playback/later-code.js').LaterCode<typeof import('./later-players.js')>}
 *   later the code that few viewers need
 * @property {() => number} need the latency that the player needs, s
 * @property {(target: number) => void} setSharedTarget the target of the sync group, s
 * @property {() => Promise<void>} untilJoined the target of the sync group is set, or does not come
 *   soon; for players without a socket of their own
 * @property {(event: import('../transport/stream-events.js').StreamEvent | null) => void} addEvent
 *   an event of the stream; null is ignored
 * @property {import('../captions/chunk-captions.js').OnTriplets} addCaptions the frame of a capture
 *   time has captions; `time` in Unix ms
 * @property {(source: import('../server/away.js').SourcePresence | null) => void} setSource
 *   the state of the source, from a socket; null if there is none any more
 * @property {(index: number) => void} leaveRendition this rendition has no media at the moment;
 *   `index` from the top rendition
 */

/**
 * The audio tracks of a stream by name, and the index of the one that plays (−1 if unknown).
 * @typedef {{ names: string[], current: number }} AudioChoice
 */

/**
 * A player of the page.
 * @typedef {object} Player
 * @property {Display} [display] the display of the frames; the video element by default
 * @property {boolean} [ownsSocket] whether it has a WebSocket for clock, events and figures
 * @property {boolean} [changesConnection] whether its requests leave a connection without answers
 * @property {() => void} start
 * @property {() => void} stop
 * @property {() => void} update called every 50 ms
 * @property {(reason: string) => void} recover the decoder or the buffer failed
 * @property {(target: number) => void} setTarget s
 * @property {() => number | null} latency s; null if unknown
 * @property {() => boolean} isControlled whether the page controls the latency
 * @property {() => number} minimumTarget the lowest target that the connection allows, s
 * @property {(time: number) => boolean} wasConnectedSince whether no connection was lost since
 *   `time`, on the clock of performance.now()
 * @property {(seconds: number, now: number) => void} seekBy
 * @property {() => boolean | null} hasAudio null if unknown
 * @property {() => RenditionChoice | null} renditions null if the player has no choice
 * @property {(name: string | null) => void} chooseRendition null for automatic
 * @property {() => AudioChoice | null} [audioTracks] null while unknown
 * @property {(index: number) => void} [chooseAudio]
 * @property {(now: number, isAnswered?: boolean) => void} [toEdge] seeks to the live edge, with
 *   new requests if none brings media; `now` of performance.now(); whether the server answers a
 *   probe
 * @property {(indices: Set<number>, missing: Set<number>) => void} [avoid] the renditions that are
 *   not to be shown, from the top one, and the ones without media by the server; the viewer's
 *   choice and the automatic one return when the first set is empty
 * @property {(before: Player) => void} [inherit] takes the choice of the rendition from a former
 *   player; called before `start`
 * @property {() => { count: number, current: number }} [renditionInUse] the number of renditions
 *   and the index of the shown one, for a player whose renditions the viewer does not choose
 * @property {() => boolean} [wantsMedia] whether the browser wants media (ManagedMediaSource)
 * @property {() => boolean} [isStarved] whether bytes arrive, but complete chunks seldom
 * @property {(figures: Record<string, number | boolean | null>) => void} [report]
 *   measured values, once a second
 */

/** hls.js and dash.js are restarted if the position does not change for this time, ms. */
export const STOP_TIMEOUT = 10000;
