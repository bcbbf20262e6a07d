import assert from 'node:assert/strict';
import {test} from 'node:test';
import {load} from './load.js';

const {show, brief, tint, largest, between, Walk} = load('convolution/static/grid.js');
const {inside, sumAt, finish, span, cellFor} = load(
  'convolution/static/grid.js',
  'convolution/static/walk.js',
);
const pooling = load('convolution/static/grid.js', 'convolution/static/pool.js');
const {number, write, refuse, resized, shifted} = load(
  'convolution/static/grid.js',
  'convolution/static/editor.js',
);

const {movedBy, within, sayShift} = load('convolution/static/board.js');
const {patchAt, answerOf, columnAt, mapOf} = load(
  'convolution/static/grid.js',
  'convolution/static/columns.js',
);
const {firstIndex, lastIndex, placeOf} = load(
  'convolution/static/grid.js',
  'convolution/static/flat.js',
);
const {cellIndex, cellPlace, sliceOf, cornersOf} = load(
  'convolution/static/grid.js',
  'convolution/static/cube.js',
);

// 1 2 3 / 4 5 6 / 7 8 9 under a kernel of 2 x 2
const INPUT = [1, 2, 3, 4, 5, 6, 7, 8, 9],
  pixel = (row, column) => INPUT[3 * row + column];
const SETTINGS = {
  height: 3,
  width: 3,
  stretch: 1,
  stride: 1,
  dilation: 1,
  top: 0,
  left: 0,
  padding_mode: 'zero',
  weights: [
    [1, 0],
    [0, -1],
  ],
  divisor: 1,
  bias: 0,
  channel_weights: [1],
};
const total = (changes, row, column) => {
  const v = {...SETTINGS, ...changes};
  return finish(
    v,
    sumAt(v, pixel, row, column).channels.reduce((sum, channel) => sum + channel.sum, 0),
  );
};

test('numbers as they are written in cells', () => {
  assert.deepEqual([3, -0.111, 1234.5, -0.001, 123.456, 2 + 1e-12, NaN, 'x'].map(show), [
    '3',
    '−0.11',
    '1235',
    '0.00',
    '123.5',
    '2',
    '',
    '',
  ]);
  assert.equal(largest([1, -7, NaN, 3]), 7);
  assert.deepEqual([between(0, -0.4, 4), between(0, 2.9, 4), between(0, 5, 4)], [0, 2, 4]);
});

test('a number that does not count is refused in a sentence', () => {
  assert.equal(refuse('Bias', 'abc', 0), 'Bias: “abc” is no number, so 0 stays.');
  assert.equal(refuse('Bias', ' ', -2), 'Bias: an empty field is no number, so −2 stays.');
  assert.match(refuse('Bias', '2e6', 1), /from −1,000,000 to 1,000,000; 1 stays/);
});

test('a large number in a cell', () => {
  assert.deepEqual([99999, -1250000, 1e6, 3e13].map(brief), ['99999', '−1.3e6', '1e6', '3e13']);
  assert.equal(brief([255, 0, 7]), ''); // a colour
});

