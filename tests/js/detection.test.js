import assert from 'node:assert/strict';
import {test} from 'node:test';
import {load, near} from './load.js';

const {
  area,
  iouOf,
  choose,
  unpack,
  clip,
  smallestAt,
  boxOf,
  shiftBox,
  stretchBox,
  fromInput,
  cellBox,
  cellUnder,
  anchorBox,
  anchorMaps,
  greatest,
  sigma,
  decode,
  placeLabels,
} = load('detection/static/boxes.js');

const encode = (array) => Buffer.from(array.buffer).toString('base64');

test('what the server sends comes out as it went in', () => {
  const rows = unpack({
    boxes: encode(new Float32Array([0, 1, 2, 3, 10, 20, 30.5, 40])),
    scores: encode(new Float32Array([0.5, 0.25, 0.125, 0, 0, 0.75, 0.5, 0.25, 0, 0])),
    classes_top: [
      [7, 2, 1, 0, 3],
      [4, 7, 2, 1, 0],
    ],
    cells: [
      [0, 1, 2, 0],
      [1, 3, 4, 2],
    ],
    raw: [],
  });
  assert.deepEqual(
    rows.map((row) => row.box),
    [
      [0, 1, 2, 3],
      [10, 20, 30.5, 40],
    ],
  );
  assert.deepEqual(rows[1].top, [
    [4, 0.75],
    [7, 0.5],
    [2, 0.25],
    [1, 0],
    [0, 0],
  ]);
  assert.deepEqual([rows[1].index, rows[1].cell, rows[1].raw], [1, [1, 3, 4, 2], undefined]);
});

test('overlap of boxes', () => {
  assert.equal(area([2, 3, 6, 5]), 8);
  assert.equal(area([6, 3, 2, 5]), 0); // turned inside out
  assert.equal(iouOf([0, 0, 10, 10], [0, 0, 10, 10]), 1);
  assert.equal(iouOf([0, 0, 10, 10], [5, 0, 15, 10]), 50 / 150);
  assert.equal(iouOf([0, 0, 10, 10], [2, 2, 4, 4]), 4 / 100); // one inside the other
  assert.equal(iouOf([0, 0, 10, 10], [10, 0, 20, 10]), 0); // edge to edge
  assert.equal(iouOf([1, 1, 1, 1], [1, 1, 1, 1]), 0); // no area at all
});

test('boxes above the limit, each with the best of the wanted classes, surest first', () => {
  const rows = [
    {
      top: [
        [0, 0.9],
        [1, 0.3],
      ],
    },
    {
      top: [
        [1, 0.95],
        [2, 0.5],
      ],
    },
    {top: [[2, 0.2]]},
  ];
  const labels = ['person', 'dog', 'cat'],
    seen = (value) => choose(rows, {labels, ...value}).map(({id, score}) => [id, score]);
  assert.deepEqual(seen({confidence: 0.25}), [
    [1, 0.95],
    [0, 0.9],
  ]);
  assert.deepEqual(seen({confidence: 0.2}), [
    [1, 0.95],
    [0, 0.9],
    [2, 0.2],
  ]); // the limit itself is enough
  assert.deepEqual(seen({confidence: 0.25, classes: ['dog']}), [
    [1, 0.95],
    [1, 0.3],
  ]);
  assert.deepEqual(seen({confidence: 0.4, classes: ['cat', 'person']}), [
    [0, 0.9],
    [2, 0.5],
  ]);
});

// A (0-10), B (2-12: 80 of 120), C (4-14: 60 of 140 with A, 80 of 120 with B), D as A, but a class
// of its own
const ROWS = [
  {index: 0, id: 0, score: 0.9, box: [0, 0, 10, 10]},
  {index: 1, id: 0, score: 0.8, box: [2, 0, 12, 10]},
  {index: 2, id: 0, score: 0.7, box: [4, 0, 14, 10]},
  {index: 3, id: 1, score: 0.6, box: [0, 0, 10, 10]},
];
const turns = (limit) =>
  load('detection/static/boxes.js', 'detection/static/suppression.js')
    .suppress(ROWS, limit)
    .map(({kept, suppressed}) => [kept.index, suppressed.map((row) => [row.index, row.overlap])]);

test('suppression, turn by turn', () => {
  // B goes for A's sake, so that C, which only B overlaps by more than half, stays.
  assert.deepEqual(turns(0.5), [
    [0, [[1, 80 / 120]]],
    [2, []],
    [3, []],
  ]);
  assert.deepEqual(turns(0.4), [
    [
      0,
      [
        [1, 80 / 120],
        [2, 60 / 140],
      ],
    ],
    [3, []],
  ]);
  assert.deepEqual(turns(80 / 120), [
    [0, []],
    [1, []],
    [2, []],
    [3, []],
  ]); // more than the limit, not equal
  assert.deepEqual(
    load('detection/static/boxes.js', 'detection/static/suppression.js').suppress([], 0.5),
    [],
  );
});

