import assert from 'node:assert/strict';
import {test} from 'node:test';
import {colourise, colouriseSigned} from '../../demos/components/static/colours.mjs';
import {enlarge, shrink} from '../../demos/components/static/cv2_resize.mjs';
import {findQuantile, findRange} from '../../demos/components/static/planes.mjs';
import {furthest, loadGolden, unpack} from './golden.js';

const golden = loadGolden('planes');

for (const [name, resize] of [['larger', enlarge], ['smaller', shrink]])
  test(`planes become ${name} as OpenCV has them`, () => {
    assert.equal(golden[name].length, 4);
    for (const {plane, target: [high, wide], resized} of golden[name]) {
      const [height, width] = plane.shape, made = resize({width, height, data: unpack(plane)}, wide, high);
      assert.ok(furthest(made.data, unpack(resized)) < 2e-6, `${wide} x ${high}`);
    }
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