test('colours of cells', () => {
  assert.deepEqual(tint(117, 1, true), ['rgb(117,117,117)', '#fff']);
  assert.deepEqual(tint(300, 1, true), ['rgb(255,255,255)', '#000']);
  assert.match(tint(-2, 4)[0], /#2166ac 28%/); // half of 55 %
  assert.match(tint(9, 4)[0], /#b2182b 55%/);
  assert.deepEqual(tint([1, 2, 3], 1), ['rgb(1,2,3)', '']);
});

test('a cell of the output', () => {
  const one = sumAt(SETTINGS, pixel, 1, 0);
  assert.deepEqual(one.channels[0].patch, [4, 5, 7, 8]);
  assert.deepEqual(
    one.channels[0].products.map((value) => value + 0),
    [4, 0, 0, -8],
  );
  assert.equal(one.channels[0].sum, -4);
  assert.equal(
    total(
      {
        weights: [
          [1, 1],
          [1, 1],
        ],
        divisor: 4,
        bias: 10,
      },
      1,
      1,
    ),
    17,
  ); // 28 / 4 + 10
  assert.equal(total({dilation: 2}, 0, 0), 1 - 9);
  assert.equal(total({stride: 2, weights: [[1]]}, 1, 1), 9);
  assert.equal(total({channel_weights: [1, 0, -3]}, 0, 0), -4 + 12);
});

test('beyond the edge', () => {
  assert.deepEqual(
    [-2, -1, 0, 3, 4, 5].map((i) => inside(i, 4, 'zero')),
    [-1, -1, 0, 3, -1, -1],
  );
  assert.deepEqual(
    [-2, -1, 0, 3, 4, 5].map((i) => inside(i, 4, 'replicate')),
    [0, 0, 0, 3, 3, 3],
  );
  assert.deepEqual(
    [-2, -1, 0, 3, 4, 5].map((i) => inside(i, 4, 'reflect')),
    [2, 1, 0, 3, 2, 1],
  );
  const sum = {
    top: 1,
    left: 1,
    weights: [
      [1, 1],
      [1, 1],
    ],
  };
  assert.equal(total(sum, 0, 0), 1);
  assert.equal(total({...sum, padding_mode: 'replicate'}, 0, 0), 4);
  assert.equal(total({...sum, padding_mode: 'reflect'}, 0, 0), 5 + 4 + 2 + 1);
  const corner = sumAt({...SETTINGS, top: 1, left: 1}, pixel, 0, 0).channels[0];
  assert.deepEqual(
    [corner.patch, corner.outside],
    [
      [0, 0, 0, 1],
      [true, true, true, false],
    ],
  );
});

test('zeros between pixels, for a transposed convolution', () => {
  const v = {...SETTINGS, stretch: 2, height: 5, width: 5};
  assert.deepEqual(sumAt(v, pixel, 0, 0).channels[0].patch, [1, 0, 0, 0]);
  assert.deepEqual(sumAt(v, pixel, 1, 1).channels[0].patch, [0, 0, 0, 5]);
});

test('pointing at the input finds the window around it', () => {
  const v = {
    ...SETTINGS,
    weights: [
      [1, 1, 1],
      [1, 1, 1],
      [1, 1, 1],
    ],
  };
  assert.deepEqual([span(v, 3), span({...v, dilation: 2}, 3)], [3, 5]);
  assert.deepEqual(cellFor(v, 5, 7), [4, 6]);
  assert.deepEqual(cellFor({...v, top: 1, left: 1}, 5, 7), [5, 7]);
  assert.deepEqual(cellFor({...v, stride: 2}, 5, 7), [2, 3]);
});

test('a pooling window', () => {
  const v = {size: 2, stride: 1},
    seen = pooling.windowAt(v, pixel, 1, 1);
  assert.deepEqual([seen.values, seen.best, seen.won, seen.mean], [[5, 6, 8, 9], 9, 3, 7]);
  assert.deepEqual(seen.places, [
    [1, 1],
    [1, 2],
    [2, 1],
    [2, 2],
  ]);
  assert.equal(pooling.windowAt(v, () => 4, 0, 0).won, 0); // of equals the first wins
  assert.deepEqual(pooling.windowAt({size: 2, stride: 3}, () => 0, 1, 2).places[0], [3, 6]);
  assert.deepEqual(pooling.cellFor({size: 3, stride: 2}, 5, 7), [2, 3]);
});

test('tables of numbers', () => {
  assert.deepEqual(['−1,5', ' 2 ', '.25', '-1e6'].map(number), [-1.5, 2, 0.25, -1e6]);
  for (const wrong of ['', ' ', 'two', '1e400', '1000001', 'Infinity']) {
    assert.equal(number(wrong), null, wrong);
  }
  assert.deepEqual([-1.5, 0.00002, 1 / 3, 1e6].map(write), [
    '−1.5',
    '0.00002',
    '0.333333',
    '1000000',
  ]);
  const cells = [
    [1, 2],
    [3, 4],
  ];
  assert.deepEqual(resized(cells, 3, 3, 0, false), [
    [1, 2, 0],
    [3, 4, 0],
    [0, 0, 0],
  ]);
  assert.deepEqual(resized(cells, 4, 4, 9, true), [
    [9, 9, 9, 9],
    [9, 1, 2, 9],
    [9, 3, 4, 9],
    [9, 9, 9, 9],
  ]);
  assert.deepEqual(
    resized(
      [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
      ],
      1,
      1,
      0,
      true,
    ),
    [[5]],
  );
  assert.deepEqual(shifted(cells, 1, 0, 7), [
    [7, 7],
    [1, 2],
  ]);
  assert.deepEqual(shifted(cells, 0, -1, 7), [
    [2, 7],
    [4, 7],
  ]);
});

test('a walk over a map stays on it', () => {
  let drawn = 0;
  const walk = Object.assign(Object.create(Walk.prototype), {
    draw: () => {
      drawn++;
    },
    rows: 3,
    columns: 4,
    index: 0,
    kept: null,
    shown: 1,
    timer: null,
  });
  walk.goTo(1, 2);
  assert.deepEqual([walk.index, walk.row, walk.column, walk.shown, walk.kept], [6, 1, 2, 7, null]);
  walk.goTo(-3, 9, true);
  assert.deepEqual([walk.index, walk.shown, walk.kept], [3, 7, 3]);
  walk.go(99);
  assert.equal(walk.index, 11);
  walk.back();
  assert.deepEqual([walk.index, walk.shown, drawn], [3, 12, 4]);
  walk.timer = 1; // while it plays, only a click moves it
  walk.goTo(0, 0);
  assert.equal(walk.index, 3);
});

test('a digit is moved by whole pixels, and what leaves its frame is lost', () => {
  const digit = Array.from({length: 784}, (_, i) => (i === 28 * 5 + 7 ? 1 : 0));
  assert.equal(movedBy(digit, 2, -3).indexOf(1), 28 * 7 + 4);
  assert.ok(!movedBy(digit, 0, -8).includes(1));
  assert.ok(!movedBy(digit, -6, 0).includes(1));
  assert.deepEqual([within(12, 10), within(-12, 10), within(3, 10)], [10, -10, 3]);
  assert.equal(sayShift(-2, 3), '3 to the right, 2 up');
  assert.match(sayShift(0, 0), /drag/);
});

test('all filters on one patch give a column of the volume', () => {
  const digit = Array.from({length: 784}, (_, i) => i);
  assert.deepEqual(patchAt(digit, 1, 2), [30, 31, 32, 58, 59, 60, 86, 87, 88]);
  const filters = [...[0, 0, 0, 0, 1, 0, 0, 0, 0], ...[-1, 0, 0, 0, 0, 0, 0, 0, 1]];
  const value = {digit, filters, biases: [0.5, -100], relu: false};
  assert.deepEqual(columnAt(value, 1, 2), [59.5, -42]); // 88 - 30 - 100
  assert.deepEqual(columnAt({...value, relu: true}, 1, 2), [59.5, 0]);
  assert.equal(answerOf([1, 2, 3, 4, 5, 6, 7, 8, 9], filters.slice(9), 1, false), 9);
  const map = mapOf(value, 0);
  assert.equal(map.length, 26 * 26);
  assert.equal(map[26 + 2], 59.5);
});

test('where a number of a volume stands once it is flat', () => {
  assert.equal(firstIndex([128, 3, 3], 5, 1, 2), 50);
  assert.equal(lastIndex([128, 3, 3], 5, 1, 2), 645);
  assert.deepEqual(placeOf([128, 3, 3], 50), [5, 1, 2]);
  assert.deepEqual(placeOf([4, 2, 5], firstIndex([4, 2, 5], 3, 1, 4)), [3, 1, 4]);
});

test('a batch as a cube: its numbers, slices and faces', () => {
  const shape = [3, 6, 2, 2];
  assert.equal(cellIndex(shape, 2, 5, 3), 71);
  assert.deepEqual(cellPlace(shape, 71), [2, 5, 3]);
  assert.deepEqual(sliceOf([0, 1, 0, 2, 0], 2), [0, 2, 4]);
  assert.deepEqual(cornersOf('front', 0, 1, 2)[2], [2, 0, 3]);
  assert.deepEqual(cornersOf('top', 1, 0, 0)[0], [0, 1, 0]);
  assert.deepEqual(cornersOf('side', 1, 5, 0)[0], [6, 1, 0]);
});
