// SPDX-License-Identifier: Apache-2.0
// Sentences of the publisher page: refusals, permissions, times.

/**
 * Why a key is refused, in the words of the page; null for another reason.
 * @param {string} code of the server's error @param {string} reason @param {string} key as entered
 * @param {string} stream
 * @returns {string | null}
 */
export function keyProblem(code, reason, key, stream) {
  // Uploads have no code.
  if (code !== 'bad-key' && !/\b(?:publish key|token)\b/.test(reason)) return null;
  return key === '' ? `Enter the key of ${stream}.`
    : `This key is not the one of ${stream}. Nothing was sent.`;
}

/**
 * What to do after the browser did not open a device.
 * @param {unknown} error @param {boolean} isScreen
 * @returns {{ title: string, text: string }}
 */
export function permissionWords(error, isScreen) {
  const name = error instanceof DOMException ? error.name : '';
  const device = isScreen ? 'screen' : 'camera';
  if (name === 'NotAllowedError') {
    return {
      title: `The browser keeps the ${device} from this page`,
      text: isScreen ? 'Choose a screen or a window in its question, then “Share”.'
        : 'Open the sign beside the address, set Camera to Allow, then try again.',
    };
  }
  if (name === 'NotReadableError') {
    const text = `Close the program that uses the ${device}, then try again.`;
    return { title: `Another program uses the ${device}`, text };
  }
  if (name === 'NotFoundError') {
    return { title: `There is no ${device}`, text: 'Connect one, then try again.' };
  }
  return { title: `The ${device} did not open`, text: 'Try again, or choose another one.' };
}

/** @param {number} ms @returns {string} such as 12:40, or 1:02:03 */
export function elapsedText(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000)), hours = Math.floor(seconds / 3600);
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60) % 60;
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}
