import assert from 'node:assert/strict';
import {test} from 'node:test';
import {load} from './load.js';

test('a place is told as shares of the sides, from the middle of its pixel', () => {
  const {toText, nearestOf, within} = load('components/static/place.js');
  assert.equal(toText([0, 9], 20, 10), '0.02500,0.95000');
  assert.equal(nearestOf([4, 4], [[0, 0], [5, 3], [9, 9]]), 1);
  assert.equal(nearestOf([4, 4], []), -1);
  assert.deepEqual([-3, 4, 30].map((x) => within(x, 20)), [0, 4, 19]);
});

test('a patch is moved by six pixels at most, and what changes is darker', () => {
  const {moveOf, shade, words} = load('classical_features/static/moved_patch.js');
  assert.deepEqual([-0.1, 0, 0.5, 0.999, 2].map(moveOf), [-6, -6, 0, 6, 6]);
  assert.deepEqual([0, 0.9, 20].map((value) => shade(value, 9)), [255, 40, 40]);
  assert.deepEqual([0, 0.0123, 6.31, 250].map(words), ['0.0', '0.012', '6.3', '250']);
});
