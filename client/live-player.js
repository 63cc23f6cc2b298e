// SPDX-License-Identifier: Apache-2.0
// Built from client/player by `node client/build.mjs`: change the sources, not this file.

// page/page.html

const STAGE_MARKUP = `  <div id="stage" part="stage">
    <video id="video" part="video" muted playsinline aria-label="Live video"></video>
    <div id="notices" role="status" aria-live="polite">
      <div id="away" part="away" hidden>
        <strong id="away-title"></strong><span id="away-text" aria-live="off"></span>
      </div>
      <div id="messages" part="messages"></div>
    </div>
    <div id="bar" part="bar" role="group" aria-label="Player controls">
      <button id="play" class="icon" part="button" type="button" aria-keyshortcuts="k"
        title="Pause (k)">
        <svg viewBox="0 0 24 24" aria-hidden="true"><path class="off" d="M8 5v14l11-7z"/>
          <path class="on" d="M7 5h4v14H7zM13 5h4v14h-4z"/></svg><span class="name">Pause</span>
      </button>
      <button id="sound" class="icon" part="button" type="button" aria-keyshortcuts="m"
        title="Sound (m)">
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 9v6h4l5 5V4L8 9z"/>
          <path class="on" d="M15 8.5a4.5 4.5 0 0 1 0 7z"/>
          <path class="off line" d="M16 9l5 6M21 9l-5 6"/></svg><span class="name">Unmute</span>
      </button>
      <input id="volume" part="volume" type="range" min="0" max="100" step="5" value="100"
        aria-label="Volume">
      <p id="badge" part="badge"><span id="dot"></span><span id="state">Connecting</span>
        <span id="latency" title="Latency of the picture"></span></p>
      <label id="quality" part="quality" hidden><span class="name">Quality</span>
        <select id="rendition" title="Quality"></select></label>
      <button id="figures-button" class="icon" part="button" type="button" aria-controls="panel"
        aria-expanded="false" aria-keyshortcuts="i" title="Figures (i)">
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M5 12h3v7H5zM10.5 5h3v14h-3zM16 9h3v10h-3z"/></svg>
        <span class="name">Figures</span>
      </button>
      <button id="full" class="icon" part="button" type="button" aria-keyshortcuts="f"
        title="Full screen (f)">
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path class="line" d="M9 4H4v5M15 4h5v5M9 20H4v-5M15 20h5v-5"/></svg>
        <span class="name">Full screen</span>
      </button>
    </div>
  </div>`;

// page/stage.css

const STAGE_STYLE = `
/* Picture, words and controls: in the page, and in the shadow root of <live-player>. */
:root, :host {
  --ground: #0a0c0f; --panel: rgba(13, 16, 20, .9); --line: rgba(255, 255, 255, .09);
  --text: #e8ebef; --quiet: #98a2ae; --accent: #6cb6ff;
  --good: #4cc38a; --warn: #f2b84b; --bad: #f2706a;
}
:host {
  display: block; position: relative; aspect-ratio: 16 / 9; background: #000; color: var(--text);
  color-scheme: dark; overflow: hidden;
  font: 14px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
:host([hidden]) { display: none; }
:host #stage { width: 100%; height: 100%; }
* { box-sizing: border-box; }
#stage {
  position: relative; container-type: inline-size; flex: 1; min-height: 0; background: #000;
  overflow: hidden;
}
video, canvas {
  width: 100%; height: 100%; object-fit: contain; background: #000; display: block;
}
button, select, input { font: inherit; color: inherit; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
[hidden] { display: none !important; }
.name {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap;
}

#notices {
  position: absolute; inset: 0; padding: 16px 16px 72px; display: grid; gap: 10px;
  align-content: center; justify-items: center; pointer-events: none;
}
#away {
  display: grid; gap: 4px; padding: 18px 26px; text-align: center; background: var(--panel);
  border: 1px solid var(--line); border-radius: 12px; max-width: min(92%, 520px);
}
#away strong { font-size: 20px; font-weight: 600; }
#away span { color: var(--quiet); }
#messages { display: grid; gap: 8px; justify-items: center; max-width: min(100%, 640px); }
#messages p {
  margin: 0; padding: 8px 14px; border-radius: 8px; background: var(--panel);
  border: 1px solid var(--line); border-left: 3px solid var(--accent); overflow-wrap: anywhere;
}
#messages p.warn { border-left-color: var(--warn); }
#messages p.bad { border-left-color: var(--bad); }

#bar {
  position: absolute; left: 0; right: 0; bottom: 0; padding: 28px 12px 8px; display: flex;
  align-items: center; gap: 4px;
  background: linear-gradient(transparent, rgba(0, 0, 0, .72) 62%);
}
#stage.idle { cursor: none; }
/* Not \`visibility\`: the controls are reached by Tab, and by a screen reader. */
#stage.idle #bar { opacity: 0; pointer-events: none; }
#bar .icon {
  display: grid; place-items: center; width: 40px; height: 40px; padding: 0; border: 0;
  border-radius: 8px; background: none; cursor: pointer; position: relative; flex: none;
}
#bar .icon:hover:enabled { background: rgba(255, 255, 255, .14); }
#bar .icon:disabled { color: #7b848f; cursor: default; }
#bar .icon[aria-expanded="true"] { background: rgba(108, 182, 255, .24); }
#bar svg { width: 24px; height: 24px; fill: currentColor; }
#bar svg .line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; }
#bar .is-off .on, #bar .icon:not(.is-off) .off { display: none; }
#volume {
  min-width: 48px; flex: 0 999 88px; accent-color: #fff; cursor: pointer; margin: 0 6px 0 0;
}
#badge {
  margin: 0 auto 0 4px; padding: 4px 11px; border-radius: 99px; background: rgba(13, 16, 20, .62);
  font-size: 13px; white-space: nowrap; font-variant-numeric: tabular-nums;
  min-width: 0; overflow: hidden; text-overflow: ellipsis;
}
#latency:not(:empty) { color: var(--quiet); margin-left: 5px; }
#quality { position: relative; flex: 0 99999 auto; min-width: 54px; }
#quality select {
  background: rgba(13, 16, 20, .62); height: 32px; max-width: 100%; text-overflow: ellipsis;
}

#dot {
  display: inline-block; width: 8px; height: 8px; border-radius: 50%; background: var(--quiet);
  margin-right: 7px; vertical-align: 1px;
}
#dot.live { background: var(--good); }
#dot.wait { background: var(--warn); }
#dot.dead { background: var(--bad); }
select {
  background: #171b21; border: 1px solid var(--line); border-radius: 8px; padding: 4px 12px;
  font-size: 13px; cursor: pointer;
}
select:hover { border-color: rgba(255, 255, 255, .25); }

@container (max-width: 760px) {
  #bar { padding: 24px 6px 4px; gap: 0; }
}
@container (max-width: 420px) { #volume { display: none; } }
@container (max-width: 360px) {
  #bar { padding: 12px 4px 2px; }
  #bar .icon { width: 32px; height: 32px; }
  #badge { padding: 2px 8px; font-size: 12px; }
  #notices { padding: 6px 8px 38px; font-size: 12px; }
  #away { padding: 6px 12px; gap: 0; }
  #away strong { font-size: 14px; }
}
@container (max-width: 310px) { #quality { display: none; } }
@container (max-width: 260px) { #away span { display: none; } }
@media (prefers-reduced-motion: no-preference) {
  #bar { transition: opacity .2s; }
  select { transition: background-color .12s, border-color .12s; }
  #dot.wait { animation: breathe 1.2s ease-in-out infinite; }
  @keyframes breathe { 50% { opacity: .35; } }
}
`;

// page/dom.js

function element(id, type, root = document) {
  const found = root.getElementById(id);
  if (!(found instanceof type)) throw new Error(`no #${id}`);
  return found;
}

// page/players/player.js

const TARGETS = {
  frames: 0.07, ws: 0.07, webcodecs: 0.04, hlsjs: 0.35, dashjs: 0.5, native: 2,
};
const LOSS_TIME = 500;
const MPD_TARGET = 0.5;
const STALL_TOLERANCES = {
  frames: 0.03, ws: 0.03, webcodecs: 0.03, hlsjs: 0.15, dashjs: Infinity, native: Infinity,
};
const LATENCY_TOLERANCES = { frames: 0.6, ws: 0.6, webcodecs: 0.3 };
const STOP_TIMEOUT = 10000;
const TITLES = {
  frames: 'the frame player', ws: 'the WebSocket player', webcodecs: 'WebCodecs', hlsjs: 'hls.js',
  dashjs: 'dash.js', native: 'the browser\'s own HLS',
};
const TRANSPORT_NAMES = {
  frames: 'http', ws: 'ws', webcodecs: 'webcodecs', hlsjs: 'hls', dashjs: 'dash',
  native: 'native',
};
const TRANSPORTS = {
  auto: null, ws: 'ws', http: 'frames', webcodecs: 'webcodecs', hls: 'hlsjs', dash: 'dashjs',
  native: 'native',
};
const EXPECTED_TRANSPORTS = 'auto, ws, http, webcodecs, hls, dash or native';
function kindOfTransport(name) {
  return Object.hasOwn(TRANSPORTS, name) ? TRANSPORTS[name] : undefined;
}
function transportOf(name) {
  const kind = kindOfTransport(name ?? 'auto');
  if (kind !== undefined) return { kind, problem: null };
  return { kind: null, problem: `unknown transport "${name}" (expected ${EXPECTED_TRANSPORTS})` };
}
function kindNamed(name) {
  return name !== null && Object.hasOwn(TARGETS, name) ? /** @type {Kind} */ (name) : null;
}

// page/players/script.js

const LOADING = new Map();
const CDN = {
  url: 'https://cdn.jsdelivr.net/npm/hls.js@1.6.15/dist/hls.min.js',
  integrity: 'sha256-QTqD4rsMd+0L8L4QXVOdF+9F39mEoLE+zTsUqQE4OTg=',
};
function hlsLocations(requested, page) {
  const { protocol, origin } = new URL(page), isFile = protocol === 'file:';
  const usual = isFile ? [CDN] : [{ url: new URL('/player/hls.js', page).href }, CDN];
  if (!requested) return { locations: usual, warning: null };
  let url = null;
  try { url = new URL(requested, page); } catch { /* refused below */ }
  if (url?.href === CDN.url) return { locations: [CDN], warning: null };
  const isOwn = isFile ? url?.protocol === 'file:' && url.host === ''
    : url?.origin === origin && url.pathname.startsWith('/player/');
  if (url && isOwn) return { locations: [{ url: url.href }], warning: null };
  const host = url?.host || requested;
  const warning = `A script from ${host} is refused: hls.js is loaded from this server or the CDN`;
  return { locations: usual, warning };
}
function scriptsBeside(module) {
  const { protocol } = new URL(module), isServed = protocol !== 'file:';
  const { integrity } = CDN, beside = (/** @type {string} */ name) => new URL(name, module).href;
  return {
    hls: isServed ? [{ url: beside('hls.js'), integrity }, CDN] : [CDN],
    dash: isServed ? beside('dash.all.min.js') : null,
  };
}
function dashLocation(page) {
  if (new URL(page).protocol === 'file:') return null;
  return new URL('/player/dash.all.min.js', page).href;
}
function loadScript(location) {
  const key = `${location.url} ${location.integrity ?? ''}`;
  const loading = LOADING.get(key) ?? insertScript(location);
  LOADING.set(key, loading);
  loading.catch(() => LOADING.delete(key));
  return loading;
}
function insertScript({ url, integrity }) {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    if (integrity) {
      script.integrity = integrity;
      script.crossOrigin = 'anonymous';
    }
    const fail = (/** @type {string} */ reason) => {
      clearTimeout(timer);
      script.remove();
      reject(new Error(`${url}: ${reason}`));
    };
    script.onload = () => {
      clearTimeout(timer);
      resolve();
    };
    script.onerror = () => fail('not found, or its sum is wrong');
    const timer = setTimeout(() => fail('no response within 8 s'), 8000);
    script.src = url;
    document.head.append(script);
  });
}

// page/controls.js

const IDLE_TIME = 2500;
class Controls {
  constructor(root, video, options, events, signal) {
    this.root = root;
    this.video = video;
    this.options = options;
    this.events = events;
    this.signal = signal;
    this.hasControls = options.hasControls;
    this.stage = element('stage', HTMLDivElement, root);
    this.bar = element('bar', HTMLDivElement, root);
    this.play = element('play', HTMLButtonElement, root);
    this.audio = element('sound', HTMLButtonElement, root);
    this.volume = element('volume', HTMLInputElement, root);
    this.rendition = element('rendition', HTMLSelectElement, root);
    this.quality = element('quality', HTMLLabelElement, root);
    this.keys = this.usualKeys();
    this.hasAudio = null;
    this.isPointerOnBar = false;
    this.isPinned = false;
    this.movedAt = options.isIdle ? -Infinity : performance.now();
    video.muted = options.isMuted;
    this.showControls(options.hasControls);
    this.listen(video, ['volumechange'], () => this.showAudio(this.hasAudio));
    this.listen(video, ['play', 'pause'], () => this.showPlay());
    this.showPlay();
    this.connectButtons();
    this.connectPointer();
    this.listen(options.keys, ['keydown'], (event) => {
      this.pressed(/** @type {KeyboardEvent} */ (event));
    });
  }
  listen(target, events, body) {
    const { signal } = this;
    for (const event of events) target.addEventListener(event, body, { signal });
  }
  connectButtons() {
    this.listen(this.audio, ['click'], () => this.toggleAudio());
    this.listen(this.volume, ['input'], () => this.setVolume(this.volume.valueAsNumber / 100));
    const full = element('full', HTMLButtonElement, this.root);
    this.listen(full, ['click'], () => this.toggleFullScreen());
    this.listen(this.play, ['click'], () => this.events.onPlay());
    this.listen(this.rendition, ['change'], () => {
      this.events.onRendition(this.rendition.value || null);
    });
  }
  usualKeys() {
    const { video, events } = this;
    return {
      m: () => this.toggleAudio(), f: () => this.toggleFullScreen(), k: () => events.onPlay(),
      ArrowUp: () => this.setVolume(video.volume + 0.05),
      ArrowDown: () => this.setVolume(video.volume - 0.05),
      ' ': () => events.onPlay(),
    };
  }
  pressed(event) {
    if (!this.hasControls || event.ctrlKey || event.metaKey || event.altKey) return;
    this.movedAt = performance.now();
    const { target } = event, isWord = event.key.length === 1 && event.key !== ' ';
    const isField = target instanceof HTMLSelectElement || target instanceof HTMLInputElement;
    const isButton = target instanceof HTMLButtonElement && event.key === ' ';
    if (isButton || isField && !(isWord && target instanceof HTMLInputElement)) return;
    if (!Object.hasOwn(this.keys, event.key)) return;
    if (!isWord) event.preventDefault();
    this.keys[event.key]();
  }
  connectPointer() {
    const { stage, bar } = this;
    this.listen(stage, ['pointermove', 'pointerdown', 'focusin'], () => {
      this.movedAt = performance.now();
    });
    this.listen(stage, ['pointerleave'], () => { this.movedAt = -Infinity; });
    this.listen(bar, ['pointerenter'], () => { this.isPointerOnBar = true; });
    this.listen(bar, ['pointerleave'], () => { this.isPointerOnBar = false; });
    this.listen(this.video, ['dblclick'], () => {
      if (this.hasControls) this.toggleFullScreen();
    });
  }
  showControls(isShown) {
    this.hasControls = isShown;
    this.bar.hidden = !isShown;
  }
  update() {
    const { video, stage } = this;
    const isOperated = performance.now() - this.movedAt < IDLE_TIME || this.isPointerOnBar
      || stage.querySelector('#bar :focus-visible') !== null;
    const isPlaying = !video.paused || this.options.isIdle;
    stage.classList.toggle('idle', isPlaying && !isOperated && !this.isPinned);
  }
  toggleAudio() {
    this.video.muted = !this.video.muted;
    if (!this.video.muted && this.video.volume === 0) this.video.volume = 0.5;
  }
  setVolume(volume) {
    this.video.volume = Math.min(1, Math.max(0, volume));
    this.video.muted = this.video.volume < 0.01;
  }
  toggleFullScreen() {
    const video = /** @type {any} */ (this.video);
    if (!document.fullscreenEnabled && video.webkitEnterFullscreen) {  // iPhone
      video.webkitEnterFullscreen();
      return;
    }
    const done = this.root.fullscreenElement ? document.exitFullscreen()
      : this.stage.requestFullscreen();
    done.catch(() => this.events.onMessage('full', 'The browser refused full screen', 'warn'));
  }
  showPlay() {
    const { paused } = this.video;
    nameButton(this.play, paused ? 'Play' : 'Pause', paused);
  }
  showRenditions(choice) {
    this.quality.hidden = !choice || choice.names.length < 2;
    if (!choice || this.quality.hidden) return;
    const current = choice.names[choice.current] ?? '';
    const isAutomatic = choice.requested === null && current !== '';
    const texts = [isAutomatic ? `Auto (${current})` : 'Auto', ...choice.names];
    const { options } = this.rendition;
    if (options.length !== texts.length) {
      this.rendition.replaceChildren(...texts.map((text, i) => new Option(text, texts[i])));
    }
    texts.forEach((text, i) => {
      if (options[i].text !== text) options[i].text = text;
      options[i].value = i === 0 ? '' : text;
    });
    this.rendition.value = choice.requested ?? '';
  }
  showAudio(hasAudio) {
    this.hasAudio = hasAudio;
    const { muted, volume } = this.video;
    nameButton(this.audio, hasAudio === false ? 'No sound' : muted ? 'Unmute' : 'Mute',
      muted || hasAudio === false);
    this.audio.disabled = hasAudio === false;
    this.volume.disabled = hasAudio === false;
    const percent = String(muted ? 0 : Math.round(volume * 100));
    if (this.volume.value !== percent) this.volume.value = percent;
  }
}
function nameButton(button, text, isOff) {
  const label = button.querySelector('.name');
  if (label && label.textContent !== text) {
    label.textContent = text;
    button.title = `${text} (${button.getAttribute('aria-keyshortcuts')})`;
  }
  button.classList.toggle('is-off', isOff);
}

// page/notices.js

class Notices {
  constructor(root) {
    this.list = element('messages', HTMLDivElement, root);
    this.dot = element('dot', HTMLSpanElement, root);
    this.stateText = element('state', HTMLSpanElement, root);
    this.latencyText = element('latency', HTMLSpanElement, root);
    this.awayBox = element('away', HTMLDivElement, root);
    this.awayTitle = element('away-title', HTMLElement, root);
    this.awayText = element('away-text', HTMLElement, root);
    this.messages = new Map();
  }
  message(key, text, style = '') {
    let line = this.messages.get(key);
    if (!text) {
      line?.remove();
      this.messages.delete(key);
      return;
    }
    if (!line) {
      line = document.createElement('p');
      this.messages.set(key, line);
      this.list.append(line);
    }
    line.className = style;
    if (line.textContent !== text) line.textContent = text;
  }
  state(status, text) {
    this.dot.className = status;
    this.stateText.textContent = text;
  }
  latency(ms) {
    const number = ms ?? 0, seconds = `${(number / 1000).toFixed(1)} s`;
    const text = ms === null ? '' : number < 995 ? `${Math.round(number)} ms` : seconds;
    if (this.latencyText.textContent !== text) this.latencyText.textContent = text;
  }
  away(title, text = '') {
    this.awayBox.hidden = title === '';
    if (this.awayTitle.textContent !== title) this.awayTitle.textContent = title;
    if (this.awayText.textContent !== text) this.awayText.textContent = text;
  }
  clear() {
    for (const key of [...this.messages.keys()]) this.message(key);
    this.away('');
    this.latency(null);
  }
}

// shared/clock-drift.js

const DRIFT_MEMORY = 300000, DRIFT_CAPACITY = 64;
const FEWEST_MEASUREMENTS = 6, SHORTEST_SPAN = 15000;
const RESOLUTION = 0.25;
const SHORT_TRIPS = 3;
const CERTAINTY = 2;
const LARGEST_DRIFT = 0.0005;
function driftOf(measurements) {
  const [first] = measurements, last = measurements.at(-1);
  if (!first || !last || measurements.length < FEWEST_MEASUREMENTS) return 0;
  if (last.at - first.at < SHORTEST_SPAN) return 0;
  const trips = measurements.map(({ roundTrip }) => roundTrip).sort((a, b) => a - b);
  const shortest = trips[0] ?? 0, least = ((trips[SHORT_TRIPS] ?? 0) - shortest) / 2;
  const points = measurements.map(({ at, offset, roundTrip }) => ({
    x: at - first.at, y: offset - first.offset,
    weight: (RESOLUTION + Math.max(least, (roundTrip - shortest) / 2)) ** -2,
  }));
  const sum = (/** @type {(point: { x: number, y: number, weight: number }) => number} */ of) => (
    points.reduce((total, point) => total + point.weight * of(point), 0));
  const all = sum(() => 1), x = sum((point) => point.x) / all, y = sum((point) => point.y) / all;
  const spread = sum((point) => (point.x - x) ** 2);
  const slope = sum((point) => (point.x - x) * (point.y - y)) / spread;
  const residuals = sum((point) => (point.y - y - slope * (point.x - x)) ** 2);
  const deviation = Math.sqrt(Math.max(1, residuals / (points.length - 2)) / spread);
  const certain = Math.abs(slope) - CERTAINTY * deviation;
  return certain > 0 ? Math.sign(slope) * Math.min(LARGEST_DRIFT, certain) : 0;
}
class DriftMeter {
  constructor() {
    this.measurements = [];
    this.drift = 0;
  }
  add(newest) {
    const last = this.measurements.at(-1);
    if (last) {
      const doubt = (last.roundTrip + newest.roundTrip) / 2 + 1;
      const largest = doubt + LARGEST_DRIFT * (newest.at - last.at);
      if (Math.abs(newest.offset - last.offset) > largest) this.measurements = [];
    }
    this.measurements.push(newest);
    this.measurements = this.measurements.slice(-DRIFT_CAPACITY)
      .filter(({ at }) => newest.at - at <= DRIFT_MEMORY);
    this.drift = driftOf(this.measurements);
  }
}

// shared/deadline.js

function sleep(ms, stop) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stop?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, stop?.aborted ? 0 : ms);
    stop?.addEventListener('abort', end);
  });
}
async function within(timeout, work, stop) {
  const either = new AbortController();
  const end = () => either.abort(stop?.reason);
  const expire = () => either.abort(new Error(`no response within ${timeout / 1000} s`));
  const timer = setTimeout(expire, timeout);
  if (stop?.aborted) end();
  stop?.addEventListener('abort', end);
  try {
    return await work(either.signal);
  } finally {
    clearTimeout(timer);
    stop?.removeEventListener('abort', end);
  }
}

// shared/clock.js

const SAMPLES = 8;
const SLEW = 0.0005;
const FIRST_TIME = 3000;
function localNow() { return performance.timeOrigin + performance.now(); }
function measurementOf({ sent, received, server }) {
  const at = (sent + received) / 2;
  return { at, offset: server - at, roundTrip: received - sent };
}
function bestOffset(samples) {
  let best = null;
  for (const measurement of samples.map(measurementOf)) {
    if (!best || measurement.roundTrip < best.roundTrip) best = measurement;
  }
  return best;
}
function agreeing(samples) {
  const newest = samples.at(-1);
  if (!newest) return samples;
  const offset = (/** @type {TimeSample} */ sample) => measurementOf(sample).offset;
  const doubt = (/** @type {TimeSample} */ { sent, received }) => (received - sent) / 2;
  return samples.filter((sample) => (
    Math.abs(offset(sample) - offset(newest)) <= doubt(sample) + doubt(newest) + 1));
}
async function samplesOf(url, stop) {
  const samples = [];
  try {
    for (let i = 0; i < SAMPLES; i += 1) {
      const sent = localNow();
      const server = await within(2000, async (signal) => {
        const response = await fetch(url, { cache: 'no-store', signal });
        const text = (await response.text()).trim();
        if (!response.ok) return NaN;
        return /^[\d.]+$/.test(text) ? parseFloat(text) : Date.parse(text);
      }, stop);
      const received = localNow();
      if (!(server > 1e12)) break;
      samples.push({ sent, received, server });
    }
  } catch { /* the samples until now count */ }
  return samples;
}
class ServerClock {
  constructor(stop) {
    this.stop = stop;
    this.measured = 0;
    this.firstAt = 0;
    this.rest = 0;
    this.restAt = 0;
    this.roundTrip = null;
    this.drift = new DriftMeter();
    this.measurement = null;
  }
  get offset() {
    const applied = (localNow() - this.restAt) * SLEW;
    return this.measured - Math.sign(this.rest) * Math.max(0, Math.abs(this.rest) - applied);
  }
  take({ offset, roundTrip }) {
    const error = offset - this.offset;
    const now = localNow();
    if (this.roundTrip === null) this.firstAt = now;
    const isBetter = this.roundTrip === null
      || roundTrip < this.roundTrip && now - this.firstAt < FIRST_TIME;
    const isSet = isBetter || Math.abs(error) > (roundTrip + (this.roundTrip ?? 0)) / 2 + 1;
    this.rest = isSet ? 0 : error;
    this.restAt = now;
    this.measured = offset;
    this.roundTrip = roundTrip;
  }
  now() { return localNow() + this.offset; }
  measure(urls) {
    this.measurement ??= this.measureFirst(urls).finally(() => { this.measurement = null; });
    return this.measurement;
  }
  learn(samples) {
    const best = bestOffset(samples), newest = samples.at(-1);
    if (!best || !newest) return;
    const measurement = measurementOf(newest);
    this.drift.add(measurement);
    const { roundTrip } = best, drifted = this.drift.drift * (measurement.at - best.at);
    this.take({ offset: best.offset + drifted, roundTrip });
  }
  async measureFirst(urls) {
    for (const url of urls) {
      const best = bestOffset(await samplesOf(url, this.stop));
      if (!best) continue;
      this.drift.add(best);
      this.take(best);
      return true;
    }
    return false;
  }
}

// shared/sentence.js

function sentenceOf(message) { return message.charAt(0).toUpperCase() + message.slice(1); }

// shared/outage.js

const NEAR = 2000;
function outageOf(value, perMillisecond) {
  const { kind, text, since, retry } = value ?? {};
  if (typeof text !== 'string' || text === '' || !(since > 0)) return null;
  return {
    kind: typeof kind === 'string' ? kind : '', text, since: since / perMillisecond,
    retry: retry > 0 ? retry / perMillisecond : null,
  };
}
function outageWords({ text }) {
  const colon = text.indexOf(': ');
  if (colon < 0) return { title: sentenceOf(text), details: '' };
  const details = `${sentenceOf(text.slice(colon + 2))}.`;
  return { title: sentenceOf(text.slice(0, colon)), details };
}
function clockTime(at) { return new Date(at).toLocaleTimeString([], { hour12: false }); }
function attemptText({ retry }, now) {
  if (retry === null) return '';
  return retry - now < NEAR ? 'Trying again.' : `Next attempt at ${clockTime(retry)}.`;
}

// page/away.js

const DELAY = 1200;
const RETURNS = 'The picture returns by itself.', STARTS = 'The picture starts by itself.';
function presenceOf(state, since, cause) {
  const outage = outageOf(cause, 1);
  const isOnline = state !== 'lost' && state !== 'failed' && outage === null;
  return {
    isOnline, since: since * 1e6, ...(state === 'failed' && { hasFailed: true }),
    ...(outage && { outage }),
  };
}
function sinceText(at, now) {
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  const time = clockTime(at);
  const units = seconds < 90 ? `${seconds} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min`
    : `${Math.round(seconds / 3600)} h`;
  return `since ${time} (${units})`;
}
function publisherText({ state, protocol, since }, now) {
  const time = since > 0 ? ` ${sinceText(since / 1e6, now)}` : '';
  if (state === 'live') return `${protocol}${time}`;
  return state === 'slate' ? `away${time}, slate shown` : `away${time}`;
}
function hasLeft(publisher, { kind }) {
  return kind === 'no-publisher' && publisher != null && publisher.since > 0;
}
function awayWords(
  { source, publisher, isReachable, isPlaying, changedAt, problem }, now,
) {
  if (isReachable && source && !source.isOnline && source.since > 0) {
    const since = source.outage?.since ?? source.since / 1e6;
    if (now - since < DELAY) return null;
    const slate = publisher?.state === 'slate' ? ' A slate is shown.' : '';
    if (source.outage && !hasLeft(publisher, source.outage)) {
      const { title, details } = outageWords(source.outage);
      const last = attemptText(source.outage, now) || (source.hasFailed ? '' : STARTS);
      const text = `${details} No media ${sinceText(since, now)}.${slate} ${last}`.trim();
      return { title, text };
    }
    if (source.hasFailed) {
      const text = `No media ${sinceText(since, now)}. The picture returns if it starts again.`;
      return { title: 'The stream has failed', text };
    }
    const text = `No frames ${sinceText(since, now)}.${slate} ${RETURNS}`;
    return { title: publisher ? 'The publisher is away' : 'The source is away', text };
  }
  if (isPlaying || now - changedAt < DELAY) return null;
  if (!isReachable) {
    const text = `No media ${sinceText(changedAt, now)}. Trying again.`;
    return { title: 'The server does not answer', text };
  }
  const reason = problem === '' ? '' : `${sentenceOf(problem)}. `;
  const text = `${reason}No media ${sinceText(changedAt, now)}.`;
  return { title: 'Waiting for the stream', text };
}

// page/errors.js

class UnsupportedError extends Error {}
const REFUSAL_TIME = 65000;
const MISSING_WAIT = 1000, REFUSAL_WAIT = 5000, LONGEST_REFUSAL = 120000;
class StatusError extends Error {
  constructor(object, { status, headers }, reason = '') {
    super(`status ${status} for ${object}${reason === '' ? '' : `: ${reason}`}`);
    this.status = status;
    this.wait = refusalWait(status, parseInt(headers.get('Retry-After') ?? '', 10));
  }
}
function isRefusal(status) { return [401, 403, 410].includes(status); }
function isWithoutSockets(status) {
  return status < 500 ? ![404, 408, 425, 429].includes(status) : status === 501 || status === 505;
}
function refusalWait(status, retryAfter) {
  if (retryAfter > 0) return Math.min(1000 * retryAfter, LONGEST_REFUSAL);
  if (isRefusal(status)) return REFUSAL_TIME;
  if (status === 404) return MISSING_WAIT;
  return status < 500 || status === 503 ? REFUSAL_WAIT : 0;
}
function waitOf(error) { return error instanceof StatusError ? error.wait : 0; }
function messageOf(error) {
  return error instanceof Error || error instanceof DOMException ? error.message : String(error);
}

// page/llws.js

