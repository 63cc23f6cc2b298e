// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DisplayWatch } from '../engine/playback/display-watch.js';

/** A watch of a playback that shows nothing, whose requests `learn` answers. */
function watch(learn) {
  const playback = {
    clock: {}, closing: new AbortController(), video: { parentElement: null },
    source: 'http://a/live/playlist.m3u8',
  };
  const found = new DisplayWatch(playback);
  found.media.learn = async () => {
    await learn();
    found.media.renditions = ['720p', '360p'].map((name) => ({ uri: `http://a/live/${name}/x` }));
  };
  return found;
}
const settled = () => new Promise((resolve) => { setTimeout(resolve, 0); });

suite('renditions without media, by the server', () => {
  test('are avoided when the playlist is known, also after a request that failed', async () => {
    let requests = 0;
    const display = watch(() => {
      requests += 1;
      if (requests === 1) throw new Error('no response within 1.5 s');
    });
    display.setMissing(['360p']);
    await settled();
    assert.deepEqual([...display.avoidance.missing], []);
    display.setMissing(['360p']);
    await settled();
    assert.deepEqual([...display.avoidance.missing], [1]);
    display.setMissing(['360p']);
    await settled();
    assert.equal(requests, 2);
    display.setMissing([]);
    await settled();
    assert.deepEqual([...display.avoidance.missing], []);
  });
});

suite('a display that stands still', () => {
  for (const [hasNewer, isAnswered] of [[undefined, false], [null, true], [false, true]]) {
    const answer = isAnswered ? 'a server that answers' : 'an absent server';
    test(`the player learns of ${answer} (${hasNewer})`, () => {
      const display = watch(() => {}), asked = [];
      display.playback.clock.now = () => 2000;
      display.playback.player = { toEdge: (...values) => asked.push(values) };
      display.watchdog.hasNewer = hasNewer;
      display.apply('seek', 5000);
      assert.deepEqual(asked, [[5000, isAnswered]]);
    });
  }
});
