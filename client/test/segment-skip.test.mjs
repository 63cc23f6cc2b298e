// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Lateness } from '../engine/renditions/lateness.js';
import { SegmentSkip } from '../engine/renditions/segment-skip.js';

const FPS = 30, DELAY = 0.03;

/**
 * Frames of 1 / 30 s over a link that carries `capacity` times their rate, and that passes nothing
 * in the first `stall` s after the fifth second: the lag each second, and the number of skips.
 */
function played({ capacity, stall = 0, seconds = 25, skips = true }) {
  const lateness = new Lateness(), skip = new SegmentSkip(), lags = [];
  let frame = 0, now = 0, count = 0;
  while (now < seconds) {
    const time = frame / FPS;
    now = Math.max(now + 1 / FPS / capacity, time + DELAY);
    if (now > 5 && now < 5 + stall) now = 5 + stall;
    lateness.chunk(now, time);
    const end = Math.floor(time) + 1, lag = lateness.lag(now);
    lags[Math.floor(now)] = lag;
    frame += 1;
    if (skips && skip.step(now, lag, lateness.livePosition(now) - end)) {
      count += 1;
      frame = end * FPS;
    }
  }
  return { lags, count };
}

suite('the rest of a late segment', () => {
  for (const [name, link, count, within, highest] of [
    ['a link with a reserve needs no skip', { capacity: 1.5 }, [0, 0], 6, 0.05],
    ['nor after a short stall', { capacity: 1.5, stall: 0.4 }, [0, 0], 10, 0.1],
    ['a fast link returns by itself', { capacity: 8, stall: 2 }, [0, 0], 10, 0.1],
    ['a link without a reserve stays late without a skip',
      { capacity: 1.03, stall: 1.3, skips: false }, [0, 0], 15, Infinity],
    ['and returns by one', { capacity: 1.03, stall: 1.3 }, [1, 1], 10, 0.6],
    ['after a long stall', { capacity: 1.05, stall: 2.4 }, [1, 2], 13, 0.6],
    ['a link that carries less: the lag stays bounded', { capacity: 0.9 }, [1, 4], 25, 1.5],
  ]) {
    test(name, () => {
      const { lags, count: skips } = played(link);
      assert.ok(skips >= count[0] && skips <= count[1], `${skips} skips`);
      const late = Math.max(...lags.slice(within).filter((lag) => lag !== undefined), 0);
      assert.ok(late <= highest, `${late} s`);
      if (link.skips === false) assert.ok(lags[15] > 0.9, `${lags[15]} s`);
    });
  }
});
