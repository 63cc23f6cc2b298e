// SPDX-License-Identifier: Apache-2.0
// The camera, the screen and the microphone that a person chooses.

/**
 * @typedef {{ width: number, height: number }} Size
 */

/**
 * The camera and the microphone; without a microphone the camera alone.
 * @param {Size} size @param {string} camera @param {string} microphone
 *   the ids of devices, '' for the default ones
 */
export async function openCamera({ width, height }, camera = '', microphone = '') {
  const device = (/** @type {string} */ id) => (id === '' ? {} : { deviceId: { exact: id } });
  const video = {
    width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: 30 }, ...device(camera),
  };
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio: { ...device(microphone) } });
  } catch (error) {
    const isRefused = error instanceof DOMException && error.name === 'NotAllowedError';
    if (isRefused || microphone !== '') throw error;
    return navigator.mediaDevices.getUserMedia({ video, audio: false });
  }
}

/**
 * A screen or a window, with its audio if the browser captures it.
 * @param {Size} size
 */
export async function openScreen({ width, height }) {
  const stream = await navigator.mediaDevices.getDisplayMedia({
    video: { width: { max: width }, height: { max: height }, frameRate: { ideal: 30 } },
    audio: true,
  });
  for (const track of stream.getVideoTracks()) {
    if ('contentHint' in track) /** @type {any} */ (track).contentHint = 'detail';
  }
  return stream;
}

/**
 * The devices of a kind, by their names.
 * @param {'videoinput' | 'audioinput'} kind
 */
export async function devicesOf(kind) {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === kind && device.deviceId !== '')
    .map(({ deviceId, label }, index) => ({ id: deviceId, name: label || `Device ${index + 1}` }));
}

/**
 * Why a device did not open, for people.
 * @param {unknown} error
 */
export function deviceProblem(error) {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError') return 'The browser was not permitted to use it';
  if (name === 'NotFoundError') return 'There is no such device';
  if (name === 'NotReadableError') return 'Another program uses the device';
  return error instanceof Error ? error.message : String(error);
}
