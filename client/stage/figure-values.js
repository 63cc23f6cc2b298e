// SPDX-License-Identifier: Apache-2.0
// The values that the services report, until their card is opened.

/** Keeps texts by their names. */
export class FigureValues {
  constructor() {
    /** Whether the card is open: without it nothing is requested for the values. */
    this.isShown = false;
    /** @type {Map<string, { text: string, isWarning: boolean }>} */
    this.values = new Map();
  }

  /** @param {string} name @param {string} text @param {boolean} [isWarning] */
  figure(name, text, isWarning = false) { this.values.set(name, { text, isWarning }); }
}