const PROTOCOL = 'llws.v1';
const HEADER = 0, VIDEO = 1, AUDIO = 2, SAMPLE = 4, EVENT = 5;
const KEY = 1, CATCH_UP = 8;
const PREFIX = 12, LONG_PREFIX = 20, HAS_CAPTURE_TIME = 16;
function mediaMessage(buffer) {
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
function sampleOf({ captured, flags, media }, { epoch, frame, timescale }) {
  if (captured === null || media.length < 4) return null;
  const delta = new DataView(media.buffer, media.byteOffset).getInt32(0);
  const time = (captured + delta) / 1e6 - epoch / 1000;
  return {
    time, end: time + frame / timescale, isKey: (flags & KEY) !== 0, data: media.subarray(4),
  };
}
function controlMessage(text) {
  try {
    const message = JSON.parse(text);
    return typeof message?.t === 'string' ? message : null;
  } catch {
    return null;
  }
}
function groupOf({ cid, rendition, track, mime, timescale, frame = 0, epoch }) {
  const isValid = Number.isInteger(cid) && typeof rendition === 'string'
    && (track === 'v' || track === 'a') && typeof mime === 'string' && timescale > 0
    && frame >= 0 && Number.isFinite(epoch);
  return isValid ? { cid, rendition, track, mime, timescale, frame, epoch } : null;
}
function socketAddress(source) {
  const url = new URL('ws', source);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
function missingIn(channels) {
  const renditions = Array.isArray(channels) ? channels[0]?.renditions : null;
  if (!Array.isArray(renditions)) return [];
  return renditions.filter(({ missing }) => missing === true).map(({ id }) => String(id));
}

// page/socket.js

const OPEN_TIMEOUT = 9000;
const REFUSAL_TIMEOUT = 3000;
const FIRST_PINGS = 8, FIRST_PING_INTERVAL = 100, PING_INTERVAL = 5000;
const QUIET_INTERVAL = 1000, LOST_TIME = 4000;
const KEPT_SAMPLES = 8;
const withoutSockets = new Set();
function hasNoSockets(url) { return withoutSockets.has(url); }
function forgetMissingSockets() { withoutSockets.clear(); }
async function refusalOf(url, stop) {
  try {
    return await within(REFUSAL_TIMEOUT, async (signal) => {
      const { status } = await fetch(url.replace(/^ws/, 'http'), { signal, cache: 'no-store' });
      if (isRefusal(status)) return { status, isMissing: false };
      const isMissing = isWithoutSockets(status);
      if (isMissing) withoutSockets.add(url);
      return { status: null, isMissing };
    }, stop);
  } catch {
    return { status: null, isMissing: false };
  }
}
class LiveSocket {
  constructor(url, clock, events) {
    this.clock = clock;
    this.events = events;
    this.isEnded = false;
    this.hasOpened = false;
    this.pings = 0;
    this.pongs = 0;
    this.samples = [];
    this.heardAt = performance.now();
    this.openedAt = this.heardAt;
    this.pingedAt = -Infinity;
    this.socket = new WebSocket(url, PROTOCOL);
    this.socket.binaryType = 'arraybuffer';
    this.socket.onopen = () => {
      this.hasOpened = true;
      withoutSockets.delete(url);
      this.heardAt = performance.now();
      this.ping();  // answered before the first media, whose place depends on the clock
    };
    this.socket.onmessage = ({ data }) => this.received(data);
    this.socket.onclose = ({ code, reason }) => {
      const words = reason === '' ? `code ${code}` : reason;
      this.end(`the socket was closed: ${words}`);
    };
    this.timer = setInterval(() => this.check(), FIRST_PING_INTERVAL);
  }
  get isOpen() { return this.socket.readyState === WebSocket.OPEN; }
  send(message) { if (this.isOpen) this.socket.send(JSON.stringify(message)); }
  received(data) {
    if (this.isEnded) return;
    this.hasOpened = true;
    this.heardAt = performance.now();
    if (typeof data !== 'string') {
      const message = mediaMessage(data);
      if (message) this.events.onMedia(message);
      return;
    }
    const message = controlMessage(data);
    if (message?.t === 'pong') this.measured(message);
    else if (message) this.events.onControl(message);
  }
  measured({ c, r, s }) {
    if (![c, r, s].every(Number.isFinite)) return;
    this.samples.push({ sent: c, received: localNow(), server: (r + s) / 2 });
    this.samples = agreeing(this.samples).slice(-KEPT_SAMPLES);
    this.pongs += 1;
    if (this.pongs >= 3 || this.clock.roundTrip === null) this.clock.learn(this.samples);
  }
  check() {
    const now = performance.now(), silence = now - this.heardAt;
    if (!this.isOpen) {
      if (now - this.openedAt > OPEN_TIMEOUT) this.end('the socket did not open');
      return;
    }
    if (silence > LOST_TIME && now - this.pingedAt < LOST_TIME) {
      this.end('the server does not answer');
      return;
    }
    const usual = this.pings < FIRST_PINGS ? FIRST_PING_INTERVAL : PING_INTERVAL;
    const interval = silence > QUIET_INTERVAL ? Math.min(usual, QUIET_INTERVAL) : usual;
    if (now - this.pingedAt >= interval - 5) this.ping();
  }
  ping() {
    this.pingedAt = performance.now();
    this.pings += 1;
    this.send({ t: 'ping', id: this.pings, c: localNow() });
  }
  end(reason) {
    if (this.isEnded) return;
    this.close();
    this.events.onEnd(reason);
  }
  close() {
    this.isEnded = true;
    clearInterval(this.timer);
    this.socket.onmessage = null;
    this.socket.onclose = null;
    this.socket.close();
  }
}

// page/stream-events.js

const EVENT_SCHEME = 'urn:streamer:event';
const LARGEST_DELAY = 10000;
const LONGEST_MEMORY = 256;
class EventQueue {
  constructor(onDue) {
    this.onDue = onDue;
    this.waiting = new Map();
    this.known = new Set();
    this.timer = 0;
  }
  add(event) {
    if (this.known.has(event.id)) return;
    this.known.add(event.id);
    for (const id of this.known) {
      if (this.known.size <= LONGEST_MEMORY) break;
      this.known.delete(id);
    }
    this.waiting.set(event.id, event);
  }
  update(shown, rate, interval) {
    clearTimeout(this.timer);
    const next = [...this.waiting.values()].sort((a, b) => a.time - b.time || a.id - b.id);
    for (const event of next) {
      const wait = event.time - shown;
      if (wait > 0) {
        if (rate > 0 && wait < interval * rate) {
          this.timer = Number(setTimeout(
            () => this.update(event.time, rate, 0), wait / rate));
        }
        return;
      }
      this.waiting.delete(event.id);
      if (wait > -LARGEST_DELAY) this.onDue(event);
    }
  }
  close() {
    clearTimeout(this.timer);
    this.waiting.clear();
  }
}
function eventOf(text) {
  try {
    const { id, time, data } = JSON.parse(text);
    return Number.isInteger(id) && Number.isFinite(time) ? { id, time, data } : null;
  } catch {
    return null;
  }
}
const DATE_RANGE_CUE = 'com.apple.quicktime.HLS';
function eventsOfCues(cues, start, since = -Infinity) {
  const ranges = new Map();
  for (const { type, startTime, value } of cues) {
    if (type !== DATE_RANGE_CUE || !(startTime >= since)) continue;
    const range = ranges.get(startTime) ?? { ids: [], texts: [] };
    ranges.set(startTime, range);
    if (value?.key === 'X-EVENT-ID') range.ids.push(Number(value.data));
    else if (value?.key === 'X-DATA') range.texts.push(String(value.data));
  }
  return [...ranges].flatMap(([startTime, { ids, texts }]) => ids.flatMap((id, index) => {
    try {
      const data = JSON.parse(decodeURIComponent(texts[index]));
      return Number.isInteger(id) ? [{ id, time: start + startTime * 1000, data }] : [];
    } catch {
      return [];
    }
  }));
}
function eventOfDateRange({ id, startDate, attr }) {
  const number = /^event-(\d+)$/.exec(id);
  if (attr.CLASS !== EVENT_SCHEME || !number) return null;
  try {
    const data = JSON.parse(decodeURIComponent(attr['X-DATA']));
    return { id: Number(number[1]), time: startDate.getTime(), data };
  } catch {
    return null;
  }
}
function eventOfMessage(box, offset) {
  if (box.length < 32 || box[8] !== 1) return null;
  const view = new DataView(box.buffer, box.byteOffset, box.byteLength);
  const timescale = view.getUint32(12), id = view.getUint32(28);
  const ticks = Number(view.getBigUint64(16)), texts = box.subarray(32);
  const schemeEnd = texts.indexOf(0), valueEnd = texts.indexOf(0, schemeEnd + 1);
  const decoder = new TextDecoder();
  if (schemeEnd < 0 || valueEnd < 0 || timescale === 0
    || decoder.decode(texts.subarray(0, schemeEnd)) !== EVENT_SCHEME) return null;
  try {
    const data = JSON.parse(decoder.decode(texts.subarray(valueEnd + 1)));
    return { id, time: (ticks / timescale + offset) * 1000, data };
  } catch {
    return null;
  }
}

// page/control-socket.js

const FIRST_PAUSE = 500, LONGEST_PAUSE = 15000;
const LONGEST_JOIN = 1000;
const LARGEST_FAILURES = 3;
class ControlSocket {
  constructor(source, group, clock, events) {
    this.source = source;
    this.group = group;
    this.clock = clock;
    this.events = events;
    this.closing = new AbortController();
    this.joining = new AbortController();
    this.untilJoined = group === null ? Promise.resolve()
      : sleep(LONGEST_JOIN, this.joining.signal);
    this.pause = FIRST_PAUSE;
    this.failures = 0;
    this.hasAnswered = false;
    this.isOpen = false;
    this.socket = null;
    const isKnown = group === null && hasNoSockets(socketAddress(source));
    if ('WebSocket' in globalThis && !isKnown) this.connect();
    else this.joining.abort();
  }
  connect() {
    const socket = new LiveSocket(socketAddress(this.source), this.clock, {
      onControl: (message) => this.control(message),
      onMedia: ({ kind, media }) => {
        const event = kind === EVENT ? eventOf(new TextDecoder().decode(media)) : null;
        if (event) this.events.onEvent(event);
      },
      onEnd: () => void this.reconnect(),
    });
    this.socket = socket;
    socket.socket.addEventListener('open', () => {
      socket.send({ t: 'hello', v: 1 });
      const sync = this.group === null ? {}
        : { sync: this.group, need: Math.round(this.events.need() * 1000) };
      socket.send({ t: 'subscribe', tracks: [], ...sync });
      socket.send({ t: 'list' });
    });
  }
  control({ t, target, state, since, outage, channels }) {
    if (t === 'welcome') {
      this.hasAnswered = true;
      this.pause = FIRST_PAUSE;
      this.setOpen(true);
    } else if (t === 'sync' && target > 0) {
      this.events.onTarget(target / 1000);
      this.joining.abort();
    } else if (t === 'source' && since > 0) {
      this.events.onSource(presenceOf(state, since, outage));
    } else if (t === 'channels') {
      this.events.onMissing(missingIn(channels));
    }
  }
  setOpen(isOpen) {
    if (this.isOpen === isOpen) return;
    this.isOpen = isOpen;
    this.events.onOpen(isOpen);
  }
  async reconnect() {
    const { signal } = this.closing;
    this.setOpen(false);
    this.joining.abort();
    this.failures += 1;
    const { status, isMissing } = this.socket?.hasOpened === false
      ? await refusalOf(socketAddress(this.source), signal) : { status: null, isMissing: false };
    const isRefused = status !== null;
    const hasNone = !this.hasAnswered
      && (isRefused || isMissing || this.failures >= LARGEST_FAILURES);
    if (this.group === null && hasNone) return;
    const share = 1 + Math.random();  // not all viewers at once
    const pause = isMissing ? LONGEST_PAUSE : this.pause;
    await sleep((isRefused ? REFUSAL_TIME : pause) * share, signal);
    this.pause = Math.min(LONGEST_PAUSE, 2 * this.pause);
    if (!signal.aborted) this.connect();
  }
  report(figures) { this.socket?.send({ t: 'stat', ...figures, rtt: this.clock.roundTrip }); }
  close() {
    this.closing.abort();
    this.joining.abort();
    this.socket?.send({ t: 'bye', reason: 'stopped' });
    this.socket?.close();
  }
}

// shared/statistics.js

function quantile(numbers, q) {
  if (numbers.length === 0) return NaN;
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}
class Samples {
  constructor(capacity = 200_000) {
    this.capacity = capacity;
    this.values = [];
    this.count = 0;
  }
  add(value) {
    this.values[this.count % this.capacity] = value;
    this.count += 1;
  }
  clear() {
    this.values = [];
    this.count = 0;
  }
  quantile(q) { return quantile(this.values, q); }
  spread() {
    if (this.count === 0) return null;
    const [min, median, p95, max] = [0, 0.5, 0.95, 1].map((q) => this.quantile(q));
    return { count: this.count, min, median, p95, max };
  }
}

// page/burned-clock.js

const ROWS = 2, COLUMNS = 32, CELL = 8;
const LEAST_CONTRAST = 40;
function crc12(bits) {
  let crc = 0xFFF;
  for (const bit of bits) {
    const top = crc >> 11 & 1;
    crc = crc << 1 & 0xFFF;
    if (top ^ bit) crc ^= 0x80F;
  }
  return crc;
}
const numberOf = (bits) => bits.reduce((sum, bit) => sum * 2 + bit, 0);
function burnedTime(luma) {
  const white = (luma[0] + luma[2]) / 2, black = (luma[1] + luma[3]) / 2;
  if (white - black < LEAST_CONTRAST) return null;
  const bits = luma.map((value) => (value > (white + black) / 2 ? 1 : 0));
  if (!(bits[0] && !bits[1] && bits[2] && !bits[3])) return null;
  const time = bits.slice(4, 52);
  return crc12(time) === numberOf(bits.slice(52)) ? numberOf(time) : null;
}
function lumaOfCells(pixels) {
  const luma = [];
  for (let cell = 0; cell < ROWS * COLUMNS; cell += 1) {
    const left = cell % COLUMNS * CELL + 2, top = Math.floor(cell / COLUMNS) * CELL + 2;
    let sum = 0;
    for (let y = top; y < top + 4; y += 1) {
      for (let x = left; x < left + 4; x += 1) {
        const i = (y * COLUMNS * CELL + x) * 4;
        sum += pixels[i] * 0.299 + pixels[i + 1] * 0.587 + pixels[i + 2] * 0.114;
      }
    }
    luma.push(sum / 16);
  }
  return luma;
}
class BurnedClockReader {
  constructor() {
    const canvas = document.createElement('canvas');
    canvas.width = COLUMNS * CELL;
    canvas.height = ROWS * CELL;
    this.canvas = canvas;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    this.context = /** @type {CanvasRenderingContext2D} */ (context);
  }
  read(picture) {
    const { canvas: { width, height }, context } = this;
    const [columns, rows] = 'videoWidth' in picture ? [picture.videoWidth, picture.videoHeight]
      : [picture.displayWidth, picture.displayHeight];
    if (!columns) return null;
    try {
      const image = /** @type {any} */ (picture);
      context.drawImage(image, 0, 0, columns, rows / 9, 0, 0, width, height);
      return burnedTime(lumaOfCells(context.getImageData(0, 0, width, height).data));
    } catch {
      return null;  // the canvas is tainted: native playback of another server without CORS
    }
  }
}

// page/frame-meter.js

const UNREADABLE_LIMIT = 15;
class FrameMeter {
  constructor(video, clock) {
    this.video = video;
    this.clock = clock;
    this.reader = new BurnedClockReader();
    this.frames = 0;
    this.undecoded = 0;
    this.unreadable = 0;
    this.samples = [];
    this.burnedClock = null;
    this.presentedFrames = 0;
    this.hasCallbacks = false;
    this.polledPosition = 0;
    this.displayTimes = [];
    this.isStopped = false;
    this.handles = { callback: 0, timer: 0, frame: 0 };
  }
  start() {
    const video = /** @type {any} */ (this.video);
    if (!video.requestVideoFrameCallback) {
      this.poll();
      return;
    }
    const step = (/** @type {number} */ _, /** @type {any} */ metadata) => {
      this.hasCallbacks = true;
      const count = metadata.presentedFrames - this.presentedFrames;
      this.presentedFrames = metadata.presentedFrames;
      const displayTime = performance.timeOrigin + metadata.expectedDisplayTime;
      this.add(displayTime, count > 0 && count < 100 ? count : 1);
      this.handles.callback = video.requestVideoFrameCallback(step);
    };
    this.handles.callback = video.requestVideoFrameCallback(step);
    this.handles.timer = window.setTimeout(() => this.poll(), 4000);
  }
  stop() {
    this.isStopped = true;
    const { handles, video } = this;
    /** @type {any} */ (video).cancelVideoFrameCallback?.(handles.callback);
    clearTimeout(handles.timer);
    cancelAnimationFrame(handles.frame);
  }
  poll() {
    const { video } = this;
    if (this.hasCallbacks || this.isStopped) return;
    if (video.currentTime !== this.polledPosition && video.readyState >= 2) {
      this.polledPosition = video.currentTime;
      this.add(localNow(), 1);
    }
    this.handles.frame = requestAnimationFrame(() => this.poll());
  }
  shown(displayTime, frame) { this.add(displayTime, 1, frame); }
  add(displayTime, count, picture = this.video) {
    this.frames += count;
    this.displayTimes.push(displayTime);
    if (this.displayTimes.length > 120) this.displayTimes.shift();
    const burnedClock = this.reader.read(picture);
    if (burnedClock === null) {
      this.undecoded += 1;
      this.unreadable += 1;
      if (this.unreadable > UNREADABLE_LIMIT) this.burnedClock = null;
      return;
    }
    this.unreadable = 0;
    this.burnedClock = burnedClock;
    this.samples.push([displayTime + this.clock.offset, burnedClock]);
    if (this.samples.length > 4096) this.samples.splice(0, 1024);
  }
  reset() {
    this.samples = [];
    this.burnedClock = null;
    this.displayTimes = [];
  }
  interval() {
    const times = this.displayTimes.slice(-15);
    const intervals = times.slice(1).map((time, i) => time - times[i]);
    return intervals.length === 0 ? 0 : Math.max(0, quantile(intervals, 0.5)) / 1000;
  }
  rate() {
    const since = localNow() - 1000;
    return this.displayTimes.filter((time) => time > since).length;
  }
  glassToGlass() {
    if (this.burnedClock === null || this.samples.length === 0) return null;
    const latest = this.samples.slice(-8);
    return quantile(latest.map(([displayTime, burnedClock]) => displayTime - burnedClock), 0.5);
  }
}

// page/raised-target.js

const FACTOR = 1.5;
const HIGHEST_RAISED_TARGET = 2;
const OUTAGE = 0.5;
const SAME_DISTURBANCE = 3, LONGEST_DISTURBANCE = 5;
const START = 3;
const HIGHEST_BRIEF_RAISE = 0.25;
const BRIEF_TIME = 1.2;
const MEMORY = 60;
const QUIET_TIME = 8;
class RaisedTarget {
  constructor(requested) {
    this.requested = requested;
    this.lasting = requested;
    this.brief = requested;
    this.disturbances = [];
    this.startedAt = null;
    this.stalledAt = -Infinity;
    this.loweredAt = -Infinity;
  }
  stalled(now, seconds) {
    const isOutage = seconds >= OUTAGE;
    this.stalledAt = now;
    this.loweredAt = now;
    if (!isOutage) {
      const highest = Math.max(this.lasting, this.requested + HIGHEST_BRIEF_RAISE);
      this.brief = Math.min(highest, Math.max(this.brief, this.lasting) * FACTOR);
    }
    if (now - seconds - (this.startedAt ?? now) < START) return;
    const last = this.disturbances[this.disturbances.length - 1];
    const isSame = last && now - last.end < SAME_DISTURBANCE + seconds
      && now - last.start < LONGEST_DISTURBANCE;
    if (last && isSame) {
      last.end = now;
      last.isOutage &&= isOutage;
      return;
    }
    this.disturbances = this.disturbances.filter(({ end }) => now - end < MEMORY);
    this.disturbances.push({ start: now - seconds, end: now, isOutage });
    const weights = this.disturbances.map((disturbance) => (disturbance.isOutage ? 0.5 : 1));
    if (weights.reduce((sum, weight) => sum + weight, 0) < 2) return;
    const highest = Math.max(this.requested, HIGHEST_RAISED_TARGET);
    this.lasting = Math.min(highest, this.lasting * FACTOR);
  }
  step(now) {
    this.startedAt ??= now;
    if (now - this.loweredAt >= QUIET_TIME) {
      this.lasting = Math.max(this.requested, this.lasting * 0.9);
      this.loweredAt = now;
    }
    const isBrief = now - this.stalledAt < BRIEF_TIME;
    this.brief = isBrief ? Math.max(this.brief, this.lasting) : this.lasting;
    return this.brief;
  }
}

// page/latency-controller.js

const START_ERROR = 0.025, END_ERROR = 0.008;
const SLOWEST = 0.94, FASTEST = 1.2;
const GAIN = 0.6, ADDED_GAIN = 1, LARGE_ERROR = 0.1;
const GROUP_TOLERANCE = 0.5, GROUP_GAIN = 3;
const GROUP_RESERVE = 0.02, GROUP_WINDOW = 0.2;
const GROUP_MARGIN = 0.034;
const RATE_STEP = 0.004;
const SEEK_ERROR = 0.5;
const SEEK_INTERVAL = 1, LONGEST_SEEK_INTERVAL = 16, SEEK_MEMORY = 20;
const RESERVE = 0.5;
const BACKLOG_WINDOW = 0.25, BACKLOG_STEP = 0.15, LONGEST_BACKLOG = 1.5;
const RECENT = 0.6, RECENT_MARGIN = 0.06;
class LatencyController {
  constructor(requested, tolerance = 1) {
    this.tolerance = tolerance;
    this.requested = requested;
    this.target = requested;
    this.need = requested;
    this.shared = null;
    this.raised = new RaisedTarget(requested);
    this.rate = 1;
    this.isActive = false;
    this.isApproaching = false;
    this.soughtAt = -Infinity;
    this.seekInterval = SEEK_INTERVAL;
    this.lateSince = null;
    this.ends = [];
  }
  request(requested, byRate = false) {
    this.requested = requested;
    this.target = requested;
    this.raised = new RaisedTarget(requested);
    this.isApproaching = byRate;
  }
  stalled(now, seconds) { this.raised.stalled(now, seconds); }
  step(now, latency, minimum = 0, ahead = Infinity) {
    this.ends = this.ends.filter(({ at }) => now - at <= RECENT);
    this.ends.push({ at: now, delay: latency - ahead });
    const recent = this.greatestLateness(now, RECENT) + RECENT_MARGIN;
    const margin = this.shared === null || minimum === 0 ? 0 : GROUP_MARGIN;
    const floor = Math.min(HIGHEST_RAISED_TARGET, Math.min(minimum, recent) + margin);
    const raise = this.raised.step(now) - this.requested;
    const base = Math.max(this.requested, floor);
    this.need = Math.min(base + raise, Math.max(base, HIGHEST_RAISED_TARGET));
    const isOutside = this.shared === null || this.need > HIGHEST_RAISED_TARGET;
    this.target = isOutside ? this.need : this.shared ?? this.need;
    const error = latency - this.target;
    const tolerance = this.tolerance * (isOutside ? 1 : GROUP_TOLERANCE);
    if (Math.abs(error) > START_ERROR * tolerance) this.isActive = true;
    else {
      this.isApproaching = false;
      if (Math.abs(error) < END_ERROR * tolerance) this.isActive = false;
    }
    const isShort = isOutside ? ahead < RESERVE * Math.min(1, this.target)
      : this.target - this.greatestLateness(now, GROUP_WINDOW) < GROUP_RESERVE;
    const gain = isOutside ? GAIN : GROUP_GAIN;
    const wanted = error > 0 && isShort ? 1
      : 1 + gain * error + ADDED_GAIN * Math.max(0, error - LARGE_ERROR);
    const rate = this.isActive ? Math.min(FASTEST, Math.max(SLOWEST, wanted)) : 1;
    const hasEnded = rate === 1 && this.rate !== 1;
    if (Math.abs(rate - this.rate) > RATE_STEP || hasEnded) this.rate = rate;
    return this.rate;
  }
  seek(now, latency, ahead) {
    const error = latency - this.target;
    if (error <= SEEK_ERROR || this.isApproaching) {
      this.lateSince = null;
      return 0;
    }
    const seconds = Math.min(error, ahead - RESERVE * Math.min(1, this.target));
    if (seconds < SEEK_ERROR || now - this.soughtAt < this.seekInterval) return 0;
    this.lateSince ??= now;
    const window = this.target > this.raised.brief ? RECENT : BACKLOG_WINDOW;
    if (this.isBacklog(now, window) && now - this.lateSince < LONGEST_BACKLOG) return 0;
    this.lateSince = null;
    const isRepeated = now - this.soughtAt < SEEK_MEMORY, longer = 2 * this.seekInterval;
    this.seekInterval = isRepeated ? Math.min(LONGEST_SEEK_INTERVAL, longer) : SEEK_INTERVAL;
    this.soughtAt = now;
    return seconds;
  }
  greatestLateness(now, time) {
    return Math.max(...this.ends.filter(({ at }) => now - at <= time).map(({ delay }) => delay));
  }
  isBacklog(now, time) {
    return this.greatestLateness(now, time) - this.ends[this.ends.length - 1].delay > BACKLOG_STEP;
  }
}

// page/boxes.js

const LARGEST_BOX = 2 ** 26;
function uint32(bytes, offset) {
  const high = bytes[offset] << 24 | bytes[offset + 1] << 16;
  return (high | bytes[offset + 2] << 8 | bytes[offset + 3]) >>> 0;
}
function fourCC(bytes, offset) {
  return String.fromCharCode(...bytes.subarray(offset, offset + 4));
}
function concatenated(a, b) {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
function boxSize(bytes, offset) {
  if (bytes.length - offset < 8) return 0;
  let size = uint32(bytes, offset), least = 8;
  if (size === 1) {
    if (bytes.length - offset < 16) return 0;
    size = uint32(bytes, offset + 8) * 2 ** 32 + uint32(bytes, offset + 12);
    least = 16;
  }
  if (size < least || size > LARGEST_BOX) {
    throw new Error(`invalid size of box ${JSON.stringify(fourCC(bytes, offset + 4))}: ${size}`);
  }
  return size;
}
function content(bytes, ...path) {
  for (let offset = 0; offset < bytes.length;) {
    const size = boxSize(bytes, offset);
    if (size === 0) return null;
    if (fourCC(bytes, offset + 4) === path[0]) {
      const start = offset + (uint32(bytes, offset) === 1 ? 16 : 8);
      const inner = bytes.subarray(start, offset + size);
      return path.length === 1 ? inner : content(inner, ...path.slice(1));
    }
    offset += size;
  }
  return null;
}

// page/source-buffer.js

const TRIM_INTERVAL = 5000;
class SourceBufferQueue {
  constructor(video, source, type, onFailure) {
    this.video = video;
    this.source = source;
    this.type = type;
    this.appendedType = type;
    this.onFailure = onFailure;
    this.pending = [];
    this.trimmedAt = 0;
    this.wasFull = false;
    this.isClosed = false;
    this.onAppended = () => {};
    this.buffer = source.addSourceBuffer(type);
    this.buffer.mode = 'segments';
    this.buffer.addEventListener('updateend', () => {
      this.pump();
      if (!this.isClosed) this.onAppended();
    });
    this.buffer.addEventListener('error', () => {
      if (!this.isClosed) this.onFailure('the source buffer failed');
    });
  }
  get isIdle() { return this.pending.length === 0 && !this.buffer.updating; }
  changeType(type, header) {
    this.type = type;
    this.append(header);
  }
  append(bytes) {
    if (this.isClosed) return;
    this.pending.push({ type: this.type, bytes });
    this.pump();
  }
  pump() {
    const { buffer, pending } = this;
    if (this.isClosed || buffer.updating || this.source.readyState !== 'open') return;
    const now = performance.now();
    if (now - this.trimmedAt > TRIM_INTERVAL) {
      this.trimmedAt = now;
      if (this.trim(10, 30)) return;
    }
    if (pending.length === 0) return;
    const { type } = pending[0], others = pending.findIndex((added) => added.type !== type);
    const bytes = pending.splice(0, others < 0 ? pending.length : others)
      .map((added) => added.bytes).reduce(concatenated);
    try {
      if (type !== this.appendedType) buffer.changeType(type);
      this.appendedType = type;
      buffer.appendBuffer(bytes);
      this.wasFull = false;
    } catch (error) {
      const isFull = error instanceof DOMException && error.name === 'QuotaExceededError';
      if (isFull && !this.wasFull && this.trim(1, 3)) {
        this.wasFull = true;
        pending.unshift({ type, bytes });
      } else this.onFailure(isFull ? 'the source buffer is full' : `append: ${messageOf(error)}`);
    }
  }
  trim(before, length) {
    const ranges = bufferedOf(this.buffer);
    if (!ranges) return false;
    const start = ranges.start(0), end = ranges.end(ranges.length - 1);
    const until = Math.max(this.video.currentTime - before, end - length);
    if (until - start < 1) return false;
    this.buffer.remove(start, until);
    return true;
  }
}
function bufferedOf(object) {
  try {
    return object.buffered.length > 0 ? object.buffered : null;
  } catch {
    return null;  // the buffer no longer belongs to a media source
  }
}
function secondsAhead({ buffered, currentTime }) {
  let seconds = 0;
  for (let i = 0; i < buffered.length; i += 1) {
    const isCurrent = buffered.start(i) <= currentTime + 0.1 && buffered.end(i) > currentTime;
    if (isCurrent) seconds = buffered.end(i) - currentTime;
  }
  return seconds;
}

// page/media-feed.js

function mediaSourceClass() {
  const scope = /** @type {any} */ (globalThis);
  return scope.MediaSource ?? scope.ManagedMediaSource;
}
class MediaFeed {
  constructor(video, onFailure) {
    this.element = video;
    this.onFailure = onFailure;
    this.source = null;
    this.video = null;
    this.audio = null;
    this.headers = '';
    this.isClosed = false;
    this.isStreaming = true;
    this.onStreaming = () => {};
    this.onAppended = () => {};
    this.opening = null;
    this.onClose = () => {};
  }
  async untilStreaming() {
    if (this.isStreaming) return;
    await new Promise((resolve) => { this.onStreaming = () => resolve(null); });
  }
  async open(tracks) {
    if (this.isClosed) throw new Error('the media source was closed before it was open');
    if (!this.video) await this.attach(tracks.map(({ type }) => type));
    else if (!this.hasTracks(tracks.length)) throw new Error('the stream has other tracks');
    const [video, audio] = tracks;
    this.video?.changeType(video.type, video.header);
    if (audio) this.audio?.changeType(audio.type, audio.header);
  }
  prepare() {
    this.openSource()?.catch(() => {});  // `attach` tries again, and reports an error
  }
  openSource() {
    const Source = mediaSourceClass();
    if (!Source || this.isClosed) return null;
    this.opening ??= this.openedSource(new Source()).catch((error) => {
      this.opening = null;
      throw error;
    });
    return this.opening;
  }
  async attach(types) {
    const Source = mediaSourceClass();
    for (const type of types) {
      if (!Source?.isTypeSupported(type)) {
        throw new UnsupportedError(`This browser cannot play ${type} by MSE`);
      }
    }
    const source = await this.openSource();
    if (!source) return;
    const fail = (/** @type {string} */ reason) => {
      if (this.source === source) this.onFailure(reason);
    };
    this.opening = null;  // another attempt opens another source
    const queues = types.map((type) => new SourceBufferQueue(this.element, source, type, fail));
    for (const queue of queues) queue.onAppended = () => this.onAppended();
    this.video = queues[0];
    this.audio = queues[1] ?? null;
  }
  async openedSource(source) {
    this.source = source;
    if (!('MediaSource' in globalThis)) this.element.disableRemotePlayback = true;
    if ('streaming' in source) this.followStreaming(source);
    const url = URL.createObjectURL(source);
    let timer = 0;
    await new Promise((resolve, reject) => {
      const fail = (/** @type {string} */ reason) => (
        reject(new Error(`the media source ${reason}`)));
      source.addEventListener('sourceopen', resolve, { once: true });
      this.onClose = () => fail('was closed before it was open');
      timer = window.setTimeout(() => fail('did not open within 5 s'), 5000);
      this.element.src = url;
    }).finally(() => {
      clearTimeout(timer);
      URL.revokeObjectURL(url);
    });
    if (this.source !== source) throw new Error('the media source was closed before it was open');
    source.duration = Infinity;
    return source;
  }
  followStreaming(source) {
    this.isStreaming = false;
    source.addEventListener('startstreaming', () => {
      this.isStreaming = true;
      this.onStreaming();
    });
    source.addEventListener('endstreaming', () => { this.isStreaming = false; });
  }
  hasTracks(count) { return (this.audio ? 2 : 1) === count; }
  get isIdle() { return this.video?.isIdle !== false && this.audio?.isIdle !== false; }
  start() { return this.ranges()?.start(0) ?? null; }
  end() {
    const ranges = this.ranges();
    return ranges && ranges.end(ranges.length - 1);
  }
  ranges() {
    if (!this.video) return null;
    return bufferedOf(this.audio ? this.element : this.video.buffer);
  }
  gapEnd() {
    const ranges = this.ranges(), { currentTime, seeking, readyState } = this.element;
    if (!ranges) return null;
    const isWaiting = seeking || readyState < 3;
    const margin = isWaiting ? 0.25 : 0.02, lead = isWaiting ? 0.001 : 0.1;
    for (let i = 0; i < ranges.length; i += 1) {
      const isBefore = currentTime < ranges.start(i) - lead;
      if (!isBefore && currentTime < ranges.end(i) - margin) return null;
    }
    const last = ranges.start(ranges.length - 1);
    return last > currentTime ? last : null;
  }
  close() {
    this.isClosed = true;
    for (const queue of [this.video, this.audio]) if (queue) queue.isClosed = true;
    this.source = null;
    this.video = null;
    this.audio = null;
    this.onClose();
    this.onStreaming();
  }
}

// page/avoidance.js

const AVOIDANCE = 15;
class Avoidance {
  constructor() {
    this.missing = new Set();
    this.until = new Map();
  }
  setMissing(indices) { this.missing = new Set(indices); }
  leave(now, index, seconds = AVOIDANCE) {
    if (index >= 0) this.until.set(index, Math.max(this.until.get(index) ?? 0, now + seconds));
  }
  at(now, count, isServed = false) {
    const late = [...this.until].filter(([, until]) => now < until).map(([index]) => index);
    const missing = isServed ? [] : this.missing;
    for (const set of [new Set([...missing, ...late]), new Set(missing)]) {
      if ([...Array(count).keys()].some((index) => !set.has(index))) return set;
    }
    return new Set();
  }
}
function substituteFor(index, count, avoided) {
  const others = [...Array(count).keys()];
  const lower = others.find((other) => other >= index && !avoided.has(other));
  return lower ?? others.reverse().find((other) => other < index && !avoided.has(other)) ?? index;
}

// shared/timestamps.js

function timestampsOf(response) {
  const record = (/** @type {any} */ value) => (typeof value === 'object' && value ? value : {});
  const { timestamp, parts, captures, clock, source, missing, publisher } = record(response);
  const { synchronized, offsetEstimateNs } = record(clock), outage = outageOf(source?.outage, 1e6);
  return {
    timestamp: Number(timestamp), parts: record(parts), captures: record(captures),
    clock: {
      synchronized: typeof synchronized === 'boolean' ? synchronized : null,
      estimate: typeof offsetEstimateNs === 'number' ? offsetEstimateNs / 1e6 : null,
    },
    source: typeof source?.online === 'boolean'
      ? { isOnline: source.online, since: Number(source.since), ...(outage && { outage }) } : null,
    missing: Array.isArray(missing) ? missing.map(String) : [],
    publisher: typeof publisher?.state === 'string' ? {
      state: publisher.state, since: Number(publisher.since),
      protocol: typeof publisher.protocol === 'string' ? publisher.protocol.toUpperCase() : '',
    } : null,
  };
}
function newestPart(names) {
  let newest = null, best = [-1, -1];
  for (const name of names) {
    const match = name.match(/(\d+)\.(\d+)\.m4s$/);
    if (!match) continue;
    const [number, index] = [Number(match[1]), Number(match[2])];
    if (number > best[0] || (number === best[0] && index > best[1])) {
      best = [number, index];
      newest = name;
    }
  }
  return newest;
}
function newestPartOf({ timestamp, parts, captures }) {
  const name = newestPart(Object.keys(parts));
  const complete = parts[name ?? ''], captured = captures[name ?? ''];
  const between = (/** @type {number} */ from, /** @type {number} */ to) => (
    from > 0 && to > 0 ? (to - from) / 1e6 : null);
  const age = between(captured ?? complete, timestamp), delay = between(captured, complete);
  return { name, age, delay };
}

// shared/playlist.js

function emptyPlaylist() {
  return {
    renditions: [], variants: [], audioPlaylists: [], segments: [], parts: [], hasParts: false,
    openNumber: 0, openDate: null, openParts: 0, map: null, targetDuration: 1,
    canBlockReload: false, partHoldBack: 0, ended: false,
  };
}
function attributes(list) {
  const found = {};
  for (const [, name, value] of list.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g)) {
    found[name] = value.replace(/^"|"$/g, '');
  }
  return found;
}
function parsePlaylist(text, base) {
  if (!text.startsWith('#EXTM3U')) throw new Error('not an HLS playlist');
  const list = emptyPlaylist();
  let number = 0, index = 0, duration = 0, isVariant = false, isGap = false;
  let variant = {};
  let partsDuration = 0;  // seconds of the parts of the current segment
  let date = null;
  for (const line of text.split(/\r?\n/)) {
    const [, tag, value] = line.match(/^#(EXT[A-Z0-9-]*):?(.*)$/) ?? ['', '', ''];
    if (tag === 'EXT-X-MEDIA-SEQUENCE') number = parseInt(value, 10);
    else if (tag === 'EXT-X-SKIP') {
      number += parseInt(attributes(value)['SKIPPED-SEGMENTS'] ?? '0', 10);
    } else if (tag === 'EXT-X-TARGETDURATION') list.targetDuration = parseInt(value, 10);
    else if (tag === 'EXT-X-SERVER-CONTROL') {
      const control = attributes(value);
      list.canBlockReload = control['CAN-BLOCK-RELOAD'] === 'YES';
      list.partHoldBack = parseFloat(control['PART-HOLD-BACK'] ?? '0') || 0;
    } else if (tag === 'EXT-X-PROGRAM-DATE-TIME') date = Date.parse(value) / 1000;
    else if (tag === 'EXT-X-DISCONTINUITY') date = null;
    else if (tag === 'EXT-X-MAP') list.map = new URL(attributes(value).URI, base).href;
    else if (tag === 'EXT-X-PART') {
      const { DURATION, GAP } = attributes(value), seconds = parseFloat(DURATION);
      partsDuration += seconds;
      const end = date === null ? null : date + partsDuration, part = { number, index, end };
      list.parts.push({ ...part, duration: seconds, ...GAP === 'YES' ? { isGap: true } : {} });
      index += 1;
    } else if (tag === 'EXT-X-GAP') isGap = true;
    else if (tag === 'EXTINF') duration = parseFloat(value);
    else if (tag === 'EXT-X-STREAM-INF') {
      isVariant = true;
      variant = attributes(value);
    } else if (tag === 'EXT-X-MEDIA') {
      const { TYPE, URI } = attributes(value);
      if (TYPE === 'AUDIO' && URI) list.audioPlaylists.push(new URL(URI, base).href);
    } else if (tag === 'EXT-X-ENDLIST') list.ended = true;
    else if (line !== '' && !line.startsWith('#')) {
      const uri = new URL(line, base).href;
      if (isVariant) {
        list.variants.push(uri);
        list.renditions.push(renditionOf(uri, variant.BANDWIDTH, variant.RESOLUTION));
      } else {
        list.segments.push({ uri, duration, number, date, ...isGap ? { isGap } : {} });
        isGap = false;
        if (date !== null) date += duration;
        number += 1;
        index = 0;
        partsDuration = 0;
      }
      isVariant = false;
    }
  }
  list.openNumber = number;
  list.openDate = date;
  list.openParts = index;
  list.hasParts = list.parts.length > 0;
  if (!list.hasParts) list.parts = list.segments.map(partOf);
  return list;
}
function renditionOf(uri, bandwidth, resolution) {
  const height = /(\d+)$/.exec(resolution ?? '')?.[1] ?? '0';
  return { uri, bandwidth: parseInt(bandwidth ?? '0', 10) || 0, height: parseInt(height, 10) };
}
function partOf({ number, duration, date, isGap }) {
  const end = date === null ? null : date + duration;
  return { number, index: 0, duration, end, ...isGap ? { isGap } : {} };
}

// shared/services.js

function servicesBeside(folder) {
  const times = ['../../time?ms', '/time?ms'].map((path) => new URL(path, folder).href);
  return { timestamps: new URL('../timestamps.json', folder).href, times: [...new Set(times)] };
}
function servicesOf(segment) {
  if (!segment || !/\/segment\d+\.m4s$/.test(new URL(segment).pathname)) return null;
  return servicesBeside(new URL('.', segment).href);
}

// page/xml.js

const TOKENS = new RegExp([
  /<!--[\s\S]*?-->/, /<[?!][^>]*>/,  // comment; declaration
  /<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/,  // tag
  /([^<]+)/,  // text
].map((pattern) => pattern.source).join('|'), 'g');
const ENTITIES = { lt: '<', gt: '>', quot: '"', apos: '\'', amp: '&' };
const unescaped = (text) => text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name) => ENTITIES[name]);
function parseXML(text) {
  const root = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  for (const [, isEnd, name, attributes, isEmpty, words] of text.matchAll(TOKENS)) {
    const parent = open[open.length - 1];
    if (words) parent.text += unescaped(words).trim();
    else if (isEnd) {
      if (open.length > 1) open.pop();
    } else if (name) {
      const node = { name: name.replace(/^.*:/, ''), attributes: {}, children: [], text: '' };
      for (const [, key, value] of attributes.matchAll(/([\w:.-]+)\s*=\s*("[^"]*"|'[^']*')/g)) {
        node.attributes[key] = unescaped(value.slice(1, -1));
      }
      parent.children.push(node);
      if (!isEmpty) open.push(node);
    }
  }
  if (root.children.length !== 1 || open.length !== 1) throw new Error('XML is not well-formed');
  return root.children[0];
}

// page/mpd.js

const childrenOf = (node, name) => node.children.filter((child) => child.name === name);
function durationOf(text) {
  const pattern = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/;
  const match = pattern.exec(text ?? '');
  if (!match) return 0;
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => parseFloat(part ?? '0'));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}
function parseManifest(text, base, now, choose = () => 0) {
  const mpd = parseXML(text);
  if (mpd.name !== 'MPD') throw new Error('not an MPD');
  const availabilityStart = Date.parse(
    mpd.attributes.availabilityStartTime ?? '1970-01-01T00:00:00Z') / 1000;
  const startOf = (/** @type {XMLNode} */ period) => durationOf(period.attributes.start);
  const periods = childrenOf(mpd, 'Period');
  const period = [...periods].reverse()
    .find((node) => startOf(node) <= now - availabilityStart) ?? periods[0];
  const sets = period ? childrenOf(period, 'AdaptationSet') : [];
  const [video, audio] = ['video', 'audio'].map((type) => sets.find(
    ({ attributes }) => `${attributes.contentType} ${attributes.mimeType}`.includes(type)));
  const renditions = video ? childrenOf(video, 'Representation').map(({ attributes }) => (
    renditionOf('', attributes.bandwidth, attributes.height ?? video.attributes.height))) : [];
  if (!video || renditions.length === 0) {
    throw new UnsupportedError('The MPD has no video');
  }
  const start = { availabilityStart, periodStart: startOf(period) };
  const index = choose(renditions);
  const list = parseAdaptationSet([mpd, period, video], base, now, start, index);
  if (audio) list.audio = parseAdaptationSet([mpd, period, audio], base, now, start, 0);
  return { ...list, renditions };
}
function timelineOf(node) {
  const entries = [];
  for (const { attributes: { t, d, r } } of childrenOf(node, 'S')) {
    const last = entries[entries.length - 1];
    const duration = parseInt(d, 10), count = 1 + parseInt(r ?? '0', 10);
    if (!(duration > 0) || !(count > 0 && count < 10000)) {
      throw new UnsupportedError('The SegmentTimeline has an invalid entry');
    }
    let time = t ? parseInt(t, 10) : last ? last.time + last.duration : 0;
    for (let i = 0; i < count; i += 1, time += duration) entries.push({ time, duration });
  }
  if (entries.length === 0) throw new UnsupportedError('The SegmentTimeline is empty');
  return entries;
}
function templateOf(levels) {
  const template = {};
  let timeline;
  for (const level of levels) {
    for (const node of childrenOf(level, 'SegmentTemplate')) {
      Object.assign(template, node.attributes);
      timeline = childrenOf(node, 'SegmentTimeline')[0] ?? timeline;
    }
  }
  return { template, timeline: timeline ? timelineOf(timeline) : null };
}
function urlsOf(levels, base) {
  let folder = base;
  for (const level of levels) {
    const [node] = childrenOf(level, 'BaseURL');
    if (node) folder = new URL(node.text, folder).href;
  }
  const { id, bandwidth } = levels[levels.length - 1].attributes;
  return (/** @type {string} */ name, /** @type {number} */ number) => new URL(name.replace(
    /\$(RepresentationID|Bandwidth|Number)(?:%0(\d+)d)?\$|\$\$/g, (_, identifier, width) => {
      if (!identifier) return '$';
      if (identifier === 'RepresentationID') return id;
      if (identifier === 'Bandwidth') return bandwidth;
      return String(number).padStart(parseInt(width ?? '1', 10), '0');
    }), folder).href;
}
function parseAdaptationSet(outer, base, now, { availabilityStart, periodStart }, index) {
  const [mpd, , set] = outer, representations = childrenOf(set, 'Representation');
  const levels = [...outer, representations[index] ?? representations[0]];
  const { template, timeline } = templateOf(levels), { media, initialization } = template;
  const timescale = parseInt(template.timescale ?? '1', 10);
  const longest = timeline ? Math.max(...timeline.map((entry) => entry.duration))
    : parseInt(template.duration ?? '0', 10);
  const duration = longest / timescale, first = parseInt(template.startNumber ?? '1', 10);
  if (!media?.includes('$Number') || !initialization || !(duration > 0)) {
    throw new UnsupportedError('The MPD does not name its segments by $Number$');
  }
  const fill = urlsOf(levels, base);
  const urlOf = (/** @type {number} */ number) => fill(media, number);
  const offset = parseInt(template.presentationTimeOffset ?? '0', 10);
  const captured = childrenOf(set, 'ProducerReferenceTime')
    .find(({ attributes }) => attributes.type === 'captured')?.attributes;
  const firstDate = captured ? Date.parse(captured.wallClockTime) / 1000
    + (offset - parseInt(captured.presentationTime, 10)) / timescale
    : availabilityStart + periodStart;
  const entryOf = (/** @type {number} */ number) => timeline?.[number - first];
  const secondsOf = (/** @type {number} */ number) => (
    (entryOf(number)?.duration ?? longest) / timescale);
  const dateOf = (/** @type {number} */ number) => {
    const entry = entryOf(number);
    return firstDate + (entry ? (entry.time - offset) / timescale : (number - first) * duration);
  };
  const elapsed = now - availabilityStart - periodStart;
  const depth = durationOf(mpd.attributes.timeShiftBufferDepth) || 10;
  const openNumber = first
    + (timeline ? timeline.length - 1 : Math.max(0, Math.floor(elapsed / duration)));
  const oldest = timeline ? first : Math.max(first, openNumber - Math.floor(depth / duration));
  const segments = [];
  for (let number = oldest; number < openNumber; number += 1) {
    const uri = urlOf(number);
    segments.push({ uri, duration: secondsOf(number), number, date: dateOf(number) });
  }
  if (segments.length === 0) {
    segments.push({ uri: urlOf(openNumber - 1), duration, number: openNumber - 1, date: null });
  }
  return {
    ...emptyPlaylist(), segments, openNumber, openDate: dateOf(openNumber),
    map: fill(initialization, 0), targetDuration: duration,
    ended: mpd.attributes.type !== 'dynamic',
    names: { urlOf, folder: new URL('.', urlOf(first)).href },
    timing: childrenOf(mpd, 'UTCTiming')
      .filter(({ attributes }) => /utc:http-(iso|xsdate):/.test(attributes.schemeIdUri))
      .map(({ attributes }) => new URL(attributes.value, base).href),
  };
}

// page/segment-names.js

function segmentNames(list) {
  if (list.names) return list.names;
  const last = list.segments[list.segments.length - 1];
  if (!last || !list.map) return null;
  const match = last.uri.match(/^([^?#]*\/segment)(\d+)(\.m4s(?:[?#].*)?)$/);
  if (!match || parseInt(match[2], 10) !== last.number) return null;
  const [, before, digits, after] = match;
  return {
    urlOf: (number) => before + String(number).padStart(digits.length, '0') + after,
    folder: new URL('.', last.uri).href,
  };
}

// page/transport.js

const TIMEOUT = 9000;
function timeServicesOf(list) {
  const names = segmentNames(list);
  const own = names ? servicesBeside(names.folder).times : [];
  return [...new Set([...own, ...(list.timing ?? [])])];
}
function loadText(url, stop) {
  return within(TIMEOUT, async (signal) => {
    const response = await fetch(url, { cache: 'no-store', signal });
    if (!response.ok) {
      const reason = (await response.text()).trim().slice(0, 200);
      throw new StatusError('the playlist', response, reason.startsWith('<') ? '' : reason);
    }
    return { text: await response.text(), base: response.url || url };
  }, stop);
}
async function loadPlaylist(url, clock, stop, choose = () => 0) {
  const { text, base } = await loadText(url, stop);
  if (/^\s*</.test(text)) {
    const list = parseManifest(text, base, clock.now() / 1000, choose);
    if (clock.roundTrip !== null || !(await clock.measure(timeServicesOf(list)))) return list;
    return parseManifest(text, base, clock.now() / 1000, choose);
  }
  const list = parsePlaylist(text, base), { renditions } = list;
  if (renditions.length === 0) return list;
  const { uri: variant } = renditions[choose(renditions)] ?? renditions[0];
  const [video, audio] = await Promise.all([variant, ...list.audioPlaylists.slice(0, 1)]
    .map((playlist) => loadMediaPlaylist(playlist, stop)));
  return audio ? { ...video, renditions, audio } : { ...video, renditions };
}
async function loadRenditions(url, stop) {
  const { text, base } = await loadText(url, stop);
  return (/^\s*</.test(text) ? parseManifest(text, base, 0) : parsePlaylist(text, base)).renditions;
}
async function loadMediaPlaylist(url, stop) {
  const { text, base } = await loadText(url, stop);
  const list = parsePlaylist(text, base);
  if (list.variants.length === 0) return list;
  throw new UnsupportedError('A Multivariant Playlist that refers to another one');
}
function headersOf(list) {
  return [list.map, list.audio?.map].flatMap((url) => url ?? []);
}
function loadHeader(url, stop) {
  return within(TIMEOUT, async (signal) => {
    const response = await fetch(url, { signal });
    if (!response.ok) throw new Error(`status ${response.status} for the CMAF header`);
    return new Uint8Array(await response.arrayBuffer());
  }, stop);
}

// page/newest-media.js

const NEWEST_LIMIT = 1500;
const KEPT_TIME = 20000;
function newestPublished(response) {
  const times = Object.values(timestampsOf(response).parts).map(Number);
  const at = Math.max(...times.filter(Number.isFinite)) / 1e6;
  return at > 0 ? { at, isPublishTime: true, count: at } : null;
}
function newestListed({ parts, segments, openNumber }) {
  const part = parts.filter(({ isGap }) => !isGap).pop();
  if (part) {
    const at = part.end === null ? null : part.end * 1000;
    return { at, isPublishTime: false, count: part.number + part.index / 1e4 };
  }
  const segment = segments.filter(({ isGap }) => !isGap).pop();
  return segment ? { at: null, isPublishTime: false, count: openNumber } : null;
}
function folderName(uri) { return new URL('.', uri).pathname.split('/').at(-2) ?? ''; }
class NewestMedia {
  constructor(clock, stop) {
    this.clock = clock;
    this.stop = stop;
    this.source = '';
    this.learnedAt = 0;
    this.renditions = [];
  }
  async learn(source) {
    const now = performance.now();
    if (source === this.source && now - this.learnedAt < KEPT_TIME) return;
    const renditions = await within(
      NEWEST_LIMIT, (signal) => loadRenditions(source, signal), this.stop);
    this.renditions = [...renditions].sort((a, b) => b.bandwidth - a.bandwidth);
    this.source = source;
    this.learnedAt = now;
  }
  async load(source, timestamps) {
    await this.learn(source);
    const uris = this.renditions.length > 0 ? this.renditions.map(({ uri }) => uri) : [source];
    return Promise.all(uris.map((uri) => within(NEWEST_LIMIT, async (signal) => {
      const published = timestamps === null ? null
        : await this.loadTimestamps(timestamps, uris.length > 1 ? uri : null, signal);
      return published ?? newestListed(await loadPlaylist(uri, this.clock, signal));
    }, this.stop).catch(() => null)));
  }
  async loadTimestamps(url, uri, signal) {
    const address = new URL(url);
    if (uri !== null) address.searchParams.set('rendition', folderName(uri));
    const response = await fetch(address, { cache: 'no-store', signal });
    return response.ok ? newestPublished(await response.json()) : null;
  }
  indicesOf(names) {
    return this.renditions.flatMap(({ uri }, index) => (
      names.includes(folderName(uri)) ? [index] : []));
  }
}

// page/source.js

const isMPD = (url) => new URL(url).pathname.endsWith('.mpd');
function otherFormat(url) {
  const other = new URL(url), names = /\/(?:(?:live|ll|playlist|index)\.m3u8|manifest\.mpd)$/;
  if (!names.test(other.pathname)) return null;
  const isAutomatic = other.pathname.endsWith('/auto/manifest.mpd');
  const playlist = isAutomatic ? 'playlist.m3u8' : 'll.m3u8';
  other.pathname = other.pathname.replace(names, `/${isMPD(url) ? playlist : 'manifest.mpd'}`);
  return other.href;
}
function usualSource(page) {
  if (page.protocol === 'file:') return 'http://localhost:8080/live.m3u8';
  const dash = page.pathname.match(/^(.*)\/ldash\/play\/([^/]+)(?:\/(?:manifest\.mpd)?)?$/);
  if (dash) return new URL(`${dash[1]}/${dash[2]}/manifest.mpd`, page).href;
  return new URL(page.pathname === '/' ? '/live.m3u8' : 'll.m3u8', page).href;
}
function sourceOf(requested, page) {
  const base = new URL(page), usual = usualSource(base);
  if (!requested) return { source: usual, warning: null };
  try {
    const url = new URL(requested, base.protocol === 'file:' ? undefined : base);
    if (/^https?:$/.test(url.protocol)) return { source: url.href, warning: null };
  } catch { /* not a URL */ }
  const warning = `?src=${requested} is no http or https URL; playing ${usual}`;
  return { source: usual, warning };
}

// page/watchdog.js

const OWN_LIMITS = { probe: 0.3, seek: 0.6, rendition: 0.9, restart: 1.4, transport: 2.3 };
const SCRIPT_LIMITS = {
  probe: 0.4, seek: 0.8, rendition: 1.1, restart: 1.6, transport: 2.5,
};
const NATIVE_LIMITS = {
  probe: 1, seek: Infinity, rendition: Infinity, restart: 2.5, transport: 6,
};
const REMEDIES = ['seek', 'rendition', 'restart', 'transport'];
const STEP_LIMIT = 0.25;
const MISSED_FRAMES = 3;
const RECOVERED = 1;
const START_TIME = 5, RESUME_TIME = 1;
const GRACE_TIME = 0.2;
const PROBE_INTERVAL = 0.5, LONGEST_PROBE_INTERVAL = 4;
const FIRST_BREAK = 1.5, LONGEST_BREAK = 60;
const STARVED_TIME = 5;
class Watchdog {
  constructor(limits = OWN_LIMITS) {
    this.limits = limits;
    this.now = null;
    this.frames = 0;
    this.still = 0;
    this.trouble = 0;
    this.moving = 0;
    this.next = 0;
    this.pause = FIRST_BREAK;
    this.probedAt = -Infinity;
    this.probeInterval = PROBE_INTERVAL;
    this.isStarting = true;
    this.start();
  }
  start() {
    this.isStarting = true;
    this.suspend();
    this.next = 0;
    this.pause = FIRST_BREAK;
  }
  suspend() {
    this.rest();
    this.moving = 0;
    this.trouble = -(this.isStarting ? START_TIME : RESUME_TIME);
  }
  get isStill() { return this.still > this.limits.probe; }
  rest() {
    this.still = 0;
    this.trouble = 0;
    this.probedAt = -Infinity;
    this.probeInterval = PROBE_INTERVAL;
  }
  step(now, facts) {
    const elapsed = Math.min(STEP_LIMIT, Math.max(0, now - (this.now ?? now)));
    this.now = now;
    if (!facts.isWatched) {
      this.frames = facts.frames;
      this.suspend();
      return null;
    }
    const delay = Math.max(0, MISSED_FRAMES * facts.interval - this.limits.probe);
    if (facts.frames !== this.frames) {
      this.shown(facts.frames, elapsed, delay);
      return null;
    }
    this.still += elapsed;
    this.trouble += elapsed;
    if (this.still <= this.limits.probe + delay) {
      this.moving += elapsed;
      return null;
    }
    this.moving = 0;
    if (this.trouble < 0) return null;
    if (facts.hasNewer === false) this.trouble = 0;
    if (facts.hasNewer !== true) {
      this.trouble = Math.min(this.trouble, this.limit(delay) - GRACE_TIME);
      return this.probe(now);
    }
    return this.remedy(facts.isStarved, delay);
  }
  shown(frames, elapsed, delay) {
    this.frames = frames;
    this.isStarting = false;
    this.moving = this.still > this.limits.probe + delay ? 0 : this.moving + elapsed;
    this.rest();
    if (this.moving < RECOVERED) return;
    this.next = 0;
    this.pause = FIRST_BREAK;
  }
  probe(now) {
    if (now - this.probedAt < this.probeInterval) return null;
    if (this.probedAt !== -Infinity) {
      this.probeInterval = Math.min(LONGEST_PROBE_INTERVAL, 2 * this.probeInterval);
    }
    this.probedAt = now;
    return 'probe';
  }
  limit(delay) {
    while (this.limits[REMEDIES[this.next]] === Infinity) this.next += 1;
    return this.limits[REMEDIES[this.next]] + delay;
  }
  remedy(isStarved, delay) {
    const limit = this.limit(delay), remedy = REMEDIES[this.next];
    const isUseless = isStarved && (remedy === 'restart' || remedy === 'transport');
    const due = isUseless ? Math.max(limit, STARVED_TIME) : limit;
    if (this.trouble < due) return null;
    this.trouble = due;  // the next remedy waits for the effect of this one
    this.next += 1;
    if (this.next < REMEDIES.length) return remedy;
    this.next = 0;
    this.trouble = -this.pause;
    this.pause = Math.min(LONGEST_BREAK, 2 * this.pause);
    return remedy;
  }
}

// page/picture-watch.js

const WATCH_LIMITS = {
  frames: OWN_LIMITS, ws: OWN_LIMITS, webcodecs: OWN_LIMITS, hlsjs: SCRIPT_LIMITS,
  dashjs: SCRIPT_LIMITS, native: NATIVE_LIMITS,
};
const NEWER_BY = 0.3;
const NEWER_MARGIN = 100;
const LATE_BY = 500;
const BRIEF_AVOIDANCE = 3;
class PictureWatch {
  constructor(playback) {
    this.playback = playback;
    const { clock, closing, video } = playback;
    this.watchdog = new Watchdog();
    this.avoidance = new Avoidance();
    this.media = new NewestMedia(clock, closing.signal);
    this.missing = '';
    this.applied = '';
    this.hasNewer = null;
    this.before = [];
    this.isProbing = false;
    this.stopped = { frames: -1, at: 0 };
    this.isActing = false;
    this.isInside = true;
    if (!('IntersectionObserver' in globalThis) || !video.parentElement) return;
    const observer = new IntersectionObserver((entries) => {
      this.isInside = entries[entries.length - 1].isIntersecting;
    });
    observer.observe(video.parentElement);
    closing.signal.addEventListener('abort', () => observer.disconnect());
  }
  begin(kind) {
    this.watchdog.limits = WATCH_LIMITS[kind];
    this.applied = '';
    if (!this.isActing) this.watchdog.start();
  }
  rest() { this.watchdog.suspend(); }
  setMissing(names) {
    const text = names.join(' ');
    if (text === this.missing) return;
    this.missing = text;
    void this.media.learn(this.playlist).catch(() => {}).then(() => {
      if (this.missing === text) this.avoidance.setMissing(this.media.indicesOf(names));
    });
  }
  leave(index) {
    const now = performance.now() / 1000;
    this.avoidance.leave(now, index, BRIEF_AVOIDANCE);
    this.avoid(now);
  }
  get playlist() {
    const { source } = this.playback;
    return isMPD(source) ? otherFormat(source) ?? source : source;
  }
  get isWatched() {
    const { display, isPaused, player, state } = this.playback;
    return !isPaused && !display.paused && !document.hidden && this.isInside
      && player?.wantsMedia?.() !== false && state.status !== 'dead';
  }
  update(now) {
    const { playback, watchdog } = this, { frames } = playback;
    this.avoid(now / 1000);
    if (frames.frames !== this.stopped.frames) {
      this.stopped = { frames: frames.frames, at: playback.clock.now() };
      this.hasNewer = null;
      this.before = [];
    }
    const hasNewer = watchdog.isStill && this.aheadOf() > NEWER_BY ? true : this.hasNewer;
    const remedy = watchdog.step(now / 1000, {
      frames: frames.frames, interval: frames.interval(), isWatched: this.isWatched, hasNewer,
      isStarved: watchdog.isStill && playback.player?.isStarved?.() === true,
    });
    if (remedy !== null) this.apply(remedy, now);
  }
  aheadOf() {
    const { buffered, currentTime } = this.playback.display, { length } = buffered;
    return length === 0 ? 0 : buffered.end(length - 1) - currentTime;
  }
  apply(remedy, now) {
    const { playback } = this, { player } = playback;
    if (remedy === 'probe') {
      void this.probe();
      return;
    }
    const seconds = ((playback.clock.now() - this.stopped.at) / 1000).toFixed(1);
    const reason = `the picture stands still for ${seconds} s`;
    this.isActing = true;
    try {
      if (remedy === 'seek') player?.toEdge?.(now);
      else if (remedy === 'rendition') this.leaveShown(now / 1000);
      else if (remedy === 'restart') playback.restart(reason);
      else playback.changeTransport(reason);
    } finally {
      this.isActing = false;
    }
    if (remedy === 'rendition' || remedy === 'restart') void this.probe();
  }
  get inUse() {
    const { player } = this.playback;
    if (player?.renditionInUse) return player.renditionInUse();
    const choice = player?.renditions();
    return { count: choice?.names.length ?? 0, current: choice?.current ?? -1 };
  }
  leaveShown(now) {
    this.avoidance.leave(now, this.inUse.current);
    this.avoid(now);
  }
  avoid(now) {
    const { player } = this.playback, { count } = this.inUse;
    if (!player?.avoid || count < 2) return;
    const avoided = this.avoidance.at(now, count, player.ownsSocket === true);
    const text = [...avoided].sort().join();
    if (text === this.applied) return;
    this.applied = text;
    player.avoid(avoided);
  }
  async probe() {
    if (this.isProbing) return;
    this.isProbing = true;
    const { playback, stopped, before } = this;
    try {
      const { services } = playback.services;
      const found = await this.media.load(this.playlist, services?.timestamps ?? null);
      if (this.stopped !== stopped) return;
      const latency = 1000 * (playback.latency ?? 0);
      this.hasNewer = hasNewerMedia(found, before, stopped.at, latency);
      this.before = found;
      if (isLate(found, this.inUse.current)) this.leaveShown(performance.now() / 1000);
    } catch {
      if (this.stopped === stopped) this.hasNewer = false;
    } finally {
      this.isProbing = false;
    }
  }
}
function hasNewerMedia(found, before, stoppedAt, latency) {
  const isFirst = before.every((newest) => newest === null);
  return found.some((newest, index) => {
    if (newest === null) return false;
    if (!isFirst) return newest.count > (before[index]?.count ?? Infinity);
    if (newest.at === null) return false;
    return newest.at > (newest.isPublishTime ? stoppedAt : stoppedAt - latency) + NEWER_MARGIN;
  });
}
function isLate(found, index) {
  const own = found[index]?.at;
  return typeof own === 'number' && found.some((newest) => (newest?.at ?? 0) > own + LATE_BY);
}

// page/player-choice.js

function usualPlayer({ source, sync, hasMediaSource, hasDash }) {
  if (!hasMediaSource) {
    return { kind: 'native', reason: 'this browser has no Media Source Extensions' };
  }
  if (sync !== null) return { kind: 'ws', reason: 'a sync group needs a WebSocket' };
  if (isMPD(source)) {
    return hasDash ? { kind: 'dashjs', reason: 'the stream is an MPD, and the server has dash.js' }
      : { kind: 'frames', reason: 'the stream is an MPD, and the server has no dash.js' };
  }
  return { kind: 'frames', reason: 'HTTP frames have a low latency, and caches can keep them' };
}
function nextPlayer(source, unsupported) {
  const order = isMPD(source) ? ['frames', 'dashjs'] : ['frames', 'hlsjs', 'native'];
  return order.find((kind) => !unsupported.has(kind)) ?? null;
}
function nextTransport(source, kind, unsupported, stoodStill) {
  const order = isMPD(source) ? ['frames', 'dashjs'] : ['frames', 'ws', 'hlsjs'];
  const at = (/** @type {Kind} */ other) => stoodStill.get(other) ?? 0;
  const others = order.filter((other) => other !== kind && !unsupported.has(other));
  return others.sort((a, b) => at(a) - at(b))[0] ?? null;
}
function sourceFor(kind, source) {
  const readsBoth = kind === 'frames' || kind === 'webcodecs';
  if (readsBoth || isMPD(source) === (kind === 'dashjs')) return source;
  return otherFormat(source) ?? source;
}
async function hasDashScript(dash, stop) {
  if (dash === null) return false;
  try {
    return await within(3000, async (signal) => {
      const response = await fetch(new URL('scripts.json', dash).href, { signal });
      return /** @type {string[]} */ (await response.json()).includes('dash.all.min.js');
    }, stop);
  } catch {
    return false;  // another server
  }
}

// page/player-host.js

function hostOf(playback, isCurrent) {
  const { clock, events, frames, options, queue, services, source, targets, video } = playback;
  const { choice, kind } = playback;
  return {
    video, clock, source,
    shown: (...frame) => { if (isCurrent()) frames.shown(...frame); },
    status: (...status) => { if (isCurrent()) playback.setStatus(...status); },
    unsupported: (reason, isRefused) => {
      if (!isCurrent()) return;
      playback.areSocketsRefused ||= isRefused === true;
      playback.fallBack(reason);
    },
    withoutSocket: (reason, isRefused) => {
      if (!isCurrent()) return;
      playback.hasSocket = false;
      playback.areSocketsRefused ||= isRefused === true;
      playback.play(kind, `${choice}; HTTP has the frames (${reason})`);
    },
    notice: (text) => {
      if (!isCurrent()) return;
      events.onMessage('sound', text, 'warn');
      if (text !== null) playback.failed(text, false);
    },
    learnServices: (list) => { if (isCurrent()) services.learn(list); },
    measureClock: () => void services.measureClock(),
    setTargets: (...values) => {
      if (isCurrent() && targets.setStream(...values)) playback.applyTarget();
    },
    sync: options.sync,
    need: () => playback.controller.need,
    setSharedTarget: (target) => { if (isCurrent()) playback.share(target); },
    untilJoined: async () => playback.controlSocket?.untilJoined,
    addEvent: (event) => { if (event && isCurrent()) queue.add(event); },
    leaveRendition: (index) => { if (isCurrent()) playback.watch.leave(index); },
    setSource: (presence) => { if (isCurrent()) services.push(presence); },
  };
}

// page/canvas-display.js

const STALL_LAG = 0.1;
const SEEK_LAG = 0.1, LONGEST_SEEK = 1000;
const REPEATED = 10e6;
const HIDDEN_TIME = 1000;
const JOIN_FACTOR = 4, SLOWEST_JOIN = 0.75;
const KEPT_INTERVALS = 30;
class CanvasDisplay {
  constructor(video, onShown) {
    this.video = video;
    this.onShown = onShown;
    this.onRefresh = () => {};
    this.canvas = document.createElement('canvas');
    this.canvas.setAttribute('part', 'video');
    this.canvas.setAttribute('role', 'img');
    this.canvas.setAttribute('aria-label', video.getAttribute('aria-label') ?? 'Live video');
    for (const event of ['click', 'dblclick']) {
      this.canvas.addEventListener(event, () => video.dispatchEvent(new MouseEvent(event)));
    }
    const context = this.canvas.getContext('2d', { alpha: false });
    this.context = /** @type {CanvasRenderingContext2D} */ (context);
    this.frames = [];
    this.anchor = { time: 0, at: 0 };
    this.rate = 1;
    this.sound = null;
    this.isJoining = false;
    this.isSet = false;
    this.isPaused = true;
    this.wasResumed = false;
    this.isSeeking = true;
    this.soughtAt = 0;
    this.isWaiting = false;
    this.decodedEnd = 0;
    this.receivedEnd = 0;
    this.shown = 0;
    this.shownTimestamp = -Infinity;
    this.drawnAt = 0;
    this.dropped = 0;
    this.intervals = [1000 / 60];
    this.refreshedAt = 0;
    this.handle = 0;
  }
  open() {
    this.video.hidden = true;
    this.video.after(this.canvas);
    this.handle = requestAnimationFrame((time) => this.refresh(time));
  }
  close() {
    cancelAnimationFrame(this.handle);
    for (const frame of this.frames) frame.close();
    this.frames = [];
    this.canvas.remove();
    this.video.hidden = false;
  }
  position(at = performance.now()) {
    this.followPause();
    const { anchor, isPaused } = this;
    if (isPaused) return anchor.time;
    return this.sound?.positionAt(at) ?? anchor.time + (at - anchor.at) / 1000 * this.clockRate;
  }
  get clockRate() {
    const { rate } = this;
    if (!this.isJoining || rate >= 1) return rate;
    return Math.max(SLOWEST_JOIN, 1 - JOIN_FACTOR * (1 - rate));
  }
  followSound() {
    const at = performance.now(), time = this.isPaused ? null : this.sound?.positionAt(at) ?? null;
    if (time !== null) this.anchor = { time, at };
  }
  setJoining(isJoining) {
    if (isJoining === this.isJoining) return;
    const at = performance.now();
    this.anchor = { time: this.position(at), at };
    this.isJoining = isJoining;
  }
  followPause() {
    const { paused } = this.video;
    if (paused === this.isPaused) return;
    const at = performance.now(), { time } = this.anchor;
    const elapsed = paused ? (at - this.anchor.at) / 1000 * this.clockRate : 0;
    this.anchor = { time: time + elapsed, at };
    this.isPaused = paused;
    if (paused) return;
    this.wasResumed = this.shown > 0;
    this.isSeeking = true;
    this.soughtAt = at;
  }
  get currentTime() {
    const position = this.position(), { decodedEnd } = this;
    return document.hidden || decodedEnd === 0 ? position : Math.min(position, decodedEnd);
  }
  set currentTime(time) {
    this.followPause();
    this.sound?.stop();
    this.soughtAt = performance.now();
    this.anchor = { time, at: this.soughtAt };
    this.isSet = true;
    this.isSeeking = true;
  }
  get playbackRate() { return this.rate; }
  set playbackRate(rate) {
    const at = performance.now();
    this.anchor = { time: this.position(at), at };
    this.rate = rate;
  }
  get paused() { return this.video.paused; }
  get seeking() {
    this.followPause();
    return this.isSeeking;
  }
  get readyState() { return this.isSeeking ? 1 : this.isWaiting ? 2 : 4; }
  get buffered() {
    const { receivedEnd } = this;
    return { length: receivedEnd > 0 ? 1 : 0, start: () => 0, end: () => receivedEnd };
  }
  get videoWidth() { return this.shown > 0 ? this.canvas.width : 0; }
  get videoHeight() { return this.shown > 0 ? this.canvas.height : 0; }
  getVideoPlaybackQuality() {
    return {
      droppedVideoFrames: this.dropped, totalVideoFrames: this.shown + this.dropped,
      corruptedVideoFrames: 0, creationTime: performance.now(),
    };
  }
  get interval() { return quantile(this.intervals, 0.5); }
  add(frame) {
    const { frames } = this, age = this.shownTimestamp - frame.timestamp;
    if (age >= 0 && age < REPEATED) {  // a segment is decoded again after an error
      frame.close();
      return;
    }
    let index = frames.length;
    while (index > 0 && frames[index - 1].timestamp > frame.timestamp) index -= 1;
    frames.splice(index, 0, frame);
    this.decodedEnd = (frame.timestamp + (frame.duration ?? 0)) / 1e6;
    while (frames.length > 1 && frames[1].timestamp / 1e6 <= this.position()) this.drop();
  }
  drop() {
    this.frames.shift()?.close();
    if (!this.isSeeking) this.dropped += 1;
  }
  refresh(time) {
    this.handle = requestAnimationFrame((next) => this.refresh(next));
    const interval = time - this.refreshedAt;
    this.refreshedAt = time;
    if (interval > HIDDEN_TIME) {
      this.isSeeking = true;
      this.soughtAt = time;
    } else if (interval > 3) {
      this.intervals.push(interval);
      if (this.intervals.length > KEPT_INTERVALS) this.intervals.shift();
    }
    this.followPause();
    if (this.isSet && !this.isPaused) {
      this.show(time + this.interval);
      this.followStall();
    }
    this.onRefresh();
  }
  show(displayTime) {
    const { frames, canvas } = this, position = this.position(displayTime + this.interval / 2);
    while (frames.length > 1 && frames[1].timestamp / 1e6 <= position) this.drop();
    const [frame] = frames;
    if (!frame || frame.timestamp / 1e6 > position) return;
    frames.shift();
    const { displayWidth, displayHeight } = frame;
    if (canvas.width !== displayWidth || canvas.height !== displayHeight) {
      canvas.width = displayWidth;
      canvas.height = displayHeight;
    }
    const image = /** @type {any} */ (frame);
    this.context.drawImage(image, 0, 0, displayWidth, displayHeight);
    this.shown += 1;
    this.drawnAt = performance.now();
    this.shownTimestamp = frame.timestamp;
    this.onShown(performance.timeOrigin + displayTime, frame);
    const lag = position - frame.timestamp / 1e6;
    frame.close();
    const isNear = lag < SEEK_LAG || displayTime - this.soughtAt > LONGEST_SEEK;
    if (!this.isWaiting && !(this.isSeeking && isNear)) return;
    this.isWaiting = false;
    if (isNear) this.isSeeking = false;
    this.video.dispatchEvent(new Event('playing'));
  }
  followStall() {
    if (this.isWaiting || this.isSeeking) return;
    const still = (performance.now() - this.drawnAt) / 1000;
    if (Math.min(this.position() - this.decodedEnd, still) < STALL_LAG) return;
    this.isWaiting = true;
    this.video.dispatchEvent(new Event('waiting'));
  }
}

// page/chunks.js

class ChunkSplitter {
  constructor() {
    this.rest = new Uint8Array(0);
    this.moof = null;
    this.messages = [];
  }
  push(piece) {
    const bytes = this.rest.length === 0 ? piece : concatenated(this.rest, piece);
    const chunks = [];
    let offset = 0;
    for (;;) {
      const size = boxSize(bytes, offset), end = offset + size;
      if (size === 0 || end > bytes.length) break;
      const type = fourCC(bytes, offset + 4);
      if (type === 'moof') this.moof = bytes.slice(offset, end);
      else if (type === 'emsg') this.messages.push(bytes.slice(offset, end));
      else if (type === 'mdat' && this.moof) {
        const chunk = concatenated(this.moof, bytes.subarray(offset, end));
        chunks.push({ bytes: chunk, time: decodeTime(this.moof), messages: this.messages });
        this.moof = null;
        this.messages = [];
      }
      offset = end;
    }
    this.rest = bytes.slice(offset);
    return chunks;
  }
  get isComplete() { return this.rest.length === 0 && this.moof === null; }
}
function decodeTime(moof) {
  const tfdt = content(moof, 'moof', 'traf', 'tfdt');
  if (!tfdt) throw new Error('moof without tfdt');
  return tfdt[0] === 1 ? uint32(tfdt, 4) * 2 ** 32 + uint32(tfdt, 8) : uint32(tfdt, 4);
}

// page/audio-config.js

const ES = 3, DECODER = 4, SPECIFIC = 5;
const MPEG4_AUDIO = 0x40;
const HAS_DEPENDENCE = 0x80, HAS_URL = 0x40, HAS_CLOCK = 0x20;
const SAMPLE_RATES = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
];
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8];
function descriptor(bytes, tag) {
  if (bytes.length < 2 || bytes[0] !== tag) return null;
  let size = 0;
  for (let offset = 1; offset <= 4 && offset < bytes.length; offset += 1) {
    size = size << 7 | bytes[offset] & 0x7F;
    if (bytes[offset] & 0x80) continue;
    const end = offset + 1 + size;
    return end <= bytes.length ? bytes.subarray(offset + 1, end) : null;
  }
  return null;
}
function configurationOf(esds) {
  const stream = descriptor(esds.subarray(4), ES);
  if (!stream || stream.length < 3) return null;
  const flags = stream[2];
  let offset = 3;
  if (flags & HAS_DEPENDENCE) offset += 2;
  if (flags & HAS_URL) offset += 1 + (stream[offset] ?? 0);
  if (flags & HAS_CLOCK) offset += 2;
  const decoder = descriptor(stream.subarray(offset), DECODER);
  if (!decoder || decoder.length < 13 || decoder[0] !== MPEG4_AUDIO) return null;
  const bytes = descriptor(decoder.subarray(13), SPECIFIC);
  return bytes && specificConfigOf(bytes);
}
function specificConfigOf(bytes) {
  let position = 0;
  const bits = (/** @type {number} */ count) => {
    let value = 0;
    for (let i = 0; i < count; i += 1, position += 1) {
      value = value * 2 + ((bytes[position >> 3] ?? 0) >> (7 - position % 8) & 1);
    }
    return value;
  };
  const short = bits(5), objectType = short === 31 ? 32 + bits(6) : short;
  const index = bits(4), sampleRate = index === 15 ? bits(24) : SAMPLE_RATES[index] ?? 0;
  const channels = CHANNELS[bits(4)];
  if (position > 8 * bytes.length || objectType === 0) return null;
  if (sampleRate < 1000 || channels === undefined) return null;
  return { objectType, sampleRate, channels, bytes };
}

// page/header.js

function tracksOf(headers) {
  return headers.map((header, index) => {
    const format = index === 0 ? videoFormat(header) : audioFormat(header);
    if (format) return { ...format, header };
    const codec = index === 0 ? 'The video is not H.264' : 'The audio is not AAC';
    throw new UnsupportedError(`${codec} in CMAF`);
  });
}
function videoFormat(header) {
  const timescale = timescaleOf(header), config = avcConfiguration(header);
  if (timescale === null || !config) return null;
  const hex = [...config.subarray(1, 4)].map((byte) => byte.toString(16).padStart(2, '0'));
  return { type: `video/mp4; codecs="avc1.${hex.join('')}"`, timescale };
}
function avcConfiguration(header) {
  const entries = sampleEntries(header);
  const entry = entries && (content(entries, 'avc1') ?? content(entries, 'avc3'));
  return entry && content(entry.subarray(78), 'avcC');
}
function audioFormat(header) {
  const timescale = timescaleOf(header), configuration = aacConfiguration(header);
  if (timescale === null || !configuration) return null;
  return { type: `audio/mp4; codecs="mp4a.40.${configuration.objectType}"`, timescale };
}
function aacConfiguration(header) {
  const entries = sampleEntries(header), entry = entries && content(entries, 'mp4a');
  const esds = entry && content(entry.subarray(28), 'esds');
  const configuration = esds && configurationOf(esds);
  if (!configuration || configuration.channels > 0) return configuration;
  return { ...configuration, channels: Math.max(1, entry[16] << 8 | entry[17]) };
}
function sampleEntries(header) {
  const stsd = content(header, 'moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd');
  return stsd && stsd.subarray(8);
}
function timescaleOf(header) {
  const mdhd = content(header, 'moov', 'trak', 'mdia', 'mdhd');
  return mdhd && uint32(mdhd, mdhd[0] === 1 ? 20 : 12);
}

// page/samples.js

const BASE_OFFSET = 1, DESCRIPTION = 2, USUAL_DURATION = 8, USUAL_SIZE = 16, USUAL_FLAGS = 32;
const DATA_OFFSET = 1, FIRST_FLAGS = 4, DURATION = 256, SIZE = 512, FLAGS = 1024;
const COMPOSITION = 2048;
const NO_SYNC = 0x10000;
function sampleDefaults(header) {
  const trex = content(header, 'moov', 'mvex', 'trex');
  if (!trex) return { duration: 0, size: 0, flags: 0 };
  return { duration: uint32(trex, 12), size: uint32(trex, 16), flags: uint32(trex, 20) };
}
class Members {
  constructor(bytes, offset) {
    this.bytes = bytes;
    this.offset = offset;
  }
  next() {
    if (this.offset + 4 > this.bytes.length) throw new Error('a box of moof is too short');
    this.offset += 4;
    return uint32(this.bytes, this.offset - 4);
  }
  optional(isPresent, usual) { return isPresent ? this.next() : usual; }
}
function accessUnitsOf(chunk, time, defaults) {
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
  const samples = [];
  let decodeTime = time;
  for (let i = 0; i < count; i += 1) {
    const duration = members.optional(run & DURATION, usual.duration);
    const size = members.optional(run & SIZE, usual.size);
    const flags = members.optional(run & FLAGS, i === 0 ? firstFlags : usual.flags);
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

// page/audio-track.js

const DECODE_AHEAD = 0.5;
const PREROLL = 0.06;
const MOST_WAITING = 1500, MOST_DECODING = 24;
const RESTART = 10;
const MOST_AUDIO_FAILURES = 3;
class AudioTrack {
  constructor(buffer, onDecoded) {
    this.buffer = buffer;
    this.onDecoded = onDecoded;
    this.queue = [];
    this.timescale = 48000;
    this.format = null;
    this.decoder = null;
    this.config = null;
    this.decodedEnd = -Infinity;
    this.completeFrom = -Infinity;
    this.newest = 0;
    this.problem = null;
    this.failures = 0;
    this.isClosed = false;
  }
  async open({ type, header, timescale }) {
    this.timescale = timescale;
    this.changeType(type, header);
    const { config } = this.format ?? {};
    if (!config || this.problem !== null) return;
    try {
      const { supported } = await AudioDecoder.isConfigSupported(config);
      if (!supported) this.problem = `this browser cannot decode ${config.codec}`;
    } catch (error) {
      this.problem = messageOf(error);
    }
  }
  changeType(type, header) {
    this.problem = null;
    this.failures = 0;
    const codec = /codecs="([^"]+)"/.exec(type)?.[1], found = aacConfiguration(header);
    if (!('AudioDecoder' in globalThis)) this.problem = 'this browser has no AudioDecoder';
    else if (!codec || !found) this.problem = 'the audio is not AAC';
    if (!codec || !found) {
      this.format = null;
      return;
    }
    const { sampleRate, channels: numberOfChannels, bytes: description } = found;
    const config = { codec, description, sampleRate, numberOfChannels };
    this.format = { config, defaults: sampleDefaults(header) };
  }
  close() {
    this.isClosed = true;
    this.queue = [];
    this.closeDecoder();
  }
  append(bytes) {
    const { format, timescale } = this;
    if (!format) return;
    for (const { time, duration, data } of accessUnitsOf(
      bytes, decodeTime(bytes), format.defaults)) {
      this.appendSample({ time: time / timescale, end: (time + duration) / timescale, data });
    }
  }
  appendSample({ time, end, data }) {
    const { format, queue } = this;
    if (this.isClosed || !format) return;
    if (time < this.newest - RESTART) {
      queue.length = 0;
      this.newest = 0;
    }
    if (end <= this.newest + 2e-6) return;
    queue.push({ config: format.config, time, end, data });
    this.newest = end;
    queue.splice(0, queue.length - MOST_WAITING);
    this.onDecoded();
  }
  rest(position) {
    this.closeDecoder();
    this.leaveOut(position);
  }
  leaveOut(position) {
    const first = this.queue.findIndex(({ end }) => end > position - PREROLL);
    this.queue.splice(0, first < 0 ? this.queue.length : first);
  }
  decode(position) {
    const { queue } = this;
    this.leaveOut(position);
    while (queue.length > 0 && this.problem === null && !this.isClosed) {
      if ((this.decoder?.decodeQueueSize ?? 0) >= MOST_DECODING) return;
      if (queue[0].time > position + DECODE_AHEAD) return;
      const [{ config, time, end, data }] = queue.splice(0, 1);
      try {
        if (config !== this.config || !this.decoder) this.openDecoder(config);
        if (Math.abs(time - this.decodedEnd) > 0.001) this.completeFrom = Math.floor(end * 1e6) - 1;
        this.decodedEnd = end;
        this.decoder?.decode(new EncodedAudioChunk({
          type: 'key', timestamp: Math.round(time * 1e6),
          duration: Math.round((end - time) * 1e6), data,
        }));
      } catch (error) {
        this.fail(messageOf(error));
      }
    }
  }
  openDecoder(config) {
    this.closeDecoder();
    const decoder = new AudioDecoder({
      output: (data) => {
        if (this.decoder === decoder && data.timestamp >= this.completeFrom) this.take(data);
        data.close();
      },
      error: (error) => { if (this.decoder === decoder) this.fail(messageOf(error)); },
    });
    this.decoder = decoder;
    this.config = config;
    decoder.configure(config);
  }
  closeDecoder() {
    const { decoder } = this;
    this.decoder = null;
    this.decodedEnd = -Infinity;
    if (decoder && decoder.state !== 'closed') decoder.close();
  }
  take(data) {
    const { numberOfFrames, numberOfChannels, sampleRate, timestamp } = data;
    this.failures = 0;
    const channels = Array.from({ length: numberOfChannels }, (_, planeIndex) => {
      const samples = new Float32Array(numberOfFrames);
      data.copyTo(samples, { planeIndex, format: 'f32-planar' });
      return samples;
    });
    this.buffer.add({ time: timestamp / 1e6, sampleRate, channels });
    this.onDecoded();
  }
  fail(reason) {
    this.closeDecoder();
    this.failures += 1;
    if (this.failures >= MOST_AUDIO_FAILURES) this.problem = `decoder: ${reason}`;
  }
}

// page/decoder-feed.js

const LOOK_AHEAD = 0.25;
const MOST_DECODED = 8, MOST_PENDING = 4;
function webCodecsProblem() {
  if ('VideoDecoder' in globalThis) return null;
  return globalThis.isSecureContext === false
    ? 'WebCodecs needs a secure context (HTTPS or localhost)' : 'This browser has no WebCodecs';
}
class DecoderFeed {
  constructor(display, sound, onFailure, onDecoded) {
    this.display = display;
    this.sound = sound;
    this.onFailure = onFailure;
    this.onDecoded = onDecoded;
    this.queue = [];
    this.decoder = null;
    this.config = null;
    this.needsKey = true;
    this.timescale = 90000;
    this.format = null;
    this.video = null;
    this.audio = null;
    this.headers = '';
    this.isClosed = false;
    this.isStreaming = true;
    this.newest = 0;
    this.isIdle = true;
    this.onAppended = () => {};
    display.onRefresh = () => this.pump();
  }
  prepare() { /* a decoder needs the CMAF header */ }
  async untilStreaming() { /* a decoder always wants media */ }
  async open(tracks) {
    const [{ type, header, timescale }, audio] = tracks;
    this.timescale = timescale;
    const { config } = this.formatOf(type, header);
    if (audio) this.audio ??= new AudioTrack(this.sound.buffer, () => this.pumpSound());
    const [{ supported }] = await Promise.all([
      VideoDecoder.isConfigSupported(config), audio && this.audio?.open(audio)]);
    if (!supported) {
      throw new UnsupportedError(`This browser cannot decode ${config.codec} by WebCodecs`);
    }
    if (this.isClosed) throw new Error('the decoder was closed before it was open');
    this.sound.setTrack(this.audio);
    this.video = {
      append: (bytes) => this.append(bytes),
      changeType: (newType, newHeader) => { this.format = this.formatOf(newType, newHeader); },
    };
    this.video.changeType(type, header);
  }
  formatOf(type, header) {
    const codec = /codecs="([^"]+)"/.exec(type)?.[1], description = avcConfiguration(header);
    if (!codec || !description) throw new UnsupportedError('The video is not H.264 in CMAF');
    const config = { codec, description, optimizeForLatency: true };
    return { config, defaults: sampleDefaults(header) };
  }
  hasTracks(count) { return count === (this.audio ? 2 : 1); }
  start() { return this.newest === 0 ? null : this.queue[0]?.time ?? this.newest; }
  end() {
    const { audio, newest, sound } = this;
    if (newest === 0 || !audio || audio.newest === 0 || !sound.isOn) return newest || null;
    return Math.min(newest, audio.newest - sound.lead);
  }
  ranges() {
    const start = this.start() ?? 0, end = this.end();
    return end === null ? null : { length: 1, start: () => start, end: () => end };
  }
  gapEnd() { return null; }
  close() {
    this.isClosed = true;
    this.video = null;
    if (this.audio && this.sound.track === this.audio) this.sound.setTrack(null);
    this.audio?.close();
    this.queue = [];
    this.display.onRefresh = () => {};
    if (this.decoder && this.decoder.state !== 'closed') this.decoder.close();
    this.decoder = null;
  }
  append(bytes) {
    const { format, timescale } = this;
    if (this.isClosed || !format) return;
    for (const { time, duration, isKey, data } of accessUnitsOf(
      bytes, decodeTime(bytes), format.defaults)) {
      this.push({ time: time / timescale, end: (time + duration) / timescale, isKey, data });
    }
    this.pump();
  }
  appendSample(sample) {
    if (this.isClosed) return;
    this.push(sample);
    this.pump();
  }
  push({ time, end, isKey, data }) {
    const { format, queue } = this;
    if (!format) return;
    if (isKey) {  // a segment may be read again after an error
      while (queue.length > 0 && queue[queue.length - 1].time >= time) queue.pop();
    }
    queue.push({ config: format.config, isKey, time, end, data });
    this.newest = isKey ? end : Math.max(this.newest, end);
  }
  pumpSound() {
    this.display.receivedEnd = this.end() ?? 0;
    if (!this.isClosed) this.sound.pump();
  }
  pump() {
    this.pumpSound();
    const { display, queue } = this, isIdle = document.hidden || display.isPaused;
    this.skip(isIdle || !display.isSet ? Infinity : display.position(), isIdle);
    if (isIdle && display.shown > 0) return;
    while (queue.length > 0 && !this.isClosed) {
      if ((this.decoder?.decodeQueueSize ?? 0) >= MOST_PENDING) return;
      if (display.frames.length >= MOST_DECODED) return;
      if (display.isSet && queue[0].time > display.position() + LOOK_AHEAD) return;
      const [frame] = queue.splice(0, 1);
      try {
        this.decode(frame);
      } catch (error) {
        this.fail(messageOf(error));
      }
    }
  }
  skip(position, isIdle) {
    if (!this.display.isSet) return;
    let first = 0;
    this.queue.forEach(({ isKey, time }, index) => {
      if (isKey && time <= position) first = index;
    });
    if (first === 0) return;
    if (!isIdle && !this.display.isSeeking) this.display.dropped += first;
    this.queue.splice(0, first);
    this.needsKey = true;
  }
  decode({ config, isKey, time, end, data }) {
    if (config !== this.config || !this.decoder) this.openDecoder(config);
    if (this.needsKey && !isKey) return;
    this.needsKey = false;
    this.decoder?.decode(new EncodedVideoChunk({
      type: isKey ? 'key' : 'delta', timestamp: Math.round(time * 1e6),
      duration: Math.round((end - time) * 1e6), data,
    }));
  }
  openDecoder(config) {
    const before = this.decoder;
    const decoder = new VideoDecoder({
      output: (frame) => {
        if (this.isClosed) {
          frame.close();
          return;
        }
        this.onDecoded(frame.timestamp / 1e6);
        this.display.add(frame);
        this.pump();
      },
      error: (error) => { if (this.decoder === decoder) this.fail(messageOf(error)); },
    });
    this.decoder = decoder;
    this.config = config;
    this.needsKey = true;
    decoder.configure(config);
    if (!before || before.state === 'closed') return;
    const end = () => { if (before.state !== 'closed') before.close(); };
    before.flush().then(end, end);
  }
  fail(reason) { if (!this.isClosed) this.onFailure(`decoder: ${reason}`); }
}

