// Faces found in three stages, as cvcore.recognition.faces.mtcnn finds them: the networks get the
// same numbers to the last bit.

/** @typedef {import('./alignment.mjs').Picture} Picture */
/** @typedef {import('./alignment.mjs').Point} Point */
/** @typedef {{run: (data: Float32Array, dims: number[]) => Promise<{data: ArrayLike<number>, dims: number[]}[]>}} Network */
/** @typedef {{pnet: Network, rnet: Network, onet: Network}} Networks */
/** A box: x0, y0, x1, y1 in pixels, probability; of P-Net also how its corners are to be moved. */
/** @typedef {number[]} Box */
/** @typedef {{boxes: Box[], landmarks: Point[][]}} Found */

const WINDOW = 12; // pixels: what P-Net looks at
const STRIDE = 2; // pixels between P-Net's windows
const FACTOR = 0.709; // from one picture of the pyramid to the next: half the area
const THRESHOLDS = [0.6, 0.7, 0.7]; // least probability of a face in each stage
const MAX_LEVEL_PIXELS = 4_000_000;
const BATCH = 256;

/**
 * Writes a part of a picture, resized by averaging, as a network takes it: planes R, G, B, about -1
 * to 1. Each pixel is the mean of those that it covers, edges rounded outwards.
 * @param {Picture} picture
 * @param {number[]} window x0, y0, x1, y1 in whole pixels, within the picture
 * @param {number} width
 * @param {number} height
 * @param {Float32Array} into
 * @param {number} start
 */
export const sample = ({width: stride, data}, [x0, y0, x1, y1], width, height, into, start) => {
  const plane = width * height;
  for (let y = 0, at = start; y < height; y += 1) {
    const top = y0 + Math.floor((y * (y1 - y0)) / height);
    const bottom = y0 + Math.ceil(((y + 1) * (y1 - y0)) / height);
    for (let x = 0; x < width; x += 1, at += 1) {
      const left = x0 + Math.floor((x * (x1 - x0)) / width);
      const right = x0 + Math.ceil(((x + 1) * (x1 - x0)) / width);
      let red = 0, green = 0, blue = 0;
      for (let row = top; row < bottom; row += 1) {
        for (let i = 3 * (row * stride + left), end = i + 3 * (right - left); i < end; i += 3) {
          red += data[i];
          green += data[i + 1];
          blue += data[i + 2];
        }
      }
      const count = (bottom - top) * (right - left);
      into[at] = scaled(red / count);
      into[at + plane] = scaled(green / count);
      into[at + 2 * plane] = scaled(blue / count);
    }
  }
};
const scaled = (/** @type {number} */ mean) => Math.fround(Math.fround(mean) - 127.5) * 0.0078125;

/**
 * Scales of the pyramid, largest first: a face of `minFace` pixels fills P-Net's window there.
 * @param {number} height
 * @param {number} width
 * @param {number} minFace
 */
export const listScales = (height, width, minFace) => {
  const scales = [];
  for (let scale = WINDOW / minFace; Math.min(height, width) * scale >= WINDOW; scale *= FACTOR) {
    if (height * width * scale * scale <= MAX_LEVEL_PIXELS) scales.push(scale);
  }
  return scales;
};

/**
 * Non-maximum suppression: numbers of the boxes to keep, best first. A box goes when its
 * intersection with a better one exceeds `threshold` of their union, or of the smaller box, whose
 * sides then count one pixel more.
 * @param {Box[]} boxes
 * @param {number} threshold
 */
export const suppress = (boxes, threshold, {ofSmaller = false} = {}) => {
  const extra = ofSmaller ? 1 : 0;
  const areas = boxes.map(([x0, y0, x1, y1]) => (x1 - x0 + extra) * (y1 - y0 + extra));
  let order = boxes.map((_, i) => i).sort((a, b) => boxes[b][4] - boxes[a][4]);
  const kept = [];
  while (order.length) {
    const best = order[0], a = boxes[best];
    kept.push(best);
    order = order.slice(1).filter((i) => {
      const b = boxes[i];
      const wide = Math.min(a[2], b[2]) - Math.max(a[0], b[0]) + extra;
      const high = Math.min(a[3], b[3]) - Math.max(a[1], b[1]) + extra;
      const shared = Math.max(wide, 0) * Math.max(high, 0);
      const smaller = Math.min(areas[best], areas[i]);
      return shared <= threshold * (ofSmaller ? smaller : areas[best] + areas[i] - shared);
    });
  }
  return kept;
};

/** Each corner moved by a share of the box's side. @param {Box} box @param {number[]} moves */
const move = ([x0, y0, x1, y1, score], moves, extra = 1) => {
  const [wide, high] = [x1 - x0 + extra, y1 - y0 + extra];
  return [x0 + moves[0] * wide, y0 + moves[1] * high, x1 + moves[2] * wide, y1 + moves[3] * high, score];
};

/** @param {Box} box */
const toSquare = ([x0, y0, x1, y1, score]) => {
  const side = Math.max(x1 - x0, y1 - y0);
  const [x, y] = [x0 + (x1 - x0) / 2 - side / 2, y0 + (y1 - y0) / 2 - side / 2];
  return [x, y, x + side, y + side, score];
};

