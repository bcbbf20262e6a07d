import assert from 'node:assert/strict';
import {test} from 'node:test';
import {toChw, toRgb} from '../../demos/components/static/pictures.mjs';
import {resize} from '../../demos/components/static/resize.mjs';
import {furthest, loadGolden, toPicture, unpack} from './golden.js';

test('a picture is resized as Pillow does it, to the bit', () => {
  const cases = loadGolden('pictures').resize;
  assert.ok(cases.length > 5);
  for (const {kind, box, picture, resized} of cases) {
    const [high, wide] = resized.shape;
    const made = resize(toPicture(picture), wide, high, kind, box || undefined);
    assert.deepEqual([made.width, made.height], [wide, high]);
    assert.equal(furthest(made.data, unpack(resized)), 0, `${kind} to ${wide} x ${high}`);
  }
});

test('a picture of the same size is a copy', () => {
  const picture = {width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6)};
  const copy = resize(picture, 2, 1);
  copy.data[0] = 9;
  assert.equal(picture.data[0], 1);
});

test('pixels become planes from 0 to 1, without their opacity', () => {
  const rgb = toRgb({width: 2, height: 1, data: [255, 0, 51, 7, 0, 255, 102, 9]});
  assert.deepEqual([...rgb.data], [255, 0, 51, 0, 255, 102]);
  assert.ok(furthest(toChw(rgb), [1, 0, 0, 1, 0.2, 0.4]) < 1e-7);
});