// page/audio-schedule.js

const HORIZON = 0.2;
const LEAD = 0.01;
const LEAST_LEAD = 0.003;
const START_LENGTH = 0.02;
const GAP_MEMORY = 2, SETTLING_TIME = 0.13, SETTLED_LEAD = 0.008;
const BLOCK_LENGTH = 1024;
const HISTORY = 1;
class AudioSchedule {
  constructor(buffer) {
    this.buffer = buffer;
    this.pieces = [];
    this.cursor = /** @type {number | null} */ (null);
    this.mustSettle = true;
    this.readySince = /** @type {number | null} */ (null);
    this.gapAt = -Infinity;
    this.gaps = 0;
  }
  get isPlaying() { return this.cursor !== null; }
  stop() {
    this.pieces = [];
    this.cursor = null;
    this.readySince = null;
    this.mustSettle = true;
  }
  positionAt(time) {
    const piece = this.pieces.find(({ at, end }) => time >= at && time < end);
    return piece ? piece.time + (time - piece.at) * piece.rate : null;
  }
  plan(now, sampleRate, picture) {
    this.pieces = this.pieces.filter(({ end }) => end > now - HISTORY);
    if (this.cursor !== null && this.cursor / sampleRate < now + LEAST_LEAD) this.miss(now);
    let isFirst = false;
    if (this.cursor === null) {
      this.join(now, sampleRate, picture);
      isFirst = true;
    }
    const blocks = [];
    while (this.cursor !== null && this.cursor / sampleRate < now + HORIZON) {
      const { buffer } = this, time = buffer.time ?? 0;
      const step = picture.rate * buffer.sampleRate / sampleRate;
      const channels = buffer.read(BLOCK_LENGTH, step), length = channels[0]?.length ?? 0;
      if (length === 0) break;
      const at = this.cursor / sampleRate;
      this.cursor += length;
      const end = this.cursor / sampleRate;
      this.pieces.push({ at, end, time, rate: picture.rate });
      blocks.push({ at, end, isFirst, channels });
      isFirst = false;
    }
    return blocks;
  }
  miss(now) {
    this.cursor = null;
    this.readySince = null;
    this.mustSettle = now - this.gapAt < GAP_MEMORY;
    this.gapAt = now;
    this.gaps += 1;
  }
  join(now, sampleRate, picture) {
    const { buffer } = this, start = now + LEAD, position = picture.positionAt(start);
    const time = buffer.firstFrom(position);
    const end = buffer.end ?? -Infinity;
    if (end < picture.positionAt(now + SETTLED_LEAD)) this.readySince = null;
    else this.readySince ??= now;
    const wait = time === null ? Infinity : (time - position) / picture.rate;
    if (wait > HORIZON || end - position < START_LENGTH) return;
    const isSettled = this.readySince !== null && now - this.readySince >= SETTLING_TIME;
    if (this.mustSettle && !isSettled) return;
    this.cursor = Math.ceil((start + wait) * sampleRate);
    buffer.seek(picture.positionAt(this.cursor / sampleRate));
    this.mustSettle = false;
  }
}

