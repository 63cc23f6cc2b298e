// SPDX-License-Identifier: Apache-2.0
// The publisher page: nothing starts without a click.

import { milliseconds } from '../shared/milliseconds.js';
import { publishProblem } from './codecs.js';
import { Publisher } from './publisher.js';
import { expectationOf, mediaWords, StreamStateWatch, streamWords } from './stream-state.js';
import { deviceProblem, devicesOf, openCamera, openScreen } from './sources.js';
import { WakeLock } from './wake-lock.js';

/** The interval between two updates of the figures, ms. */
const INTERVAL = 250;
/** The interval between two looks at the publisher of the stream, ms. */
const STATE_INTERVAL = 2000;

/** @template {HTMLElement} T @param {string} id @returns {T} */
const find = (id) => /** @type {any} */ (document.getElementById(id));
/** @type {HTMLVideoElement} */
const preview = find('preview');
/** @type {HTMLButtonElement[]} */
const [camera, screen, start, pause, mute] = ['camera', 'screen', 'start', 'pause', 'mute']
  .map((id) => find(id));
/** @type {HTMLSelectElement[]} */
const [cameraDevice, microphoneDevice, size] = ['camera-device', 'microphone-device', 'size']
  .map((id) => find(id));
/** @type {HTMLInputElement} */
const key = find('key');
/** @type {HTMLMeterElement} */
const level = find('level');
const status = find('status'), badge = find('badge'), streamText = find('stream-state');

const publisher = new Publisher(location.href, () => show());
/** @type {import('./stream-state.js').StreamState | null} */
let streamState = null;
const watch = new StreamStateWatch(location.href, (state) => {
  streamState = state;
  showStream();
});
const wakeLock = new WakeLock();
/** @type {MediaStream | null} */
let stream = null;
let isScreen = false;
let sentBefore = { bytes: 0, at: performance.now() };

/** @param {string} text @param {boolean} [isBad] */
function say(text, isBad = false) {
  if (status.textContent !== text) status.textContent = text;
  status.classList.toggle('bad', isBad);
}

/** Shows the publisher of the stream: this page, another one or none; and the expectation. */
function showStream() {
  const { state, audience, code } = publisher;
  const isOurs = state === 'live' || state === 'reconnecting';
  const media = publisher.upload ? streamState?.media ?? null : audience.media;
  const { text, isBad } = isOurs ? mediaWords(media, streamState?.silence)
    : streamState ? streamWords(streamState) : { text: '', isBad: false };
  const expected = state === 'failed' ? expectationOf(code) : '';
  const words = [text, expected].filter((part) => part !== '').join(' ');
  if (streamText.textContent !== words) streamText.textContent = words;
  streamText.classList.toggle('bad', isBad);
}

function chosenSize() {
  const [width = 1280, height = 720, kbps = 2500] = size.value.split(/[x@]/).map(Number);
  return { width, height, kbps };
}

/** @param {boolean} wantsScreen */
async function open(wantsScreen) {
  try {
    const chosen = wantsScreen ? await openScreen(chosenSize())
      : await openCamera(chosenSize(), cameraDevice.value, microphoneDevice.value);
    const before = stream;
    stream = chosen;
    isScreen = wantsScreen;
    preview.srcObject = stream;
    publisher.setStream(stream);
    for (const track of before?.getTracks() ?? []) track.stop();
    const [video] = stream.getVideoTracks();
    video.addEventListener('ended', () => {
      if (stream?.getVideoTracks()[0] === video) ended();
    });
    await list();
    if (publisher.state === 'idle') say('Ready.');
  } catch (error) {
    say(`${wantsScreen ? 'The screen' : 'The camera'} did not open: ${deviceProblem(error)}`, true);
  }
  show();
}

/** The person or the system has ended the source. */
function ended() {
  say('The picture has ended: choose another one.', true);
  preview.srcObject = null;
  stream = null;
  show();
}

/** Fills the lists of devices, whose names are known once one is permitted. */
async function list() {
  const lists = /** @type {const} */ ([
    [cameraDevice, 'videoinput', 'camera-row', stream?.getVideoTracks()[0]],
    [microphoneDevice, 'audioinput', 'microphone-row', stream?.getAudioTracks()[0]],
  ]);
  for (const [select, kind, row, track] of lists) {
    const devices = await devicesOf(kind);
    const chosen = isScreen ? select.value : track?.getSettings().deviceId ?? select.value;
    select.replaceChildren(
      ...devices.map(({ id, name }) => new Option(name, id, false, id === chosen)));
    find(row).hidden = devices.length === 0 || isScreen;
  }
}

/** The key or the token, whose form is p.EXP.SIG. */
function credential() {
  const text = key.value.trim();
  return /^p[.]\d+[.][\w-]+$/.test(text) ? { token: text } : { key: text };
}

