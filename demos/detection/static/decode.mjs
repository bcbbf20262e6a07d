// The network's numbers, decoded into the boxes that can reach the confidence limit: see
// cvcore.detection.yolo_heads and explain_suppression.

// Of cvcore.models.yolo_anchors: pixels a cell, and three widths and heights in pixels, a grid.
export const STRIDES = [32, 16];
export const ANCHORS = [[[81, 82], [135, 169], [344, 319]], [[23, 27], [37, 58], [81, 82]]];

/** @typedef {{data: Float32Array, dims: readonly number[]}} Head (1, A (5 + C), rows, columns) */
/**
 * @typedef {object} Candidate
 * @property {number} row of all the network's boxes
 * @property {number[]} box x1, y1, x2, y2 in the picture's pixels
 * @property {number} classId
 * @property {number} score 0 to 1
 */

const {fround} = Math;
// As the Python side writes it, in single precision.
/** @param {number} x */
export const sigmoid = (x) => fround(0.5 * fround(1 + fround(Math.tanh(fround(0.5 * x)))));

/**
 * Boxes of the wanted classes whose score reaches `confidence`, the surest first; equal ones in the
 * order of the network's rows: grid by grid, anchor by anchor, from left to right and down.
 * @param {Head[]} heads
 * @param {import('./letterbox.mjs').Letterbox} letterbox
 * @param {number} confidence 0 to 1
 * @param {number[]} wanted class numbers; none: all
 * @returns {Candidate[]}
 */
export const findCandidates = (heads, letterbox, confidence, wanted) => {
  /** @type {Candidate[]} */
  const found = [];
  const least = fround(confidence);
  let row = 0;
  heads.forEach(({data, dims}, grid) => {
    const [, channels, rows, columns] = dims, cells = rows * columns, anchors = ANCHORS[grid];
    const parts = channels / anchors.length;
    const classes = wanted.length ? [...wanted].sort((a, b) => a - b) : Array.from({length: parts - 5}, (_, id) => id);
    anchors.forEach((anchor, number) => {
      for (let cell = 0; cell < cells; cell += 1, row += 1) {
        const at = number * parts * cells + cell, objectness = sigmoid(data[at + 4 * cells]);
        if (objectness < least) continue;  // no class score is greater than that
        let score = -1, classId = -1;
        for (const id of classes) {
          const one = fround(sigmoid(data[at + (5 + id) * cells]) * objectness);
          if (one > score) { score = one; classId = id; }
        }
        if (score < least) continue;
        const place = [cell % columns, Math.floor(cell / columns)];
        const box = toPicture(toBox(data, at, cells, place, STRIDES[grid], anchor), letterbox);
        found.push({row, box, classId, score});
      }
    });
  });
  return found.sort((a, b) => b.score - a.score);
};

/**
 * x = (sigmoid(tx) + column) stride, w = anchor_w exp(tw): corners in the input's pixels.
 * @param {Float32Array} data
 * @param {number} at
 * @param {number} cells
 * @param {number[]} cell column, row
 * @param {number} stride
 * @param {number[]} anchor width, height
 */
const toBox = (data, at, cells, cell, stride, anchor) => {
  const box = [0, 0, 0, 0];
  for (const i of [0, 1]) {
    const centre = (sigmoid(data[at + i * cells]) + cell[i]) * stride;
    const half = fround(fround(Math.exp(Math.min(data[at + (2 + i) * cells], 20))) * anchor[i]) / 2;
    box[i] = fround(centre - half); box[2 + i] = fround(centre + half);
  }
  return box;
};

/**
 * From the input's pixels to the picture's.
 * @param {number[]} box
 * @param {import('./letterbox.mjs').Letterbox} letterbox
 */
export const toPicture = (box, {left, top, scale}) =>
  box.map((value, i) => fround(fround(value - (i % 2 ? top : left)) / fround(scale)));
