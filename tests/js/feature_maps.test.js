import assert from 'node:assert/strict';
import {test} from 'node:test';
import {load} from './load.js';

test('the map under a place of the sheet', () => {
  const {frameOf, indexAt, number} = load('feature_maps/static/grid.js');
  // 2 rows, the last with one
  const sheet = {cell: [10, 20], size: [20, 60], columns: 3, channels: [4, 5, 6, 7]};
  assert.deepEqual(
    [
      [0, 0],
      [0.34, 0.4],
      [0.99, 0.49],
      [0.1, 0.6],
    ].map(([x, y]) => indexAt(sheet, x, y)),
    [0, 1, 2, 3],
  );
  assert.deepEqual(
    [
      [0.5, 0.6],
      [-0.01, 0.1],
      [1, 0.1],
      [0.1, -0.1],
      [0.1, 1],
    ].map(([x, y]) => indexAt(sheet, x, y)),
    [-1, -1, -1, -1, -1],
  );
  assert.deepEqual(frameOf({...sheet, size: [20, 80]}, 1), {
    left: '25%',
    top: '0%',
    width: '25%',
    height: '50%',
  });
  assert.deepEqual([-1.005, 99.994, -250.4].map(number), ['−1.00', '99.99', '−250']);
  const {cellOf} = load('feature_maps/static/channel.js');
  assert.deepEqual(
    [-0.1, 0, 0.49, 0.5, 1, 1.2].map((share) => cellOf(share, 4)),
    [0, 0, 1, 2, 3, 3],
  );
});

test('what a place is made from', () => {
  const {madeFrom} = load('feature_maps/static/channel.js');
  assert.equal(madeFrom([0, 224], [0, 224], [224, 224]), 'made from all 224 × 224 pixels');
  assert.equal(madeFrom([0, 224], [10, 77], [224, 224]), 'made from 67 × 224 pixels');
});

test('layers by their block', () => {
  const {groupLayers} = load('feature_maps/static/stages.js');
  const layers = ['', '', 'b.0', 'b.0', 'b.1', ''].map((block, name) => ({block, name}));
  assert.deepEqual(
    groupLayers(layers).map(({title, layers: own}) => [title, own.map(({name}) => name)]),
    [
      ['before the blocks', [0, 1]],
      ['b.0', [2, 3]],
      ['b.1', [4]],
      ['after the blocks', [5]],
    ],
  );
});
