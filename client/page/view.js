// SPDX-License-Identifier: Apache-2.0
// The page: one player, its name, and the parameters in the address.

import { linkTo } from '../shared/instant.js';
import { LaterCode } from '../engine/playback/later-code.js';
import { dashLocation } from '../engine/players/script.js';
import { element } from '../stage/dom.js';
import { FrameHold } from '../stage/frame-hold.js';
import { PastOffer } from '../stage/past-offer.js';
import { tell } from '../stage/stage-facts.js';
import { nameIn } from '../stage/stream-name.js';
import { titleState } from '../stage/state-words.js';
import { Stage } from '../stage/stage.js';
import { parametersOf, rememberParameter } from './parameters.js';
import { elementAddress, loadSecondFile } from './second-file.js';
import { listAddress, StreamNames } from './stream-names.js';
import { showWallClock } from './wall-clock.js';

/** Connects the player with the page. */
export class View {
  constructor() {
    this.name = element('name', HTMLHeadingElement);
    const { name, viewers, root } = this.name.dataset, url = new URL(location.href);
    this.list = listAddress(location.href, root);
    const { page, warnings, ...parameters } = parametersOf(location.href, this.list);
    const isServed = name !== undefined && !url.searchParams.has('src');
    // The address of a page at the root has no name.
    const named = isServed && root !== undefined ? name : nameIn(parameters.source);
    this.names = new StreamNames(named, page.isEmbedded, this.name);
    this.title = '';
    /** Whether the page has details under the picture. */
    this.docked = matchMedia('(max-width: 1000px) and (orientation: portrait)');
    this.hasBelow = page.isEmbedded;
    element('home', HTMLAnchorElement).href = this.list;
    const main = element('main', HTMLElement);
    main.classList.toggle('player', !page.isEmbedded);
    for (const id of ['home', 'name', 'share', 'keys-button']) {
      element(id, HTMLElement).hidden = page.isEmbedded;
    }
    if (page.isEmbedded) element('figures-button', HTMLButtonElement).remove();
    this.stage = new Stage(document, {
      ...parameters,
      ...isServed && { name, needsPassword: viewers === 'password' },
      scripts: { hls: parameters.hlsLocations, dash: dashLocation(location.href, this.list) },
      later: new LaterCode(loadSecondFile), early: { tell, FrameHold, PastOffer },
      startsItself: page.startsItself, hasControls: page.hasControls, isMuted: page.isMuted,
      isIdle: page.isEmbedded, keys: document,
      past: { isShown: page.hasTimeBar, linkOf: (at) => linkTo(location.href, at) },
      ...!page.isEmbedded && { page: {
        list: this.list, label: () => this.names.label, isOnDemand: () => this.names.isOnDemand,
        element: elementAddress, names: this.names,
        onKind: (kind) => {
          playback.choosePlayer(kind);
          rememberParameter('player', kind);
        },
        onTarget: (target) => {
          rememberParameter('target', target === null ? '' : String(target));
          notices.message('target');
          playback.chooseTarget(target);
        },
        remember: rememberParameter,
      } },
    }, {
      onPlayer: () => {}, onError: () => {}, onStall: () => {}, onEvent: () => {},
      onShow: () => this.show(),
    });
    const { playback, notices } = this.stage;
    /** @type {any} */ (globalThis).__player = playback.state;
    for (const [key, text] of Object.entries(warnings)) notices.message(key, text, 'warn');
    if (page.hasClock) showWallClock(element('frame', HTMLDivElement), playback.clock);
    this.stage.start();
    if (page.hasPanel) void this.stage.open('figures');
  }

  show() {
    const { names, stage: { playback, words } } = this;
    names.update(playback.frames.frames > 0 || playback.refusal !== null || playback.isPaused);
    if (this.name.textContent !== names.label) this.name.textContent = names.label;
    if (this.docked.matches && names.isKnown && !this.hasBelow && playback.frames.frames > 0) {
      this.hasBelow = true;
      void this.stage.open('below');
    }
    const title = [[names.label, titleState(words)].filter((part) => part !== '').join(', '),
      'streamer'].join(' – ');
    if (title === this.title) return;
    this.title = title;
    document.title = title;
  }
}
