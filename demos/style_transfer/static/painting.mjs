// Before and after the painter, as cvcore.style_transfer.fast and colours compute it.
import {roundEven} from '../../components/static/numbers.mjs';
import {resize} from '../../components/static/resize.mjs';

/** @typedef {import('../../components/static/pictures.mjs').Picture} Picture */
/**
 * A style that has a painter of its own, and its 100 numbers.
 * @typedef {{painter: string, numbers: number[], has_whirls: boolean}} OwnPainter
 */

const OWN_REACH = [0.15, 0.35];  // of the numbers' length: where an own painter paints alone, or not at all
const STYLE_SIDE = 256;  // pixels: what the network that reads a style takes
const LEAST_SIDE = 32;

/**
 * The picture with its longer side at `side` pixels: `fit`.
 * @param {Picture} picture @param {number} side
 */
export const fit = (picture, side) => {
  const scale = side / Math.max(picture.width, picture.height);
  const [width, height] = [picture.width, picture.height].map(
    (length) => Math.max(LEAST_SIDE, roundEven(length * scale)));
  if (width === picture.width && height === picture.height) return picture;
  return resize(picture, width, height, 'bilinear');
};

/**
 * The middle square as the network takes it that reads a style: red, green and blue of each pixel, 0 to 1.
 * @param {Picture} picture
 */
export const toStyleInput = (picture) => {
  const side = Math.min(picture.width, picture.height);
  const [left, top] = [picture.width, picture.height].map((length) => roundEven((length - side) / 2));
  const data = new Uint8ClampedArray(3 * side * side);
  for (let y = 0; y < side; y += 1) {
    const from = 3 * ((top + y) * picture.width + left);
    data.set(picture.data.subarray(from, from + 3 * side), 3 * side * y);
  }
  const small = resize({width: side, height: side, data}, STYLE_SIDE, STYLE_SIDE, 'lanczos');
  return Float32Array.from(small.data, (value) => value / 255);
};

/**
 * From the photograph's own numbers to the style's, and beyond: `weaken`.
 * @param {Float32Array} own @param {number[]} numbers @param {number} strength
 */
export const mixNumbers = (own, numbers, strength) =>
  numbers.map((number, i) => own[i] + strength * (number - own[i]));

/**
 * The nearest style that has a painter of its own, and that one's share of the painting: `own_painter`.
 * @param {number[]} numbers @param {OwnPainter[]} painters
 */
export const findOwnPainter = (numbers, painters) => {
  const none = /** @type {OwnPainter | null} */ (null);
  const [low, high] = OWN_REACH, length = (/** @type {number[]} */ vector) => Math.hypot(...vector);
  return painters.map((own) => {
    const away = length(own.numbers.map((number, i) => number - numbers[i])) / length(own.numbers);
    return {own, share: Math.min(Math.max((high - away) / (high - low), 0), 1)};
  }).reduce((nearest, one) => (one.share > nearest.share ? one : nearest), {own: none, share: 0});
};

/**
 * Planes from 0 to 1, with the last row and column repeated up to sides that 4 divides.
 * @param {Picture} picture
 */
export const toPainterInput = ({width, height, data}) => {
  const [across, down] = [width, height].map((side) => 4 * Math.ceil(side / 4)), area = across * down;
  const chw = new Float32Array(3 * area);
  for (let y = 0, to = 0; y < down; y += 1) {
    const row = Math.min(y, height - 1) * width;
    for (let x = 0; x < across; x += 1, to += 1) {
      const from = 3 * (row + Math.min(x, width - 1));
      chw[to] = data[from] / 255;
      chw[area + to] = data[from + 1] / 255;
      chw[2 * area + to] = data[from + 2] / 255;
    }
  }
  return {data: chw, dims: [1, 3, down, across]};
};

/**
 * What the painter answers, without what was added at the sides.
 * @param {{data: Float32Array, dims: number[]}} painted @param {number} width @param {number} height
 */
export const toPicture = ({data: chw, dims: [, , down, across]}, width, height) => {
  const data = new Uint8ClampedArray(3 * width * height), area = down * across;
  for (let y = 0, to = 0; y < height; y += 1) {
    for (let x = 0, from = y * across; x < width; x += 1, from += 1, to += 3) {
      data[to] = Math.fround(chw[from] * 255);
      data[to + 1] = Math.fround(chw[area + from] * 255);
      data[to + 2] = Math.fround(chw[2 * area + from] * 255);
    }
  }
  return {width, height, data};
};

/**
 * Two paintings as one.
 * @param {Picture} shared @param {Picture} own @param {number} share of the second
 */
export const mixPaintings = (shared, own, share) => {
  const data = new Uint8ClampedArray(own.data.length);
  for (let i = 0; i < data.length; i += 1) data[i] = (1 - share) * shared.data[i] + share * own.data[i];
  return {...own, data};
};

// Parts of brightness and colour in 2 ** 14, as OpenCV rounds them.
const HALF = 8192, MIDDLE = (128 << 14) + HALF;
/** @param {Picture['data']} data @param {number} i of the pixel's red */
const brightness = (data, i) => (data[i] * 4899 + data[i + 1] * 9617 + data[i + 2] * 1868 + HALF) >> 14;
/** @param {number} value */
const clip = (value) => Math.min(Math.max(value, 0), 255);

/**
 * The painting's brightness with the photograph's colours: `keep_colours`, in YCrCb.
 * @param {Picture} content @param {Picture} painted
 */
export const keepColours = (content, painted) => {
  const data = new Uint8ClampedArray(painted.data.length), own = content.data;
  for (let i = 0; i < data.length; i += 3) {
    const light = brightness(own, i), y = brightness(painted.data, i);
    const cr = clip(((own[i] - light) * 11682 + MIDDLE) >> 14) - 128;
    const cb = clip(((own[i + 2] - light) * 9241 + MIDDLE) >> 14) - 128;
    data[i] = y + ((cr * 22987 + HALF) >> 14);
    data[i + 1] = y + ((cb * -5636 + cr * -11698 + HALF) >> 14);
    data[i + 2] = y + ((cb * 29049 + HALF) >> 14);
  }
  return {...painted, data};
};
