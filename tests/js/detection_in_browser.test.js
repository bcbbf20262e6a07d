import assert from 'node:assert/strict';
import {test} from 'node:test';
import {classColour, drawLabelledBoxes, placeLabels, strokeWidth} from '../../demos/components/static/drawing.mjs';
import {roundEven, toFixed} from '../../demos/components/static/numbers.mjs';
import {assign} from '../../demos/detection/static/assignment.mjs';
import {blurBoxes} from '../../demos/detection/static/blur.mjs';
import {drawCounted, drawCounts} from '../../demos/detection/static/counts.mjs';
import {Counter, isInZone, readLine, readZone} from '../../demos/detection/static/crossings.mjs';
import {findCandidates} from '../../demos/detection/static/decode.mjs';
import {BINS, findByDistance, meanDistance} from '../../demos/detection/static/distances.mjs';
import {refuse} from '../../demos/detection/static/in_browser.mjs';
import {fitLetterbox, toInput} from '../../demos/detection/static/letterbox.mjs';
import {suppress} from '../../demos/detection/static/suppress.mjs';
import {Tracker} from '../../demos/detection/static/tracking.mjs';
import {crc32, furthest, loadGolden, unpack} from './golden.js';

const golden = loadGolden('detection');
const noise = (at) => Math.imul(at, 2654435761) >>> 24;

// The Python side's picture of noise, as a canvas has it.
const makeFrame = (width, height) => {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let i = 0, k = 0; i < data.length; i += 1) data[i] = i % 4 === 3 ? 255 : noise(k++);
  return {width, height, data};
};

test('the network sees what the server would show it, to the bit', () => {
  for (const row of golden.letterboxes) {
    const {width, height, size} = row, letterbox = fitLetterbox(width, height, size);
    const {inputHeight, inputWidth, resizedHeight, resizedWidth, top, left, scale} = letterbox;
    const given = toInput(makeFrame(width, height), letterbox);
    assert.deepEqual([[inputHeight, inputWidth], [resizedHeight, resizedWidth], [top, left], scale],
      [row.input, row.resized, row.at, row.scale]);
    assert.equal(crc32(new Uint8Array(given.buffer)), row.crc32, `${width} x ${height}`);
  }
});

const CLASSES = 3;
const makeHeads = (start) => {
  let at = start;
  return [[3, 4], [6, 8]].map(([rows, columns]) => {
    const parts = 5 + CLASSES, cells = rows * columns;
    const data = Float32Array.from({length: 3 * parts * cells}, (_, i) => {
      const part = Math.floor(i / cells) % parts;
      return (noise(at++) / 16 - 8) / (part === 2 || part === 3 ? 16 : 1);
    });
    return {data, dims: [1, 3 * parts, rows, columns]};
  });
};

const checkFound = (found, row) => {
  assert.deepEqual(found.map((one) => one.row), row.row, row.method);
  assert.deepEqual(found.map(({classId}) => classId), row.class_id);
  assert.ok(furthest(found.map(({score}) => score), row.score) < 1e-5);
  assert.ok(furthest(found.flatMap(({box}) => box), row.box.flat()) < 0.01);
};

test('every way to suppress leaves the boxes that the server leaves', () => {
  const letterbox = fitLetterbox(300, 211, 128);
  for (const row of golden.suppressions) {
    const candidates = findCandidates(makeHeads(row.start), letterbox, row.confidence, row.classes);
    const found = suppress(candidates, row, 300, 211, row.most);
    checkFound(found, row);
  }
});

test('a side is at the mean of its distances', () => {
  const logits = Float32Array.from({length: 2 * BINS}, (_, i) => (i % 2 ? 100 : i === 6 ? 0 : i === 10 ? Math.log(3) : -200));
  assert.ok(Math.abs(meanDistance(logits, 0, 2) - (3 * 0.25 + 5 * 0.75)) < 1e-6); // quarters of bins 3 and 5
  assert.ok(Math.abs(meanDistance(logits, 1, 2) - 5) < 1e-6); // all alike: the middle
});

test('a network without anchors leaves the boxes that the server leaves', () => {
  const letterbox = fitLetterbox(300, 211, 128);
  for (const row of golden.distances) {
    let at = row.start;
    const heads = [[12, 16], [6, 8], [3, 4]].map(([rows, columns]) => {
      const dims = [1, CLASSES + 4 * BINS, rows, columns];
      return {dims, data: Float32Array.from({length: dims[1] * rows * columns}, () => noise(at++) / 16 - 8)};
    });
    const found = suppress(findByDistance(heads, letterbox, row.confidence, row.classes), row, 300, 211);
    assert.ok(found.length > 3);
    checkFound(found, row);
  }
});

