// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Watchdog } from '../engine/playback/watchdog.js';
import { NATIVE_LIMITS, OWN_LIMITS, SCRIPT_LIMITS } from '../engine/players/kinds.js';

const STEP = 0.05;
const REMEDIES = ['seek', 'rendition', 'restart', 'transport'];

/**
 * Runs a watchdog in steps of 50 ms: `facts(now, remedies)` returns the differences from a
 * watched picture of 30 frames per second with newer media. Returns [remedy, time] of each remedy.
 */
function watched(seconds, facts, { limits = OWN_LIMITS, watchdog = new Watchdog(limits) } = {}) {
  const found = [], remedies = [];
  let frames = 0;
  for (let step = 0; step * STEP < seconds; step += 1) {
    const now = step * STEP;
    const present = {
      isMoving: true, interval: 1 / 30, isWatched: true, hasNewer: true, isStarved: false,
      ...facts(now, remedies),
    };
    if (present.isMoving) frames += 2;
    const remedy = watchdog.step(now, { ...present, frames });
    if (remedy === null) continue;
    found.push([remedy, Math.round(now * 100) / 100]);
    if (remedy !== 'probe') remedies.push(remedy);
  }
  return found;
}

const remediesOf = (found) => found.filter(([remedy]) => remedy !== 'probe');
/** A picture that moves until second 2, and then stands still until a remedy. */
const still = (remedy = null, more = {}) => (now, applied) => (
  { isMoving: now < 2 || (remedy !== null && applied.includes(remedy)), ...more });

suite('a picture that stands still while newer media exists', () => {
  for (const [name, limits, longest] of [
    ['our players', OWN_LIMITS, 2.4], ['hls.js and dash.js', SCRIPT_LIMITS, 2.6],
    ['the browser\'s HLS', NATIVE_LIMITS, 6.1],
  ]) {
    for (const remedy of REMEDIES.filter((one) => limits[one] !== Infinity)) {
      test(`${name}: it moves after ${remedy}, and nothing else is done`, () => {
        const found = remediesOf(watched(20, still(remedy), { limits }));
        assert.deepEqual(found.map(([one]) => one), REMEDIES
          .slice(0, REMEDIES.indexOf(remedy) + 1).filter((one) => limits[one] !== Infinity));
        for (const [one, at] of found) {
          assert.ok(Math.abs(at - 2 - limits[one]) < 0.11, `${one} at ${at}`);
        }
        assert.ok(found.at(-1)[1] - 2 <= longest);
      });
    }
  }

  test('all remedies are applied again and again, at growing intervals', () => {
    const found = remediesOf(watched(60, still())), restarts = found
      .filter(([remedy]) => remedy === 'restart').map(([, at]) => at);
    assert.deepEqual(found.slice(0, 5).map(([remedy]) => remedy), [...REMEDIES, 'seek']);
    assert.ok(restarts.length >= 4 && restarts.length <= 6, `${restarts}`);
    const pauses = restarts.slice(1).map((at, i) => at - restarts[i]);
    for (const [i, pause] of pauses.slice(1).entries()) assert.ok(pause > pauses[i]);
  });

  test('one frame by a seek does not begin the remedies again', () => {
    let sought = 0;
    const found = remediesOf(watched(12, (now, applied) => {
      const isFirst = applied.length > sought;
      sought = applied.length;
      return { isMoving: now < 2 || isFirst };
    }));
    assert.deepEqual(found.slice(0, 4).map(([remedy]) => remedy), REMEDIES);
  });

  test('after a second of frames the remedies begin again', () => {
    const found = remediesOf(watched(8, (now) => ({ isMoving: now < 2 || now > 4 && now < 5.5 })));
    assert.equal(found.filter(([remedy]) => remedy === 'seek').length, 2);
  });

  test('on a slow connection another rendition is chosen, but no player for 5 s', () => {
    const found = remediesOf(watched(6.5, still(null, { isStarved: true })));
    assert.deepEqual(found.map(([remedy]) => remedy), ['seek', 'rendition']);
    const later = remediesOf(watched(8, still(null, { isStarved: true })));
    assert.equal(later[2][0], 'restart');
  });
});

