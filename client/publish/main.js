// SPDX-License-Identifier: Apache-2.0
// The publisher page: nothing starts without a click.

import { connectCopies } from '../shared/copy.js';
import { hourOf } from '../shared/day-time.js';
import { make, setText, showBadge } from '../shared/make.js';
import { milliseconds } from '../shared/milliseconds.js';
import { connectTop } from '../shared/top.js';
import { publishProblem } from './codecs.js';
import { Publisher } from './publisher.js';
import { expectationOf, mediaWords, StreamStateWatch, streamWords } from './stream-state.js';
import { deviceProblem, devicesOf, openCamera, openScreen } from './sources.js';
import { WakeLock } from './wake-lock.js';
import { elapsedText, keyProblem, permissionWords } from './words.js';

/** The interval between two updates of the figures, ms. */
const INTERVAL = 250;
/** The interval between two looks at the publisher of the stream, ms. */
const STATE_INTERVAL = 2000;
/** A microphone whose level is lower for this time is silent, ms. */
const SILENCE = 0.004, SILENT_TIME = 5000;

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
const address = new URL('./', location.href).href;
/** The stream of the page, `/S/publish`. */
const streamName = decodeURIComponent(location.pathname.split('/').at(-2) ?? '');

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
/** Whether the screen was asked for last, not the camera. */
let isScreen = false;
let sentBefore = { bytes: 0, at: performance.now() };
/** The times at which it went live, and since which the microphone is silent; 0 for none. */
let liveSince = 0, silentSince = 0;
let most = { viewers: 0, at: 0 };

/** The name of the stream for people, when the server has told it. */
const nameForPeople = () => streamState?.label || streamName;

/** @param {string} text @param {boolean} [isBad] */
function say(text, isBad = false) {
  setText(status, text);
  status.classList.toggle('bad', isBad);
}

