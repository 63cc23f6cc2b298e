// SPDX-License-Identifier: Apache-2.0
// Menus and sheets of one player: each is made when it is opened for the first time.

import { withoutOwnToken } from '../engine/transport/playback-tokens.js';
import { signIn } from '../engine/transport/sign-in.js';
import { element } from '../stage/dom.js';
import { addSheetsStyle } from '../stage/sheets-style.js';
import { gapOf, recordedBefore } from '../stage/stage-facts.js';
import { accessForm, addressWith, passwordFault } from './access-form.js';
import { Calendar } from './calendar.js';
import { ClipContent } from './clip-sheet.js';
import { showFigures } from './figures.js';
import { InputPanel } from './input-panel.js';
import { keyHelp } from './key-help.js';
import { make } from './make.js';
import { nearest } from './nearest.js';
import { OtherStreams } from './other-streams.js';
import { Panel } from './panel.js';
import { savePicture, Stills, toggleSmallWindow } from './pictures.js';
import { SettingsMenu } from './settings-menu.js';
import { ShareContent } from './share-sheet.js';
import { Sheet } from './sheet.js';
/** @typedef {import('../stage/stage.js').Stage} Stage */

/**
 * @typedef {'settings' | 'figures' | 'share' | 'keys' | 'snapshot' | 'small' | 'captions'
 *   | 'stills' | 'clip' | 'calendar' | 'below' | 'start' | 'recorded' | 'gap' | 'none'} ExtraName
 */

/** Words about a finished action disappear after this time, ms. */
const SAID_TIME = 4000;