function toggle() {
  if (publisher.state === 'idle' || publisher.state === 'failed') {
    void publisher.start({ ...credential(), kbps: chosenSize().kbps });
    void wakeLock.request();
    sentBefore = { bytes: 0, at: performance.now() };
    return;
  }
  publisher.stop();
  wakeLock.release();
  say('Stopped.');
}

/** @param {HTMLButtonElement} button @param {boolean} isPressed */
function press(button, isPressed) {
  button.setAttribute('aria-pressed', String(isPressed));
}

function show() {
  const { state, reason, audience } = publisher;
  showStream();
  const isOn = state !== 'idle' && state !== 'failed', hasSource = stream !== null;
  find('empty').hidden = hasSource;
  start.disabled = !hasSource && !isOn;
  start.textContent = isOn ? 'Stop' : 'Go live';
  const isRecorded = publisher.upload !== null;
  pause.disabled = !isOn || isRecorded;
  mute.disabled = !stream?.getAudioTracks().length || isRecorded;
  find('level-row').hidden = mute.disabled;
  badge.hidden = !isOn;
  badge.textContent = state === 'live' ? 'Live' : 'Connecting';
  badge.classList.toggle('wait', state !== 'live');
  find('figures').hidden = !isOn || isRecorded;
  if (state === 'connecting') say(reason === '' ? 'Connecting' : `Connecting again: ${reason}`);
  if (state === 'reconnecting') say(`Connecting again: ${reason}`, true);
  if (state === 'failed') {
    say(`Not live: ${reason}`, true);
    wakeLock.release();
  }
  if (state !== 'live') return;
  if (isRecorded) {
    say('You are live.');
    return;
  }
  if (audience.media?.kind === 'no-picture') {
    say('Connected, but viewers have no picture.', true);
    return;
  }
  const count = audience.viewers;
  const viewers = count === 0 ? 'no viewer' : count === 1 ? '1 viewer' : `${count} viewers`;
  say(audience.state === 'live' ? `You are live, with ${viewers}.`
    : 'Connected; the stream starts.');
}

function figures() {
  level.value = Math.min(1, 2.5 * publisher.audio.level);
  if (publisher.state !== 'live') return;
  const { audience, control, sentBytes } = publisher, now = performance.now();
  find('viewers').textContent = String(audience.viewers);
  find('latency').textContent = milliseconds(audience.latency);
  find('way').textContent = milliseconds(Math.max(0, control.transit));
  const elapsed = now - sentBefore.at;
  if (elapsed < 1000) return;
  const kbps = 8 * (sentBytes - sentBefore.bytes) / elapsed;
  find('sent').textContent = `${(kbps / 1000).toFixed(1)} Mbit/s`;
  sentBefore = { bytes: sentBytes, at: now };
}

/** Takes a key or token after `#`, which no server gets, out of the address. */
function takeFragment() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  key.value = fragment.get('key') ?? fragment.get('token') ?? key.value;
  if (location.hash !== '') history.replaceState(null, '', location.pathname);
}

/** Shows the stream of the page, `/S/publish`, and whether this browser can publish. */
function prepare() {
  find('name').textContent = decodeURIComponent(location.pathname.split('/').at(-2) ?? '');
  takeFragment();
  const problem = publishProblem();
  if (problem) {
    say(problem, true);
    for (const button of [camera, screen]) button.disabled = true;
  }
  screen.hidden = !navigator.mediaDevices || !('getDisplayMedia' in navigator.mediaDevices);
}

camera.addEventListener('click', () => void open(false));
screen.addEventListener('click', () => void open(true));
for (const select of [cameraDevice, microphoneDevice]) {
  select.addEventListener('change', () => void open(false));
}
size.addEventListener('change', () => { if (stream && !isScreen) void open(false); });
start.addEventListener('click', toggle);
pause.addEventListener('click', () => {
  publisher.video.isPaused = !publisher.video.isPaused;
  press(pause, publisher.video.isPaused);
});
mute.addEventListener('click', () => {
  publisher.audio.isMuted = !publisher.audio.isMuted;
  press(mute, publisher.audio.isMuted);
});
navigator.mediaDevices?.addEventListener('devicechange', () => { if (stream) void list(); });
addEventListener('pagehide', () => publisher.stop());
// A link to the page that is open loads nothing.
addEventListener('hashchange', takeFragment);
setInterval(figures, INTERVAL);
// The socket tells a page that publishes of its media, but not of the silence of viewers.
setInterval(() => { if (!document.hidden) void watch.ask(); }, STATE_INTERVAL);
prepare();
show();
void watch.ask();

/** For tests and scripts. */
/** @type {any} */ (globalThis).__publisher = publisher;
