// SPDX-License-Identifier: Apache-2.0
// Types of /player/live-player.js. Times are in seconds if no other unit is given.

/**
 * The frame player over a WebSocket or HTTP, WebCodecs over both, hls.js, dash.js, or the browser's
 * own HLS.
 */
export type Transport = 'ws' | 'http' | 'webcodecs' | 'hls' | 'dash' | 'native';

/**
 * The stream: not yet playing, playing, without frames from its source, failed on the server, over,
 * without answers from the server, or refused by it.
 */
export type SourceState =
  'starting' | 'live' | 'lost' | 'failed' | 'ended' | 'unreachable' | 'refused';

export interface LivePlayerStatistics {
  status: 'live' | 'wait' | 'dead';
  transport: Transport;
  /** From the time of the shown frame to its display; null while unknown. */
  latency: number | null;
  target: number;
  /** Latency minus the target of the sync group; null without a group. */
  syncOffset: number | null;
  /** Buffered media after the playback position. */
  buffer: number;
  rate: number;
  /** The shown rendition; null without a choice. */
  rendition: string | null;
  width: number;
  height: number;
  /** Null while unknown. */
  hasAudio: boolean | null;
  /** Frames since the start, and in the last second. */
  frames: number;
  framesDropped: number;
  frameRate: number;
  stalls: number;
  stallSeconds: number;
  /** Server's clock minus the browser's clock. */
  clockOffset: number;
  /** Of the best measurement of the clock; null before the first one. */
  roundTrip: number | null;
  /** `at` in Unix milliseconds on the server's clock. */
  lastError: { at: number; message: string } | null;
}

/** The events of a player, by name. They do not bubble. */
export interface LivePlayerEventMap {
  /** Every 250 ms while the latency is known. */
  latency: CustomEvent<{ latency: number; target: number; syncOffset: number | null }>;
  /** A stall has ended. `at`: its start in Unix milliseconds on the server's clock. */
  stall: CustomEvent<{ at: number; seconds: number }>;
  /**
   * The frame of an event of the stream is shown (`POST /api/streams/S/events`). `time`: the
   * capture time of this frame in Unix milliseconds; `data`: the JSON value as given.
   */
  streamevent: CustomEvent<{ id: number; time: number; data: unknown }>;
  /** Another rendition is shown. */
  rendition: CustomEvent<{ rendition: string; renditions: string[] }>;
  /**
   * The state of the stream has changed. `since` in Unix milliseconds; `status`: that of a refusal.
   */
  source: CustomEvent<{ state: SourceState; since: number; status?: number }>;
  /** Another transport plays, and why. */
  transport: CustomEvent<{ transport: Transport; reason: string }>;
  /** Every second. */
  statistics: CustomEvent<LivePlayerStatistics>;
  /** After an error that is not fatal the player continues by itself. */
  error: CustomEvent<{ message: string; fatal: boolean }>;
}

/** `<live-player>`: plays while it is in a document. */
export class LivePlayer extends HTMLElement {
  /** The attribute: a stream's folder, playlist or MPD. A change starts playback again. */
  src: string;
  /** The attribute: the requested latency, 0.05–10; null for the usual one. */
  target: number | null;
  /** The attribute: the sync group. A change starts playback again. */
  sync: string | null;
  /** The attribute: `auto` or a transport. A change starts playback again. */
  transport: string;
  /**
   * The attribute: the instant to play from, a date with its zone or Unix seconds; null for the
   * live edge.
   */
  at: string | null;
  /** Whether the controls have a time bar; counts when the element is connected. */
  timebar: boolean;
  /** Whether the controls are shown. */
  controls: boolean;
  /** False if playback begins with `play()` or a click; counts when the element is connected. */
  autoplay: boolean;
  muted: boolean;
  /** 0–1 */
  volume: number;
  /** The shown rendition; a name chooses a rendition, null lets the player choose. */
  rendition: string | null;

  /** Whether the viewer or the page paused, or playback has not started. */
  readonly paused: boolean;
  /** The transport that plays; null while none does. */
  readonly activeTransport: Transport | null;
  /** Why this transport plays. */
  readonly transportReason: string;
  /** From the time of the shown frame to its display; null while unknown, and in the past. */
  readonly latency: number | null;
  /** The instant of the shown frame in Unix seconds; null while unknown. */
  readonly shownAt: number | null;
  /**
   * `since` in Unix milliseconds; `status`: that of the answer by which the server has refused the
   * stream. Null while nothing plays.
   */
  readonly sourceState: { state: SourceState; since: number; status?: number } | null;
  /** The audio track that plays; a name chooses another one. Null without a choice. */
  audioTrack: string | null;
  /** The names of the audio tracks; empty while unknown. */
  readonly audioTracks: string[];
  /** The language of the captions that are shown; a name chooses another one, null none. */
  captionTrack: string | null;
  /** The names of the languages of captions; empty without captions, and while unknown. */
  readonly captionTracks: string[];
  /** The names of the renditions, the top one first; empty without a choice. */
  readonly renditions: string[];
  /** Null while nothing plays. */
  readonly statistics: LivePlayerStatistics | null;
  /** The element that shows the picture; with WebCodecs a canvas beside it does. */
  readonly video: HTMLVideoElement;

  /** Starts or continues playback. */
  play(): void;
  pause(): void;
  /** Plays from an instant of the past, in Unix seconds; null for the live edge. */
  seek(at: number | null): void;
  /** Shows a frame before (negative) or after the shown one, paused. */
  step(frames: number): Promise<void>;

  addEventListener<K extends keyof LivePlayerEventMap>(
    type: K, listener: (this: LivePlayer, event: LivePlayerEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions): void;
  addEventListener(
    type: string, listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'live-player': LivePlayer;
  }
}
