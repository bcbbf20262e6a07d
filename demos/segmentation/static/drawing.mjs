// Masks on frames, as in `cvcore/segmentation/drawing.py`. Frames are RGBA; each function gives a
// new picture and leaves the frame alone.
import {enlarge, shrink} from '../../components/static/cv2_resize.mjs';
import {roundEven} from '../../components/static/numbers.mjs';

/**
 * @typedef {{width: number, height: number}} Size
 * @typedef {Size & {data: Uint8ClampedArray<ArrayBuffer>}} Frame
 * @typedef {number[]} Colour red, green and blue, 0 to 255
 */

/** @param {Size} size @param {Uint8ClampedArray<ArrayBuffer>} data @returns {Frame} */
const toFrame = ({width, height}, data) => ({width, height, data});

/**
 * The pixels with at least this probability, and how many they are.
 * @param {Float32Array} probability @param {number} threshold 0 to 1
 */
export const toMask = (probability, threshold) => {
  const mask = new Uint8Array(probability.length), least = Math.fround(threshold);
  let count = 0;
  for (let i = 0; i < mask.length; i++) count += mask[i] = probability[i] >= least ? 1 : 0;
  return {mask, count};
};

/**
 * The mask coloured, and its outline.
 * @param {Frame} frame @param {Uint8Array} mask @param {number} opacity 0 to 1
 * @param {Colour} colour
 */
export const drawOverlay = (frame, mask, opacity, colour) => {
  const data = new Uint8ClampedArray(frame.data);
  const mixed = colour.map((one) =>
    Uint8ClampedArray.from({length: 256}, (_, value) => roundEven(value * (1 - opacity) + one * opacity)));
  const [red, green, blue] = mixed;
  for (let i = 0, at = 0; i < mask.length; i++, at += 4) {
    if (!mask[i]) continue;
    data[at] = red[data[at]];
    data[at + 1] = green[data[at + 1]];
    data[at + 2] = blue[data[at + 2]];
  }
  return drawOutline(toFrame(frame, data), mask, colour);
};

// The border of a mask, as OpenCV's `findContours` walks along it: the pixels that have a side in
// common with what is outside. `drawContours` draws them one pixel wide, or two: then each spreads
// to its four neighbours, and a diagonal step to all eight pixels around it.
/** @param {Frame} frame changed where it is @param {Uint8Array} mask @param {Colour} colour */
const drawOutline = (frame, mask, colour) => {
  const {width, height, data} = frame;
  const isThick = Math.max(1, roundEven(Math.max(width, height) / 400)) > 1;
  const paint = (/** @type {number} */ x, /** @type {number} */ y) => {
    if (x < 0 || y < 0 || x >= width || y >= height) return;
    const at = 4 * (y * width + x);
    for (let c = 0; c < 3; c++) data[at + c] = colour[c];
  };
  const paintStep = (/** @type {number} */ x, /** @type {number} */ y) => {  // from one corner of 2 x 2 pixels to the other
    for (const [left, right, row] of [[0, 1, -1], [-1, 2, 0], [-1, 2, 1], [0, 1, 2]])
      for (let i = left; i <= right; i++) paint(x + i, y + row);
  };
  for (let y = 0, i = 0; y < height; y++) {
    const isLast = y === height - 1;
    for (let x = 0; x < width; x++, i++) {
      const below = isLast ? 0 : mask[i + width], right = x < width - 1 ? mask[i + 1] : 0;
      const across = isLast || x === width - 1 ? 0 : mask[i + width + 1];
      if (isThick && ((mask[i] & across & ~(right & below)) | (right & below & ~(mask[i] & across))) & 1)
        paintStep(x, y);
      if (!mask[i] || (below && right && x && y && mask[i - 1] && mask[i - width])) continue;
      paint(x, y);
      if (isThick) { paint(x - 1, y); paint(x + 1, y); paint(x, y - 1); paint(x, y + 1); }
    }
  }
  return frame;
};

/**
 * The object before another picture of the frame's size. Probabilities from 0.25 to 0.75 are
 * stretched over 0 to 1, so that edges stay soft.
 * @param {Frame} frame @param {Float32Array} probability @param {Frame} behind
 */
export const replaceBackground = (frame, probability, behind) => {
  const data = new Uint8ClampedArray(frame.data), other = behind.data;
  for (let i = 0, at = 0; i < probability.length; i++, at += 4) {
    const alpha = (probability[i] - 0.25) * 2, rest = 1 - alpha;
    if (alpha >= 1) continue;
    for (let c = at; c < at + 3; c++)
      data[c] = alpha <= 0 ? other[c] : (data[c] * alpha + other[c] * rest) / 1.00001;
  }
  return toFrame(frame, data);
};

/** @param {Uint8ClampedArray} data a part of a picture, filled with a colour @param {Colour} colour */
const paintAll = (data, [red, green, blue]) => {
  for (let at = 0; at < data.length; at += 4) {
    data[at] = red; data[at + 1] = green; data[at + 2] = blue; data[at + 3] = 255;
  }
};

/** @param {Size} size @param {Colour} colour */
export const fill = (size, colour) => {
  const data = new Uint8ClampedArray(4 * size.width * size.height);
  paintAll(data, colour);
  return toFrame(size, data);
};

/**
 * Colours that run into each other from the top to the bottom.
 * @param {Size} size @param {number[]} heights rising, 0 to 1
 * @param {Colour[]} colours one for each height
 */
export const drawGradient = (size, heights, colours) => {
  const data = new Uint8ClampedArray(4 * size.width * size.height), line = 4 * size.width;
  for (let row = 0; row < size.height; row++) {
    const place = size.height > 1 ? row / (size.height - 1) : 0;
    const next = Math.max(1, heights.findIndex((one) => one >= place));
    const part = (place - heights[next - 1]) / (heights[next] - heights[next - 1]);
    const colour = colours[next].map((one, c) =>
      roundEven(colours[next - 1][c] + part * (one - colours[next - 1][c])));
    paintAll(data.subarray(row * line, (row + 1) * line), colour);
  }
  return toFrame(size, data);
};

/**
 * The middle of a picture, as large as covers a frame.
 * @param {Frame} picture @param {Size} size the frame's
 */
export const fitBackground = (picture, size) => {
  const scale = Math.max(size.height / picture.height, size.width / picture.width);
  const [width, height] = /** @type {const} */ (['width', 'height']).map((side) =>
    Math.max(1, Math.min(roundEven(size[side] / scale), picture[side])));
  const left = (picture.width - width) >> 1, top = (picture.height - height) >> 1;
  const data = new Uint8ClampedArray(4 * width * height);
  for (let row = 0; row < height; row++) {
    const start = 4 * ((top + row) * picture.width + left);
    data.set(picture.data.subarray(start, start + 4 * width), 4 * row * width);
  }
  const middle = {width, height, data}, isLarger = height > size.height;
  const fitted = (isLarger ? shrink : enlarge)(middle, size.width, size.height);
  return toFrame(size, /** @type {Uint8ClampedArray<ArrayBuffer>} */ (fitted.data));
};
