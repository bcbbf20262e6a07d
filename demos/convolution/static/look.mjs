// Pictures as planes of numbers, and feature maps as pictures: `prepare_picture` and
// cvcore.convolution.operation.to_picture. All of it in single precision, as there.
import {CHANNELS, SHOW} from './settings.mjs';

/** @typedef {import('./operation.mjs').FeatureMap} FeatureMap */

const {fround, abs, max, min} = Math;
const WHITE = 247, BLUE = [33, 102, 172], RED = [178, 24, 43];

/**
 * One grey plane, by Pillow's weights, or a plane each of R, G and B.
 * @param {import('../../components/static/pictures.mjs').Picture} picture
 * @param {string} channels one of `CHANNELS`
 * @returns {FeatureMap}
 */
export const toPlanes = ({width, height, data: pixels}, channels) => {
  const size = width * height, isGrey = channels === CHANNELS[0];
  const data = new Float32Array((isGrey ? 1 : 3) * size);
  for (let i = 0, at = 0; i < size; i++, at += 3) {
    const red = pixels[at], green = pixels[at + 1], blue = pixels[at + 2];
    if (isGrey) data[i] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
    else { data[i] = red; data[i + size] = green; data[i + 2 * size] = blue; }
  }
  return {width, height, channels: isGrey ? 1 : 3, data};
};

/**
 * The greatest number, and the greatest magnitude.
 * @param {Float32Array} values
 */
const extremes = (values) => {
  let least = Infinity, most = -Infinity;
  for (let i = 0; i < values.length; i++) {
    least = min(least, values[i]);
    most = max(most, values[i]);
  }
  return {most, largest: max(-least, most)};
};

/**
 * Zero is white; the largest magnitude is full colour.
 * @param {Float32Array} values @param {Uint8ClampedArray} pixels RGBA
 */
const paintDiverging = (values, pixels) => {
  const limit = extremes(values).largest, span = fround(2 * limit);
  for (let i = 0, at = 0; i < values.length; i++, at += 4) {
    const unit = limit ? min(max(fround(fround(values[i] + limit) / span), 0), 1) : 0.5;
    const below = max(fround(1 - 2 * unit), 0), above = max(fround(2 * unit - 1), 0);
    for (let c = 0; c < 3; c++) {
      const shade = fround(WHITE + fround(below * (BLUE[c] - WHITE)));
      pixels[at + c] = fround(shade + fround(above * (RED[c] - WHITE)));
    }
    pixels[at + 3] = 255;
  }
};

/**
 * What a number is multiplied by, and what is then added, before it is cut off at 0 and 255.
 * @param {Float32Array} values @param {string} show
 */
const stretchOf = (values, show) => {
  if (show === SHOW[2]) return [fround(127.5 / max(extremes(values).largest, 1e-12)), 127.5];
  if (show === SHOW[3]) return [fround(255 / max(extremes(values).most, 1e-12)), 0];
  return [1, 0];
};

/**
 * A feature map as RGBA pixels. A clamped array rounds as numpy does.
 * @param {FeatureMap} map @param {string} show one of `SHOW`
 */
export const toPixels = ({data, width, height, channels}, show) => {
  const size = width * height, pixels = new Uint8ClampedArray(4 * size);
  if (show === SHOW[2] && channels === 1) {
    paintDiverging(data, pixels);
    return pixels;
  }
  const [scale, shift] = stretchOf(data, show), isSignless = show === SHOW[1];
  for (let channel = 0; channel < 3; channel++) {
    const first = channels > 1 ? channel * size : 0;
    for (let i = 0, at = channel; i < size; i++, at += 4) {
      const value = fround(shift + fround(data[first + i] * scale));
      pixels[at] = isSignless ? abs(value) : value;
    }
  }
  for (let at = 3; at < pixels.length; at += 4) pixels[at] = 255;
  return pixels;
};
