import assert from 'node:assert/strict';
import {test} from 'node:test';
import {load} from './load.js';

test('the threshold decides, an edge of the mask is opaque', () => {
  const {colourIn, COLOURS} = load('segmentation/static/mask_view.js');
  const at = (mode, chances, width, changes = {}) => {
    const pixels = new Uint8ClampedArray(4 * chances.length).fill(100),
      data = new Uint8ClampedArray(pixels.length);
    const share = colourIn(data, {
      pixels,
      chances,
      truth: null,
      width,
      threshold: 127.5,
      opacity: 0.5,
      mode,
      ...changes,
    });
    return {
      share,
      colours: chances.map((_, i) => [...data.subarray(4 * i, 4 * i + 3)]),
      alphas: chances.map((_, i) => data[4 * i + 3]),
    };
  };
  const {overlay, truth} = COLOURS;
  assert.equal(at('overlay', [127, 128, 0, 255], 2).share, 0.5);
  // at the threshold: inside
  assert.equal(at('overlay', [127, 128, 0, 255], 2, {threshold: 128}).share, 0.5);
  assert.equal(at('overlay', [127, 128, 0, 255], 2, {threshold: 129}).share, 0.25);
  assert.equal(at('overlay', [0, 0], 2, {threshold: 0}).share, 1);
  // 5 x 4, the mask everywhere but in the left column: its edge are columns 1 and 4 and the rows
  // above and below
  const wide = at(
    'overlay',
    Array.from({length: 20}, (_, i) => (i % 5 ? 255 : 0)),
    5,
  );
  const mixed = overlay.map((value) => Math.round((value + 100) / 2)),
    plain = [100, 100, 100];
  assert.deepEqual(wide.colours.slice(5, 10), [plain, overlay, mixed, mixed, overlay]);
  assert.deepEqual(wide.colours.slice(0, 5), [plain, overlay, overlay, overlay, overlay]);
  // the picture's own edges are edges, on all sides
  const full = at('overlay', Array(9).fill(255), 3);
  assert.deepEqual(
    full.colours.map((colour) => colour[0] === overlay[0]),
    [true, true, true, true, false, true, true, true, true],
  );
  assert.deepEqual(at('probability', [7, 200], 2).colours, [
    [7, 7, 7],
    [200, 200, 200],
  ]);
  assert.deepEqual(at('cut', [0, 200], 2).colours, [[205, 205, 205], plain]);
  // squares of eight pixels
  assert.deepEqual(at('cut', Array(18).fill(0), 9).colours[8], [235, 235, 235]);
  assert.deepEqual(at('brush', [255, 255], 2, {truth: [127, 128]}).colours, [
    plain,
    truth.map((value) => Math.round(100 * 0.45 + value * 0.55)),
  ]);
  assert.deepEqual(wide.alphas, Array(20).fill(255));
});

test('numbers and colours of mask and truth are those of a threshold', () => {
  const {toWords, colourDisagreement} = load('segmentation/static/truth.js');
  const counts = Array.from({length: 101}, (_, i) => [i < 60 ? 1000 : 0, i < 60 ? 3000 : 0]);
  const before = toWords(counts, 1500, 0.59), after = toWords(counts, 1500, 0.6);
  assert.deepEqual(before, {both: '1,000', twice: '2 · 1,000', sum: '1,500 + 3,000', union: '3,500',
    extra: '2,000', missed: '500', dice: '0.444', iou: '0.286'});
  assert.deepEqual([after.sum, after.dice, after.iou], ['1,500 + 0', '0.000', '0.000']);
  assert.equal(toWords(counts, 0, 1).dice, '1.000'); // both are empty: by definition
  // in both, in the mask, in the truth, in none: at the threshold is inside
  const planes = [128, 255, 0, 0, 128, 0, 0, 0, 127, 255, 0, 0, 0, 0, 0, 0];
  const data = new Uint8ClampedArray(16), pixels = new Uint8ClampedArray(16).fill(100);
  colourDisagreement(data, pixels, planes, 128 / 255, [[0, 0, 0], [200, 200, 200], [100, 100, 100]]);
  assert.deepEqual([0, 4, 8, 12].map((j) => data[j]), [35, 165, 100, 111]);
});