// page/output-clock.js

const WEIGHT = 0.05;
const JUMP = 0.05;
const STOP = 0.3;
class OutputClock {
  constructor() {
    this.offset = null;
    this.count = 0;
    this.latest = -Infinity;
    this.advancedAt = -Infinity;
  }
  reset() {
    this.offset = null;
    this.count = 0;
    this.latest = -Infinity;
    this.advancedAt = -Infinity;
  }
  measure(contextTime, pageTime, now) {
    if (contextTime <= this.latest) return;
    this.latest = contextTime;
    this.advancedAt = now;
    const offset = contextTime - pageTime;
    if (this.offset === null || Math.abs(offset - this.offset) > JUMP) {
      this.offset = offset;
      this.count = 0;
    }
    this.count += 1;
    this.offset += Math.max(WEIGHT, 1 / this.count) * (offset - this.offset);
  }
  isRunning(now) { return this.offset !== null && now - this.advancedAt < STOP; }
  contextTimeAt(pageTime) { return pageTime + (this.offset ?? 0); }
  pageTimeAt(contextTime) { return contextTime - (this.offset ?? 0); }
}

// page/pcm-buffer.js

const JOIN = 0.002;
const NEEDED_AFTER = 2;
const MOST_SECONDS = 10;
const lengthOf = ({ channels }) => channels[0].length;
const endOf = (block) => block.time + lengthOf(block) / block.sampleRate;
class PCMBuffer {
  constructor() {
    this.blocks = [];
    this.offset = 0;
  }
  clear() {
    this.blocks = [];
    this.offset = 0;
  }
  get end() {
    const last = this.blocks[this.blocks.length - 1];
    return last ? endOf(last) : null;
  }
  get time() {
    const [first] = this.blocks;
    return first ? first.time + this.offset / first.sampleRate : null;
  }
  add(block) {
    if (block.channels.length === 0 || lengthOf(block) === 0) return;
    const { end } = this, last = this.blocks[this.blocks.length - 1];
    if (end === null || !last) {
      this.blocks.push(block);
      return;
    }
    const distance = block.time - end;
    if (distance < -MOST_SECONDS) {
      this.clear();
      this.blocks.push(block);
      return;
    }
    if (Math.abs(distance) < JOIN) this.blocks.push({ ...block, time: end });
    else if (distance > 0) this.blocks.push(block);
    else {
      const skipped = Math.round(-distance * block.sampleRate);
      if (skipped >= lengthOf(block)) return;
      const channels = block.channels.map((samples) => samples.subarray(skipped));
      this.blocks.push({ ...block, time: end, channels });
    }
    while (this.blocks.length > 1 && (this.end ?? 0) - this.blocks[0].time > MOST_SECONDS) {
      this.blocks.shift();
      this.offset = 0;
    }
  }
  firstFrom(time) {
    const block = this.blocks.find((candidate) => endOf(candidate) > time);
    return block ? Math.max(time, block.time) : null;
  }
  seek(time) {
    while (this.blocks.length > 0 && endOf(this.blocks[0]) <= time) this.blocks.shift();
    const [first] = this.blocks;
    this.offset = first ? Math.max(0, Math.round((time - first.time) * first.sampleRate)) : 0;
  }
  continuous() {
    const [first] = this.blocks;
    let count = 0;
    for (const block of this.blocks) {
      const before = this.blocks[count - 1];
      if (before && block.time - endOf(before) >= JOIN) break;
      if (block.sampleRate !== first.sampleRate) break;
      if (block.channels.length !== first.channels.length) break;
      count += 1;
    }
    return this.blocks.slice(0, count);
  }
  get ahead() {
    const blocks = this.continuous(), { time } = this;
    return time === null ? 0 : Math.max(0, endOf(blocks[blocks.length - 1]) - time);
  }
  get sampleRate() { return this.blocks[0]?.sampleRate ?? 0; }
  read(count, step) {
    const blocks = this.continuous();
    if (blocks.length === 0) return [];
    const total = blocks.reduce((sum, block) => sum + lengthOf(block), 0);
    const isWhole = step === 1 && Number.isInteger(this.offset);
    const hasMore = this.blocks.length > blocks.length;
    const usable = total - this.offset - (isWhole || hasMore ? 0 : NEEDED_AFTER);
    const length = Math.min(count, Math.max(0, Math.ceil(usable / step)));
    const { offset } = this;
    const channels = blocks[0].channels.map((_, channel) => {
      const source = joined(blocks.map((block) => block.channels[channel]), total);
      return isWhole ? source.slice(offset, offset + length) : resampled(
        source, offset, step, length);
    });
    this.offset += length * step;
    for (let i = 1; i < blocks.length; i += 1) {
      if (this.offset < lengthOf(this.blocks[0]) + 1) break;
      this.offset -= lengthOf(this.blocks[0]);
      this.blocks.shift();
    }
    return channels;
  }
}
function joined(arrays, total) {
  if (arrays.length === 1) return arrays[0];
  const all = new Float32Array(total);
  let offset = 0;
  for (const array of arrays) {
    all.set(array, offset);
    offset += array.length;
  }
  return all;
}
function resampled(source, offset, step, length) {
  const found = new Float32Array(length), last = source.length - 1;
  for (let i = 0; i < length; i += 1) {
    const position = offset + i * step, index = Math.floor(position), x = position - index;
    const a = source[Math.max(0, index - 1)], b = source[Math.min(last, index)];
    const c = source[Math.min(last, index + 1)], d = source[Math.min(last, index + 2)];
    const slope = (c - a) / 2, next = (d - b) / 2;
    found[i] = ((2 * (b - c) + slope + next) * x + 3 * (c - b) - 2 * slope - next) * x * x
      + slope * x + b;
  }
  return found;
}

