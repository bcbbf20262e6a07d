// What stands before and after the network: `to_input` and `to_probability` of
// `cvcore/segmentation`, and what a webcam keeps of the frames before.
import {enlarge, shrink} from '../../components/static/cv2_resize.mjs';
import {roundEven} from '../../components/static/numbers.mjs';

/**
 * How a network looks at pictures: the factor of which its sides are multiples, and whether small
 * pictures are made larger for it.
 * @typedef {{stride: number, grows: boolean}} Sight
 * @typedef {import('../../components/static/cv2_resize.mjs').Pixels} Pixels
 */

/**
 * The height and width at which a network sees a frame, its longer side about `longest` pixels.
 * @param {number} height @param {number} width @param {Sight} sight @param {number} longest
 */
export const fitSize = (height, width, {stride, grows}, longest) => {
  const scale = longest / Math.max(height, width), at = grows ? scale : Math.min(scale, 1);
  return [height, width].map((side) => Math.max(2, roundEven((side * at) / stride)) * stride);
};

/**
 * A frame as the network takes it.
 * @param {Pixels} frame RGB or RGBA @param {number[]} size height and width, from `fitSize`
 * @returns {Float32Array} 3 planes, red first, from 0 to 1
 */
export const toInput = (frame, [height, width]) => {
  const isArea = height < frame.height, shrinks = isArea && width <= frame.width;
  const {data} = shrinks ? shrink(frame, width, height) : enlarge(frame, width, height, isArea);
  const plane = width * height, channels = data.length / plane, out = new Float32Array(3 * plane);
  for (let i = 0, at = 0; i < plane; i++, at += channels)
    for (let c = 0; c < 3; c++) out[c * plane + i] = data[at + c] / 255;
  return out;
};

/**
 * Logits as probabilities for every pixel of a frame: enlarged first, so that edges stay smooth.
 * @param {Float32Array} logits @param {number[]} size their height and width
 * @param {{width: number, height: number}} frame
 */
export const toProbability = (logits, [height, width], frame) => {
  const large = /** @type {Float32Array} */ (enlarge({width, height, data: logits}, frame.width, frame.height).data);
  for (let i = 0; i < large.length; i++) large[i] = 1 / (1 + Math.exp(-large[i]));
  return large;
};

/**
 * The probability with a share of the frames before; a webcam of another size starts anew.
 * @param {Float32Array} probability changed where it is @param {Float32Array | null} past
 * @param {number} steadiness from 0 to 0.9
 */
export const steady = (probability, past, steadiness) => {
  if (past?.length !== probability.length) return probability;
  for (let i = 0; i < past.length; i++)
    probability[i] = steadiness * past[i] + (1 - steadiness) * probability[i];
  return probability;
};
