// The numbers of a network without anchors, decoded into the boxes that can reach the confidence limit:
// see cvcore.detection.distance_heads.
import {sigmoid, toPicture} from './decode.mjs';

export const STRIDES = [8, 16, 32]; // pixels a cell, a grid
export const BINS = 11; // distances of 0 to 10 strides
export const PAD = 0; // around the picture

/** @typedef {import('./decode.mjs').Candidate} Candidate */
/** @typedef {import('./decode.mjs').Head} Head (1, C + 4 BINS, rows, columns) */

const {fround} = Math;

/**
 * The mean of a distribution over strides, whose logits stand `cells` apart.
 * @param {Float32Array} data
 * @param {number} at its first one's place
 * @param {number} cells
 */
export const meanDistance = (data, at, cells) => {
  let highest = -Infinity, sum = 0, weighted = 0;
  for (let bin = 0; bin < BINS; bin += 1) highest = Math.max(highest, data[at + bin * cells]);
  for (let bin = 0; bin < BINS; bin += 1) {
    const share = Math.exp(data[at + bin * cells] - highest);
    sum += share;
    weighted += share * bin;
  }
  return weighted / sum;
};

/**
 * As `findCandidates` of a network with anchors: the surest first, equal ones from grid to grid, from
 * left to right and down.
 * @param {Head[]} heads
 * @param {import('./letterbox.mjs').Letterbox} letterbox
 * @param {number} confidence 0 to 1
 * @param {number[]} wanted class numbers; none: all
 * @returns {Candidate[]}
 */
export const findByDistance = (heads, letterbox, confidence, wanted) => {
  /** @type {Candidate[]} */
  const found = [];
  const least = fround(confidence);
  let row = 0;
  heads.forEach(({data, dims}, grid) => {
    const [, channels, rows, columns] = dims, cells = rows * columns, stride = STRIDES[grid];
    const all = channels - 4 * BINS;
    const classes = wanted.length ? [...wanted].sort((a, b) => a - b) : Array.from({length: all}, (_, id) => id);
    for (let cell = 0; cell < cells; cell += 1, row += 1) {
      let logit = -Infinity, classId = -1;
      for (const id of classes) {
        const one = data[id * cells + cell];
        if (one > logit) { logit = one; classId = id; }
      }
      const score = sigmoid(logit);
      if (!(score >= least)) continue;
      const middle = [cell % columns, Math.floor(cell / columns)].map((place) => (place + 0.5) * stride);
      const box = [-1, -1, 1, 1].map((sign, side) => {
        const distance = meanDistance(data, (all + side * BINS) * cells + cell, cells);
        return fround(middle[side % 2] + sign * fround(distance * stride));
      });
      found.push({row, box: toPicture(box, letterbox), classId, score});
    }
  });
  return found.sort((a, b) => b.score - a.score);
};