// page/sound-player.js

const FADE = 0.003;
const IDLE_CONTEXT = 2000;
const RESUME_INTERVAL = 1000;
const GAP_MARGIN = 0.015, HIGHEST_GAP_MARGIN = 0.15, GAP_MARGIN_TIME = 8000;
const ROUNDING = 1e-3;
class SoundPlayer {
  constructor(video, display) {
    this.video = video;
    this.display = display;
    this.buffer = new PCMBuffer();
    this.schedule = new AudioSchedule(this.buffer);
    this.clock = new OutputClock();
    this.track = null;
    this.context = null;
    this.fade = null;
    this.level = null;
    this.volume = 0;
    this.sources = new Set();
    this.end = 0;
    this.wantedAt = 0;
    this.unwantedAt = 0;
    this.resumedAt = -Infinity;
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
    for (const event of ['click', 'keydown']) document.addEventListener(event, resume, { signal });
  }
  close() {
    this.closing.abort();
    this.stop();
    const { context } = this;
    this.context = null;
    if (context && context.state !== 'closed') context.close().catch(() => {});
  }
  setTrack(track) {
    if (track === this.track) return;
    this.stop();
    this.buffer.clear();
    this.track = track;
  }
  get isWanted() { return this.track !== null && !this.video.muted && this.video.volume > 0; }
  get isOn() {
    return this.isWanted && this.track?.problem === null && this.context?.state === 'running';
  }
  get problem() {
    if (!this.isWanted) return null;
    const problem = this.track?.problem ?? null;
    if (problem !== null) return `WebCodecs plays no sound (${problem}): choose another transport`;
    const isLate = performance.now() - this.wantedAt > RESUME_INTERVAL;
    if (this.context?.state === 'running' || !isLate) return null;
    return 'Click the picture for sound: the browser does not start it by itself';
  }
  get lead() {
    const { context, clock } = this;
    if (!context || clock.offset === null) return 0;
    return Math.max(0, context.currentTime - clock.contextTimeAt(performance.now() / 1000));
  }
  positionAt(at) {
    if (!this.isOn || !this.clock.isRunning(performance.now() / 1000)) return null;
    return this.schedule.positionAt(this.clock.contextTimeAt(at / 1000));
  }
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
  resume() {
    if (!this.isWanted || this.track?.problem !== null) return;
    this.resumedAt = performance.now();
    if (!this.context || this.context.state === 'closed') this.openContext();
    if (this.context?.state !== 'running') this.context?.resume().catch(() => {});
  }
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
    display.followSound();
    track.decode(display.position());
    if (!this.clock.isRunning(performance.now() / 1000)) return;
    const blocks = this.schedule.plan(context.currentTime, context.sampleRate, {
      positionAt: (time) => display.position(this.clock.pageTimeAt(time) * 1000),
      rate: display.playbackRate,
    });
    if (blocks.length > 0) this.play(context, blocks);
    display.setJoining(!this.schedule.isPlaying);
  }
  measure(context) {
    const now = performance.now() / 1000;
    const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp?.() ?? {};
    if (performanceTime > 0) this.clock.measure(contextTime, performanceTime / 1000, now);
    else {
      const latency = /** @type {any} */ (context).outputLatency || context.baseLatency || 0;
      this.clock.measure(context.currentTime - latency, now, now);
    }
  }
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
    gain.setValueAtTime(1, this.end - FADE);
    gain.linearRampToValueAtTime(0, this.end);
  }
  stop() {
    const { context, fade, sources } = this;
    this.display.followSound();
    this.schedule.stop();
    if (!context || !fade) return;
    const now = context.currentTime;
    fade.gain.cancelScheduledValues(now);
    fade.gain.setTargetAtTime(0, now, FADE / 2);
    for (const source of sources) source.stop(now + 4 * FADE);
  }
}

// page/players/arrivals.js

const MARGIN = 0.06;
const KEPT_CHUNKS = 90;
const OUTAGE_DELAY = 0.3;
const OUTAGE_BACKLOG = 5;
class TrackDelays {
  constructor(capacity) {
    this.samples = new Samples(capacity);
    this.latest = null;
    this.outageEnd = -Infinity;
  }
  clear() {
    this.samples.clear();
    this.latest = null;
    this.outageEnd = -Infinity;
  }
  add(now, date) {
    const delay = now - date;
    if (this.latest !== null && delay - this.latest > OUTAGE_DELAY) this.outageEnd = now;
    this.latest = delay;
    const isNew = date >= this.outageEnd || now - this.outageEnd > OUTAGE_BACKLOG;
    if (isNew) this.samples.add(delay);
  }
  get count() { return this.samples.count; }
  quantile(q) { return this.samples.quantile(q); }
}
class ArrivalDelays {
  constructor() {
    this.video = new TrackDelays(KEPT_CHUNKS);
    this.audio = new TrackDelays(KEPT_CHUNKS);
  }
  clear() {
    this.video.clear();
    this.audio.clear();
  }
  minimumTarget() {
    if (this.video.count < 60) return 0;
    const audio = this.audio.count < 20 ? 0 : this.audio.quantile(0.75) + MARGIN;
    return Math.max(audio, this.video.quantile(0.75) + MARGIN);
  }
  get isPlausible() {
    const delay = this.video.quantile(0.5);
    return !(delay > 5 || delay < -1);
  }
}

// page/players/codec-stage.js

const SOUND_TARGET = 0.15;
const AUDIO_DECODING = 0.01;
const AUDIO_SHARE = 0.95, LEAST_AUDIO_DELAYS = 10;
const KEPT_DELAYS = 90;
const MOST_FAILURES = 3;
class CodecStage {
  constructor(host) {
    this.host = host;
    this.display = new CanvasDisplay(host.video, host.shown);
    this.sound = new SoundPlayer(host.video, this.display);
    this.display.sound = this.sound;
    this.decodeDelays = new TrackDelays(KEPT_DELAYS);
    this.failures = 0;
    this.shownBefore = 0;
    this.soundProblem = null;
  }
  newFeed(onFailure, onDecoded) {
    return new DecoderFeed(this.display, this.sound, onFailure, (time) => {
      if (!this.display.isSeeking) onDecoded(time);
    });
  }
  open() {
    const problem = webCodecsProblem();
    if (problem !== null) {
      this.host.unsupported(problem);
      return false;
    }
    this.display.open();
    this.sound.open();
    return true;
  }
  close() {
    this.sound.close();
    this.display.close();
  }
  retries(reason) {
    const { shown } = this.display;
    this.failures = shown > this.shownBefore ? 1 : this.failures + 1;
    this.shownBefore = shown;
    if (this.failures < MOST_FAILURES) return true;
    this.host.unsupported(reason);
    return false;
  }
  followSound() {
    const { host, sound } = this, { isOn, problem } = sound;
    host.setTargets(isOn ? SOUND_TARGET : TARGETS.webcodecs, isOn ? SOUND_TARGET : 0);
    if (problem !== this.soundProblem) host.notice(problem);
    this.soundProblem = problem;
  }
  update() {
    const { display } = this, { wasResumed } = display;
    display.wasResumed = false;
    this.sound.update();
    this.followSound();
    return wasResumed;
  }
  minimumTarget(audio) {
    const { decodeDelays, display, sound } = this;
    const video = decodeDelays.count < KEPT_DELAYS / 2 ? 0
      : decodeDelays.quantile(0.75) + display.interval / 1000;
    if (!sound.isOn || audio.count < LEAST_AUDIO_DELAYS) return video;
    const late = audio.quantile(AUDIO_SHARE) + AUDIO_DECODING;
    return Math.max(video, late + sound.lead + sound.gapMargin);
  }
}

// page/rendition-names.js

function renditionNames(renditions) {
  const rates = renditions.map(({ bitrate, bandwidth }) => bitrate ?? bandwidth ?? 0);
  const rateText = (/** @type {number} */ rate) => (
    rate >= 1e6 ? `${(rate / 1e6).toFixed(1)} Mbit/s` : `${Math.round(rate / 1000)} kbit/s`);
  const names = renditions.map(({ height }, i) => (height ? `${height}p` : rateText(rates[i])));
  return names.map((name, i) => {
    const isAlone = names.indexOf(name) === names.lastIndexOf(name);
    return isAlone || !renditions[i].height ? name : `${name} ${rateText(rates[i])}`;
  });
}

// page/players/ladder.js

const RETRY_INTERVAL = 1000;
class Ladder {
  constructor(host, stop) {
    this.host = host;
    this.stop = stop;
    this.order = [];
    this.automatic = 0;
    this.requested = null;
    this.prepared = new Map();
    this.preparing = new Map();
    this.failedAt = new Map();
    this.shown = 0;
    this.avoided = new Set();
  }
  get wanted() { return this.allowed(this.requested ?? this.automatic); }
  allowed(index, more) {
    const { avoided, order } = this;
    return substituteFor(index, order.length, more ? new Set([...avoided, ...more]) : avoided);
  }
  choose(renditions) {
    const order = renditions.map((rendition, index) => ({ index, rendition }))
      .sort((a, b) => b.rendition.bandwidth - a.rendition.bandwidth);
    const key = (/** @type {typeof order} */ list) => list
      .map(({ rendition }) => `${rendition.uri} ${rendition.bandwidth}`).join(' ');
    if (key(order) !== key(this.order)) {
      this.order = order;
      this.automatic = 0;
      this.requested = null;
      this.avoided = new Set();
      this.prepared.clear();
    }
    return order[this.wanted]?.index ?? 0;
  }
  inherit({ order, automatic, requested, avoided }) {
    Object.assign(this, { order, automatic, requested, avoided });
  }
  forget() { this.prepared.clear(); }
  choice() {
    if (this.order.length < 2) return null;
    const names = renditionNames(this.order.map(({ rendition }) => rendition));
    const { requested } = this;
    return { names, current: this.shown, requested: requested === null ? null : names[requested] };
  }
  request(name) {
    const index = this.choice()?.names.indexOf(name ?? '') ?? -1;
    this.requested = index < 0 ? null : index;
  }
  next() {
    const found = this.prepared.get(this.wanted);
    if (!found) void this.prepare(this.wanted);
    return found ?? null;
  }
  async prepare(index) {
    const found = this.prepared.get(index) ?? this.preparing.get(index);
    if (found || !this.order[index]) return found ?? null;
    if (performance.now() - (this.failedAt.get(index) ?? -Infinity) < RETRY_INTERVAL) return null;
    const loading = this.load(index).catch(() => null).then((prepared) => {
      this.preparing.delete(index);
      if (!prepared) this.failedAt.set(index, performance.now());
      return prepared;
    });
    this.preparing.set(index, loading);
    return loading;
  }
  async load(index) {
    const { order } = this, { source, clock } = this.host;
    const list = await loadPlaylist(source, clock, this.stop, () => order[index].index);
    const names = segmentNames(list), { map } = list;
    if (!names || !map) return null;
    const [track] = tracksOf([await loadHeader(map, this.stop)]);
    if (order !== this.order) return null;
    const prepared = { index, names, map, ...track };
    this.prepared.set(index, prepared);
    return prepared;
  }
}

// page/players/lateness.js

const WINDOW = 0.5;
const USUAL_MEMORY = 30;
const FALL = 0.05;
const LONGEST_FRAME = 0.5;
class Lateness {
  constructor() {
    this.chunks = [];
    this.pieces = [];
    this.shortest = [];
    this.time = NaN;
    this.duration = 0;
  }
  restart() {
    this.chunks = [];
    this.pieces = [];
    this.time = NaN;
  }
  piece(now, bytes) {
    this.pieces = this.pieces.filter(({ at }) => now - at < WINDOW);
    this.pieces.push({ at: now, bytes });
  }
  chunk(now, time) {
    const delay = now - time, step = time - this.time, second = Math.floor(now);
    if (step > 0 && step < LONGEST_FRAME) this.duration = step;
    this.time = time;
    const first = this.chunks.findIndex(({ at }) => now - at < WINDOW);
    this.chunks = first < 0 ? this.chunks.slice(-1) : this.chunks.slice(Math.max(0, first - 1));
    this.chunks.push({ at: now, delay, end: time + this.duration });
    this.shortest = this.shortest.filter((entry) => now - entry.second < USUAL_MEMORY);
    const last = this.shortest[this.shortest.length - 1];
    if (last?.second === second) last.delay = Math.min(last.delay, delay);
    else this.shortest.push({ second, delay });
  }
  get usual() { return Math.min(...this.shortest.map(({ delay }) => delay)); }
  lag(now) {
    const last = this.chunks[this.chunks.length - 1];
    return last ? Math.max(last.delay, now - last.end) - this.usual : 0;
  }
  lowest(now) {
    const from = now - WINDOW, inside = this.chunks.filter(({ at }) => at > from);
    const before = this.chunks[this.chunks.length - inside.length - 1];
    if (!before) return 0;
    const first = Math.max(before.delay, from - before.end);
    return Math.min(first, ...inside.map(({ delay }) => delay)) - this.usual;
  }
  isFalling(now) {
    return this.lag(now) < Math.max(...this.chunks.map(({ delay }) => delay)) - this.usual - FALL;
  }
  isFlowing(now) {
    const isRecent = (/** @type {number} */ at) => now - at < WINDOW / 2;
    return this.pieces.some(({ at }) => isRecent(at))
      && this.pieces.some(({ at }) => !isRecent(at) && now - at < WINDOW);
  }
  rate(now) {
    const recent = this.pieces.filter(({ at }) => now - at < WINDOW);
    return recent.reduce((sum, { bytes }) => sum + bytes, 0) * 8 / WINDOW;
  }
  livePosition(now) { return now - this.usual; }
}

// page/players/adaptation.js

const LATE = 0.08;
const QUIET_LAG = 0.05;
const TROUBLE_SHARE = 0.3, LEAST_TROUBLE = 0.1, MOST_TROUBLE = 0.5;
const USABLE_SHARE = 0.8;
const FIRST_QUIET_TIME = 5, LONGEST_QUIET_TIME = 120;
const TRIAL = 15;
const LONGEST_SWITCH = 3;
const LEAVING_LAG = 0.3;
const DROP_WINDOW = 2;
const DROP_SHARE = 0.2, LEAST_DROPS = 8;
const FIRST_AVOIDANCE = 60, LONGEST_AVOIDANCE = 960;
class Adaptation {
  constructor(bandwidths) {
    this.lateness = new Lateness();
    this.bandwidths = bandwidths;
    this.index = 0;
    this.shown = 0;
    this.isProbing = false;
    this.wait = FIRST_QUIET_TIME;
    this.quietSince = -Infinity;
    this.raisedAt = -Infinity;
    this.judgedFrom = Infinity;
    this.counts = [];
    this.avoided = new Map();
  }
  restart() {
    this.lateness.restart();
    this.judgedFrom = Infinity;
    this.isProbing = false;
  }
  piece(now, bytes) { this.lateness.piece(now, bytes); }
  chunk(now, time, index) {
    if (index !== this.shown || this.judgedFrom === Infinity) {
      this.lateness.restart();
      this.shown = index;
      this.judgedFrom = now;
      this.quietSince = now;
      this.counts = [];
    }
    this.lateness.chunk(now, time);
  }
  hold(now, index) {
    this.index = index;
    this.isProbing = false;
    this.quietSince = now;
    this.raisedAt = -Infinity;
  }
  step(now, viewing) {
    const isSwitching = this.index !== this.shown && now - this.judgedFrom < LONGEST_SWITCH;
    const isLate = this.lateness.lag(now) > LATE;
    if (this.lateness.lowest(now) > QUIET_LAG || isSwitching) this.quietSince = now;
    if (now - this.raisedAt > TRIAL && this.raisedAt > 0) {
      this.raisedAt = -Infinity;
      this.wait = FIRST_QUIET_TIME;
    }
    if (isSwitching) return this.isProbing ? this.cancelled(now) : null;
    if (this.isInTrouble(now, viewing.target)) {
      this.lower(now, this.lateness.rate(now));
      return this.isProbing ? this.cancelled(now) : null;
    }
    if (this.dropsFrames(now, viewing, isLate)) {
      const { time } = this.avoided.get(this.shown) ?? { time: FIRST_AVOIDANCE / 2 };
      const longer = Math.min(LONGEST_AVOIDANCE, 2 * time);
      this.avoided.set(this.shown, { until: now + longer, time: longer });
      this.lower(now, Infinity);
      return this.isProbing ? this.cancelled(now) : null;
    }
    if (this.isProbing) return isLate ? this.cancelled(now) : null;
    const isAvoided = viewing.mayRise === false
      || now < (this.avoided.get(this.index - 1)?.until ?? -Infinity);
    if (this.index === 0 || isAvoided || now - this.quietSince < this.wait) return null;
    this.isProbing = true;
    return 'probe';
  }
  probed(now, hasSucceeded) {
    if (!this.isProbing) return;
    this.isProbing = false;
    this.quietSince = now;
    if (!hasSucceeded || this.index === 0) {
      this.wait = Math.min(LONGEST_QUIET_TIME, 2 * this.wait);
      return;
    }
    this.index -= 1;
    this.raisedAt = now;
    this.judgedFrom = now;
  }
  cancelled(now) {
    this.probed(now, false);
    return 'cancel';
  }
  isInTrouble(now, target) {
    const { lateness } = this;
    if (now - this.judgedFrom < WINDOW || this.shown === this.bandwidths.length - 1) return false;
    const limit = Math.min(MOST_TROUBLE, Math.max(LEAST_TROUBLE, TROUBLE_SHARE * target));
    return lateness.lowest(now) > limit && lateness.isFlowing(now) && !lateness.isFalling(now);
  }
  dropsFrames(now, { dropped, total, isWatched }, isLate) {
    const last = this.counts[this.counts.length - 1];
    if (isLate || !isWatched || total < (last?.total ?? 0)) this.counts = [];
    if (isLate || !isWatched) return false;
    this.counts.push({ at: now, dropped, total });
    while (now - (this.counts[1]?.at ?? now) >= DROP_WINDOW) this.counts.shift();
    const [first] = this.counts, drops = dropped - first.dropped;
    if (now - first.at < DROP_WINDOW || this.shown === this.bandwidths.length - 1) return false;
    return drops >= LEAST_DROPS && drops >= DROP_SHARE * (total - first.total);
  }
  lower(now, rate) {
    const lowest = this.bandwidths.length - 1;
    const fitting = this.bandwidths.findIndex((bandwidth) => bandwidth <= USABLE_SHARE * rate);
    const next = Math.max(this.shown + 1, fitting < 0 ? lowest : fitting);
    if (now - this.raisedAt < TRIAL) this.wait = Math.min(LONGEST_QUIET_TIME, 2 * this.wait);
    this.index = Math.min(lowest, next);
    this.raisedAt = -Infinity;
    this.judgedFrom = now;
    this.counts = [];
  }
  leaves(now, end) {
    const { lateness } = this;
    return this.index > this.shown && lateness.lag(now) > LEAVING_LAG
      && lateness.livePosition(now) - end > LEAVING_LAG;
  }
}

// page/players/segment-skip.js

const SKIP_LAG = 0.5, SKIP_LAG_TIME = 2;
const BEGUN = 0.1, LEAST_SKIP = 0.3;
const SKIP_PAUSE = 3;
class SegmentSkip {
  constructor() {
    this.lateSince = null;
    this.skippedAt = -Infinity;
  }
  step(now, lag, pastEnd) {
    if (!(lag > SKIP_LAG)) {
      this.lateSince = null;
      return false;
    }
    this.lateSince ??= now;
    const isDue = now - this.lateSince >= SKIP_LAG_TIME && now - this.skippedAt >= SKIP_PAUSE;
    if (!isDue || pastEnd < BEGUN || lag - pastEnd < LEAST_SKIP) return false;
    this.skippedAt = now;
    return true;
  }
}

// page/players/rendition-control.js

const PROBE_SHARE = 0.6;
const PROBE_TIMEOUT = 10000;
class RenditionControl {
  constructor(ladder, stop) {
    this.ladder = ladder;
    this.stop = stop;
    this.adaptation = new Adaptation([]);
    this.order = ladder.order;
    this.skip = new SegmentSkip();
    this.probing = null;
    this.number = 0;
    this.duration = 1;
  }
  restart() {
    this.end();
    this.adaptation.restart();
  }
  piece(bytes) { this.adaptation.piece(performance.now() / 1000, bytes); }
  chunk(time, number) {
    this.number = number;
    this.adaptation.chunk(performance.now() / 1000, time, this.ladder.shown);
  }
  leaves(end) {
    const { ladder, adaptation } = this, now = performance.now() / 1000;
    const isReady = ladder.wanted === adaptation.index && ladder.prepared.has(ladder.wanted);
    if (isReady && adaptation.leaves(now, end)) return true;
    const isLowest = ladder.requested !== null || ladder.shown >= ladder.order.length - 1;
    const { lateness } = adaptation;
    return isLowest && this.skip.step(now, lateness.lag(now), lateness.livePosition(now) - end);
  }
  update(viewing) {
    const { ladder, adaptation } = this, now = performance.now() / 1000;
    if (ladder.order !== this.order) {
      this.order = ladder.order;
      this.end();
      this.adaptation = new Adaptation(ladder.order.map(({ rendition }) => rendition.bandwidth));
      this.adaptation.hold(now, ladder.automatic);
      return;
    }
    if (ladder.order.length < 2) return;
    this.prepareLower();
    if (ladder.requested !== null) {
      this.end();
      adaptation.hold(now, ladder.requested);
      ladder.automatic = ladder.requested;
      return;
    }
    const mayRise = !ladder.avoided.has(adaptation.index - 1);
    const action = adaptation.step(now, { ...viewing, mayRise });
    if (action === 'cancel') this.end();
    if (action === 'probe') void this.probe();
    ladder.automatic = adaptation.index;
  }
  prepareLower() {
    const { ladder } = this;
    for (let index = ladder.wanted + 1; index < ladder.order.length; index += 1) {
      if (ladder.prepared.has(index)) continue;
      void ladder.prepare(index);
      break;
    }
  }
  end() {
    this.probing?.abort(new Error('the probe was cancelled'));
    this.probing = null;
  }
  async probe() {
    const { adaptation, ladder, number } = this, index = adaptation.index - 1;
    const probing = new AbortController();
    this.probing = probing;
    const cancel = () => probing.abort(this.stop.reason);
    this.stop.addEventListener('abort', cancel);
    let isFast = false;
    try {
      await ladder.prepare(index);
      const names = ladder.prepared.get(index)?.names;
      if (!names) throw new Error('the rendition has no segments');
      const seconds = await within(PROBE_TIMEOUT, async (signal) => {
        const response = await fetch(names.urlOf(number - 1), { signal });
        if (!response.ok) throw new Error(`status ${response.status}`);
        const begun = performance.now();
        await response.arrayBuffer();
        return (performance.now() - begun) / 1000;
      }, probing.signal);
      isFast = seconds <= PROBE_SHARE * this.duration;
    } catch { /* without success */ } finally {
      this.stop.removeEventListener('abort', cancel);
    }
    if (this.probing !== probing) return;  // cancelled
    this.probing = null;
    adaptation.probed(performance.now() / 1000, isFast);
  }
}

// page/players/timeline.js

const STEP = 0.05;
const KEPT_STARTS = 30;
class MediaTimeline {
  constructor(onStep) {
    this.onStep = onStep;
    this.offset = null;
    this.dates = new Map();
    this.starts = new Map();
  }
  learnDates(list) {
    this.dates.clear();
    for (const { number, date } of list.segments) if (date !== null) this.dates.set(number, date);
    if (list.openDate !== null) this.dates.set(list.openNumber, list.openDate);
    for (const number of this.dates.keys()) this.match(number);
  }
  learnStart(number, time) {
    this.starts.set(number, time);
    this.starts.delete(number - KEPT_STARTS);
    this.match(number);
  }
  match(number) {
    const date = this.dates.get(number), start = this.starts.get(number);
    if (date === undefined || start === undefined) return;
    if (this.offset !== null && Math.abs(date - start - this.offset) > STEP) this.onStep();
    this.offset = date - start;
  }
  dateOf(time) { return this.offset === null ? null : time + this.offset; }
}

// page/players/segment-chunks.js

function isSame(a, b) {
  if (a.time !== b.time || a.bytes.length !== b.bytes.length) return false;
  for (let i = uint32(a.bytes, 0); i < a.bytes.length; i += 1) {
    if (a.bytes[i] !== b.bytes[i]) return false;
  }
  return true;
}
class SegmentChunks {
  constructor(onChunk, onRestart) {
    this.onChunk = onChunk;
    this.onRestart = onRestart;
    this.passed = [];
    this.count = 0;
  }
  beginAgain() { this.count = 0; }
  take(chunk) {
    const { count, passed } = this;
    this.count += 1;
    if (count < passed.length) {
      if (isSame(chunk, passed[count])) return;
      this.passed = passed.slice(0, count);
      this.onRestart();
      this.passed.forEach(this.onChunk);
    }
    this.passed.push(chunk);
    this.onChunk(chunk);
  }
}

// page/players/track-reader.js

const REPEAT = '?repeat', REPEAT_TIME = 2000;
const REQUEST_AT = 0.8;
class SegmentError extends Error {
  constructor(number, status) {
    super(`status ${status} for segment ${number}`);
    this.status = status;
  }
}
class CutError extends Error {}
function cut(error) { throw new CutError(messageOf(error)); }
function request(names, number, signal, query = '') {
  const own = new AbortController(), cancel = () => own.abort(signal.reason);
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  const url = names.urlOf(number), mark = url.includes('?') ? '' : query;
  const response = fetch(url + mark, { signal: own.signal });
  response.catch(() => {});  // an error is reported when the response is awaited
  const end = () => signal.removeEventListener('abort', cancel);
  return { names, response, cancel, end };
}
async function readSegment(response, number, onChunk, onPiece) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const splitter = new ChunkSplitter();
  for (;;) {
    const { done, value } = await reader.read().catch(cut);
    if (done) break;
    if (!onPiece(value.length)) {
      await reader.cancel();
      return false;
    }
    for (const chunk of splitter.push(value)) onChunk(chunk);
  }
  if (!splitter.isComplete) throw new CutError(`segment ${number} ended within a chunk`);
  return true;
}
async function readTrack(track, signal, onChunk, begun) {
  const { namesOf, first, duration, timescale, onPiece, leaves, onCut, onRestart } = track;
  const { substitute } = track;
  let open = begun ?? request(namesOf(), first, signal), emptySegments = 0, mayRepeat = true;
  let cutAt = -Infinity;
  const query = () => (performance.now() - cutAt < REPEAT_TIME ? REPEAT : '');
  for (let number = first; ; number += 1) {
    const { names } = open;
    const next = { request: null };
    const requestNext = () => {
      const wanted = namesOf();
      if (next.request && next.request.names !== wanted) {
        next.request.cancel();
        next.request.end();
        next.request = null;
      }
      next.request ??= request(wanted, number + 1, signal, query());
    };
    let start = null;
    const chunks = new SegmentChunks((chunk) => {
      mayRepeat = true;
      onChunk(chunk, number, start === null, names);
      start ??= chunk.time;
      if ((chunk.time - start) / timescale > REQUEST_AT * duration) requestNext();
    }, () => onRestart?.());
    const readOpen = async () => {
      const response = await open.response.catch(cut);
      if (!response.ok) throw new SegmentError(number, response.status);
      return readSegment(response, number, (chunk) => chunks.take(chunk), (bytes) => {
        onPiece?.(bytes);
        return start === null || !leaves?.(start / timescale + duration);
      });
    };
    const isComplete = await readOpen().catch((error) => {
      if (!(error instanceof CutError) || signal.aborted || !mayRepeat) throw error;
      mayRepeat = false;
      cutAt = performance.now();
      onCut?.();
      open.end();
      open = request(names, number, signal, query());
      chunks.beginAgain();
      return readOpen();
    });
    open.end();
    const other = isComplete && start === null ? await substitute?.(number, names) : null;
    if (other) {
      next.request?.cancel();
      next.request?.end();
      open = request(other, number, signal);
      number -= 1;
      continue;
    }
    if (!isComplete) requestNext();
    emptySegments = start === null ? emptySegments + 1 : 0;
    if (emptySegments > 3) await sleep(100, signal);  // segments without media arrive at once
    open = next.request ?? request(namesOf(), number + 1, signal, query());
  }
}

