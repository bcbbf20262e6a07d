// Resizing as Pillow does it, to the bit: a filter as wide as the pixels that become one, weights
// rounded to whole numbers, first along the rows, then along the columns.
/** @typedef {import('./pictures.mjs').Picture} Picture */

const BITS = 22; // of a weight, as in Pillow: 32 less 8 of a value and 2 to spare
const ONE = 2 ** BITS;

/** Filters by name: how far they reach, and their height at a distance of x pixels. */
const FILTERS = {
  box: {reach: 0.5, at: (/** @type {number} */ x) => (x > -0.5 && x <= 0.5 ? 1 : 0)},
  bilinear: {reach: 1, at: (/** @type {number} */ x) => Math.max(0, 1 - Math.abs(x))},
  bicubic: {reach: 2, at: (/** @type {number} */ x) => {
    const [a, far] = [-0.5, Math.abs(x)];
    if (far < 1) return ((a + 2) * far - (a + 3)) * far * far + 1;
    return far < 2 ? (((far - 5) * far + 8) * far - 4) * a : 0;
  }},
  lanczos: {reach: 3, at: (/** @type {number} */ x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0)},
};
/** @param {number} x */
const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/**
 * For each new pixel of a line: the first old one that counts, how many do, and their weights.
 * @param {number} length old pixels
 * @param {number} from where the part that is kept begins, in old pixels
 * @param {number} to where it ends
 * @param {number} wanted new pixels
 * @param {keyof typeof FILTERS} kind
 */
export const weigh = (length, from, to, wanted, kind) => {
  const scale = Math.fround(to - from) / wanted, stretch = Math.max(scale, 1);
  const {reach, at} = FILTERS[kind], support = reach * stretch;
  const most = Math.ceil(support) * 2 + 1;
  const firsts = new Int32Array(wanted), counts = new Int32Array(wanted);
  const weights = new Int32Array(wanted * most), row = new Float64Array(most);
  for (let i = 0; i < wanted; i += 1) {
    const centre = from + (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(length, Math.trunc(centre + support + 0.5)) - first;
    let sum = 0;
    for (let j = 0; j < count; j += 1) {
      row[j] = at((j + first - centre + 0.5) * (1 / stretch));
      sum += row[j];
    }
    for (let j = 0; j < count; j += 1) {
      const share = sum === 0 ? row[j] : row[j] / sum;
      weights[i * most + j] = Math.trunc(share < 0 ? -0.5 + share * ONE : 0.5 + share * ONE);
    }
    [firsts[i], counts[i]] = [first, count];
  }
  return {most, firsts, counts, weights};
};

/** @typedef {ReturnType<typeof weigh>} Plan */

/**
 * Rows of another length; whole numbers of 32 bits suffice, as in Pillow.
 * @param {Uint8Array | Uint8ClampedArray} data
 * @param {number} height
 * @param {number} length old pixels a row
 * @param {number} wanted new ones
 * @param {Plan} plan
 */
const alongRows = (data, height, length, wanted, {most, firsts, counts, weights}) => {
  const result = new Uint8ClampedArray(3 * height * wanted);
  for (let y = 0, to = 0; y < height; y += 1) {
    for (let x = 0; x < wanted; x += 1, to += 3) {
      let red = ONE / 2, green = red, blue = red, from = 3 * (y * length + firsts[x]);
      for (let j = x * most, end = j + counts[x]; j < end; j += 1, from += 3) {
        const weight = weights[j];
        red = (red + Math.imul(weight, data[from])) | 0;
        green = (green + Math.imul(weight, data[from + 1])) | 0;
        blue = (blue + Math.imul(weight, data[from + 2])) | 0;
      }
      result[to] = red >> BITS;
      result[to + 1] = green >> BITS;
      result[to + 2] = blue >> BITS;
    }
  }
  return result;
};

/**
 * Another number of rows of `length` values each.
 * @param {Uint8Array | Uint8ClampedArray} data
 * @param {number} length
 * @param {number} wanted new rows
 * @param {Plan} plan
 */
const alongColumns = (data, length, wanted, {most, firsts, counts, weights}) => {
  const result = new Uint8ClampedArray(length * wanted), sums = new Int32Array(length);
  for (let y = 0; y < wanted; y += 1) {
    sums.fill(ONE / 2);
    for (let j = 0, from = firsts[y] * length; j < counts[y]; j += 1, from += length) {
      const weight = weights[y * most + j];
      for (let k = 0; k < length; k += 1) sums[k] += Math.imul(weight, data[from + k]);
    }
    const to = y * length;
    for (let k = 0; k < length; k += 1) result[to + k] = sums[k] >> BITS;
  }
  return result;
};

/**
 * A picture of another size, as Pillow's `Image.resize((width, height), kind, box=box)`.
 * @param {Picture} picture
 * @param {number} width
 * @param {number} height
 * @param {keyof typeof FILTERS} [kind]
 * @param {number[]} [box] left, top, right, bottom of the part that is kept, in pixels
 * @returns {Picture}
 */
export const resize = (picture, width, height, kind = 'bilinear', box) => {
  // Pillow keeps these four in single precision
  const [left, top, right, bottom] = (box || [0, 0, picture.width, picture.height]).map(Math.fround);
  const rows = weigh(picture.height, top, bottom, height, kind);
  // only the rows that count are resized
  const first = rows.firsts[0], last = rows.firsts[height - 1] + rows.counts[height - 1];
  let data = picture.data;
  if (width !== picture.width || left !== 0 || right !== width) {
    const kept = data.subarray(3 * first * picture.width, 3 * last * picture.width);
    const columns = weigh(picture.width, left, right, width, kind);
    data = alongRows(kept, last - first, picture.width, width, columns);
    for (let i = 0; i < height; i += 1) rows.firsts[i] -= first;
  }
  if (height !== picture.height || top !== 0 || bottom !== height)
    data = alongColumns(data, 3 * width, height, rows);
  else if (data === picture.data) data = data.slice();
  return {width, height, data};
};