suite('a cause that lasts: the picture stands for less than 3 s', () => {
  // The remedy by which the picture moves again, as in Tests/Faults/test_standing_picture.py.
  const CAUSES = {
    gone: 'rendition', gap: 'rendition', truncated: 'rendition', silent: 'rendition',
    stuck: 'restart', decoder: 'restart',
  };
  const kinds = [['our players', OWN_LIMITS], ['hls.js and dash.js', SCRIPT_LIMITS]];
  for (const [name, limits] of kinds) {
    for (const [cause, remedy] of Object.entries(CAUSES)) {
      for (const starts of [0.5, 2, 20]) {
        test(`${name}: ${cause}, after ${starts} s of frames`, () => {
          const found = remediesOf(watched(40, (now, applied) => (
            { isMoving: now < starts || applied.includes(remedy) }), { limits }));
          assert.equal(found.at(-1)[0], remedy);
          assert.ok(found.at(-1)[1] - starts < 3, `${found}`);
        });
      }
    }
  }
});

suite('no remedy', () => {
  for (const [name, facts] of [
    ['while the picture moves', () => ({})],
    ['with few frames', (now) => ({ isMoving: now % 1 < STEP / 2, interval: 1 })],
    ['while playback is paused or the page is hidden', still(null, { isWatched: false })],
    ['if the stream has no newer media', still(null, { hasNewer: false })],
    ['if nothing is known of newer media', still(null, { hasNewer: null })],
    ['before the first frame of a slow start', (now) => ({ isMoving: now > 5 })],
    ['in a short stall', (now) => ({ isMoving: now < 2 || now > 2.5 })],
  ]) test(name, () => assert.deepEqual(remediesOf(watched(20, facts)), []));

  test('when the page itself did not run', () => {
    const watchdog = new Watchdog();
    const facts = { interval: 1 / 30, isWatched: true, hasNewer: true, isStarved: false };
    for (let i = 0; i < 40; i += 1) watchdog.step(i * STEP, { ...facts, frames: i });
    assert.equal(watchdog.step(62, { ...facts, frames: 39 }), null);
    assert.equal(watchdog.step(62.05, { ...facts, frames: 40 }), null);
  });
});

suite('newer media', () => {
  // Media that comes back is found within 2 s, and shown within 3.
  test('is asked for every 2 s while there is none', () => {
    const probes = watched(62, still(null, { hasNewer: false }))
      .filter(([remedy]) => remedy === 'probe');
    assert.ok(probes[0][1] < 2.5 && probes.length >= 28 && probes.length <= 34);
  });

  test('is requested again, once, when a probe has no answer in time', () => {
    const found = remediesOf(watched(20, still(null, { hasNewer: undefined })));
    assert.deepEqual(found.map(([remedy]) => remedy), ['seek']);
    assert.ok(found[0][1] - 2 < 0.5, `${found[0][1]}`);
    const again = remediesOf(watched(20, (now) => (
      { isMoving: now < 2, hasNewer: now < 5 || now > 10 ? undefined : false })));
    assert.deepEqual(again.map(([remedy]) => remedy), ['seek', 'seek']);
  });

  test('that exists again after an outage is given to the player first', () => {
    const found = remediesOf(watched(20, (now) => (
      { isMoving: now < 2 || now > 10.4, hasNewer: now > 10 })));
    assert.deepEqual(found, []);
  });

  test('that is found late is remedied at once', () => {
    const [[remedy, at]] = remediesOf(watched(20, (now, applied) => ({
      isMoving: now < 2 || applied.length > 0, hasNewer: now > 3.5 || null })));
    assert.equal(remedy, 'seek');
    assert.ok(at >= 3.5 && at < 3.8, `${at}`);
  });
});

suite('after a pause or in a tab that was hidden', () => {
  test('the picture has a second more', () => {
    const found = remediesOf(watched(20, (now, applied) => ({
      isMoving: now < 2 || applied.includes('restart'), isWatched: now < 2 || now > 12 })));
    assert.deepEqual(found.map(([remedy]) => remedy), ['seek', 'rendition', 'restart']);
    assert.ok(found[0][1] > 13.5 && found[2][1] < 14.6, `${found}`);
  });

  test('a start that was paused keeps its time', () => {
    const found = remediesOf(watched(9, (now) => ({ isMoving: false, isWatched: now > 3 })));
    assert.ok(found[0][1] > 8.5, `${found}`);
  });
});
