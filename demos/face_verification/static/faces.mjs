// Faces of a picture, and the numbers made of them, as cvcore.recognition.faces gives them with MTCNN
// and SFace.
import {resize} from '../../components/static/resize.mjs';
import {SIDE, align, measureTilt} from './alignment.mjs';
import {findFaces as search} from './mtcnn.mjs';

/** @typedef {import('./alignment.mjs').Picture} Picture */
/** @typedef {import('./alignment.mjs').Point} Point */
/** @typedef {import('./mtcnn.mjs').Network} Network */
/** @typedef {import('./mtcnn.mjs').Networks} Networks */
/** A face: its box x0, y0, x1, y1 and landmarks in pixels, a probability, by how many degrees the
 * picture was turned anticlockwise to find it, and the landmarks in the turned picture. */
/** @typedef {{box: number[], landmarks: Point[], score: number, turned: number, upright: Point[]}} Face */

/** What a visitor has put in that cannot be used, as a sentence. */
export class InputError extends Error {}

const MAX_SIDE = 1280, MIN_FACE = 20, SMALL_FACE = 36; // pixels
const SURE = 0.998; // a score that faces hardly reach unless they are upright
const SURER = 0.002; // more than that, and the turned picture counts
const UNSURE = 0.98; // below, landmarks may be wrong
const MOST_TILT = 45; // degrees
const LENIENT = [0.5, 0.5, 0.4]; // thresholds of a second look

/** The longer side at most `most` pixels. @param {Picture} picture @param {number} most */
export const shrink = (picture, most) => {
  const scale = most / Math.max(picture.width, picture.height);
  if (scale >= 1) return picture;
  const [width, height] = [picture.width, picture.height]
    .map((side) => Math.max(1, Math.round(side * scale)));
  return resize(picture, width, height, 'lanczos');
};

/** @param {import('./mtcnn.mjs').Found} found @returns {Face[]} */
export const toFaces = ({boxes, landmarks}, scale = 1) => boxes.map((box, i) => {
  const points = landmarks[i].map(([x, y]) =>
    /** @type {Point} */ ([Math.fround(x / scale), Math.fround(y / scale)]));
  return {
    box: box.slice(0, 4).map((value) => Math.fround(value / scale)),
    landmarks: points,
    score: box[4],
    turned: 0,
    upright: points,
  };
});

/** @param {Face} face */
export const widthOf = ({box}) => box[2] - box[0];
/** @param {Face} face */
const areaOf = ({box}) => (box[2] - box[0]) * (box[3] - box[1]);
/** @param {Face} face */
const isSmall = (face) => widthOf(face) < SMALL_FACE;

/**
 * A picture by quarter turns anticlockwise.
 * @param {Picture} picture
 * @param {number} turns
 * @returns {Picture}
 */
export const turn = (picture, turns) => {
  let {width, height, data} = picture;
  for (let step = 0; step < turns; step += 1) {
    const turned = new Uint8ClampedArray(data.length);
    for (let y = 0, to = 0; y < width; y += 1) {
      for (let x = 0; x < height; x += 1, to += 3) {
        const from = 3 * (x * width + width - 1 - y);
        turned[to] = data[from];
        turned[to + 1] = data[from + 1];
        turned[to + 2] = data[from + 2];
      }
    }
    [width, height, data] = [height, width, turned];
  }
  return {width, height, data};
};

/** A face as SFace takes it: upright, 112 x 112. @param {Picture} picture @param {Face} face */
export const cutOut = (picture, {turned, upright}) => align(turn(picture, turned / 90), upright);

/**
 * Faces of the turned picture at their places in the picture as it is.
 * @param {Face[]} faces
 * @param {number} turns
 * @param {Picture} picture as it is
 */
const turnBack = (faces, turns, {width, height}) => {
  const move = (/** @type {Point} */ point) => {
    for (let step = turns - 1; step >= 0; step -= 1) {
      point = [(step % 2 ? height : width) - 1 - point[1], point[0]];
    }
    return point;
  };
  return faces.map((face) => {
    const [[ax, ay], [bx, by]] = [move([face.box[0], face.box[1]]), move([face.box[2], face.box[3]])];
    const box = [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];
    return {...face, box, landmarks: face.landmarks.map(move), turned: 90 * turns};
  });
};

/** Whether two boxes may be of one face: most of the smaller lies in the other. */
const overlap = (/** @type {Face} */ face, /** @type {Face} */ other) => {
  const [a, b] = [face.box, other.box];
  const wide = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const high = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  return wide * high > 0.5 * Math.min(areaOf(face), areaOf(other));
};

/** The number of the face that a picture is of: large and near the middle. */
const pickFace = (/** @type {Face[]} */ faces, /** @type {Picture} */ {width, height}) => {
  const rank = (/** @type {Face} */ face) => {
    const [x0, y0, x1, y1] = face.box;
    const [x, y] = [(x0 + x1) / 2 - width / 2, (y0 + y1) / 2 - height / 2];
    return areaOf(face) - 2 * (x * x + y * y);
  };
  const usable = faces.filter((face) => !face.turned && !isSmall(face));
  const best = (usable.length ? usable : faces).reduce((a, b) => (rank(b) > rank(a) ? b : a));
  return faces.indexOf(best);
};

/**
 * The faces of a picture and those of the turned one, largest first; none where the turned picture
 * adds nothing. `stand` says which of `lying` stand upright there.
 * @param {Face[]} faces
 * @param {Face[]} lying
 * @param {boolean[]} stand
 */
