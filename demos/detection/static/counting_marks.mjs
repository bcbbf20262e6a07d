// The counting line, the zone and their counts drawn on a frame: see cvcore.detection.counting.
import {strokeWidth, toCss, writeText} from '../../components/static/drawing.mjs';
import {roundEven} from '../../components/static/numbers.mjs';

/** @type {import('../../components/static/drawing.mjs').Colour[]} */
const [LINE_COLOUR, ZONE_COLOUR] = [[255, 214, 10], [255, 255, 255]];

/** @typedef {import('../../components/static/drawing.mjs').Pen} Pen */
/** @typedef {import('../../components/static/drawing.mjs').TextSize} TextSize */
/** @typedef {{line: TextSize[], zone: TextSize[]}} Sizes of the words with so many digits, from none on */

/** @param {number[]} counts */
const countDigits = (counts) => counts.join('').length;

/**
 * Words whose left lower corner is at `at`, moved so that all of them are seen.
 * @param {Pen} pen
 * @param {string} text
 * @param {number[]} at
 * @param {TextSize} size
 * @param {string} ink
 */
const write = (pen, text, at, size, ink) => {
  const {width, height} = pen.canvas, [wide, tall] = size;
  const x = Math.trunc(Math.min(Math.max(at[0], 4), Math.max(4, width - wide - 4)));
  const y = Math.trunc(Math.min(Math.max(at[1], tall + 4), Math.max(tall + 4, height - 6)));
  pen.fillStyle = ink;
  writeText(pen, text, x, y, size, true);
};

/**
 * @param {Pen} pen
 * @param {number[][]} points
 */
const trace = (pen, points) => {
  pen.beginPath();
  points.forEach(([x, y], i) => (i ? pen.lineTo(x + 0.5, y + 0.5) : pen.moveTo(x + 0.5, y + 0.5)));
};

/**
 * @param {Pen} pen
 * @param {import('./crossings.mjs').Counter} counter
 * @param {number[][]} corners whole pixels
 * @param {TextSize[]} sizes
 */
const drawZone = (pen, counter, corners, sizes) => {
  const ink = toCss(ZONE_COLOUR), [now, all] = [counter.inside.size, counter.beenInside.size];
  trace(pen, corners); pen.closePath();
  pen.globalAlpha = 0.18; pen.fillStyle = ink; pen.fill('evenodd'); pen.globalAlpha = 1;
  pen.strokeStyle = ink; pen.lineWidth = strokeWidth(2); pen.stroke();
  const top = corners.reduce((best, corner) => (corner[1] < best[1] ? corner : best));
  write(pen, `in zone: ${now}, so far ${all}`, [top[0] + 10, top[1] + 26], sizes[countDigits([now, all])], ink);
};

/**
 * With an arrow to its right side.
 * @param {Pen} pen
 * @param {import('./crossings.mjs').Counter} counter
 * @param {number[][]} ends whole pixels
 * @param {TextSize[]} sizes
 */
const drawLine = (pen, counter, [[ax, ay], [bx, by]], sizes) => {
  const ink = toCss(LINE_COLOUR), {toRight, toLeft} = counter, middle = [(ax + bx) / 2, (ay + by) / 2];
  const length = Math.max(Math.hypot(bx - ax, by - ay), 1), right = [-(by - ay) / length, (bx - ax) / length];
  const tip = middle.map((at, i) => roundEven(at + 28 * right[i])), foot = middle.map(roundEven);
  const back = Math.atan2(foot[1] - tip[1], foot[0] - tip[0]), long = 0.4 * Math.hypot(foot[0] - tip[0], foot[1] - tip[1]);
  const wings = [1, -1].map((side) => [Math.cos, Math.sin].map((of, i) => roundEven(tip[i] + long * of(back + side * Math.PI / 4))));
  pen.strokeStyle = ink; pen.lineWidth = strokeWidth(3);
  for (const way of [[[ax, ay], [bx, by]], [foot, tip], [wings[0], tip, wings[1]]]) { trace(pen, way); pen.stroke(); }
  const at = [Math.min(ax, bx) + 6, Math.min(ay, by) - 8];
  write(pen, `with the arrow: ${toRight}, against: ${toLeft}`, at, sizes[countDigits([toRight, toLeft])], ink);
};

/**
 * @param {Pen} pen of a canvas that holds the picture
 * @param {import('./crossings.mjs').Counter} counter
 * @param {Sizes} sizes
 */
export const drawCounting = (pen, counter, sizes) => {
  const {width, height} = pen.canvas;
  const toPixels = (/** @type {[number, number][]} */ points) =>
    points.map(([x, y]) => [roundEven(x * (width - 1)), roundEven(y * (height - 1))]);
  pen.lineJoin = 'round'; pen.lineCap = 'round';
  if (counter.zone.length) drawZone(pen, counter, toPixels(counter.zone), sizes.zone);
  if (counter.line.length) drawLine(pen, counter, toPixels(counter.line), sizes.line);
  pen.lineCap = 'butt';
};
