// SPDX-License-Identifier: Apache-2.0
// The audio beside a canvas: an AudioContext that plays the blocks of a schedule.

import { AudioSchedule } from './audio-schedule.js';
import { OutputClock } from './output-clock.js';
import { PCMBuffer } from './pcm-buffer.js';
/** @typedef {import('./audio-schedule.js').PlannedBlock} PlannedBlock */
/** @typedef {import('./audio-track.js').AudioTrack} AudioTrack */

/** Audio begins and ends within this time, s. */
const FADE = 0.003;
/** An AudioContext without audio is suspended after this time, ms. */
const IDLE_CONTEXT = 2000;
/** A browser that has not started the audio is asked again after this time, ms. */
const RESUME_INTERVAL = 1000;
/** A gap raises the target by this, up to the second value, s; it falls by it in this time, ms. */
const GAP_MARGIN = 0.015, HIGHEST_GAP_MARGIN = 0.15, GAP_MARGIN_TIME = 8000;
/** Blocks start this part of a sample early, so that rounding does not move them by a sample. */
const ROUNDING = 1e-3;

/**
 * The display beside the audio. `isSet`: a position was chosen; `position`: the media time, s, at a
 * time in ms of performance.now(); `setJoining`: whether audio waits until the display is as late.
 * @typedef {object} AudibleDisplay
 * @property {boolean} isPaused
 * @property {boolean} isSet
 * @property {number} playbackRate
 * @property {(at?: number) => number} position
 * @property {() => void} followAudio
 * @property {(isJoining: boolean) => void} setJoining
 */

/**
 * Plays the audio of a track at the times of a canvas. While it is heard, the canvas follows it.
 * The audio is on if the video element is not muted, and the browser lets the AudioContext run.
 */
export class AudioOutput {
  /** @param {HTMLVideoElement} video @param {AudibleDisplay} display */
  constructor(video, display) {
    this.video = video;
    this.display = display;
    this.buffer = new PCMBuffer();
    this.schedule = new AudioSchedule(this.buffer);
    this.clock = new OutputClock();
    /** @type {AudioTrack | null} null if the stream has no audio */
    this.track = null;
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {GainNode | null} for the start and the end of the audio */
    this.fade = null;
    /** @type {GainNode | null} for the volume */
    this.level = null;
    this.volume = 0;
    /** @type {Set<AudioBufferSourceNode>} blocks that were handed over */
    this.sources = new Set();
    /** The end of the last block, s of the context. */
    this.end = 0;
    this.wantedAt = 0;
    this.unwantedAt = 0;
    this.resumedAt = -Infinity;
    /** The time that gaps have added to the target, s. */
    this.gapMargin = 0;
    this.gaps = 0;
    this.marginAt = 0;
    this.closing = new AbortController();
  }

  open() {
    const { signal } = this.closing, resume = () => this.resume();
    this.video.addEventListener('volumechange', () => {
      this.resumedAt = -Infinity;
      this.update();
    }, { signal });
    // Browsers start audio within such an event.
    for (const event of ['click', 'keydown']) document.addEventListener(event, resume, { signal });
  }

  close() {
    this.closing.abort();
    this.stop();
    const { context } = this;
    this.context = null;
    if (context && context.state !== 'closed') context.close().catch(() => {});
  }

  /** @param {AudioTrack | null} track */
  setTrack(track) {
    if (track === this.track) return;
    this.stop();
    this.buffer.clear();
    this.track = track;
  }

  /** Whether the viewer wants audio, and the stream has audio. */
  get isWanted() { return this.track !== null && !this.video.muted && this.video.volume > 0; }

  /** Whether audio can be played now. */
  get isOn() {
    return this.isWanted && this.track?.problem === null && this.context?.state === 'running';
  }

  /** Why audio is off although the viewer wants it; null if it is on, or will be. */
  get problem() {
    if (!this.isWanted) return null;
    const problem = this.track?.problem ?? null;
    if (problem !== null) return `WebCodecs plays no sound (${problem}): choose another transport`;
    const isLate = performance.now() - this.wantedAt > RESUME_INTERVAL;
    if (this.context?.state === 'running' || !isLate) return null;
    return 'Click the picture for sound: the browser does not start it by itself';
  }

  /** The time for which a sample is in the output before it is heard, s. */
  get lead() {
    const { context, clock } = this;
    if (!context || clock.offset === null) return 0;
    return Math.max(0, context.currentTime - clock.contextTimeAt(performance.now() / 1000));
  }

  /**
   * The media time that is heard at `at`, ms of performance.now(); null while audio is off.
   * @param {number} at
   */
  positionAt(at) {
    if (!this.isOn || !this.clock.isRunning(performance.now() / 1000)) return null;
    return this.schedule.positionAt(this.clock.contextTimeAt(at / 1000));
  }

  // The context

