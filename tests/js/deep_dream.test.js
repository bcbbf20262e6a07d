import assert from 'node:assert/strict';
import {test} from 'node:test';
import {load} from './load.js';

test('the channel under a place of the sheet', () => {
  const {frameOf, indexAt} = load('deep_dream/static/pickers.js');
  const sheet = {columns: 4, rows: 2, count: 6};
  assert.deepEqual(
    [
      [0, 0],
      [0.99, 0.2],
      [0.3, 0.5],
    ].map(([x, y]) => indexAt(sheet, x, y)),
    [0, 3, 5],
  );
  assert.deepEqual(
    [
      [0.6, 0.5],
      [-0.1, 0.6],
      [1, 0.1],
      [0.1, -0.1],
    ].map(([x, y]) => indexAt(sheet, x, y)),
    [-1, -1, -1, -1],
  );
  assert.deepEqual(frameOf(sheet, 5), {left: '25%', top: '50%', width: '25%', height: '50%'});
});
