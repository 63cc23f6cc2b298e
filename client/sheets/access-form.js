// SPDX-License-Identifier: Apache-2.0
// The field for a key or a password, when the server refuses the stream.

import { secondOf } from '../shared/day-time.js';
import { make } from './make.js';

const KEY = /^[\w-]{1,16}\.\d+\.[\w-]{1,64}\.[\w-]+$/, JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * The address that a key leads to: a link is opened as it is, a playback token becomes part of the
 * path, a JSON Web Token a parameter; null for another text.
 * @param {string} text @param {string} page address of the page without a key
 */
export function addressWith(text, page) {
  const key = text.trim(), url = new URL(page);
  url.pathname = url.pathname.replace(/\/t\/[^/]+(?=\/)/, '');
  if (/^https?:\/\//.test(key)) {
    try {
      return new URL(key).href;
    } catch {
      return null;
    }
  }
  const token = key.replace(/^\/?t\//, '').replace(/\/$/, '');
  if (KEY.test(token)) {
    const parts = url.pathname.split('/').filter((part) => part !== '');
    parts.splice(Math.max(0, parts.length - 1), 0, 't', token);
    url.pathname = `/${parts.join('/')}/`;
    return url.href;
  }
  if (!JWT.test(token)) return null;
  url.searchParams.set('token', token);
  return url.href;
}

/**
 * A form with one field.
 * @param {'key' | 'password'} kind
 * @param {(text: string) => Promise<string | null>} submit the fault of the text; null if it
 *   was right
 */
export function accessForm(kind, submit) {
  const isKey = kind === 'key';
  const field = make('input', {
    class: 'input', type: isKey ? 'text' : 'password', required: true,
    autocomplete: isKey ? 'off' : 'current-password', 'aria-describedby': 'access-error',
    ...isKey && { placeholder: 'paste it here' },
  });
  const error = make('p', { class: 'error', id: 'access-error', role: 'alert', hidden: true });
  const button = make('button', { class: 'btn go', type: 'submit' }, 'Watch');
  const form = make('form', { id: 'access-form' }, make('label', { class: 'field' },
    make('span', {}, isKey ? 'Key' : 'Password'), field), error, button);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    const problem = await submit(field.value);
    button.disabled = false;
    error.hidden = problem === null;
    error.textContent = problem ?? '';
    field.setAttribute('aria-invalid', String(problem !== null));
    if (problem !== null) field.focus();
  });
  return form;
}

/**
 * The fault of a password in the words of the form.
 * @param {number} status of the answer; 0 without one
 * @param {number} until when the server accepts another attempt, Unix ms
 */
export function passwordFault(status, until) {
  switch (status) {
    case 0: return 'The server does not answer. Try again.';
    case 401: return 'That is not the password.';
    case 403: return 'Only the page of the stream can ask for its password.';
    case 404: return 'This stream has no password. Load the page again.';
    case 429:
      return `Too many wrong passwords came from your network. Try again at ${secondOf(until)}.`;
    case 503: return 'Many people sign in just now. Try again in a few seconds.';
    default: return `The server did not accept it (status ${status}). Try again.`;
  }
}
