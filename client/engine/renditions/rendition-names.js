// SPDX-License-Identifier: Apache-2.0
// The names of renditions in the menu.

/**
 * The renditions of a stream by name, the top rendition first; the index of the shown one (−1 if
 * unknown), and the viewer's choice.
 * @typedef {{ names: string[], current: number, requested: string | null }} RenditionChoice
 */

/** @typedef {{ height?: number, bitrate?: number, bandwidth?: number }} NamedRendition */

/**
 * A name for each rendition, such as `720p`; with its bitrate if two have the same height.
 * @param {NamedRendition[]} renditions
 * @returns {string[]}
 */
export function renditionNames(renditions) {
  const rates = renditions.map(({ bitrate, bandwidth }) => bitrate ?? bandwidth ?? 0);
  const rateText = (/** @type {number} */ rate) => (
    rate >= 1e6 ? `${(rate / 1e6).toFixed(1)} Mbit/s` : `${Math.round(rate / 1000)} kbit/s`);
  const names = renditions.map(({ height }, i) => (height ? `${height}p` : rateText(rates[i])));
  return names.map((name, i) => {
    const isAlone = names.indexOf(name) === names.lastIndexOf(name);
    return isAlone || !renditions[i].height ? name : `${name} ${rateText(rates[i])}`;
  });
}