// page/players/frames.js

const AUDIO_TARGET = 0.18, LEAST_MPD_TARGET = 0.25;
const CHUNK_TIMEOUT = 2500;
const START_TIMEOUT = 7000;
const REFRESH_INTERVAL = 4000;
const BACKLOG_TIME = 300, LIVE_SHARE = 0.7;
const DATE_ERROR = 0.01;
const STEADY_TIME = 1000;
const SILENCE = 400, LEAST_ATTEMPT = 1000;
const LONGEST_LOST = 250, LONGEST_REFUSED = 2000;
const END_MARGIN = 0.03;
class RenditionLeft extends Error {}
class FramePlayer {
  constructor(host, target) {
    this.host = host;
    this.target = target;
    this.stopping = new AbortController();
    this.attempt = null;
    this.failures = 0;
    this.lostAt = 0;
    this.refreshedAt = 0;
    this.display = this.newDisplay();
    this.feed = this.newFeed();
    this.ladder = new Ladder(host, this.stopping.signal);
    this.control = new RenditionControl(this.ladder, this.stopping.signal);
    this.timescales = { video: 90000, audio: 48000 };
    this.timeline = new MediaTimeline(() => {
      this.delays.clear();
      host.measureClock();
    });
    this.clockOffset = host.clock.offset;
    this.delays = new ArrivalDelays();
    this.firstChunkAt = 0;
    this.videoChunkAt = 0;
    this.audioChunkAt = 0;
    this.videoTime = NaN;
    this.isReplaced = false;
    this.liveChunks = 0;
    this.isPositioned = false;
    this.seekedAt = 0;
    this.isSuspended = false;
    this.attemptedAt = 0;
    this.pieceAt = 0;
    this.empty = { number: -1, indices: new Set([-1]) };
    this.isSubstituting = false;
  }
  get isAtEdge() { return this.liveChunks > 1; }
  newDisplay() { return this.host.video; }
  newFeed() {
    const feed = new MediaFeed(this.host.video, (reason) => {
      if (this.feed === feed) this.recover(reason);
    });
    feed.onAppended = () => {
      if (this.feed === feed && !this.isPositioned) this.choosePosition();
    };
    return feed;
  }
  start() {
    this.feed.prepare();
    void this.play();
  }
  stop() {
    this.stopping.abort();
    this.attempt?.abort();
    this.feed.close();
  }
  recover(reason) {
    this.feed.close();
    this.feed = this.newFeed();
    this.attempt?.abort(new Error(reason));
  }
  setTarget(target) { this.target = target; }
  async play() {
    while (!this.stopping.signal.aborted) {
      const attempt = new AbortController();
      this.attempt = attempt;
      this.attemptedAt = performance.now();
      this.videoChunkAt = this.attemptedAt + START_TIMEOUT;
      this.audioChunkAt = this.videoChunkAt;
      let wait = 0, longest = LONGEST_LOST;
      try {
        if (this.isSuspended) await this.suspend(this.feed);
        await this.follow(attempt.signal);
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        if (this.isSuspended) continue;
        const reason = attempt.signal.aborted ? attempt.signal.reason : this.checked(error);
        if (reason instanceof UnsupportedError) {
          this.host.unsupported(reason.message);
          return;
        }
        this.lostAt = performance.now();
        if (reason instanceof RenditionLeft) {
          this.failures = 0;
          continue;
        }
        wait = waitOf(reason);
        if (reason instanceof SegmentError) longest = LONGEST_REFUSED;
        const time = wait > 1000 ? ` in ${Math.round(wait / 1000)} s` : '';
        const problem = `Interrupted (${messageOf(reason)}); trying again${time}`;
        this.host.status('wait', 'Reconnecting', problem);
      } finally {
        attempt.abort();
      }
      const backoff = Math.min(longest, 50 * 2 ** this.failures);
      const share = this.failures === 0 ? 1 : 1 + Math.random();
      await sleep(Math.max(wait, backoff) * share, this.stopping.signal);
      this.failures += 1;
    }
  }
  checked(error) {
    const isMissing = error instanceof SegmentError && error.status === 404;
    const hasPlayed = this.firstChunkAt !== 0 || this.feed.end() !== null;
    if (!isMissing || hasPlayed || this.failures <= 5) return error;
    return new UnsupportedError('The origin does not serve the open segment');
  }
  async follow(signal) {
    const { ladder } = this;
    const list = await this.loadPlaylist(signal);
    const chosen = ladder.wanted;
    const { audio } = list, video = segmentNames(list), audioNames = audio && segmentNames(audio);
    if (!video || !list.map) {
      throw new UnsupportedError('The stream does not name its segments as this player expects');
    }
    if (list.ended) {
      this.host.status('dead', 'Ended', 'The stream has ended');
      await sleep(2000, signal);
      return;
    }
    if (audio && !audioNames) {
      throw new UnsupportedError('The stream does not name its audio as this player expects');
    }
    if (audio) this.requireAudioTarget();
    this.learn(list);
    this.host.learnServices(list);
    const { feed } = this, early = this.firstNumber(list);
    const isKnown = feed.isStreaming && this.host.sync === null;
    const open = !isKnown ? []
      : [video, ...audioNames ? [audioNames] : []].map((names) => request(names, early, signal));
    if (headersOf(list).join(' ') !== feed.headers) await this.openFeed(feed, list, signal);
    if (!feed.isStreaming && !this.isSuspended) await this.suspend(feed);
    await this.host.untilJoined();
    signal.throwIfAborted();
    this.isPositioned = false;
    this.liveChunks = 0;
    this.videoTime = NaN;
    this.firstChunkAt = 0;
    this.control.restart();
    const first = isKnown ? early : this.firstNumber(list);
    const { duration } = list.segments[list.segments.length - 1];
    const { timescale, ...start } = { first, duration, timescale: this.timescales.video };
    ladder.shown = chosen;
    this.control.duration = duration;
    let wanted = null;
    const requested = new Map();
    let current = video;
    const track = {
      ...start, timescale,
      namesOf: () => {
        if (ladder.wanted !== (wanted?.index ?? chosen)) wanted = ladder.next() ?? wanted;
        if (!wanted) return video;
        requested.set(wanted.names, wanted);
        return wanted.names;
      },
      onPiece: (/** @type {number} */ bytes) => {
        this.pieceAt = performance.now();
        this.control.piece(bytes);
      },
      leaves: (/** @type {number} */ end) => this.control.leaves(end),
      onCut: () => { this.lostAt = performance.now(); },
      onRestart: () => this.replaceSegment(),
      substitute: async (/** @type {number} */ number, /** @type {SegmentNames} */ names) => {
        const empty = requested.get(names)?.index ?? chosen;
        const found = await this.substitute(number, empty);
        if (!found) return null;
        wanted = found;
        requested.set(found.names, found);
        return found.names;
      },
    };
    const tracks = [readTrack(track, signal, (chunk, number, isFirst, names) => {
      if (feed.isClosed) throw new Error('the media source was closed');
      if (isFirst) {
        this.timeline.learnStart(number, chunk.time / timescale);
        const rendition = requested.get(names);
        if (names !== current && rendition) this.switchTo(rendition);
        current = names;
      }
      this.control.chunk(chunk.time / timescale, number);
      this.appendVideo(chunk);
    }, open[0])];
    if (audioNames) {
      const audioTrack = { ...start, namesOf: () => audioNames, timescale: this.timescales.audio };
      tracks.push(readTrack(audioTrack, signal, (chunk) => {
        if (feed.isClosed) throw new Error('the media source was closed');
        this.appendAudio(chunk);
      }, open[1]));
    }
    await Promise.all(tracks);
  }
  replaceSegment() {
    this.control.restart();
    this.isPositioned = false;
    this.isReplaced = true;
    this.liveChunks = 0;
    this.videoTime = NaN;
    this.firstChunkAt = 0;
    this.refreshedAt = -Infinity;  // the CMAF header may be another one
  }
  async substitute(number, index) {
    const { ladder } = this;
    if (this.empty.number !== number) this.empty = { number, indices: new Set() };
    this.empty.indices.add(index);
    const { indices } = this.empty, other = ladder.allowed(index, indices);
    if (indices.has(other)) return null;
    this.isSubstituting = true;
    try {
      this.host.leaveRendition(index);
      return await ladder.prepare(other);
    } finally {
      this.isSubstituting = false;
    }
  }
  requireAudioTarget() {
    if (isMPD(this.host.source)) this.host.setTargets(MPD_TARGET, LEAST_MPD_TARGET);
    else this.host.setTargets(AUDIO_TARGET, AUDIO_TARGET);
  }
  firstNumber(list) {
    const end = this.feed.end(), bufferedTo = end === null ? -Infinity : this.timeline.dateOf(end);
    if (list.openDate === null || bufferedTo === null) return list.openNumber;
    const position = this.host.clock.now() / 1000 - this.target;
    const segment = list.segments.slice(-4).find(({ date, duration }) => (
      date !== null && date > bufferedTo - DATE_ERROR && position < date + duration));
    return segment ? segment.number : list.openNumber;
  }
  async openFeed(feed, list, signal) {
    const urls = headersOf(list);
    const tracks = tracksOf(await Promise.all(urls.map((url) => loadHeader(url, signal))));
    const [video, audio] = tracks.map(({ timescale }) => timescale);
    this.timescales = { video, audio };
    if (feed.video && !feed.hasTracks(tracks.length)) this.recover('the stream has other tracks');
    await feed.open(tracks);
    feed.headers = urls.join(' ');
  }
  async loadPlaylist(signal) {
    const { host, ladder } = this;
    return loadPlaylist(host.source, host.clock, signal, (list) => ladder.choose(list));
  }
  switchTo({ index, map, type, header }) {
    this.feed.video?.changeType(type, header);
    this.feed.headers = [map, ...this.feed.headers.split(' ').slice(1)].join(' ');
    this.ladder.shown = index;
  }
  async suspend(feed) {
    this.isSuspended = true;
    await feed.untilStreaming();
    this.isSuspended = false;
    this.videoChunkAt = performance.now() + START_TIMEOUT;
    this.audioChunkAt = this.videoChunkAt;
  }
  appendVideo(chunk) {
    for (const message of chunk.messages) {
      const time = chunk.time / this.timescales.video, date = this.timeline.dateOf(time);
      if (date !== null) this.host.addEvent(eventOfMessage(message, date - time));
    }
    const now = performance.now(), time = chunk.time / this.timescales.video;
    const isLive = now - this.videoChunkAt >= LIVE_SHARE * 1000 * (time - this.videoTime);
    this.liveChunks = isLive || this.isAtEdge ? this.liveChunks + 1 : 0;
    this.videoTime = time;
    this.feed.video?.append(chunk.bytes);
    this.videoChunkAt = now;
    if (this.firstChunkAt === 0) this.firstChunkAt = now;
    else if (now - this.firstChunkAt > STEADY_TIME) this.failures = 0;
    if (Math.abs(this.host.clock.offset - this.clockOffset) > 50) {
      this.clockOffset = this.host.clock.offset;
      this.delays.clear();
      this.refreshedAt = -Infinity;
    }
    if (!this.isPositioned) this.choosePosition();
    else this.addDelay(this.delays.video, chunk.time / this.timescales.video);
  }
  appendAudio(chunk) {
    this.feed.audio?.append(chunk.bytes);
    this.audioChunkAt = performance.now();
    if (this.isPositioned) this.addDelay(this.delays.audio, chunk.time / this.timescales.audio);
  }
  addDelay(delays, time) {
    const date = this.timeline.dateOf(time);
    if (date !== null) delays.add(this.host.clock.now() / 1000, date);
  }
  learn(list) {
    this.refreshedAt = performance.now();
    this.timeline.learnDates(list);
  }
  choosePosition() {
    const end = this.feed.end(), ranges = this.feed.ranges();
    if (end === null || !ranges || this.firstChunkAt === 0) return;
    if (this.isReplaced && !this.feed.isIdle) return;  // the ranges are those of the former frames
    const date = this.timeline.dateOf(end);
    const endLatency = date === null ? 0 : this.host.clock.now() / 1000 - date;
    const elapsed = performance.now() - this.firstChunkAt;
    const isComplete = this.isAtEdge && this.feed.isIdle;
    if (endLatency > this.target && !isComplete && elapsed < BACKLOG_TIME) return;
    const position = Math.min(end + endLatency - this.target, end - END_MARGIN);
    this.display.currentTime = Math.max(ranges.start(ranges.length - 1), position);
    this.isReplaced = false;
    this.isPositioned = true;
    this.seekedAt = performance.now();
    this.host.status('live', 'Live');
  }
  update() {
    const now = performance.now(), { attempt, feed } = this;
    if (this.isSuspended) return;
    if (!feed.isStreaming && this.isPositioned) {
      this.isSuspended = true;
      attempt?.abort(new Error('the browser wants no media'));
      return;
    }
    if (!this.isPositioned) this.choosePosition();
    const chunkAt = feed.audio ? Math.min(this.videoChunkAt, this.audioChunkAt) : this.videoChunkAt;
    if (now - chunkAt > CHUNK_TIMEOUT) {
      attempt?.abort(new Error(`no media for ${CHUNK_TIMEOUT / 1000} s`));
    } else if (now - this.refreshedAt > REFRESH_INTERVAL && this.isPositioned && attempt) {
      void this.refresh(attempt);
    }
    const gapEnd = this.isPositioned ? feed.gapEnd() : null;
    if (gapEnd !== null) this.display.currentTime = gapEnd;
    if (this.isPositioned) this.control.update(this.viewing());
  }
  viewing() {
    const { display } = this, quality = display.getVideoPlaybackQuality?.();
    return {
      target: this.target, dropped: quality?.droppedVideoFrames ?? 0,
      total: quality?.totalVideoFrames ?? 0,
      isWatched: !document.hidden && !display.paused && !display.seeking,
    };
  }
  async refresh(attempt) {
    this.refreshedAt = performance.now();
    try {
      const { shown } = this.ladder, list = await this.loadPlaylist(attempt.signal);
      const isSwitching = shown !== this.ladder.shown || shown !== this.ladder.wanted;
      if (!isSwitching && headersOf(list).join(' ') !== this.feed.headers) {
        this.ladder.forget();
        attempt.abort(new Error('the stream has a new CMAF header'));
      }
      this.learn(list);
    } catch { /* if the connection is lost, reading the segments fails too */ }
  }
  position() { return this.display.currentTime; }
  toEdge(now) {
    if (now - this.videoChunkAt < SILENCE) this.isPositioned = false;
    else if (now - this.attemptedAt > LEAST_ATTEMPT) {
      this.attempt?.abort(new Error('the picture stands still'));
    }
  }
  avoid(indices) {
    const { ladder } = this;
    ladder.avoided = new Set(indices);
    if (!indices.has(ladder.shown) || ladder.wanted === ladder.shown) return;
    const hasMedia = Math.abs(performance.now() - this.videoChunkAt) < SILENCE;
    if (hasMedia || this.isSubstituting) void ladder.prepare(ladder.wanted);
    else this.attempt?.abort(new RenditionLeft());
  }
  inherit(before) { if (before instanceof FramePlayer) this.ladder.inherit(before.ladder); }
  isStarved() {
    const now = performance.now();
    return now - this.pieceAt < SILENCE && now - this.videoChunkAt >= SILENCE && this.feed.isIdle;
  }
  wantsMedia() { return this.feed.isStreaming; }
  latency() {
    const end = this.feed.end(), position = this.position();
    if (end === null || !this.isPositioned) return null;
    const date = this.timeline.dateOf(position);
    if (date === null || !this.delays.isPlausible) return end - position;
    return this.host.clock.now() / 1000 - date;
  }
  isControlled() { return true; }
  renditions() { return this.ladder.choice(); }
  chooseRendition(name) { this.ladder.request(name); }
  hasAudio() { return this.feed.video ? this.feed.audio !== null : null; }
  minimumTarget() { return this.delays.minimumTarget(); }
  wasConnectedSince(time) { return this.lostAt < time - 1000 * this.target - LOSS_TIME; }
  seekBy(seconds, now) {
    const end = this.feed.end(), { display } = this;
    if (end === null || now - this.seekedAt < 1000) return;
    this.seekedAt = now;
    const position = Math.min(display.currentTime + seconds, end - END_MARGIN);
    display.currentTime = Math.max(this.feed.start() ?? 0, position);
  }
}

// page/players/codec-player.js

class CodecPlayer extends FramePlayer {
  newDisplay() {
    this.stage = new CodecStage(this.host);
    return this.stage.display;
  }
  get codecStage() { return /** @type {CodecStage} */ (this.stage); }
  newFeed() {
    const { codecStage } = this, feed = codecStage.newFeed((reason) => {
      if (this.feed === feed) this.recover(reason);
    }, (time) => this.addDelay(codecStage.decodeDelays, time));
    return feed;
  }
  start() { if (this.codecStage.open()) super.start(); }
  stop() {
    super.stop();
    this.codecStage.close();
  }
  recover(reason) { if (this.codecStage.retries(reason)) super.recover(reason); }
  replaceSegment() {
    this.control.restart();
    this.refreshedAt = -Infinity;
  }
  requireAudioTarget() { this.codecStage.followSound(); }
  update() {
    if (this.codecStage.update()) this.isPositioned = false;
    super.update();
  }
  position() { return this.codecStage.display.position(); }
  isControlled() { return !this.codecStage.display.isWaiting; }
  minimumTarget() { return this.codecStage.minimumTarget(this.delays.audio); }
}

// page/progress.js

class Progress {
  constructor(video) {
    this.video = video;
    this.position = 0;
    this.changedAt = performance.now();
  }
  reset() { this.changedAt = performance.now(); }
  stoppedFor(now) {
    const { video } = this;
    if (video.currentTime !== this.position || video.paused || document.hidden) {
      this.position = video.currentTime;
      this.changedAt = now;
    }
    return now - this.changedAt;
  }
}

// page/players/dashjs.js

class DashPlayer {
  constructor(host, target, url) {
    this.host = host;
    this.target = target;
    this.url = url;
    this.dash = null;
    this.stopping = new AbortController();
    this.lostAt = 0;
    this.progress = new Progress(host.video);
    this.avoided = new Set();
    this.isHeld = false;
  }
  get isStopped() { return this.stopping.signal.aborted; }
  async start() {
    const scope = /** @type {any} */ (globalThis), { url } = this;
    try {
      if (!scope.dashjs && url) await loadScript({ url });
    } catch { /* reported below */ }
    if (this.isStopped) return;
    if (!scope.dashjs?.MediaPlayer) this.host.unsupported('This server has no dash.js');
    else this.attach();
  }
  attach() {
    const { dashjs } = /** @type {any} */ (globalThis);
    const dash = dashjs.MediaPlayer().create();
    this.dash = dash;
    this.isHeld = false;
    this.progress.reset();
    this.configure();
    const on = (/** @type {string} */ event, /** @type {(data: any) => void} */ body) => {
      dash.on(event, (/** @type {any} */ data) => { if (this.dash === dash) body(data); });
    };
    const { events } = dashjs.MediaPlayer;
    on(events.ERROR, (data) => {
      this.lostAt = performance.now();
      const error = data?.error;
      this.recover(`dash.js: ${error?.message ?? error?.code ?? error ?? 'unknown error'}`);
    });
    on(EVENT_SCHEME, ({ event }) => this.raise(event));
    on(events.PLAYBACK_PLAYING, () => this.host.status('live', 'Live'));
    dash.initialize(this.host.video, this.host.source, true);
  }
  configure() {
    this.dash?.updateSettings({
      streaming: {
        delay: { liveDelay: this.target },
        liveCatchup: { enabled: true, maxDrift: 0.5, playbackRate: { min: -0.06, max: 0.2 } },
        retryAttempts: { MPD: 20, MediaSegment: 10, lowLatencyMultiplyFactor: 10 },
        cmsd: { enabled: true, abr: { applyMb: true, etpWeightRatio: 0.5 } },
      },
    });
  }
  raise(event) {
    const { messageData, id } = event ?? {}, latency = this.latency();
    if (!(messageData instanceof Uint8Array) || latency === null) return;
    const time = this.host.clock.now() - latency * 1000;
    const text = new TextDecoder().decode(messageData);
    this.host.addEvent(eventOf(`{"id":${Number(id)},"time":${time},"data":${text}}`));
  }
  setTarget(target) {
    this.target = target;
    this.configure();
  }
  recover(reason) {
    if (this.isStopped || !this.dash) return;
    this.host.status('wait', 'Reconnecting', `${reason}; restarting`);
    this.dash.reset();
    this.dash = null;
    void sleep(1000, this.stopping.signal).then(() => { if (!this.isStopped) this.attach(); });
  }
  stop() {
    this.stopping.abort();
    this.dash?.reset();
    this.dash = null;
  }
  toEdge() { this.dash?.seekToOriginalLive?.(); }
  representations() {
    const all = this.dash?.getRepresentationsByType?.('video') ?? [];
    const order = [...all].sort((a, b) => b.bandwidth - a.bandwidth);
    const { id } = this.dash?.getCurrentRepresentationForType?.('video') ?? {};
    return { order, current: order.findIndex((representation) => representation.id === id) };
  }
  renditionInUse() {
    const { order, current } = this.representations();
    return { count: order.length, current };
  }
  avoid(indices) {
    this.avoided = new Set(indices);
    this.leaveAvoided();
  }
  leaveAvoided() {
    const { avoided, dash } = this;
    if (!dash || avoided.size === 0 && !this.isHeld) return;
    if (avoided.size === 0) {
      this.hold(false);
      return;
    }
    const { order, current } = this.representations();
    const other = substituteFor(current, order.length, avoided);
    if (current < 0 || other === current) return;
    this.hold(true);
    dash.setRepresentationForTypeById('video', order[other].id, true);
  }
  hold(isHeld) {
    this.isHeld = isHeld;
    this.dash.updateSettings({ streaming: { abr: { autoSwitchBitrate: { video: !isHeld } } } });
  }
  update() {
    if (this.avoided.size > 0) this.leaveAvoided();
    if (this.progress.stoppedFor(performance.now()) <= STOP_TIMEOUT || !this.dash) return;
    this.progress.reset();
    this.recover('no new frame for 10 s');
  }
  latency() {
    const latency = this.dash?.getCurrentLiveLatency?.();
    return latency > 0 ? latency : null;
  }
  isControlled() { return false; }
  hasAudio() { return null; }
  renditions() { return null; }
  chooseRendition() {}
  minimumTarget() { return 0; }
  wasConnectedSince(time) { return this.lostAt < time; }
  seekBy() {}
}

// page/players/edge-return.js

const EDGE_LATE = 0.75, EDGE_LATE_TIME = 1.5;
const FALLING_SHARE = 0.3;
const EDGE_NEAR = 0.35, EDGE_WAIT = 2.5;
const EDGE_EARLY = 0.05;
const EDGE_INTERVAL = 4, LONGEST_EDGE_INTERVAL = 32, EDGE_MEMORY = 60;
class EdgeReturn {
  constructor() {
    this.since = null;
    this.soughtAt = -Infinity;
    this.interval = EDGE_INTERVAL;
  }
  step(now, latency, target, position, starts) {
    if (latency - target < EDGE_LATE) {
      this.since = null;
      return null;
    }
    this.since ??= { at: now, latency };
    const elapsed = now - this.since.at;
    if (elapsed < EDGE_LATE_TIME) return null;
    if (this.since.latency - latency > FALLING_SHARE * elapsed) {
      this.since = { at: now, latency };  // it is watched again
      return null;
    }
    if (now - this.soughtAt < this.interval) return null;
    const latencyAt = (/** @type {number} */ start) => latency - (start - position);
    const start = starts.filter((one) => latencyAt(one) >= target - EDGE_EARLY).at(-1);
    if (start === undefined || latency - latencyAt(start) < EDGE_LATE / 2) return null;
    if (latencyAt(start) > target + EDGE_NEAR && elapsed < EDGE_LATE_TIME + EDGE_WAIT) return null;
    const isRepeated = now - this.soughtAt < EDGE_MEMORY;
    this.interval = isRepeated ? Math.min(LONGEST_EDGE_INTERVAL, 2 * this.interval) : EDGE_INTERVAL;
    this.soughtAt = now;
    this.since = null;
    return start;
  }
}

// page/players/hlsjs.js

const LOOK_UP = { narrow: 0.005, wide: 0.25, low: 0.15 };
const PLAYLIST_POLICY = {
  default: {
    maxTimeToFirstByteMs: 10000, maxLoadTimeMs: 20000,
    timeoutRetry: { maxNumRetry: 2, retryDelayMs: 0, maxRetryDelayMs: 0 },
    errorRetry: { maxNumRetry: 60, retryDelayMs: 500, maxRetryDelayMs: 500, backoff: 'linear' },
  },
};
function withPartWeights(AbrController, allowed = (level) => level) {
  return class extends AbrController {
    get nextAutoLevel() { return allowed(super.nextAutoLevel); }
    set nextAutoLevel(level) { super.nextAutoLevel = level; }
    initEstimator() {
      const estimator = super.initEstimator(), { sample } = estimator;
      estimator.sample = (/** @type {number} */ milliseconds, /** @type {number} */ bytes) => {
        const { levels, latestLevelDetails } = this.hls;
        const bitrates = (levels ?? []).map((/** @type {any} */ level) => level.maxBitrate);
        const limit = 2 * (Math.max(0, ...bitrates) || Infinity);
        const bitrate = Math.min(8000 * bytes / Math.max(milliseconds, 1), limit);
        const weight = Math.max(milliseconds, 1000 * (latestLevelDetails?.partTarget ?? 0), 50);
        sample.call(estimator, weight, bitrate * weight / 8000);
      };
      return estimator;
    }
  };
}
const EDGE_MARGIN = 0.1;
class HlsPlayer {
  constructor(host, locations) {
    this.host = host;
    this.locations = locations;
    this.hls = null;
    this.stopping = new AbortController();
    this.recoveredAt = -Infinity;
    this.lostAt = 0;
    this.progress = new Progress(host.video);
    this.edgeReturn = new EdgeReturn();
    this.avoided = new Set();
    this.requested = null;
    this.displacedAt = performance.now();
  }
  get isStopped() { return this.stopping.signal.aborted; }
  async start() {
    const scope = /** @type {any} */ (globalThis);
    const errors = [];
    for (const location of scope.Hls ? [] : this.locations) {
      try {
        await loadScript(location);
        if (scope.Hls) break;
      } catch (error) { errors.push(messageOf(error)); }
    }
    if (this.isStopped) return;
    if (!scope.Hls) this.host.unsupported(`hls.js could not be loaded (${errors.join('; ')})`);
    else if (scope.Hls.isSupported()) this.attach();
    else this.host.unsupported('hls.js needs Media Source Extensions');
  }
  attach() {
    const { Hls } = /** @type {any} */ (globalThis);
    this.progress.reset();
    const hls = new Hls({
      lowLatencyMode: true,
      abrController: withPartWeights(
        Hls.DefaultConfig.abrController, (level) => this.allowedLevel(level)),
      abrEwmaFastLive: 1,
      abrEwmaSlowLive: 4,
      liveSyncOnStallIncrease: 0,
      playlistLoadPolicy: PLAYLIST_POLICY,
    });
    this.hls = hls;
    const on = (/** @type {string} */ event, /** @type {(data: any) => void} */ body) => {
      hls.on(event, (/** @type {string} */ _, /** @type {any} */ data) => {
        if (this.hls === hls) body(data);
      });
    };
    on(Hls.Events.ERROR, (data) => this.failed(data, Hls.ErrorTypes));
    on(Hls.Events.MANIFEST_PARSED, () => this.applyChoice());
    on(Hls.Events.LEVEL_LOADED, ({ details }) => {
      if (details?.partHoldBack > 0) this.host.setTargets(details.partHoldBack + 0.05, 0);
    });
    on(Hls.Events.LEVEL_UPDATED, ({ details, level }) => {
      const newest = details?.partList?.at(-1) ?? details?.fragments?.at(-1);
      if (newest?.gap) this.host.leaveRendition(this.levelOrder().indexOf(level));
      for (const range of Object.values(details?.dateRanges ?? {})) {
        this.host.addEvent(eventOfDateRange(/** @type {any} */ (range)));
      }
    });
    on(Hls.Events.FRAG_BUFFERED, () => this.host.status('live', 'Live'));
    hls.loadSource(this.host.source);
    hls.attachMedia(this.host.video);
  }
  failed({ details, response, type, fatal }, types) {
    const text = `hls.js: ${details}${response?.code ? ` (${response.code})` : ''}`;
    const isNetwork = type === types.NETWORK_ERROR;
    if (fatal || isNetwork) this.lostAt = performance.now();
    if (fatal) this.recover(text, type === types.MEDIA_ERROR);
    else if (isNetwork) this.host.status('wait', 'Reconnecting', `${text}; trying again`);
  }
  recover(reason, isMediaError = false) {
    if (this.isStopped || !this.hls) return;
    this.host.status('wait', 'Reconnecting', `${reason}; restarting`);
    const now = performance.now();
    if (isMediaError && now - this.recoveredAt > 3000) {
      this.recoveredAt = now;
      this.hls.recoverMediaError();
      return;
    }
    this.hls.destroy();
    this.hls = null;
    void sleep(1000, this.stopping.signal).then(() => { if (!this.isStopped) this.attach(); });
  }
  stop() {
    this.stopping.abort();
    this.hls?.destroy();
    this.hls = null;
  }
  setTarget() {}
  update() {
    const now = performance.now(), { video } = this.host;
    const stopped = this.progress.stoppedFor(now);
    if (stopped > STOP_TIMEOUT && this.hls) {
      this.progress.reset();
      this.recover('no new frame for 10 s');
    } else this.followSyncPosition(stopped, now);
    if (!this.hls) return;
    this.returnToEdge(now);
    const isLow = secondsAhead(video) < LOOK_UP.low;
    this.hls.config.maxFragLookUpTolerance = isLow ? LOOK_UP.wide : LOOK_UP.narrow;
  }
  followSyncPosition(stopped, now) {
    const { video } = this.host;
    if (stopped === 0) this.displacedAt = now;
    if (!this.hls || video.seeking) return;
    const position = this.hls.liveSyncPosition;
    if (stopped < 500 || !(position - video.currentTime > 1.5)) this.displacedAt = now;
    else if (now - this.displacedAt > 2000) {
      this.displacedAt = now;
      video.currentTime = position;
    }
  }
  returnToEdge(now) {
    const { host } = this, { video } = host, latency = this.latency();
    if (latency === null || host.sync !== null || !this.isControlled()) return;
    if (video.paused || video.seeking) return;
    const parts = /** @type {any[]} */ (this.hls.latestLevelDetails.partList);
    const starts = parts.filter(({ independent }) => independent).map(({ start }) => start);
    const start = this.edgeReturn.step(
      now / 1000, latency, host.need(), video.currentTime, starts);
    if (start !== null) video.currentTime = start;
  }
  latency() {
    const date = this.hls?.playingDate;
    if (date) return (this.host.clock.now() - date.getTime()) / 1000;
    return this.hls && this.hls.latency > 0 ? this.hls.latency : null;
  }
  hasAudio() {
    const { hls } = this;
    if (!hls?.levels?.length) return null;
    const isAudio = (/** @type {any} */ level) => Boolean(level.audioCodec);
    return hls.audioTracks.length > 0 || hls.levels.some(isAudio);
  }
  renditions() {
    const { hls } = this;
    if (!hls?.levels?.length) return null;
    const order = this.levelOrder(), names = renditionNames(order.map((i) => hls.levels[i]));
    const requested = this.requested === null ? null : names[this.requested] ?? null;
    return { names, current: order.indexOf(hls.currentLevel), requested };
  }
  chooseRendition(name) {
    const index = this.renditions()?.names.indexOf(name ?? '') ?? -1;
    this.requested = index < 0 ? null : index;
    this.applyChoice();
  }
  applyChoice() {
    const { hls, requested } = this;
    if (!hls) return;
    const level = requested === null ? -1 : this.allowedLevel(this.levelOrder()[requested]);
    if (hls.manualLevel !== level) hls.nextLevel = level;
  }
  allowedLevel(level) {
    if (this.avoided.size === 0 || level < 0 || !this.hls?.levels) return level;
    const order = this.levelOrder();
    return order[substituteFor(order.indexOf(level), order.length, this.avoided)] ?? level;
  }
  avoid(indices) {
    this.avoided = new Set(indices);
    this.applyChoice();
  }
  inherit(before) {
    if (!(before instanceof HlsPlayer)) return;
    this.requested = before.requested;
    this.avoided = before.avoided;
  }
  toEdge() {
    const { hls } = this, { video } = this.host;
    if (!hls || video.seeking) return;
    hls.stopLoad();
    hls.startLoad();
    const { buffered, currentTime } = video, position = hls.liveSyncPosition ?? 0;
    const end = buffered.length > 0 ? buffered.end(buffered.length - 1) - EDGE_MARGIN : 0;
    video.currentTime = Math.max(currentTime, end, position > currentTime + 0.5 ? position : 0);
  }
  levelOrder() {
    const levels = /** @type {{ bitrate: number }[]} */ (this.hls.levels);
    return levels.map((_, i) => i).sort((a, b) => levels[b].bitrate - levels[a].bitrate);
  }
  isControlled() {
    return Boolean(this.hls?.latestLevelDetails?.partList?.length && this.hls.playingDate);
  }
  minimumTarget() { return 0; }
  wasConnectedSince(time) { return this.lostAt < time; }
  seekBy(seconds) {
    const { video } = this.host, ranges = video.buffered;
    if (ranges.length === 0) return;
    const start = ranges.start(ranges.length - 1), end = ranges.end(ranges.length - 1);
    video.currentTime = Math.max(start, Math.min(video.currentTime + seconds, end - 0.1));
  }
}

