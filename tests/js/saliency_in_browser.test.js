import assert from 'node:assert/strict';
import {test} from 'node:test';
import {darkenBand} from '../../demos/components/static/text.mjs';
import {COMBINE} from '../../demos/saliency/static/class_maps.mjs';
import {nameMap} from '../../demos/saliency/static/in_browser.mjs';
import {layOver} from '../../demos/saliency/static/overlay.mjs';
import {furthest, loadGolden, toPicture, unpack} from './golden.js';

const golden = loadGolden('saliency');

test('every method adds up features and slopes as the server does', () => {
  for (const {features, slopes, maps} of golden.layers) {
    const [channels, rows, columns] = features.shape;
    const layer = {features: unpack(features), slopes: unpack(slopes), channels, places: rows * columns};
    assert.deepEqual(Object.keys(COMBINE).sort(), Object.keys(maps).sort());
    for (const [method, map] of Object.entries(maps)) {
      const expected = unpack(map), most = Math.max(...expected);
      assert.ok(most > 0);
      assert.ok(furthest(COMBINE[method](layer), expected) < 2e-4 * most, `${method} ${features.shape}`);
    }
  }
});

test('a layer without any feature has an empty map', () => {
  const layer = {features: new Float32Array(12), slopes: new Float32Array(12), channels: 3, places: 4};
  for (const combine of Object.values(COMBINE)) assert.deepEqual([...combine(layer)], [0, 0, 0, 0]);
});

test('the map lies over the frame in the colours of the server', () => {
  for (const {frame, cells, over} of golden.frames) {
    const made = layOver(toPicture(frame), unpack(cells), cells.shape, golden.recipe, golden.colours);
    const expected = unpack(over), far = made.data.filter((value, i) => value !== expected[i]).length;
    // where a value lies between two colours of the table, rounding decides
    assert.ok(furthest(made.data, expected) <= 2);
    assert.ok(far < 0.01 * expected.length, `${far} of ${expected.length}`);
  }
});

test('the band under the words is that of the server', () => {
  for (const {frame, band} of golden.frames) {
    const picture = toPicture(frame);
    darkenBand(picture, 1);
    assert.equal(furthest(picture.data, unpack(band)), 0);
  }
});

test('a map is named as on the server', () => {
  for (const [method, index, minus, name] of golden.names) assert.equal(nameMap(golden, method, index, minus), name);
});
