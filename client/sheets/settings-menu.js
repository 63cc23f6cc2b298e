// SPDX-License-Identifier: Apache-2.0
// The menu of settings: quality, sound track, captions, speed, and in the page delay and player.

import { SPEEDS } from '../stage/past-controls.js';
import { icon, make } from './make.js';
/** @typedef {import('../engine/players/kinds.js').Kind} Kind */
/** @typedef {import('../stage/stage.js').Stage} Stage */

/** The targets of the menu, s. */
const TARGETS = [0.1, 0.15, 0.2, 0.3, 0.35, 0.5, 1, 1.5, 2.2];

/**
 * The players by their kind.
 * @type {[string, Kind][]}
 */
const PLAYERS = [
  ['Frames over HTTP', 'frames'], ['Frames by WebSocket', 'ws'], ['WebCodecs', 'webcodecs'],
  ['hls.js', 'hlsjs'], ['dash.js', 'dashjs'], ['The browser itself', 'native'],
];

/**
 * Options whose values are their numbers.
 * @param {string[]} names
 * @returns {[string, string][]}
 */
const numbered = (names) => names.map((name, i) => [name, `${i}`]);

/** A row with a native menu, which each device shows in its way. */
class Row {
  /**
   * @param {string} id @param {string} name @param {string} part
   * @param {(value: string, index: number) => void} onChange
   */
  constructor(id, name, part, onChange) {
    this.select = make('select', { id });
    this.select.addEventListener('change', () => {
      onChange(this.select.value, this.select.selectedIndex);
    });
    this.element = make('label', { class: 'pick', part }, make('span', {}, name), this.select);
  }

  /** @param {[string, string][]} options text and value @param {number} index of the chosen one */
  show(options, index) {
    const { select } = this;
    const now = [...select.options].map(({ text, value }) => `${text}\n${value}`);
    this.element.hidden = options.length < 2;
    if (now.join('\r') !== options.map((option) => option.join('\n')).join('\r')) {
      const changed = options.map(([text, value]) => new Option(text, value));
      if (select.options.length !== options.length) select.replaceChildren(...changed);
      else options.forEach(([text, value], i) => Object.assign(select.options[i], { text, value }));
    }
    if (select.selectedIndex !== index) select.selectedIndex = index;
  }
}

/** Shows the choices of the stream, and carries them out. */
export class SettingsMenu {
  /** @param {Stage} stage @param {(name: import('./extras.js').ExtraName) => void} open */
  constructor(stage, open) {
    this.stage = stage;
    const { playback, options: { page } } = stage;
    const player = () => playback.player;
    this.quality = new Row('rendition', 'Quality', 'quality', (value) => {
      player()?.chooseRendition(value || null);
    });
    this.language = new Row('audio-track', 'Sound track', 'language', (_, index) => {
      player()?.chooseAudio?.(index);
    });
    this.captions = new Row('caption-track', 'Captions', 'captions', (_, index) => {
      playback.captions.choose(index - 1);
    });
    this.speed = new Row('speed', 'Speed in the past', 'speed', (value) => {
      playback.chooseRate(Number(value));
    });
    this.target = new Row('target', 'Delay', 'target', (value) => {
      page?.onTarget(value === '' ? null : parseFloat(value));
    });
    this.player = new Row('player', 'Player', 'player', (value) => {
      page?.onKind(/** @type {Kind} */ (value));
    });
    const rows = [this.quality, this.language, this.captions, this.speed, this.target, this.player];
    // An embedded page has no figures.
    const hasFigures = stage.root.getElementById('figures-button') !== null;
    const more = /** @type {const} */ ([
      ['figures', 'Figures', 'I', 'stats'], ['snapshot', 'Save a picture', 'S', 'snap'],
      ['keys', 'Keys', '?', 'kbd'],
    ]).filter(([name]) => name !== 'figures' || hasFigures).map(([name, text, key, sign]) => {
      const button = make('button', {}, icon(sign), text, make('em', {}, key));
      button.addEventListener('click', () => open(name));
      return button;
    });
    this.element = make('div', {
      class: 'menu', id: 'settings-menu', role: 'dialog', 'aria-label': 'Settings',
    }, ...rows.map(({ element }) => element), make('hr'), ...more);
    this.element.hidden = true;
  }

  /** Called every 250 ms, also while it is closed: scripts read the choices. */
  update() {
    const { playback, past, options: { page } } = this.stage;
    const { player, captions: { choice } } = playback;
    this.showQuality(player?.renditions() ?? null);
    const tracks = player?.audioTracks?.() ?? null;
    this.language.show(numbered(tracks?.names ?? []), tracks?.current ?? -1);
    // "CC" tells the languages from those of the audio. Without a language a channel is named CC1,
    // and a service SERVICE1.
    const languages = choice === null ? [] : ['Captions off',
      ...choice.names.map((name) => (/^(CC|SERVICE)\d+$/.test(name) ? name : `CC ${name}`))];
    this.captions.show(numbered(languages), (choice?.current ?? -1) + 1);
    const speeds = past?.isOffered ? SPEEDS : [];
    /** @type {[string, string][]} */
    const rates = speeds.map((speed) => [`${speed}×`, `${speed}`]);
    this.speed.show(rates, SPEEDS.indexOf(playback.pastRate));
    this.speed.select.disabled = !playback.isPast;
    if (page) this.showPage();
    else {
      this.target.element.hidden = true;
      this.player.element.hidden = true;
    }
  }

  /** @param {import('../engine/renditions/rendition-names.js').RenditionChoice | null} choice */
  showQuality(choice) {
    const current = choice?.names[choice.current] ?? '';
    const isAutomatic = choice?.requested === null && current !== '';
    /** @type {[string, string][]} */
    const options = !choice || choice.names.length < 2 ? []
      : [[isAutomatic ? `Auto (${current})` : 'Auto', ''],
        ...choice.names.map((name) => /** @type {[string, string]} */ ([name, name]))];
    const index = options.findIndex(([, value]) => value === (choice?.requested ?? ''));
    this.quality.show(options, index);
  }

  showPage() {
    const { playback: { kind, target } } = this.stage, requestedTarget = target.choice.requested;
    const values = requestedTarget === null || TARGETS.includes(requestedTarget) ? TARGETS
      : [...TARGETS, requestedTarget].sort((a, b) => a - b);
    /** @type {[string, string][]} */
    const targets = [['Lowest', ''],
      ...values.map((one) => /** @type {[string, string]} */ ([`${one} s`, `${one}`]))];
    this.target.show(targets, requestedTarget === null ? 0 : values.indexOf(requestedTarget) + 1);
    this.player.show(PLAYERS, PLAYERS.findIndex(([, one]) => one === kind));
  }
}
