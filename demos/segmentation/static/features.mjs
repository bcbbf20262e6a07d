// What a level of the U shows: its strongest channels side by side, as `draw_tiles` of
// `demos/segmentation/levels.py` draws them.
import {roundEven} from '../../components/static/numbers.mjs';

/** @typedef {import('./drawing.mjs').Colour} Colour */

const CHANNELS = 4, LEAST_SIDE = 64, ASPECT = 1.4, GAP = 1, GAP_GREY = 128;

/**
 * The channels that vary most over the picture, and between which values.
 * @param {Float32Array} features channels x height x width @param {number} count of channels
 * @returns {{channel: number, low: number, high: number}[]} the strongest first
 */
export const findStrongest = (features, count) => {
  const length = features.length / count, found = [];
  for (let channel = 0; channel < count; channel++) {
    const part = features.subarray(channel * length, (channel + 1) * length);
    let sum = 0, squares = 0, low = Infinity, high = -Infinity;
    for (let i = 0; i < length; i++) {
      const value = part[i];
      sum += value; squares += value * value;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    found.push({channel, low, high, variance: squares / length - (sum / length) ** 2});
  }
  return found.sort((a, b) => b.variance - a.variance).slice(0, CHANNELS);
};

/**
 * @param {Float32Array} features channels x height x width @param {readonly number[]} shape these
 * @param {Colour[]} colours from the least value to the greatest, 256
 * @returns {import('./drawing.mjs').Frame}
 */
export const drawLevel = (features, [count, high, wide], colours) => {
  const strongest = findStrongest(features, count), tiles = strongest.length;
  const factor = Math.max(1, Math.ceil(LEAST_SIDE / Math.max(high, wide)));
  const columns = Math.min(tiles, Math.max(1, roundEven(Math.sqrt(tiles * ASPECT * high / wide))));
  const rows = Math.ceil(tiles / columns), cellWide = wide * factor + GAP, cellHigh = high * factor + GAP;
  const width = columns * cellWide, height = rows * cellHigh;
  const data = new Uint8ClampedArray(4 * width * height).fill(GAP_GREY);
  for (let at = 3; at < data.length; at += 4) data[at] = 255;
  strongest.forEach(({channel, low, high: top}, tile) => {
    const span = Math.max(top - low, 1e-6), start = channel * high * wide;
    const left = (tile % columns) * cellWide, above = Math.floor(tile / columns) * cellHigh;
    for (let y = 0; y < high * factor; y++) {
      const line = start + Math.floor(y / factor) * wide;
      for (let x = 0, at = 4 * ((above + y) * width + left); x < wide * factor; x++, at += 4) {
        const value = (features[line + Math.floor(x / factor)] - low) / span;
        const colour = colours[roundEven(value * 255)];
        data[at] = colour[0]; data[at + 1] = colour[1]; data[at + 2] = colour[2];
      }
    }
  });
  return {width, height, data};
};
