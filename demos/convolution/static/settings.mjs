// What the controls say as one checked operation: demos/convolution/controls.py and
// cvcore.convolution.operation, with the same sentences for what cannot be.

/** @typedef {import('./operation.mjs').Operation} Operation */
/**
 * The controls' values, by field of `PictureSettings`.
 * @typedef {object} Values
 * @property {{cells: number[][], divide_by: string, bias: number, channels: number[]}} kernel
 * @property {number} stride
 * @property {string} padding
 * @property {string} padding_mode
 * @property {number} dilation
 * @property {boolean} transposed
 * @property {number} output_padding
 * @property {string} channels
 * @property {string} show
 */

export const CHANNELS = ['grey', 'each of R, G, B', 'depth: R + G + B'];
export const SHOW = ['clipped to 0–255', 'absolute value', 'blue −, red +', 'ReLU, scaled'];

/**
 * The number that the weights are divided by: `kernels.kernel_divisor`.
 * @param {number[]} weights @param {string} word
 */
const divisorOf = (weights, word) => {
  if (word === 'count') return weights.length;
  if (word !== 'sum') return 1;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (Math.abs(total) < 1e-12) {
    throw new Error('These weights sum to 0, and nothing can be divided by 0: divide by the count instead.');
  }
  return total;
};

/** @param {Values} values @param {boolean} isDeep */
const checkTransposed = ({padding, stride, dilation, output_padding: further}, isDeep) => {
  if (further && further >= Math.max(stride, dilation)) {
    throw new Error('The output padding must be smaller than the stride or the dilation; got '
      + `${further} for a stride of ${stride} and a dilation of ${dilation}.`);
  }
  if (isDeep) throw new Error('A transposed convolution works on every channel by itself here.');
  if (padding === 'same' || padding === 'full') {
    throw new Error('A transposed convolution takes its padding in pixels: choose valid or a number.');
  }
};

/**
 * The values as an operation; an Error says in a sentence what cannot be. Weights are in single
 * precision; those of 0 add nothing and are left out.
 * @param {Values} values @returns {Operation}
 */
export const toOperation = (values) => {
  const {cells: table, divide_by: word, bias, channels} = values.kernel;
  const isDeep = values.channels === CHANNELS[2];
  const divisor = divisorOf(table.flat(), word);
  if (values.transposed) checkTransposed(values, isDeep);
  const cells = table.flatMap((line, row) => line.flatMap((weight, column) => {
    const factors = isDeep ? channels.map((factor, plane) => [plane, factor]) : [[-1, 1]];
    return factors.map(([plane, factor]) => (
      {plane, row, column, weight: Math.fround(weight / divisor * factor)}));
  })).filter(({weight}) => weight);
  return {
    cells, isDeep, rows: table.length, columns: table[0].length, bias: Math.fround(bias), stride: values.stride,
    padding: values.padding, paddingMode: values.padding_mode, dilation: values.dilation,
    transposed: values.transposed, outputPadding: values.transposed ? values.output_padding : 0,
  };
};