/**
 * One picture of the pyramid: the boxes that P-Net proposes there.
 * @param {Picture} picture
 * @param {number} scale
 * @param {number} threshold
 * @param {Network} network
 */
const propose = async (picture, scale, threshold, network) => {
  const [height, width] = [picture.height, picture.width].map((side) => Math.floor(side * scale + 1));
  const pixels = new Float32Array(3 * height * width);
  sample(picture, [0, 0, picture.width, picture.height], width, height, pixels, 0);
  const [moves, {data: heat, dims}] = await network.run(pixels, [1, 3, height, width]);
  const [rows, columns] = dims.slice(2), cells = rows * columns, scale32 = Math.fround(scale);
  const place = (/** @type {number} */ pixel) => Math.floor(Math.fround(pixel / scale32));
  /** @type {Box[]} */
  const boxes = [];
  for (let cell = 0; cell < cells; cell += 1) {
    if (!(heat[cells + cell] >= threshold)) continue;
    const [x, y] = [STRIDE * (cell % columns), STRIDE * Math.floor(cell / columns)];
    boxes.push([
      place(x + 1), place(y + 1), place(x + WINDOW), place(y + WINDOW), heat[cells + cell],
      ...[0, 1, 2, 3].map((i) => moves.data[i * cells + cell]),
    ]);
  }
  return suppress(boxes, 0.5).map((i) => boxes[i]);
};

/**
 * The boxes that lie in the picture at all, each with a network's answer to its part of it.
 * @param {Picture} picture
 * @param {Box[]} boxes
 * @param {number} side
 * @param {Network} network
 */
const ask = async (picture, boxes, side, network) => {
  const asked = [];
  for (const box of boxes) {
    const [x0, y0, x1, y1] = box.map(Math.trunc);
    const window = [Math.max(x0, 1) - 1, Math.max(y0, 1) - 1,
      Math.min(x1, picture.width), Math.min(y1, picture.height)];
    if (window[2] > window[0] && window[3] > window[1]) asked.push({box, window});
  }
  /** @type {{box: Box, rows: number[][]}[]} */
  const answered = [];
  const size = 3 * side * side;
  for (let start = 0; start < asked.length; start += BATCH) {
    const part = asked.slice(start, start + BATCH), pixels = new Float32Array(size * part.length);
    part.forEach(({window}, i) => sample(picture, window, side, side, pixels, i * size));
    const outputs = await network.run(pixels, [part.length, 3, side, side]);
    part.forEach(({box}, i) => {
      const rows = outputs.map(({data}) => {
        const wide = data.length / part.length;
        return Array.from({length: wide}, (_, k) => data[i * wide + k]);
      });
      answered.push({box, rows});
    });
  }
  return answered;
};

/**
 * What R-Net keeps of squares, moved.
 * @param {Picture} picture
 * @param {Box[]} boxes
 * @param {number} threshold
 * @param {Network} network
 */
const refine = async (picture, boxes, threshold, network) => {
  const kept = (await ask(picture, boxes, 24, network)).filter(({rows}) => rows[1][1] > threshold);
  const scored = kept.map(({box, rows}) => [...box.slice(0, 4), rows[1][1]]);
  return suppress(scored, 0.7).map((i) => toSquare(move(scored[i], kept[i].rows[0])));
};

/**
 * O-Net alone on squares: boxes and landmarks, largest first.
 * @param {Picture} picture
 * @param {Box[]} boxes
 * @param {number} threshold
 * @param {Network} network
 * @returns {Promise<Found>}
 */
export const locate = async (picture, boxes, threshold, network) => {
  const faces = (await ask(picture, boxes, 48, network))
    .filter(({rows}) => rows[2][1] > threshold)
    .map(({box: [x0, y0, x1, y1], rows: [moves, points, [, score]]}) => ({
      box: move([x0, y0, x1, y1, score], moves),
      // all x come before all y
      points: [0, 1, 2, 3, 4].map((i) => /** @type {Point} */ ([
        points[i] * (x1 - x0 + 1) + x0 - 1, points[i + 5] * (y1 - y0 + 1) + y0 - 1])),
    }));
  const areaOf = (/** @type {{box: Box}} */ {box}) => (box[2] - box[0]) * (box[3] - box[1]);
  const kept = suppress(faces.map(({box}) => box), 0.7, {ofSmaller: true})
    .map((i) => faces[i])
    .sort((a, b) => areaOf(b) - areaOf(a));
  return {boxes: kept.map(({box}) => box), landmarks: kept.map(({points}) => points)};
};

/**
 * All three stages: the faces of a picture, largest first.
 * @param {Picture} picture
 * @param {Networks} networks
 * @param {{minFace: number, thresholds?: number[]}} options
 * @returns {Promise<Found>}
 */
export const findFaces = async (picture, networks, {minFace, thresholds = THRESHOLDS}) => {
  /** @type {Box[]} */
  const proposed = [];
  for (const scale of listScales(picture.height, picture.width, minFace)) {
    proposed.push(...await propose(picture, scale, thresholds[0], networks.pnet));
  }
  const squares = suppress(proposed, 0.7)
    .map((i) => toSquare(move(proposed[i], proposed[i].slice(5), 0)));
  const refined = await refine(picture, squares, thresholds[1], networks.rnet);
  return locate(picture, refined, thresholds[2], networks.onet);
};
