// SPDX-License-Identifier: Apache-2.0
// The page: one player, the panel of its values, and the parameters in the address.

import { linkTo } from '../shared/instant.js';
import { LaterCode } from '../engine/playback/later-code.js';
import { dashLocation } from '../engine/players/script.js';
import { isMPD } from '../engine/transport/source.js';
import * as later from '../stage/later.js';
import { Stage } from '../stage/stage.js';
import { showFigures } from './figures.js';
import { InputPanel } from './input-panel.js';
import { Panel } from './panel.js';
import { parametersOf, rememberParameter } from './parameters.js';
import { Settings } from './settings.js';

/** Connects player, panel and settings. */
export class View {
  constructor() {
    const { page, warnings, ...parameters } = parametersOf(location.href);
    this.panel = new Panel();
    this.input = new InputPanel();
    this.stage = new Stage(document, {
      ...parameters,
      scripts: { hls: parameters.hlsLocations, dash: dashLocation(location.href) },
      later: new LaterCode(async () => later, later),
      startsItself: page.startsItself, hasControls: page.hasControls, isMuted: page.isMuted,
      isIdle: page.isEmbedded, keys: document,
      past: { isShown: page.hasTimeBar, linkOf: (at) => linkTo(location.href, at) },
    }, {
      onPlayer: (kind) => this.settings.showPlayer(kind), onError: () => {}, onStall: () => {},
      onEvent: () => {},
      onShow: () => this.show(), figures: this.panel,
    });
    const { playback, notices } = this.stage;
    this.settings = new Settings(this.stage.controls, page, {
      onPlayer: (kind) => {
        playback.choosePlayer(kind);
        rememberParameter('player', kind);
      },
      onTarget: (target) => {
        rememberParameter('target', target === null ? '' : String(target));
        notices.message('target');
        playback.chooseTarget(target);
      },
    });
    /** @type {any} */ (globalThis).__player = playback.state;
    for (const [key, text] of Object.entries(warnings)) notices.message(key, text, 'warn');
    if (parameters.target !== null) this.settings.showTarget(parameters.target);
    this.stage.start();
  }

  show() {
    if (document.hidden || !this.panel.isShown) return;
    this.input.update();
    const { playback } = this.stage, { player, kind } = playback;
    const isControlled = player?.isControlled() ?? false;
    showFigures(this.panel, playback.state, playback.clock, {
      frameRate: playback.frames.rate(), hasTarget: isControlled || kind === 'dashjs',
      requested: playback.controller.requested, isDASH: isMPD(playback.source),
      isPast: playback.isPast,
    });
  }
}
