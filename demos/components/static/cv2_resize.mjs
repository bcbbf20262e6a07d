// Pictures made smaller and larger as OpenCV's `resize` does it: `INTER_AREA` averages what lies
// under a pixel, `INTER_LINEAR` mixes the four nearest pixels.
import {roundEven} from './numbers.mjs';

/**
 * Pixels, row by row; `data` holds `data.length / (width * height)` numbers for each.
 * @typedef {{width: number, height: number, data: Bytes | Float32Array}} Pixels
 * @typedef {Uint8Array | Uint8ClampedArray} Bytes
 */

/** @param {Pixels} source @param {number} length */
const makeLike = (source, length) =>
  source.data instanceof Float32Array ? new Float32Array(length) : new Uint8ClampedArray(length);

// Which pixels of a side lie under each new one, and with what share. Those under pixel `i` stand
// from `first[i]` to `first[i + 1]`.
/** @param {number} from @param {number} to */
const listShares = (from, to) => {
  const scale = from / to, index = [], share = [], first = new Int32Array(to + 1);
  for (let i = 0; i < to; i++) {
    const start = i * scale, end = start + scale, span = Math.min(scale, from - start);
    const last = Math.min(Math.floor(end), from - 1), whole = Math.min(Math.ceil(start), last);
    if (whole - start > 1e-3) { index.push(whole - 1); share.push((whole - start) / span); }
    for (let at = whole; at < last; at++) { index.push(at); share.push(1 / span); }
    if (end - last > 1e-3) { index.push(last); share.push(Math.min(end - last, 1, span) / span); }
    first[i + 1] = index.length;
  }
  return {index: Int32Array.from(index), share: Float32Array.from(share), first};
};

/** @param {Pixels} source @param {number} width @param {number} height @param {number} x @param {number} y */
const shrinkByWhole = (source, width, height, x, y) => {
  const channels = source.data.length / (source.width * source.height), from = source.data;
  const out = makeLike(source, width * height * channels), stride = source.width * channels;
  const isFloat = from instanceof Float32Array, one = Math.fround(1 / (x * y));
  for (let row = 0, o = 0; row < height; row++) {
    for (let at = row * y * stride, col = 0; col < width; col++, at += x * channels) {
      for (let c = 0; c < channels; c++, o++) {
        let sum = 0;
        for (let j = 0, line = at + c; j < y; j++, line += stride)
          for (let i = 0, k = line; i < x; i++, k += channels) sum += from[k];
        out[o] = x === 2 && y === 2 && !isFloat ? (sum + 2) >> 2 : sum * one;
      }
    }
  }
  return {width, height, data: out};
};

/**
 * `INTER_AREA` for a picture whose sides do not grow.
 * @template {Pixels} T
 * @param {T} source @param {number} width @param {number} height
 * @returns {Pixels} bytes as bytes, floats as floats
 */
export const shrink = (source, width, height) => {
  const byX = source.width / width, byY = source.height / height;
  if (Number.isInteger(byX) && Number.isInteger(byY)) return shrinkByWhole(source, width, height, byX, byY);
  const channels = source.data.length / (source.width * source.height), from = source.data;
  const out = makeLike(source, width * height * channels), round = Math.fround;
  const across = listShares(source.width, width), down = listShares(source.height, height);
  const {index, share, first} = across;
  const line = new Float32Array(width * channels), sums = new Float32Array(line.length);
  for (let row = 0; row < height; row++) {
    sums.fill(0);
    for (let n = down.first[row]; n < down.first[row + 1]; n++) {
      const start = down.index[n] * source.width * channels, weight = down.share[n];
      line.fill(0);
      for (let col = 0, o = 0; col < width; col++, o += channels) {
        for (let k = first[col]; k < first[col + 1]; k++) {
          const at = start + index[k] * channels, part = share[k];
          for (let c = 0; c < channels; c++) line[o + c] += round(from[at + c] * part);
        }
      }
      for (let o = 0; o < sums.length; o++) sums[o] += round(weight * line[o]);
    }
    out.set(sums, row * sums.length);
  }
  return {width, height, data: out};
};

// After which pixel of a side each new one lies (-1: before all), and the share of the next.
/** @param {number} from @param {number} to @param {boolean} isArea @param {boolean} isFloat */
const listPlaces = (from, to, isArea, isFloat) => {
  const scale = from / to, place = new Int32Array(to), share = new Float32Array(to);
  for (let i = 0; i < to; i++) {
    const exact = (i + 0.5) * scale - 0.5, middle = isFloat ? exact : Math.fround(exact);
    const at = Math.floor(isArea ? i * scale : middle);
    const part = Math.max(0, i + 1 - (at + 1) * (to / from));
    place[i] = at;
    share[i] = isArea ? part - Math.floor(part) : middle - at;
  }
  return {place, share};
};

/**
 * `INTER_LINEAR`, in whole numbers for bytes; `isArea`: `INTER_AREA` for sides of which one grows.
 * @param {Pixels} source @param {number} width @param {number} height @param {boolean} [isArea]
 * @returns {Pixels} bytes as bytes, floats as floats
 */
export const enlarge = (source, width, height, isArea = false) => {
  const channels = source.data.length / (source.width * source.height), from = source.data;
  const isFloat = from instanceof Float32Array;
  const out = makeLike(source, width * height * channels), length = width * channels;
  const across = listPlaces(source.width, width, isArea, isFloat);
  const down = listPlaces(source.height, height, isArea, isFloat);
  const fixed = (/** @type {Float32Array} */ share) => (isFloat ? share : share.map((one) => roundEven(one * 2048)));
  const xs = fixed(across.share), ys = fixed(down.share), whole = isFloat ? 1 : 2048;
  const Line = isFloat ? Float32Array : Int32Array;
  const lines = [new Line(length), new Line(length)], held = [-1, -1];
  const stretch = (/** @type {number} */ row) => {  // a line of the source, as wide as the new picture; kept for the next
    const slot = row % 2, line = lines[slot], start = row * source.width * channels;
    if (held[slot] === row) return line;
    held[slot] = row;
    for (let col = 0, o = 0; col < width; col++) {
      const right = xs[col], left = whole - right, at = across.place[col];
      const a = start + Math.max(at, 0) * channels, b = start + Math.min(at + 1, source.width - 1) * channels;
      for (let c = 0; c < channels; c++, o++) line[o] = from[a + c] * left + from[b + c] * right;
    }
    return line;
  };
  for (let row = 0, o = 0; row < height; row++) {
    const at = down.place[row], below = ys[row], above = whole - below;
    const first = stretch(Math.max(at, 0)), second = stretch(Math.min(at + 1, source.height - 1));
    if (isFloat) for (let i = 0; i < length; i++, o++) out[o] = first[i] * above + second[i] * below;
    else for (let i = 0; i < length; i++, o++)
      out[o] = (((above * (first[i] >> 4)) >> 16) + ((below * (second[i] >> 4)) >> 16) + 2) >> 2;
  }
  return {width, height, data: out};
};

/**
 * `INTER_LINEAR` as `resize` has it: where both sides are halved, it averages.
 * @param {Pixels} source @param {number} width @param {number} height
 */
export const resizeLinear = (source, width, height) => {
  if (source.width === width && source.height === height) return source;
  const isHalved = source.width === 2 * width && source.height === 2 * height;
  return (isHalved ? shrink : enlarge)(source, width, height);
};