  openContext() {
    const sampleRate = this.track?.format?.config.sampleRate;
    try {
      this.context = new AudioContext({ latencyHint: 'interactive', sampleRate });
    } catch {
      this.context = new AudioContext({ latencyHint: 'interactive' });
    }
    const { context } = this;
    this.fade = new GainNode(context, { gain: 0 });
    this.level = new GainNode(context, { gain: this.video.volume });
    this.volume = this.video.volume;
    this.fade.connect(this.level);
    this.level.connect(context.destination);
    this.clock.reset();
  }

  /** Starts the context; a browser may refuse it. */
  resume() {
    if (!this.isWanted || this.track?.problem !== null) return;
    this.resumedAt = performance.now();
    if (!this.context || this.context.state === 'closed') this.openContext();
    if (this.context?.state !== 'running') this.context?.resume().catch(() => {});
  }

  /** Called every 50 ms, and after a change of the volume. */
  update() {
    const now = performance.now(), { context, video } = this;
    if (this.isWanted) {
      if (this.wantedAt <= this.unwantedAt) this.wantedAt = now;
      const { userActivation } = /** @type {any} */ (navigator);
      const mayStart = !context || userActivation?.hasBeenActive !== false;
      const isDue = mayStart && now - this.resumedAt > RESUME_INTERVAL;
      if (context?.state !== 'running' && isDue) this.resume();
    } else {
      if (this.unwantedAt < this.wantedAt) this.unwantedAt = now;
      const isIdle = now - this.unwantedAt > IDLE_CONTEXT;
      if (isIdle && context?.state === 'running') {
        this.clock.reset();
        context.suspend().catch(() => {});
      }
    }
    if (context && this.level && this.volume !== video.volume) {
      this.volume = video.volume;
      this.level.gain.setTargetAtTime(this.volume, context.currentTime, 0.01);
    }
    this.followGaps(now);
    this.pump();
  }

  /** @param {number} now ms */
  followGaps(now) {
    const { gaps } = this.schedule;
    if (gaps !== this.gaps) {
      this.gapMargin = Math.min(HIGHEST_GAP_MARGIN, this.gapMargin + GAP_MARGIN);
      this.marginAt = now;
    } else if (now - this.marginAt > GAP_MARGIN_TIME) {
      this.gapMargin = Math.max(0, this.gapMargin - GAP_MARGIN);
      this.marginAt = now;
    }
    this.gaps = gaps;
  }

  // Playback

  /** Decodes and hands over the frames that will be played soon. */
  pump() {
    const { context, display, track } = this;
    if (!track) return;
    if (!this.isOn || !context || display.isPaused || !display.isSet) {
      if (this.schedule.isPlaying) this.stop();
      this.buffer.clear();
      display.setJoining(false);
      track.rest(display.isSet ? display.position() : -Infinity);
      return;
    }
    this.measure(context);
    display.followAudio();
    track.decode(display.position());
    if (!this.clock.isRunning(performance.now() / 1000)) return;
    const blocks = this.schedule.plan(context.currentTime, context.sampleRate, {
      positionAt: (time) => display.position(this.clock.pageTimeAt(time) * 1000),
      rate: display.playbackRate,
    });
    if (blocks.length > 0) this.play(context, blocks);
    display.setJoining(!this.schedule.isPlaying);
  }

  /** @param {AudioContext} context */
  measure(context) {
    const now = performance.now() / 1000;
    const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp?.() ?? {};
    if (performanceTime > 0) this.clock.measure(contextTime, performanceTime / 1000, now);
    else {
      const latency = /** @type {any} */ (context).outputLatency || context.baseLatency || 0;
      this.clock.measure(context.currentTime - latency, now, now);
    }
  }

  /** @param {AudioContext} context @param {PlannedBlock[]} blocks */
  play(context, blocks) {
    const { fade } = this;
    if (!fade) return;
    const { gain } = fade;
    for (const { at, isFirst, channels } of blocks) {
      const buffer = new AudioBuffer({
        length: channels[0].length, numberOfChannels: channels.length,
        sampleRate: context.sampleRate,
      });
      channels.forEach((samples, channel) => buffer.copyToChannel(samples, channel));
      const source = new AudioBufferSourceNode(context, { buffer });
      source.connect(fade);
      source.onended = () => {
        this.sources.delete(source);
        source.disconnect();
      };
      this.sources.add(source);
      source.start(at - ROUNDING / context.sampleRate);
      if (isFirst) {
        gain.cancelScheduledValues(at);
        gain.setValueAtTime(0, at);
        gain.linearRampToValueAtTime(1, at + FADE);
      } else gain.cancelScheduledValues(this.end - FADE);
      this.end = at + channels[0].length / context.sampleRate;
    }
    // If nothing follows, the audio ends without a click.
    gain.setValueAtTime(1, this.end - FADE);
    gain.linearRampToValueAtTime(0, this.end);
  }

  /** Ends the audio. The canvas runs on from where it is. */
  stop() {
    const { context, fade, sources } = this;
    this.display.followAudio();
    this.schedule.stop();
    if (!context || !fade) return;
    const now = context.currentTime;
    fade.gain.cancelScheduledValues(now);
    fade.gain.setTargetAtTime(0, now, FADE / 2);
    for (const source of sources) source.stop(now + 4 * FADE);
  }
}
