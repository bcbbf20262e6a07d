// A convolution as cvcore.convolution computes it, to the last bit: sums in single precision, cell after
// cell of the kernel in reading order.

/** One plane of numbers a channel, one after the other.
 * @typedef {{height: number, width: number, channels: number, data: Float32Array}} FeatureMap */
/** @typedef {{size: number, span: number, before: number, after: number, output: number}} Fit */
/** @typedef {{plane: number, row: number, column: number, weight: number}} Cell */
/**
 * What `settings.mjs` makes of the controls' values. A cell's `plane` is the channel it looks at, or -1:
 * each channel on its own.
 * @typedef {{cells: Cell[], isDeep: boolean, rows: number, columns: number, bias: number, stride: number, padding: string,
 *   paddingMode: string, dilation: number, transposed: boolean, outputPadding: number}} Operation
 */

const {fround, floor, max, min} = Math;

/**
 * How often a window of `cells` fits into `size` pixels: `windows.fit_window`.
 * @param {number} size
 * @param {number} cells
 * @param {{stride: number, padding: string, dilation: number}} operation
 * @returns {Fit}
 */
export const fitWindow = (size, cells, {stride, padding, dilation}) => {
  const span = dilation * (cells - 1) + 1;
  let before = Number(padding), after = before;
  if (padding === 'valid') before = after = 0;
  if (padding === 'full') before = after = span - 1;
  if (padding === 'same') {
    const total = max((Math.ceil(size / stride) - 1) * stride + span - size, 0);
    before = floor(total / 2); after = total - before;
  }
  const room = size - span + before + after;
  return {size, span, before, after, output: room < 0 ? 0 : floor(room / stride) + 1};
};

/**
 * Where each place of a padded axis takes its number from: -1 is a zero.
 * @param {Fit} fit @param {string} mode
 */
const sourcesOf = ({size, before, after}, mode) => Int32Array.from({length: before + size + after}, (_, at) => {
  const inside = at - before;
  if (inside >= 0 && inside < size) return inside;
  if (mode === 'zero') return -1;
  if (mode === 'replicate') return inside < 0 ? 0 : size - 1;
  return inside < 0 ? -inside : 2 * (size - 1) - inside;
});

/**
 * @param {FeatureMap} image @param {Fit} rows @param {Fit} columns @param {string} mode
 * @returns {FeatureMap}
 */
const pad = (image, rows, columns, mode) => {
  if (!(rows.before || rows.after || columns.before || columns.after)) return image;
  const ys = sourcesOf(rows, mode), xs = sourcesOf(columns, mode), [height, width] = [ys.length, xs.length];
  const data = new Float32Array(image.channels * height * width);
  for (let channel = 0, to = 0; channel < image.channels; channel++) {
    for (let y = 0; y < height; y++, to += width) {
      const from = (channel * image.height + ys[y]) * image.width;
      if (ys[y] >= 0) for (let x = 0; x < width; x++) if (xs[x] >= 0) data[to + x] = image.data[from + xs[x]];
    }
  }
  return {height, width, channels: image.channels, data};
};

/**
 * Adds the products of four cells, with weights a to d, to sums[to ... end]: the same sums in the same
 * order, but read and written a quarter as often. The cells see their first numbers at i to l.
 * @param {Float32Array} sums @param {number} to @param {number} end
 * @param {Float32Array} seen @param {number} stride
 * @param {number} a @param {number} b @param {number} c @param {number} d
 * @param {number} i @param {number} j @param {number} k @param {number} l
 */
const addFour = (sums, to, end, seen, stride, a, b, c, d, i, j, k, l) => {
  for (; to < end; to++, i += stride, j += stride, k += stride, l += stride) {
    const two = fround(fround(sums[to] + fround(seen[i] * a)) + fround(seen[j] * b));
    sums[to] = fround(fround(two + fround(seen[k] * c)) + fround(seen[l] * d));
  }
};
/**
 * @param {Float32Array} sums @param {number} to @param {number} end
 * @param {Float32Array} seen @param {number} stride @param {number} weight @param {number} from
 */
const addOne = (sums, to, end, seen, stride, weight, from) => {
  for (; to < end; to++, from += stride) sums[to] = fround(sums[to] + fround(seen[from] * weight));
};

/**
 * One channel of the result, from sums[first] on; `shift` is where its own plane begins.
 * @param {Float32Array} sums @param {number} first @param {{height: number, width: number}} size
 * @param {FeatureMap} padded @param {number} shift @param {Operation} operation
 */