test('the smallest box under the pointer, and what is cut at the edge', () => {
  const boxes = [{box: [0, 0, 100, 100]}, {box: [10, 10, 30, 30]}, {box: [20, 20, 60, 60]}];
  assert.equal(smallestAt(boxes, 25, 25), boxes[1]);
  assert.equal(smallestAt(boxes, 30, 30), boxes[1]); // its edge belongs to it
  assert.equal(smallestAt(boxes, 31, 30), boxes[2]);
  assert.equal(smallestAt(boxes, 5, 99), boxes[0]);
  assert.equal(smallestAt(boxes, 101, 5), undefined);
  assert.deepEqual(clip([-3, -4, 120, 90], 100, 80), [0, 0, 100, 80]);
});

test('boxes drawn by hand', () => {
  assert.deepEqual(boxOf({x1: 8, y1: 1, x2: 2, y2: 5}), [2, 1, 8, 5]);
  // as far as the picture goes
  assert.deepEqual(shiftBox([2, 1, 8, 5], 3, -4, 10, 10), [4, 0, 10, 4]);
  assert.deepEqual(stretchBox([2, 1, 8, 5], 5, 1, 10, 10, 1), [2, 1, 10, 6]);
  assert.deepEqual(stretchBox([2, 1, 8, 5], -9, -9, 10, 10, 1), [2, 1, 3, 2]);
});

// A picture of 832 x 416 in an input of 416 x 416: half as large, 104 pixels of grey above, below.
const LETTERBOX = {scale: 0.5, left: 0, top: 104},
  GRID = {stride: 32, rows: 13, columns: 13};

test('from the input to the picture and back', () => {
  assert.deepEqual(fromInput(LETTERBOX, [0, 104, 416, 312]), [0, 0, 832, 416]);
  assert.deepEqual(cellBox(LETTERBOX, GRID, 4, 2), [128, 48, 192, 112]);
  assert.deepEqual(cellUnder(LETTERBOX, GRID, 128, 48), [4, 2]);
  assert.deepEqual(cellUnder(LETTERBOX, GRID, 127.9, 47.9), [3, 1]);
  assert.equal(cellUnder(LETTERBOX, GRID, 832, 10), null);
  assert.equal(cellUnder(LETTERBOX, GRID, -1, 10), null);
  // the cell's middle is (80, 144) in the input: an anchor of 40 x 60 around it
  assert.deepEqual(anchorBox(LETTERBOX, GRID, 4, 2, [40, 60]), [120, 20, 200, 140]);
});

test('maps: grid after grid, anchor after anchor', () => {
  const grids = [
    {rows: 1, columns: 2, anchors: []},
    {
      rows: 2,
      columns: 2,
      anchors: [
        [1, 1],
        [2, 2],
      ],
    },
  ];
  const maps = new Uint8Array([1, 2, 10, 20, 30, 40, 40, 5, 35, 7]);
  assert.deepEqual(
    anchorMaps(grids, maps, 0).map((map) => [...map]),
    [[1, 2]],
  );
  assert.deepEqual(
    anchorMaps(grids, maps, 1).map((map) => [...map]),
    [
      [10, 20, 30, 40],
      [40, 5, 35, 7],
    ],
  );
  assert.deepEqual([...greatest(grids, maps, 1)], [40, 20, 35, 40]);
  assert.deepEqual([...maps], [1, 2, 10, 20, 30, 40, 40, 5, 35, 7]);
});

test("a box out of the network's numbers", () => {
  near(assert, [sigma(0), sigma(Math.log(3)), sigma(-Math.log(3))], [0.5, 0.75, 0.25]);
  const box = decode([0, Math.log(3), 0, Math.log(2), 9], 32, 4, 2, [40, 60]);
  near(assert, [box.x, box.y, box.width, box.height], [80, 152, 40, 120]);
});

// The same cases as in tests/cvcore/core/test_drawing.py.
test('no label hides another', () => {
  const size = [40, 10];
  const place = (boxes, most = 12) => placeLabels(boxes, boxes.map(() => size), 100, 100, most);
  // above its box; the second one's would touch it there, and stands below
  assert.deepEqual(place([[10, 30, 30, 60], [20, 35, 40, 70]]), [[10, 20], [20, 70]]);
  // no room above or below: inside; to the right as far as the picture goes
  assert.deepEqual(place([[0, 0, 100, 100], [90, 50, 100, 60]]), [[0, 0], [60, 40]]);
  // six of one box: two above, two below, then inside, where the first two again are the best
  const box = [0, 30, 80, 60];
  assert.deepEqual(place(Array(6).fill(box)), [[0, 20], [40, 20], [0, 60], [40, 60], [0, 30], [40, 30]]);
  // labels that only touch are apart; where no corner is free there is none
  assert.deepEqual(place(Array(9).fill(box)).slice(6), [[0, 50], [40, 50], null]);
  assert.deepEqual(place(Array(3).fill(box), 2), [[0, 20], [40, 20], null]);
});
