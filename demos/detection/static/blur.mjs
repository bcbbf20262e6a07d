// The inside of every box made unrecognisable, as cvcore.detection.drawing.draw_blurred does it: the
// mean of each of 6 x 6 parts, and a smooth surface through these.
import {roundEven} from '../../components/static/numbers.mjs';

const PARTS = 6;

/** @typedef {{width: number, height: number, data: Uint8ClampedArray}} Frame four bytes a pixel */

/**
 * The means of 6 parts of so many pixels: for each part where it begins and ends.
 * @param {number} length
 */
const cutUp = (length) => Array.from({length: PARTS}, (_, i) => [i * length / PARTS, (i + 1) * length / PARTS]);

/**
 * A box's 6 x 6 means, three a part.
 * @param {Frame} frame
 * @param {number[]} box whole pixels, its right lower end excluded
 */
const shrink = ({width, data}, [x1, y1, x2, y2]) => {
  const few = new Float64Array(3 * PARTS * PARTS), columns = cutUp(x2 - x1), lines = new Float64Array(3 * PARTS);
  cutUp(y2 - y1).forEach(([top, bottom], row) => {
    for (let y = Math.floor(top); y < Math.ceil(bottom); y += 1) {
      const share = (Math.min(y + 1, bottom) - Math.max(y, top)) / (bottom - top);
      lines.fill(0);
      columns.forEach(([left, right], column) => {
        for (let x = Math.floor(left); x < Math.ceil(right); x += 1) {
          const part = (Math.min(x + 1, right) - Math.max(x, left)) / (right - left);
          const i = 4 * ((y1 + y) * width + x1 + x);
          for (let c = 0; c < 3; c += 1) lines[3 * column + c] += part * data[i + c];
        }
      });
      for (let i = 0; i < lines.length; i += 1) few[3 * PARTS * row + i] += share * lines[i];
    }
  });
  return few.map(roundEven);
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
    const few = shrink(frame, [x1, y1, x2, y2]), columns = listCubic(x2 - x1);
    const line = new Float64Array(3 * PARTS);
    listCubic(y2 - y1).forEach(({at, shares}, y) => {
      for (let i = 0; i < line.length; i += 1) {
        line[i] = at.reduce((sum, row, k) => sum + shares[k] * few[3 * PARTS * row + i], 0);
      }
      let i = 4 * ((y1 + y) * frame.width + x1);
      for (const {at: [a, b, c, d], shares: [p, q, r, s]} of columns) {
        for (let k = 0; k < 3; k += 1, i += 1) {
          // A clamped array rounds by itself, halves to the even neighbour, as OpenCV.
          frame.data[i] = p * line[3 * a + k] + q * line[3 * b + k] + r * line[3 * c + k] + s * line[3 * d + k];
        }
        i += 1;
      }
    });
  }
};
