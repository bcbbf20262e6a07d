// The faces found, followed and named in a browser are those of the Python side: golden files of
// tests/golden/face_verification.py, with networks that answer at random.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {align, measureTilt} from '../../demos/face_verification/static/alignment.mjs';
import {checkName, drawNotes, drawPeople} from '../../demos/face_verification/static/enrolment.mjs';
import {cutOut, describeDoubts, detectFaces, embedAll, getOnlyFace} from '../../demos/face_verification/static/faces.mjs';
import {sample, suppress} from '../../demos/face_verification/static/mtcnn.mjs';
import {toNumbers, toTable} from '../../demos/face_verification/static/naming.mjs';
import {begin, follow} from '../../demos/face_verification/static/tracking.mjs';
import {furthest, loadGolden, unpack} from './golden.js';
import {near} from './load.js';

const golden = loadGolden('face_verification');
const words = {...golden.saying.words, style: ''};

const makePicture = (width, height, seed = 0) => {
  const data = new Uint8ClampedArray(3 * width * height);
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      for (let c = 0; c < 3; c += 1, at += 1) {
        data[at] = (7 * x + 13 * y + 29 * c + ((x * y) % 31) + 5 * seed) % 256;
      }
    }
  }
  return {width, height, data};
};

const toOutputs = ({size, places, cells, outputs}) => {
  if (outputs) return outputs.map((one) => ({data: unpack(one), dims: one.shape}));
  const [rows, columns] = size, plane = rows * columns, values = unpack(cells);
  const moves = new Float32Array(4 * plane), heat = new Float32Array(2 * plane);
  places.forEach(([row, column], i) => {
    const at = row * columns + column;
    heat[plane + at] = values[5 * i];
    for (let k = 0; k < 4; k += 1) moves[k * plane + at] = values[5 * i + 1 + k];
  });
  return [{data: moves, dims: [1, 4, ...size]}, {data: heat, dims: [1, 2, ...size]}];
};

// Networks that answer as noted, and see that they are asked the same. What SFace is given may differ
// by a grey value a pixel.
const replay = (calls) => {
  let next = 0;
  const network = (name) => ({
    run: async (data, dims) => {
      const call = calls[next];
      assert.deepEqual([name, dims], [call.name, call.dims]);
      const sum = data.reduce((all, value) => all + value, 0);
      const tolerance = name === 'sface' ? data.length / 1000 : 0.002;
      assert.ok(Math.abs(sum - call.sum) <= tolerance, `${name} was given ${sum}, not ${call.sum}`);
      next += 1;
      return toOutputs(call);
    },
  });
  const [pnet, rnet, onet, sface] = ['pnet', 'rnet', 'onet', 'sface'].map(network);
  return {pnet, rnet, onet, sface, isDone: () => assert.equal(next, calls.length)};
};

test('networks are given the same pixels, to the last bit', () => {
  for (const {window, size: [height, width], pixels} of golden.sampling) {
    const into = new Float32Array(3 * width * height);
    sample(makePicture(13, 9), window, width, height, into, 0);
    assert.equal(furthest(into, unpack(pixels)), 0);
  }
});

test('the same boxes are suppressed', () => {
  for (const {boxes, ofSmaller, kept} of golden.suppression) {
    assert.deepEqual(suppress(boxes, 0.4, {ofSmaller}), kept);
  }
});

test('faces are aligned as by OpenCV, but for 1 of 255', () => {
  for (const {width, height, landmarks, pixels, tilt} of golden.aligning) {
    const {data} = align(makePicture(width, height), landmarks);
    const spots = [...Array(256).keys()].flatMap((i) =>
      [0, 1, 2].map((c) => data[3 * (7 * Math.floor(i / 16) * 112 + 7 * (i % 16)) + c]));
    assert.ok(furthest(spots, unpack(pixels)) <= 1);
    near(assert, [measureTilt(landmarks)], [tilt], 1e-4);
  }
});

test('the same faces are found, upright and turned', async () => {
  for (const {calls, faces} of golden.detecting) {
    const networks = replay(calls), picture = makePicture(75, 64);
    const found = await detectFaces(picture, networks);
    networks.isDone();
    assert.equal(found.length, faces.length);
    found.forEach((face, i) => {
      near(assert, [...face.box, ...face.landmarks.flat()], [...faces[i].box, ...faces[i].landmarks.flat()], 1e-3);
      near(assert, [face.score, face.turned], [faces[i].score, faces[i].turned], 1e-6);
      const {data} = cutOut(picture, face), mean = data.reduce((all, value) => all + value, 0) / data.length;
      near(assert, [mean], [faces[i].mean], 1e-3);
    });
  }
});

test('one person is enrolled by the same numbers, or refused by the same sentence', async () => {
  for (const {calls, embedding, notes, said} of golden.enrolling) {
    const networks = replay(calls), picture = makePicture(110, 90);
    if (said) {
      const refused = await getOnlyFace(picture, networks).then(() => '', (error) => error.message);
      assert.equal(refused, said);
    } else {
      const face = await getOnlyFace(picture, networks);
      const [own] = await embedAll([cutOut(picture, face)], networks.sface);
      assert.ok(furthest(own, unpack(embedding)) <= 1e-6);
      assert.deepEqual(describeDoubts(face), notes);
    }
    networks.isDone();
  }
});

test('a film is followed by the same tracks, names and tables', async () => {
  const {people, frames} = golden.following;
  const enrolled = people.map(({name, embedding}) => ({name, embedding: unpack(embedding)}));
  let state = begin();
  for (const [number, {calls, embedder, numbers, table}] of frames.entries()) {
    const networks = replay(calls), known = number > 1 ? enrolled : [];
    const threshold = embedder === words.embedder ? 0.5 : words.threshold;
    state = await follow(state, makePicture(400, 300, number), {people: known, threshold, networks});
    networks.isDone();
    assert.equal(toTable(state.tracks, known.length, embedder, words), table);
    const own = toNumbers(state.tracks, known.length, threshold);
    assert.deepEqual([own.enrolled, own.threshold], [numbers.enrolled, numbers.threshold]);
    own.faces.forEach((face, i) => {
      const other = numbers.faces[i];
      assert.deepEqual([face.number, face.name], [other.number, other.name]);
      near(assert, face.box_xyxy, other.box_xyxy, 0.11);
      near(assert, [face.score, face.similarity ?? -9], [other.score, other.similarity ?? -9], 1e-6);
    });
  }
});

test('names, roster and notes are written as on the server', () => {
  const some = (count) => Array.from({length: count}, (_, n) => ({name: `Person ${n}`, embedding: null}));
  for (const {people, said, ...asked} of golden.saying.refused) {
    let refused = '';
    try { checkName(some(people), asked, words); } catch (error) { refused = error.message; }
    assert.equal(refused, said);
  }
  assert.equal(checkName(some(40), {name: '  Person   3 ', consent: true}, words), 'Person 3');
  golden.saying.rosters.forEach((roster, i) => assert.equal(drawPeople(some([0, 1, 3][i]), words), roster));
  for (const {notes, ...face} of golden.saying.doubts) assert.deepEqual(describeDoubts(face), notes);
  assert.equal(drawNotes(['Turn <it> upright.'], words), golden.saying.note);
});