// page/players/native.js

const MOST_HOLD_BACKS = 3;
function edgeSeek({ currentTime, seekable }, holdBack, latency) {
  if (!(holdBack > 0) || seekable.length === 0) return null;
  const edge = seekable.end(seekable.length - 1), behind = edge - currentTime;
  if (Math.max(behind, latency ?? 0) <= MOST_HOLD_BACKS * holdBack) return null;
  const position = edge - holdBack;
  return position - currentTime > holdBack ? position : null;
}
class NativePlayer {
  constructor(host) {
    this.host = host;
    this.stopping = new AbortController();
    this.knowsParts = navigator.vendor.startsWith('Apple');
    this.holdBack = 0;
    this.soughtAt = -Infinity;
  }
  get isStopped() { return this.stopping.signal.aborted; }
  start() {
    if (this.host.video.canPlayType('application/vnd.apple.mpegurl')) void this.play();
    else this.host.unsupported('This browser has no HLS of its own');
  }
  async play() {
    const { video, source } = this.host;
    const url = this.knowsParts ? source : await this.chunkedPlaylist() ?? source;
    if (this.knowsParts) void this.learnHoldBack();
    if (this.isStopped) return;
    video.src = url;
    video.onplaying = () => { if (!this.isStopped) this.host.status('live', 'Live'); };
    video.play().catch(() => {});
  }
  async chunkedPlaylist() {
    const { signal: stop } = this.stopping;
    try {
      const names = segmentNames(await loadPlaylist(this.host.source, this.host.clock, stop));
      if (!names) return null;
      const { href } = new URL('chunked.m3u8', names.folder);
      const response = await within(3000, (signal) => fetch(href, { signal }), stop);
      return response.ok ? href : null;
    } catch {
      return null;
    }
  }
  async learnHoldBack() {
    try {
      const { source, clock } = this.host;
      this.holdBack = (await loadPlaylist(source, clock, this.stopping.signal)).partHoldBack;
    } catch { /* the browser reports errors of the playlist */ }
  }
  stop() {
    this.stopping.abort();
    this.host.video.onplaying = null;
  }
  setTarget() {}
  update() {
    this.takeEvents();
    const { video } = this.host, now = performance.now();
    if (video.paused || video.seeking || now - this.soughtAt < 2000) return;
    const position = edgeSeek(video, this.holdBack, this.latency());
    if (position === null) return;
    this.soughtAt = now;
    video.currentTime = position;
  }
  recover(reason) {
    if (this.isStopped) return;
    this.host.status('wait', 'Reconnecting', `${reason}; restarting`);
    void sleep(1000, this.stopping.signal).then(() => { if (!this.isStopped) this.start(); });
  }
  startDate() {
    const start = /** @type {any} */ (this.host.video).getStartDate?.().getTime();
    return start > 0 ? start : null;
  }
  takeEvents() {
    const start = this.startDate();
    if (start === null) return;
    const { video } = this.host, since = video.currentTime - LARGEST_DELAY / 1000;
    for (const track of video.textTracks) {
      if (track.kind !== 'metadata') continue;
      if (track.mode === 'disabled') track.mode = 'hidden';
      for (const event of eventsOfCues(track.cues ?? [], start, since)) this.host.addEvent(event);
    }
  }
  latency() {
    const start = this.startDate();
    if (start === null) return null;
    return (this.host.clock.now() - start) / 1000 - this.host.video.currentTime;
  }
  hasAudio() { return null; }
  renditions() { return null; }
  chooseRendition() {}
  isControlled() { return false; }
  minimumTarget() { return 0; }
  wasConnectedSince() { return false; }
  seekBy() {}
}

// page/hello.js

function screenSize() {
  if (!('screen' in globalThis)) return {};
  const { screen } = globalThis;
  const ratio = Math.max(1, globalThis.devicePixelRatio);  // a page that is zoomed out has less
  return { maxW: Math.round(screen.width * ratio), maxH: Math.round(screen.height * ratio) };
}
function newSession() {
  return Array.from({ length: 4 }, () => Math.random().toString(36).slice(2, 6)).join('');
}
function helloOf(session) {
  return { t: 'hello', v: 1, sid: session, ...screenSize() };
}

// page/players/socket-renditions.js

class SocketRenditions {
  constructor() {
    this.order = [];
    this.shown = '';
    this.requested = null;
    this.substitute = null;
  }
  get wanted() { return this.substitute ?? this.requested; }
  avoid(indices) {
    const { order, requested, shown, substitute } = this;
    const indexOf = (/** @type {string | null} */ name) => order.findIndex(({ id }) => id === name);
    const isKept = substitute !== null && !indices.has(indexOf(substitute));
    if (indices.size > 0 && isKept) return;
    const index = indexOf(substitute ?? requested ?? shown), isAvoided = indices.has(index);
    const other = substituteFor(index, order.length, indices);
    this.substitute = isAvoided && other !== index ? order[other].id : null;
  }
  forget() {
    this.requested = null;
    this.substitute = null;
  }
  learn(channels) {
    const renditions = Array.isArray(channels) ? channels[0]?.renditions : null;
    if (!Array.isArray(renditions)) return;
    this.order = renditions.filter(({ id, h }) => typeof id === 'string' && h > 0);
  }
  get names() {
    return renditionNames(
      this.order.map(({ h, kbps }) => ({ height: h, bandwidth: kbps * 1000 })));
  }
  get choice() {
    const { names, order, requested, shown } = this;
    if (order.length < 2) return null;
    const index = order.findIndex(({ id }) => id === requested);
    return {
      names, current: order.findIndex(({ id }) => id === shown), requested: names[index] ?? null,
    };
  }
  choose(name) {
    const index = name === null || this.order.length < 2 ? -1 : this.names.indexOf(name);
    this.requested = this.order[index]?.id ?? null;
  }
}

// page/players/subscription.js

class Subscription {
  constructor() {
    this.groups = new Map();
    this.tracks = [];
  }
  get isEmpty() { return this.groups.size === 0; }
  get hasAudio() { return this.tracks.includes('a'); }
  get isAtEdge() {
    const groups = [...this.groups.values()];
    return groups.length >= this.tracks.length && groups.every(({ isAtEdge }) => isAtEdge);
  }
  get complete() {
    const open = ['v', 'a'].flatMap((track) => [...this.groups.values()]
      .filter((group) => group.track === track && group.header !== null));
    return open.length < this.tracks.length ? null : open;
  }
  groupOf(cid) { return this.groups.get(cid); }
  add(message) {
    const named = groupOf(message);
    if (!named) return null;
    for (const [cid, { track }] of this.groups) if (track === named.track) this.groups.delete(cid);
    const group = { ...named, header: null, next: NaN, isAtEdge: false };
    this.groups.set(group.cid, group);
    return group;
  }
  received(group, { flags, sequence }) {
    const isLast = (sequence + 1) % 2 ** 32 === group.next;
    if (isLast || (flags & CATCH_UP) === 0) group.isAtEdge = true;
  }
  leaveEdge() {
    for (const group of this.groups.values()) group.isAtEdge = false;
  }
  clear() { this.groups.clear(); }
}

// page/players/socket-player.js

const SOCKET_AUDIO_TARGET = 0.25;
const SOCKET_END_MARGIN = 0.03;
const SILENT_TIME = 400;
const LEAST_SOCKET = 1000;
const SHOWN_TIME = 1;
const CATCH_UP_TIME = 300;
const LONGEST_WAIT = 1000;
const LONGEST_RETRY = 30000;
function headerText({ mime, header }) { return `${mime} ${header?.join() ?? ''}`; }
class SocketPlayer {
  constructor(host, target) {
    this.host = host;
    this.target = target;
    this.stopping = new AbortController();
    this.socket = null;
    this.session = newSession();
    this.failures = 0;
    this.hasNoSocket = false;
    this.retryTime = 0;
    this.lostAt = 0;
    this.display = this.newDisplay();
    this.feed = this.newFeed();
    this.subscription = new Subscription();
    this.waiting = [];
    this.opened = new Map();
    this.opening = null;
    this.segment = this.newSegment();
    this.isReplaced = false;
    this.delays = new ArrivalDelays();
    this.epoch = 0;
    this.hasEpoch = false;
    this.firstChunkAt = 0;
    this.isPositioned = false;
    this.beginsAt = 0;
    this.seekedAt = 0;
    this.isPaused = false;
    this.ladder = new SocketRenditions();
    this.chunkAt = 0;
    this.connectedAt = 0;
    this.sourceState = '';
  }
  get isStopped() { return this.stopping.signal.aborted; }
  get isOpening() { return this.opening === this.feed; }
  get ownsSocket() { return true; }
  get format() { return 'fmp4'; }
  newDisplay() { return this.host.video; }
  newFeed() {
    const feed = new MediaFeed(this.host.video, (reason) => {
      if (this.feed === feed) this.recover(reason);
    });
    feed.onAppended = () => {
      if (this.feed === feed && !this.isPositioned) this.choosePosition();
    };
    return feed;
  }
  newSegment() {
    return new SegmentChunks((chunk) => this.feed.video?.append(chunk.bytes), () => {
      this.isReplaced = true;
      this.isPositioned = false;
    });
  }
  start() {
    this.feed.prepare();
    if ('WebSocket' in globalThis) this.connect();
    else this.withoutSocket('This browser has no WebSockets');
  }
  withoutSocket(reason, isRefused) { this.host.unsupported(reason, isRefused); }
  isHopeless() { return this.hasNoSocket || this.failures > 5; }
  stop() {
    this.stopping.abort();
    this.socket?.send({ t: 'bye', reason: 'stopped' });
    this.socket?.close();
    this.feed.close();
  }
  recover(reason) { this.restart(reason); }
  restart(reason) {
    this.renewFeed();
    this.socket?.end(reason);
  }
  renewFeed() {
    this.feed.close();
    this.feed = this.newFeed();
  }
  setTarget(target) { this.target = target; }
  forgetMedia() {
    this.subscription.clear();
    this.waiting = [];
    this.forgetPosition();
  }
  forgetPosition() {
    this.subscription.leaveEdge();
    this.isPositioned = false;
    this.firstChunkAt = 0;
  }
  connect() {
    this.forgetMedia();
    this.isPaused = false;
    this.connectedAt = performance.now();
    const socket = new LiveSocket(socketAddress(this.host.source), this.host.clock, {
      onControl: (message) => this.guard(() => this.control(message)),
      onMedia: (message) => this.guard(() => this.media(message)),
      onEnd: (reason) => void this.reconnect(reason),
    });
    this.socket = socket;
    socket.socket.addEventListener('open', () => {
      socket.send(helloOf(this.session));
      socket.send({ t: 'list' });
      this.subscribe();
    });
  }
  subscribe() {
    this.socket?.send({
      t: 'subscribe', rendition: this.ladder.wanted ?? 'auto', start: 'live', tracks: ['v', 'a'],
      ...this.format === 'fmp4' ? {} : { format: this.format },
      ...this.host.sync === null ? {}
        : { sync: this.host.sync, need: Math.round(this.host.need() * 1000) },
    });
  }
  guard(body) {
    try {
      body();
    } catch (error) {
      if (error instanceof UnsupportedError) this.host.unsupported(error.message);
      else this.recover(messageOf(error));
    }
  }
  async reconnect(reason) {
    if (this.isStopped) return;
    const hasEnded = this.sourceState === 'ended', { retryTime } = this;
    this.retryTime = 0;
    this.lostAt = performance.now();
    this.sourceState = '';
    this.host.setSource(null);
    if (hasEnded) this.host.status('dead', 'Ended', 'The stream has ended');
    else this.host.status('wait', 'Reconnecting', `Interrupted (${reason}); trying again`);
    if (this.socket?.hasOpened === false) {
      const { status, isMissing } = await refusalOf(
        socketAddress(this.host.source), this.stopping.signal);
      if (this.isStopped) return;
      this.hasNoSocket = isMissing;
      if (status !== null) {
        this.withoutSocket(
          `The server refuses this stream over a WebSocket (status ${status})`, true);
        return;
      }
    }
    if (retryTime === 0 && this.feed.end() === null && this.isHopeless()) {
      this.withoutSocket(this.firstChunkAt === 0
        ? 'The server does not serve this stream over a WebSocket'
        : `The media over the WebSocket cannot be played (${reason})`);
      return;
    }
    const backoff = this.failures === 0 ? 0 : Math.min(LONGEST_WAIT, 50 * 2 ** this.failures);
    const wait = Math.max(retryTime, backoff) * (1 + Math.random());
    await sleep(wait, this.stopping.signal);
    if (retryTime === 0) this.failures += 1;
    if (!this.isStopped) this.connect();
  }
  control(message) {
    switch (message.t) {
      case 'subscribed':
        this.takeTracks(message);
        this.join(message);
        break;
      case 'switching':
        if (Array.isArray(message.tracks)) this.beginAgain(message);
        this.join(message);
        break;
      case 'channels': this.ladder.learn(message.channels); break;
      case 'source': this.learnSource(message.state, message.since, message.outage); break;
      case 'sync':
        if (message.target > 0) {
          this.host.setSharedTarget(message.target / 1000);
        }
        break;
      case 'error': this.refused(message); break;
      default: break;
    }
  }
  takeTracks({ tracks, target }) {
    const { subscription } = this, hadAudio = subscription.hasAudio;
    if (Array.isArray(tracks)) subscription.tracks = tracks;
    const seconds = target > 0 ? target / 1000 : SOCKET_AUDIO_TARGET;
    if (subscription.hasAudio) this.requireAudioTarget(seconds);
    else if (hadAudio) this.host.setTargets(seconds, 0);
  }
  beginAgain(message) {
    if (message.track !== message.tracks[0]) return;
    this.forgetMedia();
    this.renewFeed();
    this.takeTracks(message);
  }
  requireAudioTarget(target) { this.host.setTargets(target, target); }
  refused({ code, msg, retry }) {
    if (code === 'unknown-rendition' && this.ladder.wanted !== null) {
      this.ladder.forget();
      if (this.subscription.isEmpty) this.subscribe();
      else this.socket?.send({ t: 'switch', rendition: 'auto' });
      return;
    }
    if (retry > 0) {
      this.retryTime = Math.min(retry, LONGEST_RETRY);
      this.restart(String(msg));
      return;
    }
    throw new Error(String(msg));
  }
  join(message) {
    const group = this.subscription.add(message);
    if (group?.track === 'v') this.ladder.shown = group.rendition;
  }
  learnSource(state, since, outage) {
    this.sourceState = String(state);
    if (typeof since === 'number' && since > 0) {
      this.host.setSource(presenceOf(state, since, outage));
    }
    if (state === 'ended') {
      this.host.status('dead', 'Ended', 'The stream has ended');
    } else if (state === 'starting') {
      this.host.status('wait', 'Starting', 'The stream is starting');
    } else if (state === 'failed') {
      this.host.status('wait', 'Failed', 'The stream has failed');
    }
  }
  media(message) {
    if (message.kind === EVENT) {
      this.host.addEvent(eventOf(new TextDecoder().decode(message.media)));
      return;
    }
    const group = this.subscription.groupOf(message.channel);
    if (!group) return;  // a late chunk of a former group
    if (this.isOpening) {
      this.waiting.push(message);
    } else if (message.kind === HEADER) {
      group.next = message.sequence;
      this.takeHeader(group, message.media);
    } else if ([VIDEO, AUDIO, SAMPLE].includes(message.kind)) {
      if (this.feed.video) this.append(group, message);
      else this.waiting.push(message);
    }
  }
  takeHeader(group, header) {
    group.header = header;
    if (group.track === 'v') {
      this.epoch = group.epoch / 1000;
      this.hasEpoch = true;
    }
    const { feed } = this, open = this.subscription.complete;
    if (open === null) return;
    if (feed.video && feed.hasTracks(open.length)) {
      const queue = group.track === 'v' ? feed.video : feed.audio;
      const isNew = this.opened.get(group.track) !== headerText(group);
      if (isNew) queue?.changeType(group.mime, header);
      this.opened.set(group.track, headerText(group));
      return;
    }
    if (feed.video) {
      this.forgetPosition();
      this.renewFeed();
    }
    void this.openFeed(this.feed, open);
  }
  async openFeed(feed, groups) {
    this.opening = feed;
    this.segment = this.newSegment();
    this.opened = new Map(groups.map((group) => [group.track, headerText(group)]));
    let failure = null;
    try {
      await feed.open(groups.map(({ mime, timescale, header }) => (
        { type: mime, timescale, header: header ?? new Uint8Array(0) })));
    } catch (error) { failure = error; }
    if (this.feed !== feed || this.isStopped) return;  // it was closed meanwhile
    this.opening = null;
    const { waiting } = this;
    this.waiting = [];
    this.guard(() => {
      if (failure) throw failure;
      for (const message of waiting) this.media(message);
    });
  }
  append(group, message) {
    const isVideo = group.track === 'v';
    const delays = isVideo ? this.delays.video : this.delays.audio;
    const counts = this.isPositioned && (message.flags & CATCH_UP) === 0;
    for (const time of this.appendMedia(group, message)) {
      if (counts) delays.add(this.host.clock.now() / 1000, time + group.epoch / 1000);
    }
    if (isVideo) this.chunkAt = performance.now();
    if (isVideo && this.firstChunkAt === 0) this.firstChunkAt = this.chunkAt;
    this.subscription.received(group, message);
    if (!this.isPositioned) this.choosePosition();
  }
  appendMedia({ track, timescale }, { media, flags }) {
    return new ChunkSplitter().push(media).map((chunk) => {
      if (track !== 'v') this.feed.audio?.append(chunk.bytes);
      else {
        if ((flags & KEY) !== 0) {
          if (this.segment.passed[0]?.time === chunk.time) this.segment.beginAgain();
          else this.segment = this.newSegment();
        }
        this.segment.take(chunk);
      }
      return chunk.time / timescale;
    });
  }
  choosePosition() {
    const end = this.feed.end(), ranges = this.feed.ranges();
    if (end === null || !ranges || this.firstChunkAt === 0) return;
    if (this.isReplaced && !this.feed.isIdle) return;  // the ranges are those of the former frames
    const endLatency = this.host.clock.now() / 1000 - end - this.epoch;
    const elapsed = performance.now() - this.firstChunkAt;
    const isComplete = this.subscription.isAtEdge && this.feed.isIdle;
    if (endLatency > this.target && !isComplete && elapsed < CATCH_UP_TIME) return;
    const { display } = this, start = ranges.start(ranges.length - 1);
    const position = Math.max(
      start, Math.min(end + endLatency - this.target, end - SOCKET_END_MARGIN));
    const { currentTime } = display, isInside = currentTime >= start && currentTime <= end;
    const isFar = !isInside || Math.abs(currentTime - position) > 0.5;
    if (isFar || this.isReplaced) display.currentTime = position;
    this.isReplaced = false;
    this.isPositioned = true;
    this.beginsAt = this.position();
    this.seekedAt = performance.now();
    this.host.status('live', 'Live');
  }
  update() {
    const { feed } = this;
    if (!this.isPositioned) this.choosePosition();
    else if (this.failures > 0 && this.position() - this.beginsAt > SHOWN_TIME) this.failures = 0;
    if (feed.video && feed.isStreaming === this.isPaused) {
      this.isPaused = !feed.isStreaming;
      this.socket?.send({ t: this.isPaused ? 'pause' : 'resume' });
      if (!this.isPaused) this.isPositioned = false;
    }
    const gapEnd = this.isPositioned ? feed.gapEnd() : null;
    if (gapEnd !== null) this.display.currentTime = gapEnd;
  }
  position() { return this.display.currentTime; }
  latency() {
    const end = this.feed.end(), position = this.position();
    if (end === null || !this.isPositioned || !this.hasEpoch) return null;
    if (!this.delays.isPlausible) return end - position;
    return this.host.clock.now() / 1000 - position - this.epoch;
  }
  isControlled() { return true; }
  renditions() { return this.ladder.choice; }
  chooseRendition(name) {
    this.ladder.choose(name);
    this.socket?.send({ t: 'switch', rendition: this.ladder.wanted ?? 'auto' });
  }
  avoid(indices) {
    const before = this.ladder.wanted;
    this.ladder.avoid(indices);
    const { wanted } = this.ladder, isSilent = performance.now() - this.chunkAt >= SILENT_TIME;
    if (wanted === before) return;
    if (isSilent && wanted !== null) this.socket?.end('the rendition brings no media');
    else this.socket?.send({ t: 'switch', rendition: wanted ?? 'auto' });
  }
  inherit(before) { if (before instanceof SocketPlayer) this.ladder = before.ladder; }
  toEdge(now) {
    if (now - this.chunkAt < SILENT_TIME) this.isPositioned = false;
    else if (now - this.connectedAt > LEAST_SOCKET) this.socket?.end('the picture stands still');
  }
  hasAudio() { return this.feed.video ? this.feed.audio !== null : null; }
  wantsMedia() { return this.feed.isStreaming; }
  minimumTarget() { return this.delays.minimumTarget(); }
  report(figures) { this.socket?.send({ t: 'stat', ...figures, rtt: this.host.clock.roundTrip }); }
  wasConnectedSince(time) { return this.lostAt < time - 1000 * this.target - LOSS_TIME; }
  seekBy(seconds, now) {
    const end = this.feed.end(), { display } = this;
    if (end === null || now - this.seekedAt < 1000) return;
    this.seekedAt = now;
    const position = Math.min(display.currentTime + seconds, end - SOCKET_END_MARGIN);
    display.currentTime = Math.max(this.feed.start() ?? 0, position);
  }
}

// page/players/socket-codec-player.js

class SocketCodecPlayer extends SocketPlayer {
  caughtUpTo = -Infinity;
  get format() { return 'raw'; }
  newDisplay() {
    this.stage = new CodecStage(this.host);
    return this.stage.display;
  }
  get codecStage() { return /** @type {CodecStage} */ (this.stage); }
  newFeed() {
    const { codecStage } = this, feed = codecStage.newFeed((reason) => {
      if (this.feed === feed) this.recover(reason);
    }, (time) => {
      const wallTime = time + this.epoch;
      if (this.hasEpoch && wallTime > this.caughtUpTo) {
        codecStage.decodeDelays.add(this.host.clock.now() / 1000, wallTime);
      }
    });
    return feed;
  }
  start() { if (this.codecStage.open()) super.start(); }
  stop() {
    super.stop();
    this.codecStage.close();
  }
  recover(reason) { if (this.codecStage.retries(reason)) super.recover(reason); }
  withoutSocket(reason, isRefused) { this.host.withoutSocket(reason, isRefused); }
  isHopeless() { return this.socket?.hasOpened === false || super.isHopeless(); }
  refused(error) {
    if (error.code === 'unknown-format') this.withoutSocket(String(error.msg));
    else super.refused(error);
  }
  requireAudioTarget() { this.codecStage.followSound(); }
  appendMedia(group, message) {
    const sample = sampleOf(message, group), feed = /** @type {DecoderFeed} */ (this.feed);
    if (!sample) return [];
    const isVideo = group.track === 'v', track = isVideo ? feed : feed.audio;
    if (isVideo && (message.flags & CATCH_UP) !== 0) {
      this.caughtUpTo = sample.time + group.epoch / 1000;
    }
    track?.appendSample(sample);
    return [sample.time];
  }
  update() {
    if (this.codecStage.update()) this.isPositioned = false;
    super.update();
  }
  position() { return this.codecStage.display.position(); }
  isControlled() { return !this.codecStage.display.isWaiting; }
  minimumTarget() { return this.codecStage.minimumTarget(this.delays.audio); }
}

// page/players/new-player.js

function newPlayer(kind, host, target, hasSocket, scripts) {
  switch (kind) {
    case 'frames': return new FramePlayer(host, target);
    case 'ws': return new SocketPlayer(host, target);
    case 'webcodecs':
      return hasSocket ? new SocketCodecPlayer(host, target) : new CodecPlayer(host, target);
    case 'hlsjs': return new HlsPlayer(host, scripts.hls);
    case 'dashjs': return new DashPlayer(host, target, scripts.dash);
    default: return new NativePlayer(host);
  }
}

// page/players/targets.js

class TargetChoice {
  constructor(requested) {
    this.requested = requested;
    this.usual = null;
    this.least = 0;
  }
  reset() {
    this.usual = null;
    this.least = 0;
  }
  setStream(usual, least) {
    if (this.usual === usual && this.least === least) return false;
    this.usual = usual;
    this.least = least;
    return true;
  }
  targetFor(kind, source) {
    const usual = kind === 'frames' && isMPD(source) ? MPD_TARGET : TARGETS[kind];
    return Math.max(this.least, this.requested ?? this.usual ?? usual);
  }
}

// page/figures.js

function milliseconds(ms) {
  return ms === null || ms === undefined || !Number.isFinite(ms) ? '–' : `${Math.round(ms)} ms`;
}
function offsetMs(ms) { return `${ms < 0 ? '−' : '+'}${Math.abs(ms).toFixed(0)} ms`; }
function timeOfDay(ms) {
  return ms === null ? '–' : new Date(ms).toISOString().slice(11, 23);
}
function stallText(stalls) {
  const total = stalls.reduce((sum, stall) => sum + stall.seconds, 0);
  return stalls.length === 0 ? 'none' : `${stalls.length} (${total.toFixed(1)} s)`;
}
function offsetText({ offset, roundTrip }) {
  if (roundTrip === null) return 'not compared';
  const sign = offset < 0 ? '−' : '+';
  return `${sign}${Math.abs(offset).toFixed(1)} ± ${(roundTrip / 2).toFixed(1)} ms`;
}
function showFigures(panel, state, clock, { frameRate, hasTarget, requested, isDASH }) {
  const wall = clock.now(), isRaised = hasTarget && state.target > requested * 1.05;
  panel.glassToGlass(state.glassToGlassMs);
  panel.figure('Wall clock (UTC)', timeOfDay(wall));
  panel.figure('Burned clock (UTC)', timeOfDay(state.clock));
  panel.figure('Wall − burned', milliseconds(state.clock === null ? null : wall - state.clock));
  panel.figure('Format', isDASH ? 'LL-DASH' : 'LL-HLS');
  panel.figure('Player latency', milliseconds(state.latencyMs));
  panel.figure('Target', hasTarget ? milliseconds(state.target * 1000) : '–', isRaised);
  if (state.syncOffsetMs !== null) panel.figure('Offset to group', offsetMs(state.syncOffsetMs));
  panel.figure('Buffer', milliseconds(state.bufferSeconds * 1000));
  panel.figure('Rate', `${state.rate.toFixed(3)}×`);
  panel.figure('Frames per second', `${frameRate}`);
  panel.figure('Stalls', stallText(state.stalls));
  panel.figure('Clock to server', offsetText(clock));
}

// page/services.js

