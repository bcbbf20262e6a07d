import assert from 'node:assert/strict';
import {test} from 'node:test';
import {fitSides, isFront} from '../../demos/components/static/camera.mjs';
import {Pace, median, rateOf} from '../../demos/components/static/pace.mjs';
import {load} from './load.js';

test('a webcam: sides, frames a second, the time in the middle', () => {
  assert.deepEqual(fitSides(1280, 720, 640), [640, 360]);
  assert.deepEqual(fitSides(320, 240, 640), [320, 240]); // never enlarged
  assert.equal(rateOf([1000, 1100, 1250, 1500]), 6);
  const ways = [30, 10, 200];
  assert.equal(median(ways), 30);
  assert.equal(median([10, 9, 100, 20]), 20);
  assert.deepEqual(ways, [30, 10, 200]);
});

test('a pace is told of the last two seconds, and of the ways of fifteen pictures', () => {
  const pace = new Pace();
  [0, 1000, 2100].forEach((now) => pace.note(now));
  assert.equal(pace.rate, ''); // of the two that are left
  pace.note(2600);
  assert.equal(pace.rate, '1.3 frames a second'); // 1000, 2100, 2600
  [500, ...Array(15).fill(40)].forEach((took) => pace.noteWay(took, 30));
  pace.noteWay(20, 30); // never less than nothing
  assert.equal(pace.way, '10 ms to the server and back');
  assert.equal(Math.min(...pace.ways), 0);
  assert.equal(pace.ways.length, 15);
  pace.restart();
  assert.equal(pace.rate, '');
});

test('a webcam that looks at who sits before it is a mirror', () => {
  const seen = [
    ['user', 'back camera'], // what it says itself counts
    ['environment', 'FaceTime HD Camera'],
    [undefined, 'FaceTime HD Camera'],
    [undefined, 'Integrated Webcam'],
    [undefined, 'camera2 0, facing back'],
    [undefined, 'Document camera'],
    [undefined, ''],
  ].map(([facing, label]) => isFront(facing, label));
  assert.deepEqual(seen, [true, false, true, true, false, false, false]);
});

test('a private picture: sides, and the middle of a face', () => {
  const {fitSides, middleOf} = load('components/static/private_picture.js');
  assert.deepEqual(fitSides(4000, 3000, 1000), [1000, 750]);
  assert.deepEqual(fitSides(5000, 1, 1000), [1000, 1]); // no side vanishes
  assert.deepEqual(middleOf([0.25, 0.5, 0.75, 1]), [0.5, 0.75]);
  assert.deepEqual(middleOf([0.9, -0.5, 1.5, 0.1]), [1, 0]); // a face over the edge
});

test('a painted mask', () => {
  const {toMask, heightFor} = load('components/static/brush.js', 'components/static/paint.js');
  assert.equal(toMask([255, 0, 0, 127, 0, 0, 0, 128, 9, 9, 9, 0, 0, 0, 0, 255]), '0101');
  assert.deepEqual(
    [heightFor(400, 300), heightFor(100, 1000), heightFor(1000, 10)],
    [336, 896, 56],
  );
});

test('a brush is so many hundredths of the longer side wide', () => {
  const {toWidth} = load('components/static/brush.js');
  assert.equal(toWidth(8, 450, 300), 36);
  assert.equal(toWidth(8, 300, 450), 36);
});

test('shares of four corners', () => {
  const {sharesAt, pictureAt, sayPlace} = load('components/static/plane.js');
  assert.deepEqual(sharesAt(0, 0, 5), [1, 0, 0, 0]);
  assert.deepEqual(sharesAt(4, 4, 5), [0, 0, 0, 1]);
  assert.deepEqual(sharesAt(1, 2, 5), [0.375, 0.125, 0.375, 0.125]);
  assert.deepEqual(
    [-0.1, 0, 0.5, 0.99, 1].map((share) => pictureAt(share, 4)),
    [0, 0, 2, 3, 3],
  );
  assert.equal(sayPlace(4, 0, 5), 'A 0 %, B 100 %, C 0 %, D 0 %');
  assert.equal(sayPlace(0, 0, 5, undefined, ['one', 'two', '3', '4']), 'one 100 %, two 0 %, 3 0 %, 4 0 %');
  const axes = [['u', [-2, -1, 0, 1, 2]], ['v', [3, 1, 0, -1, -3]]];
  assert.equal(sayPlace(1, 0, 5, axes), 'u = −1.00, v = 3.00');
});
