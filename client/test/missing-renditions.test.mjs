// SPDX-License-Identifier: Apache-2.0
// What each player does while a rendition has no media.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { timestampsOf } from '../shared/timestamps.js';
import { DashPlayer } from '../engine/players/dashjs.js';
import { withPartWeights } from '../engine/players/hls-settings.js';
import { HlsPlayer } from '../engine/players/hlsjs.js';
import { Ladder } from '../engine/renditions/ladder.js';
import { SocketRenditions } from '../engine/renditions/socket-renditions.js';
import { missingIn } from '../engine/transport/llws.js';
import { readTrack } from '../engine/transport/track-reader.js';

const STYP = [0, 0, 0, 16, ...Buffer.from('stypmsdh'), 0, 0, 0, 0];

suite('an empty segment of the frame player', () => {
  /** Reads empty segments of `renditions`, whose substitutes are `others` in this order. */
  async function read(t, others) {
    const seen = [], { fetch } = globalThis, end = new AbortController();
    t.after(() => { globalThis.fetch = fetch; });
    globalThis.fetch = async (url) => {
      seen.push(url);
      if (seen.length > 4) throw new TypeError('the end');
      return new Response(new Uint8Array(STYP));
    };
    const names = (name) => ({ urlOf: (number) => `${name}${number}`, folder: '' });
    await assert.rejects(readTrack({
      namesOf: () => names('a'), first: 7, duration: 10, timescale: 1,
      substitute: async () => (others.length > 0 ? names(others.shift()) : null),
    }, end.signal, () => assert.fail('a chunk')));
    return seen.slice(0, 4);
  }

  test('is replaced by that of another rendition with the same number', async (t) => {
    assert.deepEqual(await read(t, ['b', 'c']), ['a7', 'b7', 'c7', 'a8']);
  });

  test('is left out if no other rendition has it', async (t) => {
    assert.deepEqual(await read(t, []), ['a7', 'a8', 'a9', 'a10']);
  });
});

suite('the choice of a rendition without media', () => {
  test('the frame player takes another one, also for the viewer\'s choice, and returns', () => {
    const ladder = new Ladder({}, new AbortController().signal);
    const rendition = (bandwidth) => ({ uri: `http://h/${bandwidth}/p.m3u8`, bandwidth });
    ladder.choose([3, 2, 1].map(rendition));
    const wanted = (avoided, requested = null) => {
      ladder.avoided = new Set(avoided);
      ladder.requested = requested;
      return ladder.wanted;
    };
    assert.deepEqual([wanted([0]), wanted([0, 1]), wanted([2], 2), wanted([], 2), wanted([])],
      [1, 2, 1, 2, 0]);
  });

  test('over a WebSocket the page switches to another one, and returns', () => {
    const renditions = new SocketRenditions();
    renditions.learn([{ renditions: [{ id: 'a', h: 720 }, { id: 'b', h: 360 }] }]);
    renditions.avoid(new Set([0]));
    assert.equal(renditions.wanted, null, 'the shown rendition is unknown');
    renditions.shown = 'a';
    renditions.avoid(new Set([0]));
    assert.equal(renditions.wanted, 'b');
    renditions.shown = 'b';
    renditions.avoid(new Set([0]));
    assert.equal(renditions.wanted, 'b', 'the server would choose the former one again');
    renditions.avoid(new Set());
    assert.equal(renditions.wanted, null);
    renditions.requested = 'a';
    renditions.avoid(new Set([0]));
    assert.equal(renditions.wanted, 'b');
    renditions.avoid(new Set([1]));
    assert.equal(renditions.wanted, 'a');
  });

  test('hls.js chooses among the other levels', () => {
    const player = new HlsPlayer({ video: {} }, []);
    const calls = [];
    player.hls = {
      levels: [{ bitrate: 1 }, { bitrate: 2 }, { bitrate: 3 }], manualLevel: -1,
      set nextLevel(level) {
        calls.push(level);
        this.manualLevel = level;
      },
    };
    class AbrController {
      get nextAutoLevel() { return this.level; }

      set nextAutoLevel(level) { this.level = level; }
    }
    const Controller = withPartWeights(AbrController, (level) => player.allowedLevel(level));
    const controller = new Controller();
    controller.nextAutoLevel = 2;
    assert.equal(controller.nextAutoLevel, 2);
    player.avoid(new Set([0]));
    assert.equal(controller.nextAutoLevel, 1);
    player.avoid(new Set([0, 1]));
    assert.equal(controller.nextAutoLevel, 0);
    assert.deepEqual(calls, []);
    player.requested = 0;
    player.avoid(new Set([0]));
    player.avoid(new Set());
    assert.deepEqual(calls, [1, 2]);
  });

  test('dash.js holds another representation, and then chooses again', () => {
    const calls = [];
    let current = { id: 'a' };
    const player = new DashPlayer({ video: {} }, 0.5, null);
    player.dash = {
      getRepresentationsByType: () => [{ id: 'b', bandwidth: 1 }, { id: 'a', bandwidth: 2 }],
      getCurrentRepresentationForType: () => current,
      setRepresentationForTypeById: (type, id, isForced) => calls.push([type, id, isForced]),
      updateSettings: ({ streaming }) => calls.push(streaming.abr.autoSwitchBitrate.video),
    };
    player.avoid(new Set([1]));
    assert.deepEqual(calls, []);
    player.avoid(new Set([0]));
    current = { id: 'b' };
    player.leaveAvoided();
    player.avoid(new Set());
    assert.deepEqual(calls, [false, ['video', 'b', true], true]);
  });

  test('dash.js returns to a representation that has media again', () => {
    const calls = [];
    let current = { id: 'a' };
    const player = new DashPlayer({ video: {} }, 0.5, null);
    player.dash = {
      getRepresentationsByType: () => [{ id: 'b', bandwidth: 1 }, { id: 'a', bandwidth: 2 }],
      getCurrentRepresentationForType: () => current,
      setRepresentationForTypeById: (type, id, isForced) => {
        calls.push([type, id, isForced]);
        current = { id };
      },
      updateSettings: ({ streaming }) => calls.push(streaming.abr.autoSwitchBitrate.video),
    };
    // The picture stands still first; then the server names the rendition.
    player.avoid(new Set([0]), new Set());
    player.avoid(new Set([0]), new Set([0]));
    player.avoid(new Set(), new Set());
    const left = [false, ['video', 'b', true]];
    assert.deepEqual(calls, [...left, ['video', 'a', false], true]);
    player.avoid(new Set([0]), new Set());
    player.avoid(new Set(), new Set());
    assert.deepEqual(calls.slice(4), [...left, true], 'not for a picture that stood still');
  });
});

test('the server names the renditions without media', () => {
  assert.deepEqual(timestampsOf({ missing: ['720p'] }).missing, ['720p']);
  assert.deepEqual(timestampsOf({}).missing, []);
  assert.deepEqual(missingIn([{ renditions: [{ id: 'a', missing: true }, { id: 'b' }] }]), ['a']);
  assert.deepEqual(missingIn(undefined), []);
});
