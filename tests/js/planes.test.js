import assert from 'node:assert/strict';
import {test} from 'node:test';
import {colourise, colouriseSigned} from '../../demos/components/static/colours.mjs';
import {average, enlarge, findQuantile, findRange} from '../../demos/components/static/planes.mjs';
import {furthest, loadGolden, unpack} from './golden.js';

const golden = loadGolden('planes');

for (const [name, resize] of [['larger', enlarge], ['smaller', average]])
  test(`planes become ${name} as OpenCV has them`, () => {
    assert.equal(golden[name].length, 4);
    for (const {plane, target, resized} of golden[name])
      assert.ok(furthest(resize(unpack(plane), plane.shape, target), unpack(resized)) < 2e-6, `${target}`);
  });

test('several planes are averaged each by itself', () => {
  const made = average(Float32Array.of(1, 3, 5, 7, 10, 10, 20, 20), [2, 2], [1, 1]);
  assert.deepEqual([...made], [4, 15]);
});

test('a quantile is that of NumPy, also among equal values', () => {
  for (const [share, value] of golden.quantiles)
    assert.ok(Math.abs(findQuantile(unpack(golden.values), share) - value) < 1e-6, `${share}`);
  assert.equal(findQuantile(new Float32Array(9), 0.995), 0);
});

test('least and greatest value of a part', () => {
  assert.deepEqual(findRange(Float32Array.of(5, -1, 3, 9), 1, 3), [-1, 3]);
});

test('numbers have the colours of the server', () => {
  const unit = unpack(golden.unit), {viridis, diverging} = golden.colours;
  assert.equal(furthest(colourise(unit, golden.table), unpack(viridis)), 0);
  assert.equal(furthest(colouriseSigned(unit), unpack(diverging)), 0);
});
