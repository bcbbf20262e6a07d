// Faint whirls to begin with, where a picture is flat: cvcore.style_transfer.whirls. The streaks
// themselves hang on the picture's size alone, and come from the server once a size.

const STRENGTH = 18;  // grey levels, standard deviation
const FLAT = 14;  // grey levels: what spreads by more, has strokes of its own
const NEAR = 25;  // pixels: how far around a place its spread is measured
const STREAK_UNIT = 4096;  // the server writes streaks in whole numbers, so many to one

/**
 * Streaks, a number a pixel, from the server's text: whole numbers of 16 bits in base64.
 * @param {string} text
 */
export const readStreaks = (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return Float32Array.from(new Int16Array(bytes.buffer), (value) => value / STREAK_UNIT);
};

/**
 * Where a window's values lie in a line that is turned back at its ends, which are not repeated.
 * @param {number} length of the line @param {number} step from one value to the next
 */
const listPlaces = (length, step) => {
  const reach = NEAR >> 1, period = 2 * (length - 1);
  return Int32Array.from({length: length + 2 * reach}, (_, i) => {
    const place = (i - reach + period * reach) % period;
    return step * Math.min(place, period - place);
  });
};

/**
 * Means over NEAR values along `count` lines, `skip` apart, of `length` values, `step` apart.
 * @param {Float64Array} values @param {Float64Array} means
 * @param {number} count @param {number} skip @param {number} length @param {number} step
 */
const blurLines = (values, means, count, skip, length, step) => {
  const places = listPlaces(length, step);
  for (let line = 0, first = 0; line < count; line += 1, first += skip) {
    let sum = 0;
    for (let i = 0; i < NEAR - 1; i += 1) sum += values[first + places[i]];
    for (let i = 0; i < length; i += 1) {
      sum += values[first + places[i + NEAR - 1]];
      means[first + i * step] = sum / NEAR;
      sum -= values[first + places[i]];
    }
  }
};

/**
 * The mean around each place, as OpenCV's `blur` over NEAR pixels each way.
 * @param {Float64Array} values @param {number} width @param {number} height
 */
export const blur = (values, width, height) => {
  const rows = new Float64Array(values.length), means = new Float64Array(values.length);
  blurLines(values, rows, height, width, width, 1);
  blurLines(rows, means, width, 1, height, width);
  return means;
};

/**
 * `add_whirls`: the picture with faint whirls where it is flat.
 * @param {import('../../components/static/pictures.mjs').Picture} picture
 * @param {Float32Array} streaks a number a pixel
 */
export const addWhirls = ({width, height, data}, streaks) => {
  const area = width * height, grey = new Float64Array(area), squares = new Float64Array(area);
  for (let i = 0, at = 0; i < area; i += 1, at += 3) {
    grey[i] = (data[at] * 9798 + data[at + 1] * 19235 + data[at + 2] * 3735 + (1 << 14)) >> 15;
    squares[i] = grey[i] * grey[i];
  }
  const means = blur(grey, width, height), spread = blur(squares, width, height);
  for (let i = 0; i < area; i += 1) spread[i] = Math.sqrt(Math.max(spread[i] - means[i] * means[i], 0));
  const near = blur(spread, width, height), result = new Uint8ClampedArray(3 * area);
  for (let i = 0, at = 0; i < area; i += 1, at += 3) {
    const light = STRENGTH * Math.min(Math.max(1 - near[i] / FLAT, 0), 1) * streaks[i];
    for (let c = 0; c < 3; c += 1) result[at + c] = data[at + c] + light;
  }
  return {width, height, data: result};
};
