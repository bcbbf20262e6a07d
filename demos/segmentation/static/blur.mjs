// A blurred background, as `blur_background` of `cvcore/segmentation/drawing.py` makes it: at a
// quarter of the size, and without the object in it, so that its colours do not bleed.
import {enlarge, shrink} from '../../components/static/cv2_resize.mjs';
import {roundEven} from '../../components/static/numbers.mjs';
import {replaceBackground} from './drawing.mjs';

/** @typedef {import('./drawing.mjs').Frame} Frame */

const SCALE = 4;

/** @param {number} sigma pixels @returns {Float32Array} from the middle on; both sides sum to 1 */
const listWeights = (sigma) => {
  const radius = (roundEven(sigma * 8 + 1) | 1) >> 1;
  const weights = Float32Array.from({length: radius + 1}, (_, i) => Math.exp(-i * i / (2 * sigma * sigma)));
  const sum = weights.reduce((total, one) => total + 2 * one, -weights[0]);
  return weights.map((one) => one / sum);
};

/** @param {number} at @param {number} length a place beyond an edge is mirrored at it */
const mirror = (at, length) => {
  if (length === 1) return 0;
  while (at < 0 || at >= length) at = at < 0 ? -at : 2 * length - 2 - at;
  return at;
};

/**
 * Four channels blurred along lines of `count` pixels, and turned: columns become lines.
 * @param {Float32Array} from @param {number} count @param {Float32Array} weights
 */
const blurLines = (from, count, weights) => {
  const lines = from.length / (4 * count), radius = weights.length - 1, out = new Float32Array(from.length);
  const line = new Float32Array(4 * (count + 2 * radius));
  for (let row = 0; row < lines; row++) {
    for (let i = 0; i < count + 2 * radius; i++) {
      const at = 4 * (row * count + mirror(i - radius, count));
      for (let c = 0; c < 4; c++) line[4 * i + c] = from[at + c];
    }
    for (let col = 0; col < count; col++) {
      const at = 4 * (col + radius), to = 4 * (col * lines + row);
      let a = line[at] * weights[0], b = line[at + 1] * weights[0];
      let c = line[at + 2] * weights[0], d = line[at + 3] * weights[0];
      for (let k = 1, l = at - 4, r = at + 4; k <= radius; k++, l -= 4, r += 4) {
        const weight = weights[k];
        a += (line[l] + line[r]) * weight;
        b += (line[l + 1] + line[r + 1]) * weight;
        c += (line[l + 2] + line[r + 2]) * weight;
        d += (line[l + 3] + line[r + 3]) * weight;
      }
      out[to] = a; out[to + 1] = b; out[to + 2] = c; out[to + 3] = d;
    }
  }
  return out;
};

/**
 * The object sharp, the rest blurred.
 * @param {Frame} frame @param {Float32Array} probability
 * @param {number} strength a share of the longer side
 */
export const blurBackground = (frame, probability, strength) => {
  const width = Math.max(1, Math.floor(frame.width / SCALE)), height = Math.max(1, Math.floor(frame.height / SCALE));
  const object = shrink({width: frame.width, height: frame.height, data: probability}, width, height).data;
  const small = shrink(frame, width, height).data, weighted = new Float32Array(small.length);
  for (let i = 0, at = 0; i < object.length; i++, at += 4) {
    const keep = 1 - object[i] + 1e-3;
    for (let c = at; c < at + 3; c++) weighted[c] = small[c] * keep;
    weighted[at + 3] = keep;
  }
  const weights = listWeights(Math.max(0.5, strength * Math.max(frame.width, frame.height) / SCALE));
  const blurred = blurLines(blurLines(weighted, width, weights), height, weights);
  const behind = new Uint8ClampedArray(small.length);
  for (let at = 0; at < behind.length; at += 4) {
    for (let c = at; c < at + 3; c++) behind[c] = Math.floor(blurred[c] / blurred[at + 3]);
    behind[at + 3] = 255;
  }
  const large = enlarge({width, height, data: behind}, frame.width, frame.height);
  return replaceBackground(frame, probability, /** @type {Frame} */ (large));
};
