// The inside of every box made unrecognisable, as cvcore.detection.drawing.draw_blurred does it: the
// mean of each of 6 x 6 parts, and a smooth surface through these.
import {enlarge, shrink} from '../../components/static/cv2_resize.mjs';
import {roundEven} from '../../components/static/numbers.mjs';

const PARTS = 6;

/** @typedef {{width: number, height: number, data: Uint8ClampedArray}} Frame four bytes a pixel */

/**
 * A box's 6 x 6 means, four a part.
 * @param {Frame} frame
 * @param {number[]} box whole pixels, its right lower end excluded
 */
const average = ({width: stride, data}, [x1, y1, x2, y2]) => {
  const width = x2 - x1, height = y2 - y1, part = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y += 1) {
    const start = 4 * ((y1 + y) * stride + x1);
    part.set(data.subarray(start, start + 4 * width), 4 * y * width);
  }
  const source = {width, height, data: part};
  return (Math.min(width, height) < PARTS ? enlarge(source, PARTS, PARTS, true) : shrink(source, PARTS, PARTS)).data;
};

/**
 * For each of so many pixels its four parts, and the share of each (cubic convolution, a = -0.75).
 * @param {number} length
 */
const listCubic = (length) => Array.from({length}, (_, i) => {
  const place = (i + 0.5) * PARTS / length - 0.5, first = Math.floor(place), a = -0.75;
  const far = (/** @type {number} */ x) => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  const near = (/** @type {number} */ x) => ((a + 2) * x - (a + 3)) * x * x + 1;
  const part = place - first, shares = [far(part + 1), near(part), near(1 - part)];
  return {
    at: [-1, 0, 1, 2].map((step) => Math.min(Math.max(first + step, 0), PARTS - 1)),
    shares: [...shares, 1 - shares[0] - shares[1] - shares[2]],
  };
});

/**
 * In place.
 * @param {Frame} frame
 * @param {number[][]} boxes x1, y1, x2, y2 in pixels, within the picture
 */
export const blurBoxes = (frame, boxes) => {
  for (const box of boxes) {
    const [x1, y1, x2, y2] = box.map(roundEven);
    if (x2 <= x1 || y2 <= y1) continue;
    const few = average(frame, [x1, y1, x2, y2]), columns = listCubic(x2 - x1);
    const line = new Float64Array(4 * PARTS);
    listCubic(y2 - y1).forEach(({at, shares}, y) => {
      for (let i = 0; i < line.length; i += 1) {
        line[i] = at.reduce((sum, row, k) => sum + shares[k] * few[4 * PARTS * row + i], 0);
      }
      let i = 4 * ((y1 + y) * frame.width + x1);
      for (const {at: [a, b, c, d], shares: [p, q, r, s]} of columns) {
        for (let k = 0; k < 3; k += 1, i += 1) {
          // A clamped array rounds by itself, halves to the even neighbour, as OpenCV.
          frame.data[i] = p * line[4 * a + k] + q * line[4 * b + k] + r * line[4 * c + k] + s * line[4 * d + k];
        }
        i += 1;
      }
    });
  }
};
