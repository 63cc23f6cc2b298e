// SPDX-License-Identifier: Apache-2.0
// The addresses of the services of the origin.

/** @typedef {{ timestamps: string, times: string[] }} Services */

/**
 * The services of the origin that serves a rendition from `folder`. The time service is tried with
 * and without the prefix of the stream's path.
 * @param {string} folder
 * @returns {Services}
 */
export function servicesBeside(folder) {
  const times = ['../../time?ms', '/time?ms'].map((path) => new URL(path, folder).href);
  return { timestamps: new URL('../timestamps.json', folder).href, times: [...new Set(times)] };
}

/**
 * The services of the origin that serves this segment; null for the segment of another server.
 * @param {string | undefined} segment
 * @returns {Services | null}
 */
export function servicesOf(segment) {
  if (!segment || !/\/segment\d+\.m4s$/.test(new URL(segment).pathname)) return null;
  return servicesBeside(new URL('.', segment).href);
}
