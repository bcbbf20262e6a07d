import assert from 'node:assert/strict';
import {test} from 'node:test';
import * as painting from '../../demos/style_transfer/static/painting.mjs';
import {addWhirls, readStreaks} from '../../demos/style_transfer/static/whirls.mjs';
import {furthest, loadGolden, toPicture, unpack} from './golden.js';

const golden = loadGolden('style_transfer');

test('frames are made as small as on the server, to the bit', () => {
  for (const {picture, side, small} of golden.fits) {
    const {width, height, data} = painting.fit(toPicture(picture), side);
    assert.deepEqual([height, width, 3], small.shape);
    assert.equal(furthest(data, unpack(small)), 0);
  }
});

test('the network that reads a style is given what it is given on the server', () => {
  for (const {picture, given} of golden.styles) {
    const values = painting.toStyleInput(toPicture(picture)).filter((_, i) => i % 997 === 0);
    assert.equal(furthest(values.map((value) => Math.round(value * 255)), unpack(given)), 0);
  }
});

test('strength and an own painter follow from the numbers', () => {
  for (const {own, numbers, strength, mixed} of golden.numbers) {
    const made = painting.mixNumbers(unpack(own), Array.from(unpack(numbers)), strength);
    assert.ok(furthest(made, unpack(mixed)) < 1e-6);
  }
  for (const {numbers, own, share} of golden.shares) {
    const found = painting.findOwnPainter(Array.from(unpack(numbers)), golden.painters);
    assert.equal(golden.painters.indexOf(found.own), own);
    assert.ok(Math.abs(found.share - share) < 1e-5);
  }
});

test('a picture goes to the painter with its last row and column repeated, and is cut off its answer', () => {
  const picture = {width: 5, height: 2, data: Uint8Array.from({length: 30}, (_, i) => i)};
  const {data, dims} = painting.toPainterInput(picture);
  assert.deepEqual(dims, [1, 3, 4, 8]);
  const red = Array.from(data.slice(0, 32), (value) => Math.round(value * 255));
  const first = [0, 3, 6, 9, 12, 12, 12, 12], second = first.map((value) => value + 15);
  assert.deepEqual(red, [...first, ...second, ...second, ...second]);
  const {planes, picture: cut} = golden.answer, [height, width] = cut.shape;
  const made = painting.toPicture({data: unpack(planes), dims: planes.shape}, width, height);
  assert.equal(furthest(made.data, unpack(cut)), 0);
});

test('two paintings are mixed, and colours kept, as on the server', () => {
  const {shared, own, share, picture, coloured} = golden.mixed, both = [shared, own].map(toPicture);
  assert.equal(furthest(painting.mixPaintings(...both, share).data, unpack(picture)), 0);
  assert.equal(furthest(painting.keepColours(...both).data, unpack(coloured)), 0);
});

test('whirls are those of the server but for a grey level here and there', () => {
  const {picture, streaks, result} = golden.whirls, before = toPicture(picture);
  const made = addWhirls(before, readStreaks(streaks)).data, goal = unpack(result);
  assert.ok(furthest(before.data, goal) > 10);
  assert.ok(furthest(made, goal) <= 1);
  assert.ok(made.filter((value, i) => value !== goal[i]).length < 0.002 * goal.length);
});
