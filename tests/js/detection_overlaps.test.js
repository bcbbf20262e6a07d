// Pairs of boxes, gentler ways of suppressing, lines and zones: numbers as tests/cvcore/detection has
// them from torchvision and the papers.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {load, near} from './load.js';

const boxes = load('detection/static/boxes.js', 'detection/static/suppression.js', 'detection/static/overlaps.js');
const {compareBoxes, grabAt, moveCorner, beginPair, suppress} = boxes;
const {toText, fromText, crossesItself, contentBox, arrowOf, snap} = load('detection/static/counting.js');

test('four measures of two boxes', () => {
  const shifted = compareBoxes([0, 0, 2, 2], [1, 0, 3, 2]);
  near(assert, [shifted.iou, shifted.giou, shifted.diou, shifted.ciou], [1 / 3, 1 / 3, 1 / 3 - 1 / 13, 1 / 3 - 1 / 13]);
  const apart = compareBoxes([0, 0, 1, 1], [3, 0, 4, 1]);
  near(assert, [apart.iou, apart.giou, apart.diou], [0, -0.5, -9 / 17]);
  const slim = compareBoxes([0, 0, 4, 4], [1, 0, 3, 4]);
  const aspect = (4 / Math.PI ** 2) * (Math.PI / 4 - Math.atan(0.5)) ** 2;
  near(assert, [slim.iou, slim.diou, slim.ciou], [0.5, 0.5, 0.5 - aspect ** 2 / (0.5 + aspect)]);
});

test('boxes are taken by a corner or whole, the upper one first', () => {
  const pair = [[0, 0, 10, 10], [5, 5, 20, 20]];
  assert.deepEqual(grabAt(pair, 6, 6, 2), {number: 1, corner: 0});
  assert.deepEqual(grabAt(pair, 8, 8, 1), {number: 1, corner: null});
  assert.deepEqual(grabAt(pair, 3, 3, 1), {number: 0, corner: null});
  assert.equal(grabAt(pair, 30, 30, 1), null);
  assert.deepEqual(moveCorner([0, 0, 10, 10], 2, 99, 1, 50, 50, 4), [0, 0, 50, 4]);
  const [first, second] = beginPair(null, null, 100, 100);
  assert.notDeepEqual(first, second);
});

const rows = [
  [[0, 0, 10, 10], 0.9, 0],
  [[0, 0, 10, 8], 0.8, 0],
  [[0, 0, 10, 10], 0.7, 1],
].map(([box, score, id], index) => ({box, score, id, index}));

test('suppression lowers, or lets boxes vote', () => {
  assert.deepEqual(suppress(rows, 0.5).map(({kept}) => kept.index), [0, 2]);
  const [soft] = suppress(rows, 0.5, 'soft, linear', 0.1);
  near(assert, soft.lowered.map(({score}) => score), [0.8 * 0.2]);
  const [gauss] = suppress(rows, 0.5, 'soft, Gaussian', 0.1);
  near(assert, gauss.lowered.map(({score}) => score), [0.8 * Math.exp(-(0.8 ** 2) / 0.5)]);
  assert.equal(suppress(rows, 0.5, 'soft, linear', 0.2)[0].suppressed.length, 1);
  const [voted] = suppress(rows, 0.5, 'box voting');
  near(assert, voted.kept.box, [0, 0, 10, (0.9 * 10 + 0.8 * 8) / 1.7]);
  assert.deepEqual(voted.kept.own, [0, 0, 10, 10]);
});

test('lines and zones are texts in shares of the frame', () => {
  assert.equal(toText([[0, 0.5], [1, 0.25]]), '0.000,0.500 1.000,0.250');
  assert.deepEqual(fromText('0,0.5 1,0.25'), [[0, 0.5], [1, 0.25]]);
  assert.deepEqual([fromText(''), fromText('2,3 a')], [[], []]);
  assert.deepEqual([0.03, 0.5, 0.97].map(snap), [0, 0.5, 1]);
  assert.equal(crossesItself([[0, 0], [1, 0], [1, 1], [0, 1]]), false);
  assert.equal(crossesItself([[0, 0], [1, 1], [1, 0], [0, 1]]), true);
  assert.deepEqual(contentBox(200, 100, 50, 50, 'contain'), [50, 0, 100, 100]);
  assert.deepEqual(arrowOf([[0, 0], [10, 0]], 5), [5, 0, 5, 5]); // to the right, looking along it
});
