// How a picture stands in the network's input, as cvcore.detection.boxes has it with `square=False`:
// shrunk or enlarged bit for bit as OpenCV's linear resize does it, then padded with grey.
import {roundEven} from '../../components/static/numbers.mjs';

const PAD_VALUE = 114, STRIDE = 32, ONE = 2048;  // OpenCV's shares of two pixels are 11 bits long
const UNIT = Float32Array.from({length: 256}, (_, value) => value / 255);

/**
 * @typedef {object} Letterbox
 * @property {number} width of the picture, pixels
 * @property {number} height
 * @property {number} inputWidth of the network's input
 * @property {number} inputHeight
 * @property {number} resizedWidth of the picture in it
 * @property {number} resizedHeight
 * @property {number} left columns of padding
 * @property {number} top rows of padding
 * @property {number} scale input pixels a picture pixel
 */

/**
 * @param {number} width of the picture, pixels
 * @param {number} height
 * @param {number} size longer side of the network's input
 * @returns {Letterbox}
 */
export const fitLetterbox = (width, height, size) => {
  const scale = Math.min(size / height, size / width);
  const [resizedWidth, resizedHeight] = [width, height].map((side) => Math.max(1, roundEven(side * scale)));
  const [inputWidth, inputHeight] = [resizedWidth, resizedHeight].map((side) => Math.ceil(side / STRIDE) * STRIDE);
  return {
    width, height, inputWidth, inputHeight, resizedWidth, resizedHeight, scale,
    left: roundEven((inputWidth - resizedWidth) / 2 - 0.1),
    top: roundEven((inputHeight - resizedHeight) / 2 - 0.1),
  };
};

/**
 * For each pixel along one side of the result: the first of its two pixels, and the second's share of
 * 2048. Beyond the last column the shares are 1 and 0; rows beyond the edge are the edge's, twice.
 * @param {number} from pixels
 * @param {number} to
 * @param {boolean} isRow
 */
const listShares = (from, to, isRow) => {
  const at = new Int32Array(to), first = new Int32Array(to), second = new Int32Array(to);
  for (let i = 0; i < to; i += 1) {
    const place = Math.fround((i + 0.5) * (1 / (to / from)) - 0.5);
    at[i] = Math.floor(place);
    let part = Math.fround(place - at[i]);
    if (!isRow && (at[i] < 0 || at[i] >= from - 1)) {
      part = 0; at[i] = Math.min(Math.max(at[i], 0), from - 1);
    }
    first[i] = roundEven(Math.fround(1 - part) * ONE); second[i] = roundEven(part * ONE);
  }
  return {at, first, second};
};

/**
 * The picture resized, three whole numbers a pixel.
 * @param {{width: number, height: number, data: Uint8ClampedArray | Uint8Array}} frame four a pixel
 * @param {number} width pixels
 * @param {number} height
 */
export const resizeLinear = ({width: wide, height: high, data}, width, height) => {
  const result = new Uint8Array(3 * width * height);
  if (wide === width && high === height) {
    for (let i = 0, k = 0; k < result.length; i += 4, k += 3) {
      result[k] = data[i]; result[k + 1] = data[i + 1]; result[k + 2] = data[i + 2];
    }
  } else if (wide === 2 * width && high === 2 * height) halve(data, width, height, result);
  else blend(data, wide, high, width, height, result);
  return result;
};

/**
 * OpenCV takes the mean of four pixels where both sides are halved.
 * @param {Uint8ClampedArray | Uint8Array} data
 * @param {number} width
 * @param {number} height
 * @param {Uint8Array} result
 */
const halve = (data, width, height, result) => {
  const below = 8 * width;
  for (let y = 0, k = 0; y < height; y += 1) {
    for (let x = 0, i = 2 * y * below; x < width; x += 1, i += 8) {
      for (let c = i; c < i + 3; c += 1, k += 1) {
        result[k] = (data[c] + data[c + 4] + data[c + below] + data[c + below + 4] + 2) >> 2;
      }
    }
  }
};

/**
 * @param {Uint8ClampedArray | Uint8Array} data
 * @param {number} wide
 * @param {number} high
 * @param {number} width
 * @param {number} height
 * @param {Uint8Array} result
 */
const blend = (data, wide, high, width, height, result) => {
  const columns = listShares(wide, width, false), rows = listShares(high, height, true);
  const lines = [new Int32Array(3 * width), new Int32Array(3 * width)], held = [-1, -1];
  /** @param {number} row as a line of the result's width, less its last four bits */
  const line = (row) => {
    const sum = lines[row & 1];
    if (held[row & 1] === row) return sum;
    held[row & 1] = row;
    for (let x = 0, k = 0; x < width; x += 1) {
      const start = 4 * (row * wide + columns.at[x]), a = columns.first[x], b = columns.second[x];
      for (let c = start; c < start + 3; c += 1, k += 1) {
        sum[k] = (data[c] * a + (b && data[c + 4] * b)) >> 4;
      }
    }
    return sum;
  };
  for (let y = 0, k = 0; y < height; y += 1) {
    const at = rows.at[y], a = rows.first[y], b = rows.second[y];
    const upper = line(Math.max(at, 0)), lower = line(Math.min(at + 1, high - 1));
    for (let x = 0; x < 3 * width; x += 1, k += 1) {
      result[k] = (((a * upper[x]) >> 16) + ((b * lower[x]) >> 16) + 2) >> 2;
    }
  }
};

/**
 * The network's input: planes of red, green, blue, 0 to 1.
 * @param {{width: number, height: number, data: Uint8ClampedArray | Uint8Array}} frame four a pixel
 * @param {Letterbox} letterbox
 */
export const toInput = (frame, {inputWidth, inputHeight, resizedWidth, resizedHeight, left, top}) => {
  const picture = resizeLinear(frame, resizedWidth, resizedHeight), plane = inputWidth * inputHeight;
  const input = new Float32Array(3 * plane).fill(UNIT[PAD_VALUE]);
  for (let y = 0, i = 0; y < resizedHeight; y += 1) {
    let k = (top + y) * inputWidth + left;
    for (const end = k + resizedWidth; k < end; k += 1, i += 3) {
      input[k] = UNIT[picture[i]];
      input[k + plane] = UNIT[picture[i + 1]];
      input[k + 2 * plane] = UNIT[picture[i + 2]];
    }
  }
  return input;
};
