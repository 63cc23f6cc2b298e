// SPDX-License-Identifier: Apache-2.0
// Times for people, in one format everywhere: 24 hours in the zone of the browser, never that of a
// locale.

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = [
  'Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec',
];

/** @param {number} value @param {number} [digits] */
const padded = (value, digits = 2) => String(value).padStart(digits, '0');

/** @param {number} at Unix ms @returns {string} such as 15:22 */
export function hourOf(at) {
  const date = new Date(at);
  return `${padded(date.getHours())}:${padded(date.getMinutes())}`;
}

/** @param {number} at Unix ms @returns {string} such as 15:22:08 */
export const secondOf = (at) => `${hourOf(at)}:${padded(new Date(at).getSeconds())}`;

/** @param {number} at Unix ms @returns {string} of a frame, such as 15:22:08.120 */
export function frameTimeOf(at) {
  const time = Math.round(at);
  return `${secondOf(time)}.${padded(new Date(time).getMilliseconds(), 3)}`;
}

/**
 * The day of a time: today, yesterday, or such as Thu 26 Nov.
 * @param {number} at Unix ms @param {number} now Unix ms
 */
export function dayOf(at, now) {
  const date = new Date(at), today = new Date(now);
  const isSame = (/** @type {Date} */ day) => day.toDateString() === date.toDateString();
  if (isSame(today)) return 'today';
  today.setDate(today.getDate() - 1);
  if (isSame(today)) return 'yesterday';
  return `${DAYS[date.getDay()]} ${date.getDate()} ${MONTHS[date.getMonth()]}`;
}

/**
 * A time since which something lasts: of today without its day.
 * @param {number} at Unix ms @param {number} now Unix ms
 */
export function sinceTime(at, now) {
  const day = dayOf(at, now);
  return day === 'today' ? hourOf(at) : `${day}, ${hourOf(at)}`;
}