/** Opens and closes them. */
export class Extras {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    const { root, options, closing: { signal } } = stage;
    addSheetsStyle(root);
    this.box = element('stage', HTMLDivElement, root);
    this.settings = new SettingsMenu(stage, (name) => this.open(name));
    this.calendar = new Calendar(stage, () => this.closeMenus());
    this.box.append(this.settings.element, this.calendar.element);
    for (const menu of this.menus) {
      menu.addEventListener('keydown', (event) => this.pressed(event));
      stage.controls.keepOver(menu);
    }
    /** @type {Panel | null} null until it was opened */
    this.panel = null;
    /** @type {InputPanel | null} */
    this.input = null;
    /** @type {Sheet | null} the open one */
    this.sheet = null;
    /** @type {Stills | null} */
    this.stills = null;
    /** @type {'key' | 'password' | null} the shown form */
    this.form = null;
    this.hasSuggested = false;
    this.opener = /** @type {HTMLElement | null} */ (null);
    /** @type {OtherStreams | null} */
    this.below = null;
    this.hasPage = options.page !== undefined;
    // A press outside closes a menu.
    root.addEventListener('pointerdown', (event) => {
      const path = event.composedPath();
      const isInside = [...this.menus, this.opener].some((each) => each && path.includes(each));
      if (!isInside) this.closeMenus();
    }, { signal });
    signal.addEventListener('abort', () => this.remove());
    this.update();
  }

  get menus() { return [this.settings.element, this.calendar.element]; }

  /** @param {ExtraName} name opened, or closed if it is open */
  open(name) {
    const { stage } = this, { playback } = stage;
    switch (name) {
      case 'settings': this.toggleMenu(this.settings.element, 'settings'); break;
      case 'calendar':
        this.calendar.begin();
        this.toggleMenu(this.calendar.element, 'shown-at');
        break;
      case 'figures': this.toggleFigures(); break;
      case 'share': this.openShare(); break;
      case 'keys': this.openSheet('Keys', [keyHelp(stage)]); break;
      case 'clip': this.openClip(); break;
      case 'snapshot': void savePicture(stage).then((text) => this.say(text)); break;
      case 'small':
        void toggleSmallWindow(playback.video).then((problem) => problem && this.say(problem));
        break;
      case 'captions': this.toggleCaptions(); break;
      case 'stills': this.showStills(); break;
      case 'below': this.showBelow(); break;
      case 'start': case 'recorded': case 'gap': this.goTo(name); break;
      default:
    }
  }

  /** @param {'start' | 'recorded' | 'gap'} place of the recording */
  goTo(place) {
    const { stage } = this, { extent } = stage.playback.reach, gap = gapOf(stage);
    if (extent?.from == null) return;
    if (place === 'start') stage.playback.goTo(extent.from + 0.1);
    else if (place === 'recorded') stage.playback.goTo(recordedBefore(stage, extent));
    else if (gap) stage.playback.goTo(gap[1] + 0.1);
  }

  /** @param {string} text shown for a moment */
  say(text) {
    const { notices } = this.stage;
    notices.message('extras', text);
    setTimeout(() => notices.message('extras'), SAID_TIME);
  }

  // Menus

  /** @param {HTMLElement} menu @param {string} id of its button */
  toggleMenu(menu, id) {
    const isShown = menu.hidden;
    this.closeMenus();
    if (!isShown) return;
    this.opener = this.stage.root.getElementById(id);
    this.opener?.setAttribute('aria-expanded', 'true');
    menu.hidden = false;
    this.settings.update();
    this.stage.controls.pin('menu', true);
    const first = /** @type {HTMLElement | undefined} */ (
      [...menu.querySelectorAll('select, input, button:enabled')].find(
        (one) => one instanceof HTMLElement && one.offsetParent !== null));
    first?.focus({ preventScroll: true });
  }

  closeMenus() {
    for (const menu of this.menus) {
      if (menu.hidden) continue;
      const hadFocus = menu.contains(
        /** @type {Document} */ (menu.getRootNode()).activeElement);
      menu.hidden = true;
      this.opener?.setAttribute('aria-expanded', 'false');
      if (hadFocus) this.opener?.focus({ preventScroll: true });
    }
    this.opener = null;
    this.stage.controls.pin('menu', false);
    this.stage.controls.visibility.operated(performance.now());
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    this.closeMenus();
  }

  /** Closes the open sheet or menu: the key Escape. */
  close() {
    if (this.sheet) this.sheet.close();
    else if (this.menus.some(({ hidden }) => !hidden)) this.closeMenus();
    else if (this.panel && !this.panel.element.hidden) this.toggleFigures();
  }

  // Sheets

  /** @param {string} title @param {Node[]} content @param {Node[]} [footer] */
  openSheet(title, content, footer = []) {
    const { controls } = this.stage;
    this.sheet?.close();
    this.closeMenus();
    controls.pin('sheet', true);
    this.sheet = new Sheet(this.box, title, content, {
      footer, onClose: () => {
        this.sheet = null;
        controls.pin('sheet', false);
      },
    });
    return this.sheet;
  }

  openShare() {
    const { playback, options: { page, past } } = this.stage;
    if (!page || !past.linkOf) return;
    const address = new URL(location.href);
    address.search = '';
    address.hash = '';
    const content = new ShareContent({
      page: address.href, source: withoutOwnToken(playback.source), label: page.label(),
      module: page.element(),
      at: playback.isPast ? playback.shownAt : null, linkOf: past.linkOf,
    }, (text) => this.sheet?.say(text));
    this.openSheet(`Share ${page.label()}`, [content.element]);
  }

  openClip() {
    if (!this.stage.past?.isOffered) return;
    const content = new ClipContent(this.stage, (text) => this.sheet?.say(text));
    const sheet = this.openSheet('Save a clip', [content.element], content.footer);
    const { onClose } = sheet;
    sheet.onClose = () => {
      content.close();
      onClose();
    };
  }

  // Figures

  toggleFigures() {
    const { stage, hasPage } = this, { figures, options: { page } } = stage;
    if (!this.panel) {
      this.panel = new Panel(() => this.toggleFigures(), () => this.reportHead);
      this.box.append(this.panel.element);
      if (hasPage) this.input = new InputPanel(this.panel.input);
    }
    const { element: card } = this.panel, isShown = card.hidden;
    const hadFocus = card.contains(/** @type {Document} */ (card.getRootNode()).activeElement);
    const button = element('figures-button', HTMLButtonElement, stage.root);
    card.hidden = !isShown;
    figures.isShown = isShown;
    button.setAttribute('aria-expanded', String(isShown));
    if (hadFocus) button.focus({ preventScroll: true });
    stage.controls.pin('figures', isShown);
    page?.remember('panel', isShown ? '1' : '');
    this.update();
  }

  /** The lines before the figures in a report. */
  get reportHead() {
    const { playback } = this.stage;
    return [`${new Date().toISOString()} ${playback.source.replace(/\/t\/[^/]+/, '/t/…')}`,
      `Player: ${playback.kind} (${playback.reason})`, navigator.userAgent].join('\n');
  }

  /** Called every 250 ms. */
  update() {
    this.settings.update();
    if (this.stills && this.stage.playback.status.name === 'live') {
      this.stills.close();
      this.stills = null;
    }
    const { form } = this.stage.words;
    if (form) this.showForm(form);
    else if (this.form) this.hideForm();
    this.suggest();
    this.below?.update();
    const { panel } = this;
    if (!panel || panel.element.hidden || document.hidden) return;
    this.input?.update();
    const { playback } = this.stage;
    panel.how.textContent = playback.reason;
    showFigures(panel, this.stage);
  }

  // Captions, pictures

  /** Shows captions, or none. */
  toggleCaptions() {
    const { captions } = this.stage.playback, { choice } = captions;
    if (choice) captions.choose(choice.current >= 0 ? -1 : 0);
  }

  showStills() {
    const { playback, root } = this.stage;
    this.stills ??= new Stills(
      element('frame', HTMLDivElement, root), new URL('.', playback.source).href);
  }

  /** Details and other streams under the picture, in portrait. */
  showBelow() {
    const box = this.stage.root.getElementById('below');
    if (box && !this.below) this.below = new OtherStreams(this.stage, box);
  }

  // Access

  /** The stream that a wrong name may mean. */
  suggest() {
    const { words: { state }, options: { page }, root } = this.stage;
    if (state !== 'not-found' || !page?.names.isKnown || this.hasSuggested) return;
    this.hasSuggested = true;
    const found = nearest(page.names.name, page.names.all);
    if (!found) return;
    const link = make('a', {
      href: new URL(`${encodeURIComponent(found.name)}/`, page.list).href,
    }, found.label);
    element('away-form', HTMLDivElement, root).replaceChildren(
      make('p', {}, 'Did you mean ', link, '?'));
  }

  /** @param {'key' | 'password'} form */
  showForm(form) {
    if (this.form === form) return;
    const { stage, hasPage } = this, { playback } = stage;
    const box = element('away-form', HTMLDivElement, stage.root);
    this.form = form;
    box.replaceChildren(accessForm(form, async (text) => {
      if (form === 'password') {
        const { status, wait, next } = await signIn(
          playback.source, playback.options.name, text);
        if (!next) return passwordFault(status, Date.now() + 1000 * wait);
        playback.tokens?.use(next);
        return null;
      }
      const page = hasPage ? location.href : new URL('.', playback.source).href;
      const address = addressWith(text, page);
      if (address === null) return 'That is not a key: it has four parts with points between them.';
      if (hasPage) location.assign(address);
      else playback.useSource(new URL('ll.m3u8', address).href);
      return null;
    }));
  }

  hideForm() {
    this.form = null;
    element('away-form', HTMLDivElement, this.stage.root).replaceChildren();
  }

  remove() {
    this.sheet?.close();
    this.stills?.close();
    this.hideForm();
    for (const each of [...this.menus, this.panel?.element]) each?.remove();
  }
}