const sumPlane = (sums, first, size, padded, shift, {cells, stride, dilation}) => {
  const {data, width: across, height: down} = padded, w = Float32Array.from(cells, ({weight}) => weight);
  const at = Int32Array.from(cells, ({plane, row, column}) => (
    (plane < 0 ? shift : plane * down * across) + (row * across + column) * dilation));
  for (let y = 0; y < size.height; y++) {
    const from = y * stride * across, to = first + y * size.width, end = to + size.width;
    let cell = 0;
    for (; cell + 4 <= w.length; cell += 4) {
      addFour(sums, to, end, data, stride, w[cell], w[cell + 1], w[cell + 2], w[cell + 3],
        from + at[cell], from + at[cell + 1], from + at[cell + 2], from + at[cell + 3]);
    }
    for (; cell < w.length; cell++) addOne(sums, to, end, data, stride, w[cell], from + at[cell]);
  }
};

/** @param {FeatureMap} image @param {Operation} operation @returns {FeatureMap} */
const slide = (image, operation) => {
  const rows = fitWindow(image.height, operation.rows, operation);
  const columns = fitWindow(image.width, operation.columns, operation);
  if (!rows.output || !columns.output) {
    const [down, across] = [rows, columns].map(({size, before, after}) => before + size + after);
    throw new Error(`Nothing fits: the window spans ${rows.span}x${columns.span} but the padded input is `
      + `only ${down}x${across}; take a smaller window or dilation, or more padding.`);
  }
  const isFar = (/** @type {Fit} */ fit) => max(fit.before, fit.after) >= fit.size;
  if (operation.paddingMode === 'reflect' && (isFar(rows) || isFar(columns))) {
    throw new Error('Reflection needs more pixels than it pads: take less padding, or zero or replicate.');
  }
  const padded = pad(image, rows, columns, operation.paddingMode), plane = padded.height * padded.width;
  const channels = operation.isDeep ? 1 : image.channels, size = {height: rows.output, width: columns.output};
  const area = size.height * size.width, data = new Float32Array(channels * area).fill(operation.bias);
  for (let channel = 0; channel < channels; channel++) {
    sumPlane(data, channel * area, size, padded, channel * plane, operation);
  }
  return {...size, channels, data};
};

/**
 * Every pixel of the plane from `first` on stamps the kernel, times its value, onto a larger map.
 * @param {FeatureMap} image @param {number} first @param {{height: number, width: number}} size
 * @param {Operation} operation
 */
const stampPlane = (image, first, {height, width}, {cells, stride, dilation}) => {
  const total = new Float32Array(height * width);
  for (const {row, column, weight} of cells) {
    for (let y = 0, from = first; y < image.height; y++) {
      const to = (row * dilation + y * stride) * width + column * dilation, end = to + image.width * stride;
      for (let at = to; at < end; at += stride, from++) {
        total[at] = fround(total[at] + fround(image.data[from] * weight));
      }
    }
  }
  return total;
};

/** @param {FeatureMap} image @param {Operation} operation @returns {FeatureMap} */
const stamp = (image, operation) => {
  const {stride, dilation, outputPadding, bias} = operation, {channels} = image;
  const cut = operation.padding === 'valid' ? 0 : Number(operation.padding);
  const [down, across] = [[image.height, operation.rows], [image.width, operation.columns]].map(
    ([size, cells]) => (size - 1) * stride + dilation * (cells - 1) + 1 + outputPadding);
  if (min(down, across) <= 2 * cut) {
    throw new Error(`Nothing is left: the output of ${down}x${across} loses ${cut} pixels on every side; `
      + 'take less padding or a larger stride.');
  }
  const height = down - 2 * cut, width = across - 2 * cut, data = new Float32Array(channels * height * width);
  for (let channel = 0, to = 0; channel < channels; channel++) {
    const first = channel * image.height * image.width;
    const total = stampPlane(image, first, {height: down, width: across}, operation);
    for (let y = 0; y < height; y++) {
      const from = (y + cut) * across + cut;
      for (let x = 0; x < width; x++) data[to++] = fround(total[from + x] + bias);
    }
  }
  return {height, width, channels, data};
};

/**
 * The feature map of a picture's planes, as `Operation.apply`; an Error says what does not fit.
 * @param {FeatureMap} image @param {Operation} operation @returns {FeatureMap}
 */
export const apply = (image, operation) => (operation.transposed ? stamp : slide)(image, operation);