const merge = (faces, lying, stand) => {
  if (!lying.length) return [];
  const most = Math.max(0, ...faces.map(({score}) => score));
  if (most < SURE) {
    const best = lying.reduce((a, face, i) => (face.score > lying[a].score ? i : a), 0);
    if (!stand[best] || lying[best].score <= most + SURER) return [];
    faces = faces.filter(({score}) => score >= UNSURE);
  } else { // some face stands upright for sure: one that lies must be as sure, in place of another
    lying = lying.filter((face, i) => stand[i] && face.score >= SURE
      && faces.some((other) => overlap(face, other) && face.score > other.score + SURER));
    if (!lying.length) return [];
  }
  /** @type {Face[]} */
  const kept = [];
  for (const face of [...faces, ...lying].sort((a, b) => b.score - a.score)) {
    if (!kept.some((other) => overlap(face, other))) kept.push(face);
  }
  return kept.sort((a, b) => widthOf(b) - widthOf(a));
};

/**
 * The faces in a picture, largest first, whichever way up it is.
 * @param {Picture} picture
 * @param {Networks} networks
 * @returns {Promise<Face[]>}
 */
export const detectFaces = async (picture, networks) => {
  const small = shrink(picture, MAX_SIDE), scale = small.width / picture.width;
  const minFace = Math.max(MIN_FACE, Math.min(small.width, small.height) / 16);
  const faces = toFaces(await search(small, networks, {minFace}), scale);
  if (faces.length && faces[pickFace(faces, picture)].score >= SURE) return faces;
  const looks = [];
  for (const turns of [1, 2, 3]) {
    looks.push({turns, found: await search(turn(small, turns), networks, {minFace})});
  }
  const surest = (/** @type {{found: import('./mtcnn.mjs').Found}} */ {found}) =>
    Math.max(0, ...found.boxes.map((box) => box[4]));
  for (const {turns, found} of looks.sort((a, b) => surest(b) - surest(a))) {
    const lying = toFaces(found, scale);
    const stand = lying.map(({landmarks}) => Math.abs(measureTilt(landmarks)) < MOST_TILT);
    const merged = merge(faces, turnBack(lying, turns, picture), stand);
    if (merged.length) return merged;
  }
  return faces;
};

/**
 * The face of a picture that must show one person; InputError for none, two or a small one.
 * @param {Picture} picture
 * @param {Networks} networks
 */
export const getOnlyFace = async (picture, networks) => {
  let faces = await detectFaces(picture, networks);
  if (!faces.length) { // a more lenient look before giving up
    const small = shrink(picture, MAX_SIDE);
    const found = await search(small, networks, {minFace: MIN_FACE, thresholds: LENIENT});
    // one only: the lenient look sees faces in clouds
    faces = toFaces(found, small.width / picture.width)
      .sort((a, b) => b.score - a.score).slice(0, 1);
  }
  if (!faces.length) {
    throw new InputError('There is no face to be found: choose a picture with a face from the '
      + 'front, well lit.');
  }
  if (faces.length > 1) {
    throw new InputError(`There are ${faces.length} faces, and one is expected: choose a picture of `
      + 'one person.');
  }
  if (isSmall(faces[0])) {
    throw new InputError(`The face is too small (${widthOf(faces[0]).toFixed(0)} pixels wide): go `
      + `nearer, or choose a picture where it is ${SMALL_FACE} pixels wide or more.`);
  }
  return faces[0];
};

/** What was done to a face, or is not sure about it, a sentence each. @param {Face} face */
export const describeDoubts = ({turned, score}) => {
  const notes = [];
  if (turned) {
    const how = turned === 180 ? 'stands on its head' : 'lies on its side';
    notes.push(`The picture of the face ${how}: it was turned upright first.`);
  }
  if (score < UNSURE) {
    notes.push('The face is not sure: if it is tilted, covered or blurred, the answer may be wrong; '
      + 'turn it upright, or choose another picture.');
  }
  return notes;
};

/** Brought to length 1. @param {Float32Array} vector */
const normalise = (vector) => {
  const length = Math.sqrt(dot(vector, vector));
  return vector.map((value) => value / Math.max(length, 1e-12));
};

/** @param {Float32Array} a @param {Float32Array} b */
export const dot = (a, b) => {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i] * b[i];
  return sum;
};

/** What SFace takes of each face: planes of 0 to 255. @param {Picture[]} crops @param {boolean} isMirrored */
const toPlanes = (crops, isMirrored) => {
  const area = SIDE * SIDE, planes = new Float32Array(3 * area * crops.length);
  crops.forEach(({data}, index) => {
    for (let y = 0, to = 3 * area * index; y < SIDE; y += 1) {
      for (let x = 0; x < SIDE; x += 1, to += 1) {
        const from = 3 * (y * SIDE + (isMirrored ? SIDE - 1 - x : x));
        planes[to] = data[from];
        planes[to + area] = data[from + 1];
        planes[to + 2 * area] = data[from + 2];
      }
    }
  });
  return planes;
};

/**
 * Faces that were cut out as 128 numbers of length 1 each; with their mirror images the means of both.
 * @param {Picture[]} crops
 * @param {Network} network SFace
 * @returns {Promise<Float32Array[]>}
 */
export const embedAll = async (crops, network, {withMirror = true} = {}) => {
  if (!crops.length) return [];
  const ask = async (/** @type {boolean} */ isMirrored) => {
    const [{data}] = await network.run(toPlanes(crops, isMirrored), [crops.length, 3, SIDE, SIDE]);
    const length = data.length / crops.length, all = Float32Array.from(data);
    return crops.map((_, i) => normalise(all.subarray(i * length, (i + 1) * length)));
  };
  const plain = await ask(false);
  if (!withMirror) return plain;
  const mirrored = await ask(true);
  return plain.map((vector, i) => normalise(vector.map((value, k) => value + mirrored[i][k])));
};