const CLOCK_INTERVAL = 30000, CLOCK_RETRY = 2000;
const POLL_INTERVAL = 500, SOURCE_INTERVAL = 1500, POLL_RETRY = 5000;
const URGENT_INTERVAL = 500;
const STATE_DELAY = 500;
const DRIFT = 100;
function servicesNamedBy(list) {
  const names = segmentNames(list);
  return names && { ...servicesBeside(names.folder), times: timeServicesOf(list) };
}
class ServicePoller {
  constructor(source, clock, figures, stop) {
    this.source = source;
    this.clock = clock;
    this.figures = figures;
    this.stop = stop;
    this.services = null;
    this.isStarted = false;
    this.search = null;
    this.searches = 0;
    this.searchAt = 0;
    this.failures = 0;
    this.isPushed = false;
    this.silences = 0;
    this.presence = null;
    this.publisher = null;
    this.isUrgent = false;
    this.onMissing = (/** @type {string[]} */ _names) => {};
  }
  get isReachable() { return this.silences < 3; }
  start() {
    if (this.isStarted) return;
    this.isStarted = true;
    void this.keepClock();
    void this.keepState();
    void this.pollTimestamps();
  }
  learn(list) {
    this.learnServices(list);
    this.start();
  }
  learnServices(list) {
    if (this.services) return;
    this.services = servicesNamedBy(list);
    if (this.services && !this.isPushed) this.presence = null;
  }
  use(source) {
    if (source === this.source) return;
    this.source = source;
    this.searches = 0;
    this.searchAt = 0;
  }
  async findServices() {
    if (this.services || performance.now() < this.searchAt) return this.services;
    this.search ??= this.searchServices().finally(() => { this.search = null; });
    return this.search;
  }
  async searchServices() {
    let wait = 0;
    try {
      const list = await loadPlaylist(this.source, this.clock, this.stop);
      this.learnServices(list);
      this.silences = 0;
    } catch (error) {  // the next call tries again
      const isSilent = error instanceof TypeError || messageOf(error).startsWith('no response');
      this.silences = isSilent ? this.silences + 1 : 0;
      wait = waitOf(error);
    }
    this.searches = this.services ? 0 : this.searches + 1;
    const least = this.searches > 5 ? POLL_RETRY : 0;  // another server has none
    this.searchAt = performance.now() + Math.max(wait, least);
    return this.services;
  }
  async measureClock() {
    const services = await this.findServices();
    return services ? this.clock.measure(services.times) : false;
  }
  async keepClock() {
    while (!this.stop.aborted) {
      const isMeasured = this.isPushed || await this.measureClock();
      await sleep(isMeasured ? CLOCK_INTERVAL : CLOCK_RETRY, this.stop);
    }
  }
  push(presence) {
    this.isPushed = presence !== null;
    if (!presence) return;
    this.presence = presence;
    this.silences = 0;
  }
  async keepState() {
    await sleep(STATE_DELAY, this.stop);
    while (!this.stop.aborted && !this.services) {
      const isKnown = otherFormat(this.source) !== null && !this.isPushed;
      if (isKnown && !document.hidden && !await this.updateState()) return;
      await sleep(SOURCE_INTERVAL, this.stop);
    }
  }
  async updateState() {
    try {
      return await within(2000, async (signal) => {
        const url = new URL('timestamps.json', this.source);
        const response = await fetch(url, { cache: 'no-store', signal });
        if (!response.ok) return response.status === 503;
        const { source, publisher } = timestampsOf(await response.json());
        if (!this.services && source?.outage) [this.presence, this.publisher] = [source, publisher];
        return source !== null;
      }, this.stop);
    } catch {
      return true;
    }
  }
  async pollTimestamps() {
    while (!this.stop.aborted) {
      const begun = performance.now();
      const isPushed = this.isPushed && this.presence?.isOnline && this.publisher === null;
      const isWanted = this.figures.isShown || !isPushed;
      if (!document.hidden && isWanted) await this.updateFigures();
      const seldom = this.isUrgent ? URGENT_INTERVAL : SOURCE_INTERVAL;
      const usual = this.figures.isShown ? POLL_INTERVAL : seldom;
      const interval = this.failures > 5 ? POLL_RETRY : usual;
      await sleep(Math.max(50, interval - (performance.now() - begun)), this.stop);
    }
  }
  async updateFigures() {
    const url = (await this.findServices())?.timestamps;
    if (!url) return;
    let hasAnswer = false;
    try {
      this.show(await within(2000, async (signal) => {
        const response = await fetch(url, { cache: 'no-store', signal });
        hasAnswer = true;
        if (!response.ok) throw new Error(`status ${response.status}`);
        return timestampsOf(await response.json());
      }, this.stop));
      this.failures = 0;
      this.silences = 0;
    } catch {
      if (this.stop.aborted) return;
      this.silences = hasAnswer ? 0 : this.silences + 1;
      this.failures += 1;
      if (this.failures !== 3) return;
      const names = ['Live edge age', 'Capture → available', 'Server clock',
        ...this.publisher ? ['Publisher'] : []];
      for (const name of names) this.figures.figure(name, '–');
    }
  }
  show(response) {
    const hadPublisher = this.publisher !== null;
    this.presence = response.source;
    this.publisher = response.publisher;
    this.onMissing(response.missing);
    const { figures, clock } = this, { age, delay } = newestPartOf(response);
    const drift = Math.abs(response.timestamp / 1e6 - clock.now());
    if (clock.roundTrip !== null && drift > DRIFT) void this.measureClock();
    figures.figure('Live edge age', milliseconds(age));
    figures.figure('Capture → available', milliseconds(delay));
    const { synchronized, estimate } = response.clock;
    const error = estimate === null ? '' : ` ± ${Math.abs(estimate).toFixed(1)} ms`;
    const text = synchronized === null ? '–' : synchronized ? `in sync${error}` : 'not in sync';
    figures.figure('Server clock', text, synchronized === false);
    if (!this.publisher) {
      if (hadPublisher) figures.figure('Publisher', '–');
      return;
    }
    const isAway = this.publisher.state !== 'live';
    figures.figure('Publisher', publisherText(this.publisher, clock.now()), isAway);
  }
}

// page/stall-meter.js

const INTERVAL = 1000;
const RECOVERY = 90;
const VISIBLE = 0.03;
class StallMeter {
  constructor(video) {
    this.video = video;
    this.stalls = [];
    this.current = null;
    this.hasPlayed = false;
    this.startedAt = -Infinity;
    this.stoppedUntil = 0;
    this.position = 0;
  }
  reset() {
    this.hasPlayed = false;
    this.current = null;
  }
  begin(serverTime) {
    const now = performance.now(), { video } = this;
    if (!this.hasPlayed || this.current || video.seeking || video.paused || document.hidden) return;
    if (now - this.startedAt < INTERVAL) return;
    this.startedAt = now;
    this.stoppedUntil = now;
    this.position = video.currentTime;
    this.current = { at: serverTime, seconds: 0 };
    this.stalls.push(this.current);
    if (this.stalls.length > 1000) this.stalls.shift();
  }
  update(now) {
    const { current, video, startedAt } = this;
    if (!current) return null;
    const isAdvancing = video.currentTime !== this.position && !video.seeking
      && video.readyState >= 3;
    this.position = video.currentTime;
    if (video.paused) return this.end();
    if (!isAdvancing) this.stoppedUntil = now;
    current.seconds = (this.stoppedUntil - startedAt) / 1000;
    return now - this.stoppedUntil < RECOVERY ? null : this.end();
  }
  end() {
    const { current, startedAt } = this;
    if (!current) return null;
    this.current = null;
    if (current.seconds < VISIBLE) this.stalls.pop();
    return { seconds: current.seconds, startedAt };
  }
}

// page/state.js

function newState(source) {
  return {
    player: 'frames', status: 'wait', source, time: 0, clock: null, glassToGlassMs: null,
    latencyMs: null, bufferSeconds: 0, rate: 1, target: 0, syncOffsetMs: null, rendition: null,
    stalls: [], framesShown: 0, framesDropped: 0, undecoded: 0, sound: null, errors: [],
    clockOffsetMs: 0, samples: [],
  };
}
function updateState(state, { clock, controller, display, frames, latency }, player) {
  const renditions = player.renditions(), { shared, target } = controller;
  state.time = display.currentTime;
  state.clock = frames.burnedClock;
  state.glassToGlassMs = frames.glassToGlass();
  state.latencyMs = latency === null ? null : latency * 1000;
  state.bufferSeconds = secondsAhead(display);
  state.rate = display.playbackRate;
  state.target = target;
  state.syncOffsetMs = shared === null || latency === null ? null : (latency - shared) * 1000;
  state.rendition = renditions?.names[renditions.current] ?? null;
  state.framesShown = frames.frames;
  state.framesDropped = display.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0;
  state.undecoded = frames.undecoded;
  state.sound = player.hasAudio();
  state.clockOffsetMs = clock.offset;
  state.samples = frames.samples;
}
function recordError({ errors }, at, text) {
  const isNew = errors[errors.length - 1]?.text !== text;
  if (isNew) errors.push({ at, text });
  if (errors.length > 100) errors.shift();
  return isNew;
}
function figuresOf(state, need) {
  const { round } = Math;
  return {
    delay: state.latencyMs === null ? null : round(state.glassToGlassMs ?? state.latencyMs),
    buf: round(state.bufferSeconds * 1000), rate: state.rate, drop: state.framesDropped,
    dec: state.framesShown, stalls: state.stalls.length,
    stallMs: round(state.stalls.reduce((sum, { seconds }) => sum + seconds * 1000, 0)),
    need: round(need * 1000), vis: !document.hidden,
  };
}

// page/playback.js

const UPDATE_INTERVAL = 50;
const REPORT_INTERVAL = 1000;
const SERVICES_DELAY = 1000;
const SILENT_STALL = 300;
class Playback {
  constructor(video, options, events) {
    this.video = video;
    this.display = video;
    this.options = options;
    this.events = events;
    this.closing = new AbortController();
    const { signal } = this.closing;
    this.clock = new ServerClock(signal);
    this.frames = new FrameMeter(video, this.clock);
    this.progress = new Progress(video);
    this.stalls = new StallMeter(video);
    this.queue = new EventQueue(events.onEvent);
    this.services = new ServicePoller(options.source, this.clock, events.figures, signal);
    this.isPaused = !options.startsItself;
    this.kind = 'frames';
    this.choice = '';
    this.player = null;
    this.hasSocket = true;
    this.unsupported = new Set();
    this.areSocketsRefused = false;
    this.source = options.source;
    this.targets = new TargetChoice(options.target);
    this.reportedAt = 0;
    this.controller = new LatencyController(TARGETS.frames);
    this.latency = null;
    this.controlSocket = null;
    this.problem = '';
    this.changedAt = this.clock.now();
    this.state = newState(this.source);
    this.state.stalls = this.stalls.stalls;
    this.watch = new PictureWatch(this);
    this.services.onMissing = (names) => this.watch.setMissing(names);
    this.stoodStill = new Map();
    this.timer = 0;
    this.servicesTimer = 0;
  }
  start() {
    this.listen();
    if (!this.isPaused) this.playFirst();
    else {
      this.events.onStatus('wait', 'Paused');
      this.events.onMessage('play', 'Click to play');
    }
    this.frames.start();
    this.timer = window.setInterval(() => this.update(), UPDATE_INTERVAL);
  }
  close() {
    const { player, video } = this;
    this.player = null;
    this.isPaused = true;
    player?.stop();
    this.closeControl();
    this.queue.close();
    this.closing.abort();
    clearInterval(this.timer);
    clearTimeout(this.servicesTimer);
    this.frames.stop();
    video.pause();
    video.removeAttribute('src');
    video.load();
  }
  listen() {
    const { video } = this, { signal } = this.closing;
    const on = (/** @type {string} */ event, /** @type {() => void} */ body) => {
      video.addEventListener(event, body, { signal });
    };
    on('playing', () => {
      this.stalls.hasPlayed = true;
      this.events.onMessage('play');
    });
    on('waiting', () => this.stopped());
    on('loadeddata', () => this.resume());
    on('error', () => {
      if (!video.error || !video.getAttribute('src')) return;
      const reason = `decoder: ${video.error.message || `code ${video.error.code}`}`;
      this.failed(reason, false);
      this.player?.recover(reason);
    });
    on('click', () => {
      if (this.isPaused && !this.player) this.togglePlay();
      else if (video.paused && !this.isPaused) this.resume();
    });
    document.addEventListener('visibilitychange', () => {
      this.progress.reset();
      this.watch.rest();
      if (document.hidden) return;
      this.resume();
      if (this.player) void this.services.measureClock();
    }, { signal });
  }
  togglePlay() {
    const { video } = this;
    this.isPaused = !video.paused;
    if (this.isPaused) video.pause();
    else if (this.player) this.resume();
    else this.playFirst();
  }
  pause() {
    this.isPaused = true;
    this.video.pause();
  }
  resume() {
    if (this.isPaused) return;
    this.video.play().catch((error) => {
      if (error.name !== 'NotAllowedError') return;
      this.events.onMessage('play', 'Click to play: the browser does not play by itself');
    });
  }
  playFirst() {
    const { kind } = this.options;
    this.events.onMessage('play');
    if (kind !== null) this.play(kind, 'requested');
    else if (isMPD(this.source) && this.options.scripts.dash) void this.playMPD();
    else this.playUsual(false);
    const isNamed = ['frames', 'ws', 'webcodecs'].includes(this.kind);
    if (!isNamed || !this.player) this.services.start();
    else this.servicesTimer = window.setTimeout(() => this.services.start(), SERVICES_DELAY);
  }
  playUsual(hasDash) {
    const { sync } = this.options, { source } = this;
    const hasMediaSource = mediaSourceClass() !== undefined;
    const { kind, reason } = usualPlayer({ source, sync, hasMediaSource, hasDash });
    this.play(kind, reason);
  }
  async playMPD() {
    const { signal: stop } = this.closing;
    const hasDash = await hasDashScript(this.options.scripts.dash, stop);
    if (!this.player && !stop.aborted) this.playUsual(hasDash);
  }
  choosePlayer(kind) {
    this.unsupported.clear();
    forgetMissingSockets();
    this.hasSocket = true;
    this.areSocketsRefused = false;
    for (const key of ['player', 'transport', 'script', 'src']) this.events.onMessage(key);
    this.services.start();
    this.play(kind, 'requested');
  }
  play(kind, reason, source = this.options.source) {
    const { player: before } = this;
    before?.stop();
    this.source = sourceFor(kind, source);
    this.services.use(this.source);
    this.services.isUrgent = kind === 'dashjs';
    this.state.source = this.source;
    this.stalls.reset();
    this.frames.reset();
    this.latency = null;
    this.kind = kind;
    this.choice = reason;
    this.video.playbackRate = 1;
    this.video.removeAttribute('src');
    this.video.crossOrigin = 'anonymous';
    this.video.load();
    this.targets.reset();
    const target = this.targets.targetFor(kind, this.source);
    this.controller = new LatencyController(target, LATENCY_TOLERANCES[kind] ?? 1);
    for (const key of ['trouble', 'sound']) this.events.onMessage(key);
    this.events.onStatus('wait', 'Connecting');
    this.player = this.newPlayer(kind);
    if (before && this.watch.isActing) this.player.inherit?.(before);
    this.display = this.player.display ?? this.video;
    this.stalls.video = this.display;
    this.progress.video = this.display;
    this.state.player = kind;
    this.events.onPlayer(kind);
    this.closeControl();
    if (this.options.sync !== null) this.openControl();
    this.watch.begin(kind);
    this.player.start();  // the last statement: it may call play() for another player
  }
  get reason() {
    if (this.controlSocket?.isOpen) {
      return `${this.choice}; a WebSocket has clock, events, source and statistics`;
    }
    const isByCodecs = this.kind === 'webcodecs' && this.player?.ownsSocket;
    return isByCodecs ? `${this.choice}; a WebSocket has the frames` : this.choice;
  }
  openControl() {
    const { kind, player } = this, { sync } = this.options;
    if (this.controlSocket || player?.ownsSocket || kind === 'native' && sync !== null) return;
    if (this.areSocketsRefused) return;
    this.controlSocket = new ControlSocket(this.source, sync, this.clock, {
      onOpen: (isOpen) => { this.services.isPushed = isOpen; },
      need: () => this.controller.need,
      onTarget: (target) => this.share(target),
      onEvent: (event) => this.queue.add(event),
      onSource: (presence) => this.services.push(presence),
      onMissing: (names) => this.watch.setMissing(names),
    });
  }
  closeControl() {
    this.controlSocket?.close();
    this.controlSocket = null;
    this.services.push(null);
  }
  newPlayer(kind) {
    const host = hostOf(this, () => this.player === player);
    const target = this.targets.targetFor(kind, this.source);
    const hasSocket = this.hasSocket && !hasNoSockets(socketAddress(this.source));
    const player = newPlayer(kind, host, target, hasSocket, this.options.scripts);
    return player;
  }
  fallBack(reason) {
    this.unsupported.add(this.kind);
    const next = nextPlayer(this.source, this.unsupported);
    this.failed(reason, next === null);
    if (!next) {
      this.setStatus('dead', 'Cannot play', reason);
      return;
    }
    this.events.onMessage('player', `${reason}: playing with ${TITLES[next]} instead`, 'warn');
    this.play(next, reason, this.source);
  }
  restart(reason) {
    this.failed(`${reason}: ${TITLES[this.kind]} is restarted`, false);
    this.play(this.kind, this.choice, this.source);
  }
  changeTransport(reason) {
    this.stoodStill.set(this.kind, performance.now());
    const next = nextTransport(this.source, this.kind, this.unsupported, this.stoodStill);
    if (!next) {
      this.restart(reason);
      return;
    }
    const text = `${reason}: playing with ${TITLES[next]} instead`;
    this.failed(text, false);
    this.events.onMessage('player', text, 'warn');
    this.play(next, reason, this.source);
  }
  setStatus(status, text, problem) {
    if ((status === 'live') !== (this.state.status === 'live')) this.changedAt = this.clock.now();
    this.state.status = status;
    this.problem = status === 'wait' ? problem ?? this.problem : '';
    this.events.onStatus(status, text);
    this.events.onMessage('trouble', problem, status === 'dead' ? 'bad' : 'warn');
    if (problem) this.failed(problem, false);
    if (status === 'live') this.resume();
  }
  failed(text, isFatal) {
    const isNew = recordError(this.state, this.clock.now(), text);
    if (isNew || isFatal) this.events.onError(text, isFatal);
  }
  awayWords() {
    const { services, state } = this;
    return !this.player || state.status === 'dead' ? null : awayWords({
      source: services.presence, publisher: services.publisher,
      isReachable: services.isReachable, problem: this.problem,
      isPlaying: state.status === 'live', changedAt: this.changedAt,
    }, this.clock.now());
  }
  chooseTarget(target) {
    this.targets.requested = target;
    this.applyTarget();
  }
  get firstTarget() {
    const target = this.targets.targetFor(this.kind, this.source);
    return Math.max(target, this.controller.shared ?? 0);
  }
  share(target) {
    this.controller.shared = target;
    this.player?.setTarget(this.firstTarget);
  }
  applyTarget() {
    const { player, controller, latency } = this;
    const target = this.targets.targetFor(this.kind, this.source);
    const isGradual = isMPD(this.source);
    if (target !== controller.requested) controller.request(target, isGradual);
    player?.setTarget(this.firstTarget);
    if (latency === null || isGradual || controller.shared !== null) return;
    if (!player?.isControlled()) return;
    const error = latency - target;
    if (Math.abs(error) > 0.2) player.seekBy(error, performance.now());
  }
  update() {
    const { player, controller } = this, now = performance.now();
    if (!player) return;
    player.update();
    if (this.player !== player) return;
    const { display } = this;
    if (this.progress.stoppedFor(now) > SILENT_STALL) this.stopped();
    this.followStalls(player, now);
    this.latency = player.latency();
    if (player.isControlled() && this.latency !== null && !display.paused && !display.seeking) {
      const ahead = secondsAhead(display), minimum = player.minimumTarget();
      const rate = controller.step(now / 1000, this.latency, minimum, ahead);
      if (display.playbackRate !== rate) display.playbackRate = rate;
      const seconds = controller.seek(now / 1000, this.latency, ahead);
      if (seconds > 0) player.seekBy(seconds, now);
    }
    if (this.latency !== null) {
      const shown = this.clock.now() - this.latency * 1000;
      this.queue.update(shown, display.paused ? 0 : display.playbackRate, UPDATE_INTERVAL);
    }
    updateState(this.state, this, player);
    this.watch.update(now);
    if (this.player !== player) return;
    if (now - this.reportedAt <= REPORT_INTERVAL) return;
    this.reportedAt = now;
    const isUsual = this.options.kind === null && this.kind === 'frames';
    if (isUsual && this.services.presence) this.openControl();
    const figures = figuresOf(this.state, controller.need);
    player.report?.(figures);
    this.controlSocket?.report(figures);
  }
  stopped() {
    if (this.state.status !== 'dead') this.stalls.begin(this.clock.now());
  }
  followStalls(player, now) {
    const { current } = this.stalls, hasEnded = this.state.status === 'dead';
    const ended = hasEnded ? this.stalls.end() : this.stalls.update(now);
    if (ended && current && this.stalls.stalls.includes(current)) this.events.onStall(current);
    if (!ended || ended.seconds <= STALL_TOLERANCES[this.kind]) return;
    if (!player.wasConnectedSince(ended.startedAt)) return;
    this.controller.stalled(now / 1000, ended.seconds);
  }
}

// page/stage.js

const CONTROL_INTERVAL = 50, SHOW_INTERVAL = 250;
const FALLBACK_TIME = 10000;
class Stage {
  constructor(root, options, events) {
    this.closing = new AbortController();
    this.options = options;
    this.events = events;
    this.notices = new Notices(root);
    const video = element('video', HTMLVideoElement, root);
    this.controls = new Controls(root, video, options, {
      onRendition: (rendition) => this.playback.player?.chooseRendition(rendition),
      onPlay: () => this.playback.togglePlay(),
      onMessage: (...message) => this.notices.message(...message),
    }, this.closing.signal);
    this.playback = new Playback(video, options, {
      onStatus: (status, text) => this.notices.state(status, text),
      onMessage: (...message) => {
        if (message[0] === 'player') this.fellBackAt = performance.now();
        const isRepeated = message[0] === 'trouble' && this.isAway;  // it is in the other words
        if (!isRepeated) this.notices.message(...message);
      },
      onPlayer: events.onPlayer, onError: events.onError, onStall: events.onStall,
      onEvent: events.onEvent, figures: events.figures,
    });
    this.timers = [];
    this.fellBackAt = 0;
    this.isAway = false;
  }
  start() {
    this.playback.start();
    this.timers = [
      window.setInterval(() => this.controls.update(), CONTROL_INTERVAL),
      window.setInterval(() => this.show(), SHOW_INTERVAL),
    ];
  }
  close() {
    for (const timer of this.timers) clearInterval(timer);
    this.closing.abort();
    this.playback.close();
    this.notices.clear();
  }
  show() {
    const { playback, controls, notices } = this, { state } = playback;
    const words = playback.awayWords();
    controls.showAudio(state.sound);
    controls.showRenditions(playback.player?.renditions() ?? null);
    notices.away(words?.title ?? '', words?.text);
    this.isAway = words !== null;
    if (words) notices.message('trouble');
    const isLive = state.status === 'live';
    if (isLive && performance.now() - this.fellBackAt > FALLBACK_TIME) notices.message('player');
    const isShown = isLive && !this.options.isIdle;
    notices.latency(isShown ? state.glassToGlassMs ?? state.latencyMs : null);
    this.events.onShow();
  }
}

// shared/target.js

function targetOf(text) {
  if (text === null || text === '') return { target: null, problem: null };
  const target = parseFloat(text);
  if (target >= 0.05 && target <= 10) return { target, problem: null };
  return { target: null, problem: `invalid target "${text}" (expected 0.05–10 seconds)` };
}

// shared/sync-group.js

function syncGroupOf(name) {
  if (name === null || name === '') return { group: null, problem: null };
  if (/^[\w.-]{1,64}$/.test(name)) return { group: name, problem: null };
  const expected = 'expected 1–64 letters, digits and . _ -';
  return { group: null, problem: `invalid sync group "${name}" (${expected})` };
}

// player/attributes.js

function streamAddress(address, base) {
  try {
    const url = new URL(address, base);
    if (!/^https?:$/.test(url.protocol)) return null;
    if (/\.(m3u8|mpd)$/.test(url.pathname)) return url.href;
    if (!url.pathname.endsWith('/')) url.pathname += '/';
    const stream = new URL(usualSource(url));
    stream.search = url.search;
    return stream.href;
  } catch {
    return null;
  }
}
function isSwitchedOn(text) { return !['0', 'false', 'no', 'off'].includes(text ?? ''); }
function wishesOf(attribute, base) {
  const address = attribute('src'), source = address ? streamAddress(address, base) : null;
  if (source === null) return null;
  const transport = transportOf(attribute('transport')), sync = syncGroupOf(attribute('sync'));
  const target = targetOf(attribute('target'));
  const problems = [transport, sync, target].flatMap(({ problem }) => problem ?? []);
  return { source, kind: transport.kind, target: target.target, sync: sync.group, problems };
}

// player/source-state.js

function sourceStateOf({ state, services, changedAt }) {
  const { presence, isReachable } = services;
  if (state.status === 'dead') return { state: 'ended', since: changedAt };
  if (isReachable && presence && !presence.isOnline && presence.since > 0) {
    return { state: presence.hasFailed ? 'failed' : 'lost', since: presence.since / 1e6 };
  }
  if (state.status === 'live') return { state: 'live', since: changedAt };
  return { state: isReachable ? 'starting' : 'unreachable', since: changedAt };
}

// player/element.js

const STATISTICS_INTERVAL = 1000;
const EARLY_PROPERTIES = [
  'src', 'target', 'sync', 'transport', 'controls', 'muted', 'autoplay', 'volume',
];
let sharedStyle = null;
let sharedMarkup = null;
function trustedMarkup() {
  const { trustedTypes } = /** @type {any} */ (globalThis);
  const policy = sharedMarkup === null && trustedTypes?.createPolicy('live-player', {
    createHTML: (/** @type {string} */ text) => text,
  });
  sharedMarkup ??= policy ? policy.createHTML(STAGE_MARKUP) : STAGE_MARKUP;
  return sharedMarkup ?? '';
}
function fill(root) {
  const template = document.createElement('template');
  template.innerHTML = trustedMarkup();
  root.append(template.content.cloneNode(true));
  if ('adoptedStyleSheets' in root) {
    if (!sharedStyle) {
      sharedStyle = new CSSStyleSheet();
      sharedStyle.replaceSync(STAGE_STYLE);
    }
    root.adoptedStyleSheets = [sharedStyle];
  } else {
    const style = document.createElement('style');
    style.textContent = STAGE_STYLE;
    /** @type {ShadowRoot} */ (root).prepend(style);
  }
}
class LivePlayer extends HTMLElement {
  static get observedAttributes() {
    return ['src', 'target', 'sync', 'transport', 'controls', 'muted'];
  }
  #root;
  #stage = null;
  #isUsed = false;
  #isChanging = false;
  #statisticsAt = 0;
  #last = { rendition: /** @type {string | null} */ (null), source: '', transport: '' };
  constructor() {
    super();
    this.#root = this.attachShadow({ mode: 'open' });
    fill(this.#root);
    this.video.defaultMuted = false;
    this.video.muted = false;
    element('figures-button', HTMLButtonElement, this.#root).remove();
    element('stage', HTMLDivElement, this.#root).tabIndex = -1;
  }
  connectedCallback() {
    for (const name of EARLY_PROPERTIES) {
      if (!Object.hasOwn(this, name)) continue;
      const object = /** @type {any} */ (this), value = object[name];
      delete object[name];
      object[name] = value;
    }
    this.#isUsed = true;
    this.#open();
  }
  disconnectedCallback() {
    this.#isUsed = false;
    this.#close();
  }
  attributeChangedCallback(name, before, now) {
    if (before === now) return;
    const { controls, playback } = this.#stage ?? {};
    if (name === 'muted') this.video.muted = now !== null;
    else if (name === 'controls') controls?.showControls(now !== null);
    else if (name === 'target') playback?.chooseTarget(targetOf(now).target);
    else if (this.#isUsed && !this.#isChanging) {
      this.#isChanging = true;
      queueMicrotask(() => {
        this.#isChanging = false;
        if (!this.#isUsed) return;
        this.#close();
        this.#open();
      });
    }
  }
  #open() {
    if (this.#stage) return;
    const wishes = wishesOf((name) => this.getAttribute(name), document.baseURI);
    if (!wishes) {
      if (this.src) this.#failed(`"${this.src}" is no address of a stream`, true);
      return;
    }
    const stage = new Stage(this.#root, {
      ...wishes, scripts: scriptsBeside(import.meta.url), startsItself: this.autoplay,
      hasControls: this.controls, isMuted: this.muted, isIdle: false,
      keys: element('stage', HTMLDivElement, this.#root),
    }, {
      onPlayer: () => this.#announceTransport(),
      onError: (text, isFatal) => this.#failed(text, isFatal),
      onStall: (stall) => this.#emit('stall', { ...stall }),
      onEvent: (event) => this.#emit('streamevent', event),
      onShow: () => this.#show(),
      figures: { isShown: false, figure: () => {} },
    });
    this.#last = { rendition: null, source: '', transport: '' };
    this.#stage = stage;
    stage.start();
    for (const problem of wishes.problems) this.#failed(problem, false);
  }
  #close() {
    this.#stage?.close();
    this.#stage = null;
  }
  play() {
    const playback = this.#stage?.playback;
    if (playback?.isPaused) playback.togglePlay();
    else playback?.resume();
  }
  pause() {
    const playback = this.#stage?.playback;
    if (playback && !playback.isPaused && playback.player) playback.pause();
  }
  #emit(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
  #failed(message, fatal) { this.#emit('error', { message, fatal }); }
  #announceTransport() {
    const { activeTransport: transport, transportReason: reason } = this;
    if (!transport || this.#last.transport === transport + reason) return;
    this.#last.transport = transport + reason;
    this.#emit('transport', { transport, reason });
  }
  #show() {
    const { latency, statistics, rendition } = this, last = this.#last;
    if (!statistics) return;
    const { target, syncOffset } = statistics;
    if (latency !== null) this.#emit('latency', { latency, target, syncOffset });
    if (rendition !== null && rendition !== last.rendition) {
      this.#emit('rendition', { rendition, renditions: this.renditions });
    }
    last.rendition = rendition;
    const source = this.sourceState;
    if (source && source.state !== last.source) {
      last.source = source.state;
      this.#emit('source', source);
    }
    const now = performance.now();
    if (now - this.#statisticsAt < STATISTICS_INTERVAL) return;
    this.#statisticsAt = now;
    this.#emit('statistics', statistics);
  }
  get src() { return this.getAttribute('src') ?? ''; }
  set src(value) { this.setAttribute('src', value); }
  get target() { return targetOf(this.getAttribute('target')).target; }
  set target(value) { this.#reflect('target', value); }
  get sync() { return this.getAttribute('sync'); }
  set sync(value) { this.#reflect('sync', value); }
  get transport() { return this.getAttribute('transport') ?? 'auto'; }
  set transport(value) { this.#reflect('transport', value); }
  get controls() { return this.hasAttribute('controls'); }
  set controls(value) { this.toggleAttribute('controls', value); }
  get autoplay() { return isSwitchedOn(this.getAttribute('autoplay')); }
  set autoplay(value) { this.#reflect('autoplay', value ? null : 'false'); }
  #reflect(name, value) {
    if (value === null) this.removeAttribute(name);
    else this.setAttribute(name, String(value));
  }
  get video() { return element('video', HTMLVideoElement, this.#root); }
  get muted() { return this.video.muted; }
  set muted(value) { this.video.muted = value; }
  get volume() { return this.video.volume; }
  set volume(value) { this.video.volume = value; }
  get paused() {
    const { playback } = this.#stage ?? {};
    if (!playback || playback.isPaused) return true;
    return playback.player !== null && this.video.paused;
  }
  get activeTransport() {
    const playback = this.#stage?.playback;
    return playback?.player ? TRANSPORT_NAMES[playback.kind] : null;
  }
  get transportReason() { return this.#stage?.playback.reason ?? ''; }
  get latency() {
    const state = this.#stage?.playback.state;
    const ms = state?.status === 'live' ? state.glassToGlassMs ?? state.latencyMs : null;
    return ms === null ? null : ms / 1000;
  }
  get sourceState() {
    const playback = this.#stage?.playback;
    return playback?.player ? sourceStateOf(playback) : null;
  }
  get rendition() { return this.#stage?.playback.state.rendition ?? null; }
  set rendition(name) { this.#stage?.playback.player?.chooseRendition(name); }
  get renditions() { return this.#stage?.playback.player?.renditions()?.names ?? []; }
  get statistics() {
    const playback = this.#stage?.playback;
    if (!playback?.player) return null;
    const { state, clock, frames } = playback, offset = state.syncOffsetMs;
    const { at, text } = state.errors[state.errors.length - 1] ?? { at: 0, text: '' };
    return {
      status: state.status, transport: TRANSPORT_NAMES[playback.kind], latency: this.latency,
      target: state.target, syncOffset: offset === null ? null : offset / 1000,
      buffer: state.bufferSeconds, rate: state.rate, rendition: state.rendition,
      width: playback.display.videoWidth, height: playback.display.videoHeight,
      hasAudio: state.sound,
      frames: state.framesShown, framesDropped: state.framesDropped, frameRate: frames.rate(),
      stalls: state.stalls.length,
      stallSeconds: state.stalls.reduce((sum, { seconds }) => sum + seconds, 0),
      clockOffset: clock.offset / 1000,
      roundTrip: clock.roundTrip === null ? null : clock.roundTrip / 1000,
      lastError: text === '' ? null : { at, message: text },
    };
  }
}

// player/main.js

if (!customElements.get('live-player')) customElements.define('live-player', LivePlayer);

export { LivePlayer };