/** Shows the publisher of the stream: this page, another one or none; and the expectation. */
function showStream() {
  const { state, audience, code } = publisher;
  const isOurs = state === 'live' || state === 'reconnecting';
  const media = publisher.upload ? streamState?.media ?? null : audience.media;
  const { text, isBad } = isOurs ? mediaWords(media, streamState?.silence)
    : streamState ? streamWords(streamState) : { text: '', isBad: false };
  // A refused key has its words beside the field.
  const isKey = keyProblem(code, publisher.reason, key.value.trim(), streamName) !== null;
  const expected = state === 'failed' && !isKey ? expectationOf(code) : '';
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
    silentSince = 0;
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
    const device = wantsScreen ? 'The screen' : 'The camera';
    say(`${device} did not open: ${deviceProblem(error)}`, true);
    const { title, text } = permissionWords(error, wantsScreen);
    setText(find('empty-title'), title);
    setText(find('empty-text'), text);
    setText(find('first'), 'Try again');
    find('empty').classList.add('warn');
    isScreen = wantsScreen;
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

/** @param {HTMLElement} button @param {boolean} isPressed */
function press(button, isPressed) {
  button.setAttribute('aria-pressed', String(isPressed));
}

/** Names the field whose content is refused, and goes to it. */
function showKey() {
  const { state, code, reason } = publisher;
  const problem = state !== 'failed' ? null
    : keyProblem(code, reason, key.value.trim(), streamName);
  const error = find('key-error'), isNew = problem !== null && error.hidden;
  error.hidden = problem === null;
  key.setAttribute('aria-invalid', String(problem !== null));
  key.setAttribute('aria-describedby', problem === null ? 'key-help' : 'key-error');
  if (problem === null) return null;
  setText(/** @type {Element} */ (error.lastElementChild), problem);
  if (isNew) key.focus();
  return problem;
}

function show() {
  const { state, reason, audience } = publisher;
  showStream();
  const isOn = state !== 'idle' && state !== 'failed', hasSource = stream !== null;
  const isLive = state === 'live';
  find('empty').hidden = hasSource;
  preview.hidden = !hasSource;
  press(camera, hasSource && !isScreen);
  press(screen, hasSource && isScreen);
  start.disabled = !hasSource && !isOn;
  setText(start, isOn ? 'End' : 'Go live');
  start.classList.toggle('go', !isOn);
  start.classList.toggle('stop', isOn);
  const isRecorded = publisher.upload !== null;
  pause.disabled = !isOn || isRecorded;
  mute.disabled = !stream?.getAudioTracks().length || isRecorded;
  pause.hidden = pause.disabled;
  mute.hidden = mute.disabled;
  find('level-row').hidden = mute.disabled;
  if (!isOn) liveSince = 0;
  else if (isLive && liveSince === 0) {
    liveSince = Date.now();
    most = { viewers: 0, at: 0 };
  }
  badge.hidden = !isOn;
  showBadge(badge, isLive ? 'live' : 'start', isLive ? 'Live' : 'Connecting',
    isLive ? elapsedText(Date.now() - liveSince) : '');
  const name = nameForPeople();
  document.title = `${isLive ? `${name}, live` : `Publish to ${name}`} – streamer`;
  setText(find('name'), name);
  find('figures').hidden = !isOn || isRecorded;
  find('key-panel').hidden = isOn;
  find('invite').hidden = !isOn;
  const problem = showKey();
  if (state === 'connecting') say(reason === '' ? 'Connecting' : `Connecting again: ${reason}`);
  if (state === 'reconnecting') say(`Connecting again: ${reason}`, true);
  if (state === 'failed') {
    say(`Not live: ${problem === null ? reason : 'the key is refused'}`, true);
    wakeLock.release();
  }
  if (!isLive) return;
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

/**
 * A figure with its unit in small letters.
 * @param {string} id @param {string} text
 */
function showFigure(id, text) {
  const element = find(id), [value, ...unit] = text.split(' ');
  if (element.textContent === text) return;
  const small = unit.length > 0 ? [' ', make('small', '', unit.join(' '))] : [];
  element.replaceChildren(value, ...small);
}

/**
 * Says so if viewers would hear nothing.
 * @param {number} now of performance.now()
 */
function watchMicrophone(now) {
  const { level: loudness, isMuted } = publisher.audio;
  const isSilent = !mute.disabled && !isScreen && !isMuted && loudness < SILENCE;
  if (!isSilent) silentSince = 0;
  else if (silentSince === 0) silentSince = now;
  find('silent').hidden = silentSince === 0 || now - silentSince < SILENT_TIME;
}

function figures() {
  const now = performance.now();
  level.value = Math.min(1, 2.5 * publisher.audio.level);
  watchMicrophone(now);
  if (publisher.state !== 'live') return;
  const { audience, control, sentBytes } = publisher;
  showBadge(badge, 'live', 'Live', elapsedText(Date.now() - liveSince));
  if (audience.viewers > most.viewers) most = { viewers: audience.viewers, at: Date.now() };
  showFigure('viewers', String(audience.viewers));
  setText(find('most'), most.at === 0 ? '' : `most ${most.viewers}, ${hourOf(most.at)}`);
  showFigure('latency', milliseconds(audience.latency));
  showFigure('way', milliseconds(Math.max(0, control.transit)));
  setText(find('asked'), `of ${(chosenSize().kbps / 1000).toFixed(1)} Mbit/s chosen`);
  const elapsed = now - sentBefore.at;
  if (elapsed < 1000) return;
  const kbps = 8 * (sentBytes - sentBefore.bytes) / elapsed;
  showFigure('sent', `${(kbps / 1000).toFixed(1)} Mbit/s`);
  sentBefore = { bytes: sentBytes, at: now };
}

/** Takes a key or token after `#`, which no server gets, out of the address. */
function takeFragment() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  key.value = fragment.get('key') ?? fragment.get('token') ?? key.value;
  if (location.hash !== '') history.replaceState(null, '', location.pathname);
}

/** Shows the stream of the page, and whether this browser can publish. */
function prepare() {
  find('address').textContent = address;
  find('share').hidden = !('share' in navigator);
  connectTop();
  connectCopies(find('copied'));
  takeFragment();
  const problem = publishProblem();
  if (problem) {
    say(problem, true);
    setText(find('empty-title'), 'This page cannot publish here');
    setText(find('empty-text'), `${problem}.`);
    for (const id of ['camera', 'screen', 'first']) {
      /** @type {HTMLButtonElement} */ (find(id)).disabled = true;
    }
    find('first').hidden = true;
  }
  screen.hidden = !navigator.mediaDevices || !('getDisplayMedia' in navigator.mediaDevices);
}

camera.addEventListener('click', () => void open(false));
screen.addEventListener('click', () => void open(true));
find('first').addEventListener('click', () => void open(isScreen));
find('share').addEventListener('click', () => {
  navigator.share({ title: nameForPeople(), url: address }).catch(() => {});
});
for (const select of [cameraDevice, microphoneDevice]) {
  select.addEventListener('change', () => void open(false));
}
size.addEventListener('change', () => { if (stream && !isScreen) void open(false); });
start.addEventListener('click', toggle);
pause.addEventListener('click', () => {
  publisher.video.isPaused = !publisher.video.isPaused;
  press(pause, publisher.video.isPaused);
  find('pause-icon').setAttribute('href', publisher.video.isPaused ? '#i-off' : '#i-cam');
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
