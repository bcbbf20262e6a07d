import assert from 'node:assert/strict';
import {test} from 'node:test';
import {load} from './load.js';

test('a bar stands for a number between its ends', () => {
  const {toNumber, toShare} = load('autoencoders/static/bars.js');
  assert.deepEqual([-1, 0, 0.25, 1, 2].map((share) => toNumber(share, -2, 6)), [-2, -2, 0, 6, 6]);
  assert.deepEqual([-9, -2, 0, 6, 9].map((number) => toShare(number, -2, 6)), [0, 0, 0.25, 1, 1]);
  assert.equal(toShare(3, 3, 3), 0.5); // a number that is always the same
});
