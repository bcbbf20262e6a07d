// Many maps as one picture, as cvcore.probes.map_grid draws them.
import {colourise, colouriseSigned} from '../../components/static/colours.mjs';
import {shrink} from '../../components/static/cv2_resize.mjs';
import {roundEven} from '../../components/static/numbers.mjs';
import {findRange} from '../../components/static/planes.mjs';

/** @typedef {{data: Float32Array, count: number, height: number, width: number}} Maps one after the other */
/** @typedef {{scale: string, range: number[] | null, aspect: number, table: ArrayLike<number>}} Look
 *   `range` is the range of colours where the scale is "global" */

const GREY = 128;  // between the maps

/** @param {Maps} maps @param {number} aspect */
const countColumns = ({count, height, width}, aspect) =>
  Math.min(count, Math.max(1, roundEven(Math.sqrt(count * aspect * height / width))));

/**
 * Some of the maps, in the order of `channels`.
 * @param {Maps} maps @param {number[]} channels
 * @returns {Maps}
 */
export const choose = ({data, height, width}, channels) => {
  const size = height * width, chosen = new Float32Array(channels.length * size);
  channels.forEach((channel, i) => chosen.set(data.subarray(channel * size, (channel + 1) * size), i * size));
  return {data: chosen, count: channels.length, height, width};
};

/**
 * Maps at the size at which their grid is about `wanted` pixels wide.
 * @param {Maps} maps @param {number} wanted @param {number} aspect
 * @returns {Maps}
 */
export const fitMaps = (maps, wanted, aspect) => {
  const {data, count, height, width} = maps;
  const cell = Math.max(1, Math.floor(wanted / countColumns(maps, aspect)) - 1);
  if (cell >= width) return repeat(maps, Math.floor(cell / width));
  const high = Math.max(1, roundEven(height * cell / width)), small = new Float32Array(count * high * cell);
  for (let i = 0; i < count; i += 1) {
    const map = data.subarray(i * height * width, (i + 1) * height * width);
    small.set(shrink({width, height, data: map}, cell, high).data, i * high * cell);
  }
  return {data: small, count, height: high, width: cell};
};

/** Each value a block of so many. @param {Maps} maps @param {number} times @returns {Maps} */
const repeat = ({data, count, height, width}, times) => {
  const wide = width * times, large = new Float32Array(data.length * times * times);
  for (let row = 0, from = 0; row < count * height; row += 1) {
    const start = row * times * wide;
    for (let x = 0; x < width; x += 1, from += 1)
      large.fill(data[from], start + x * times, start + (x + 1) * times);
    for (let i = 1; i < times; i += 1) large.copyWithin(start + i * wide, start, start + wide);
  }
  return {data: large, count, height: height * times, width: wide};
};

/**
 * Maps as a picture about `aspect` times as wide as high. With values below 0 they are blue for less
 * and red for more than 0, else dark to light by the table.
 * @param {Maps} maps @param {Look} look
 * @returns {import('../../components/static/pictures.mjs').Picture}
 */
export const drawGrid = (maps, look) => {
  const {count, height, width} = maps, columns = countColumns(maps, look.aspect);
  const whole = columns * (width + 1), tall = Math.ceil(count / columns) * (height + 1);
  const data = new Uint8ClampedArray(3 * whole * tall).fill(GREY);
  const colours = colourMaps(maps, look);
  for (let i = 0, from = 0; i < count; i += 1) {
    const left = i % columns * (width + 1), top = Math.floor(i / columns) * (height + 1);
    for (let y = 0; y < height; y += 1, from += 3 * width)
      data.set(colours.subarray(from, from + 3 * width), 3 * ((top + y) * whole + left));
  }
  return {width: whole, height: tall, data};
};

/** @param {Maps} maps @param {Look} look */
const colourMaps = ({data, count, height, width}, {scale, range, table}) => {
  const unit = new Float32Array(data.length), size = height * width;
  const all = findRange(data), isSigned = all[0] < 0;
  const shared = scale === 'global' && range ? range.map(Math.fround) : all;
  for (let i = 0; i < count; i += 1) {
    let [low, high] = scale === 'channel' ? findRange(data, i * size, (i + 1) * size) : shared;
    if (isSigned) {
      high = Math.max(Math.abs(low), Math.abs(high));
      low = -high;
    } else if (scale !== 'channel') low = Math.min(low, 0);
    const span = high > low ? Math.fround(high - low) : 1;
    for (let at = i * size; at < (i + 1) * size; at += 1)
      unit[at] = Math.min(Math.max(Math.fround(data[at] - low) / span, 0), 1);
  }
  return isSigned ? colouriseSigned(unit) : colourise(unit, table);
};

/**
 * The mean of each map.
 * @param {Maps} maps
 */
export const findMeans = ({data, count, height, width}) => Array.from({length: count}, (_, i) => {
  const size = height * width;
  let sum = 0;
  for (let at = i * size; at < (i + 1) * size; at += 1) sum += data[at];
  return sum / size;
});
