// SPDX-License-Identifier: Apache-2.0
// One stream on the wall: its player, its name, its state in words, and its buttons.

import { icon, iconButton, make, setText, showBadge } from '../shared/make.js';
import { tileWords } from './tile-words.js';
/** @typedef {import('../list/listing.js').ListedStream} ListedStream */
/** @typedef {import('../live-player').LivePlayer} LivePlayer */
/** @typedef {import('./layout.js').WallStream} WallStream */
/** @typedef {import('./tile-words.js').TileWords} TileWords */

/**
 * What a person asks of a tile.
 * @typedef {object} TileActions
 * @property {(tile: Tile) => void} onSound
 * @property {(tile: Tile) => void} onOnly
 * @property {() => void} onChoose other streams are wanted
 */

/** The elements of one stream. Its player exists while its page is shown. */
export class Tile {
  /**
   * @param {WallStream} stream @param {Record<string, string>} attributes of its player
   * @param {TileActions} actions
   */
  constructor(stream, attributes, actions) {
    this.stream = stream;
    this.attributes = attributes;
    /** @type {LivePlayer | null} */
    this.player = null;
    this.fills = false;
    this.isHeard = false;
    /** @type {ListedStream | null} as the server lists it; null for one of another server */
    this.listed = null;
    /** What is read aloud while it has no picture; empty while it has one. */
    this.said = '';
    this.element = make('li', 'tile');
    this.element.tabIndex = 0;
    this.cover = make('div', 'cover');
    this.caption = make('div', 'cap');
    this.name = make('h2', 'cut');
    this.badge = make('span', 'badge');
    this.badge.hidden = true;
    this.caption.append(this.name, this.badge);
    this.tools = make('div', 'tools');
    this.sound = iconButton('muted', '');
    this.only = iconButton('full', '');
    this.more = iconButton('more', '');
    this.more.setAttribute('aria-haspopup', 'menu');
    this.more.setAttribute('aria-expanded', 'false');
    this.tools.append(this.sound, this.only, this.more);
    this.menu = make('div', 'menu');
    this.menu.setAttribute('role', 'menu');
    this.menu.hidden = true;
    this.fill = make('button', '', 'Fill the tile');
    this.fill.type = 'button';
    this.fill.setAttribute('role', 'menuitemcheckbox');
    this.fill.setAttribute('aria-checked', 'false');
    const open = make('a', '', 'Open its page');
    open.href = stream.src;
    open.setAttribute('role', 'menuitem');
    this.menu.append(this.fill, open);
    this.why = make('div', 'why');
    this.why.hidden = true;
    this.sign = make('span', 'sign');
    this.title = make('b');
    this.reason = make('span');
    this.page = make('a', 'btn', 'Open its page');
    this.page.href = stream.src;
    this.choose = make('button', 'btn', 'Choose streams');
    this.choose.type = 'button';
    this.choose.addEventListener('click', () => actions.onChoose());
    this.why.append(this.sign, this.title, this.reason, this.page, this.choose);
    this.element.append(this.cover, this.caption, this.why, this.tools, this.menu);
    this.sound.addEventListener('click', () => actions.onSound(this));
    this.only.addEventListener('click', () => actions.onOnly(this));
    this.more.addEventListener('click', () => this.showMenu(this.menu.hidden === true));
    this.fill.addEventListener('click', () => {
      this.fills = !this.fills;
      this.fill.setAttribute('aria-checked', String(this.fills));
      this.fit();
      this.showMenu(false);
    });
    this.menu.addEventListener('focusout', ({ relatedTarget }) => {
      if (!this.menu.contains(/** @type {Node | null} */ (relatedTarget))
        && relatedTarget !== this.more) this.menu.hidden = true;
    });
    this.label(stream.name);
  }

  /**
   * Shows a name for people.
   * @param {string} name
   */
  label(name) {
    setText(this.name, name);
    this.describe();
    for (const [button, words] of /** @type {[HTMLElement, string][]} */ ([
      [this.sound, `Sound of ${name} (M)`], [this.only, `Only ${name} (Enter)`],
      [this.more, `More for ${name}`],
    ])) {
      button.setAttribute('aria-label', words);
      button.title = words;
    }
  }

  /** The name with the state, for a screen reader. */
  describe() {
    const words = [this.name.textContent ?? '', this.said].filter((text) => text !== '').join(': ');
    if (this.element.getAttribute('aria-label') !== words) {
      this.element.setAttribute('aria-label', words);
    }
  }

  /** @param {boolean} isShown */
  showMenu(isShown) {
    const hadFocus = this.menu.contains(document.activeElement);
    this.menu.hidden = !isShown;
    this.more.setAttribute('aria-expanded', String(isShown));
    if (isShown) this.fill.focus();
    else if (hadFocus) this.more.focus();
  }

  /** Plays, if the tile does not. */
  start() {
    if (this.player) return;
    const player = /** @type {LivePlayer} */ (document.createElement('live-player'));
    for (const [key, value] of Object.entries({ ...this.attributes, src: this.stream.src })) {
      player.setAttribute(key, value);
    }
    player.setAttribute('muted', '');
    this.player = player;
    this.element.prepend(player);
    this.hear(this.isHeard);
    this.fit();
  }

  /** Ends the player, and keeps the tile. */
  stop() {
    this.player?.remove();
    this.player = null;
  }

  /** @param {boolean} isHeard */
  hear(isHeard) {
    this.isHeard = isHeard;
    this.element.classList.toggle('sound', isHeard);
    this.sound.setAttribute('aria-pressed', String(isHeard));
    this.sound.replaceChildren(icon(isHeard ? 'sound' : 'muted'));
    if (this.player) this.player.muted = !isHeard;
  }

  /** The whole picture, or the whole tile. */
  fit() {
    for (const picture of this.player?.shadowRoot?.querySelectorAll('video, canvas') ?? []) {
      /** @type {HTMLElement} */ (picture).style.objectFit = this.fills ? 'cover' : '';
    }
  }

  /**
   * Shows the state of the stream; nothing while it has a picture.
   * @param {number} now Unix ms on the server's clock
   */
  update(now) {
    const words = tileWords(this.player?.sourceState ?? null, this.listed, now);
    this.element.classList.toggle('away', words !== null);
    this.badge.hidden = this.why.hidden = words === null;
    // The words of the player are hidden too: these have the name of the stream.
    if (this.player) this.player.inert = words !== null;
    this.said = words?.said ?? '';
    if (words) this.tell(words);
    this.describe();
    if (this.fills) this.fit();
  }

  /** @param {TileWords} words */
  tell({ badge, word, icon: sign, title, why, action }) {
    showBadge(this.badge, badge, word);
    if (this.sign.dataset.name !== sign) {
      this.sign.dataset.name = sign;
      this.sign.replaceChildren(icon(sign, 'l'));
    }
    setText(this.title, title);
    setText(this.reason, why);
    this.page.hidden = action !== 'page';
    this.choose.hidden = action !== 'choose';
  }
}
