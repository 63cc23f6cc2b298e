// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { withoutContentProtection, withoutProtection } from '../engine/players/dash-keys.js';

suite('keys of dash.js', () => {
  test('an MPD loses its statements of encryption, and nothing else', () => {
    const common = '<ContentProtection xmlns:cenc="urn:mpeg:cenc:2013" value="cbcs"/>';
    const clearKey = '<ContentProtection schemeIdUri="urn:uuid:e2719d58" value="ClearKey1.0">\n'
      + '  <dashif:Laurl xmlns:dashif="https://dashif.org/CPS">/live/clearkey</dashif:Laurl>\n'
      + '</ContentProtection>';
    const set = '<AdaptationSet><Role value="main"/><SegmentTemplate media="a"/></AdaptationSet>';
    const [head, tail] = set.split('<SegmentTemplate');
    const all = `${head}${common}${clearKey}${common}<SegmentTemplate${tail}`;
    assert.equal(withoutContentProtection(all + all), set + set);
    assert.equal(withoutContentProtection(set), set);
  });

  test('a player is attached without the code for keys, which other players find again', () => {
    const code = () => {}, dashjs = { Protection: code };
    const seen = [];
    withoutProtection(dashjs, () => seen.push(dashjs.Protection));
    assert.throws(() => withoutProtection(dashjs, () => { throw new Error('no video'); }));
    assert.deepEqual([seen, dashjs.Protection], [[undefined], code]);
  });
});
