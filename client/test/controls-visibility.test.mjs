// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ControlsVisibility, sideAt } from '../stage/controls-visibility.js';

/** A finger on the picture: all events of a tap in the order of browsers. */
function tap(visibility, now) {
  const isShown = visibility.isOperated(now);
  visibility.pointed(now, 'touch', false);
  visibility.left('touch');
  visibility.clicked(now, isShown);
}

suite('the controls over a playing picture', () => {
  test('the first operation is awaited if they are hidden', () => {
    assert.equal(new ControlsVisibility(1000, true).isOperated(1000), false);
    assert.equal(new ControlsVisibility(1000, false).isOperated(3999), true);
    assert.equal(new ControlsVisibility(1000, false).isOperated(4000), false);
  });

  test('a tap shows them for 5 s, and a second tap hides them', () => {
    const visibility = new ControlsVisibility(0, true);
    tap(visibility, 10000);
    assert.equal(visibility.isOperated(14999), true);
    assert.equal(visibility.isOperated(15000), false);
    tap(visibility, 20000);
    tap(visibility, 20500);
    assert.equal(visibility.isOperated(20500), false);
    tap(visibility, 21000);
    assert.equal(visibility.isOperated(21000), true);
  });

  test('a finger that scrolls the page over the picture has no effect', () => {
    const visibility = new ControlsVisibility(0, true);
    visibility.pointed(10000, 'touch', false);
    visibility.left('touch');
    assert.equal(visibility.isOperated(10000), false);
  });

  test('a touch of a button shows them for another 5 s', () => {
    const visibility = new ControlsVisibility(0, true);
    tap(visibility, 10000);
    visibility.pointed(14000, 'touch', true);
    visibility.left('touch');
    assert.equal(visibility.isOperated(18999), true);
  });

  test('the mouse shows them by its movement, and hides them when it leaves', () => {
    const visibility = new ControlsVisibility(0, true);
    visibility.pointed(10000, 'mouse', false);
    visibility.clicked(10100, true);
    assert.equal(visibility.isOperated(12999), true);
    assert.equal(visibility.isOperated(13000), false);
    visibility.pointed(20000, 'mouse', false);
    visibility.left('mouse');
    assert.equal(visibility.isOperated(20000), false);
  });

  test('they stay while a pointer is on them', () => {
    const visibility = new ControlsVisibility(0, false);
    visibility.isPointerOnControls = true;
    assert.equal(visibility.isOperated(60000), true);
  });

  test('two taps at one side within 0.3 s are a double tap, and keep the controls', () => {
    for (const isShown of [true, false]) {
      const visibility = new ControlsVisibility(0, !isShown);
      if (isShown) visibility.operated(10000);
      visibility.pointed(10000, 'touch', false);
      assert.equal(visibility.isDoubleTap(10000, 'left', isShown), false);
      visibility.clicked(10000, isShown);
      assert.equal(visibility.isOperated(10000), !isShown);
      assert.equal(visibility.isDoubleTap(10299, 'left', !isShown), true);
      assert.equal(visibility.isOperated(10299), isShown);
    }
  });

  test('taps in the middle, at both sides, or later than 0.3 s are single ones', () => {
    for (const [side, next, at] of [
      ['middle', 'middle', 100], ['left', 'right', 100], ['right', 'right', 300],
    ]) {
      const visibility = new ControlsVisibility(0, false);
      visibility.isDoubleTap(0, side, true);
      assert.equal(visibility.isDoubleTap(at, next, true), false, `${side} ${next} ${at}`);
    }
  });

  test('the sides are the outer thirds of the picture', () => {
    const box = { left: 100, width: 300 };
    assert.deepEqual(
      [100, 199, 201, 299, 301, 400].map((x) => sideAt(x, box)),
      ['left', 'left', 'middle', 'middle', 'right', 'right']);
  });
});