test('objects keep their numbers, and are counted, as on the server', () => {
  for (const {film, tracks, counts, confidence, line, zone} of golden.films) {
    const tracker = new Tracker(15), counter = new Counter();
    counter.move(readLine(line), readZone(zone));
    film.forEach((rows, frame) => {
      const found = rows.map((row) => ({box: row.slice(0, 4).map(Math.fround), score: Math.fround(row[4])}));
      const now = tracker.update(found, confidence);
      assert.deepEqual(now.map(({id, index}) => [id, index]), tracks[frame], `frame ${frame}`);
      counter.update(now.map(({id, index}) => ({id, box: found[index].box})), 320, 240);
      assert.deepEqual(Object.values(counter.counts()), counts[frame], `frame ${frame}`);
    });
  }
});

test('pairs cost the least together, and none more than the limit', () => {
  assert.deepEqual(assign([], 1), []);
  assert.deepEqual(assign([[0.1, 0.2], [0.1, 0.9]], 1), [[0, 1], [1, 0]]);
  assert.deepEqual(assign([[0.7, 0.9], [0.1, 0.6]], 0.5), [[1, 0]]);
  assert.deepEqual(assign([[0.4], [0.3], [0.2]], 0.5), [[2, 0]]);
});

test('what is counted at a moved line begins at 0', () => {
  const counter = new Counter(), line = readLine('0.1,0.5 0.9,0.5');
  counter.move(line, []);
  for (const y of [30, 60]) counter.update([{id: 1, box: [90, 0, 110, y]}], 200, 100);
  counter.move([...line], []);
  assert.equal(counter.counts().to_right, 1);
  counter.move(readLine('0.1,0.2 0.9,0.2'), []);
  assert.equal(counter.counts().to_right, 0);
});

test('lines and zones are read as the server reads them', () => {
  for (const {kind, text, points, said} of golden.shapes) {
    const read = kind === 'read_line' ? readLine : readZone;
    if (said) assert.throws(() => read(text), {message: said});
    else assert.deepEqual(read(text), points);
  }
  for (const {zone, places, inside} of golden.places) {
    places.forEach((place, i) => assert.equal(isInZone(readZone(zone), place), inside[i], `${place} in ${zone}`));
  }
});

test('what cannot be computed here is said', () => {
  const values = {model: 'yolov3_tiny', line: '', zone: 'left half'};
  assert.equal(refuse(values), '');
  assert.match(refuse({...values, model: 'yolo11n'}), /^Of these models only YOLOv3-tiny/);
  assert.match(refuse({...values, style: 'skeletons'}), /^Skeletons are found by the server/);
  assert.match(refuse({...values, line: '0.1,0.5 0.1,0.5'}), /^The counting line has no length/);
});

test('colours and labels are where the server draws them', () => {
  const {colours, boxes, sizes, places} = golden.labels;
  assert.deepEqual(colours.map((_, id) => classColour(id)), colours);
  assert.deepEqual(placeLabels(boxes, sizes, 260, 300).map((place) => place && place.map(roundEven)), places);
  for (const [thickness, width] of golden.strokes) assert.ok(Math.abs(strokeWidth(thickness) - width) < 0.2, thickness);
  const done = [];
  const pen = {canvas: {width: 320, height: 240}, strokeRect: (...box) => done.push(box),
    fillRect: (...box) => done.push(box), fillText: (...words) => done.push(words)};
  drawLabelledBoxes(pen, [{box: [10.5, 40.2, 90, 99], text: 'dog 0.50', size: [50, 12, 3], colour: [1, 2, 3]}]);
  assert.deepEqual(done, [[10.5, 40.5, 80, 59], [10, 23, 55, 18], ['dog 0.50', 12, 37, 50]]);
});

test('what is inside a box is blurred as on the server', () => {
  const frame = makeFrame(40, 30);
  blurBoxes(frame, golden.blurred.boxes);
  const rgb = frame.data.filter((_, i) => i % 4 < 3);
  assert.ok(furthest(rgb, unpack(golden.blurred.picture)) <= 1);
});

test('counts are said as the server says them', () => {
  for (const {now, seen, counts, line, zone, html} of golden.words) {
    const words = line || zone ? drawCounted(counts, line, zone) : '';
    const sorted = seen && Object.entries(seen).sort((a, b) => b[1] - a[1]);
    assert.equal(drawCounts('', Object.entries(now), sorted, words), html);
  }
  for (const [value, digits, text] of golden.texts) assert.equal(toFixed(value, digits), text);
});
