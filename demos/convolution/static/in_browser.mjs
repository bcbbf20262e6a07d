// The webcam's frames through the kernel, in the visitor's own browser: demos/convolution/picture.py.
import {roundEven} from '../../components/static/numbers.mjs';
import {toRgb} from '../../components/static/pictures.mjs';
import {resize} from '../../components/static/resize.mjs';
import {toPixels, toPlanes} from './look.mjs';
import {apply} from './operation.mjs';
import {toOperation} from './settings.mjs';

/** @typedef {import('../../components/static/pictures.mjs').Picture} Picture */
/** @typedef {import('./settings.mjs').Values} Values */

const STRETCHED_SIDE = 240;  // pixels: of a frame before a transposed convolution makes it larger

/**
 * `images.shrink`: the longer side at most `side` pixels.
 * @param {Picture} picture @param {number} side
 */
const shrink = (picture, side) => {
  const {width, height} = picture, scale = side / Math.max(width, height);
  const [across, down] = [width, height].map((length) => Math.max(1, roundEven(length * scale)));
  return scale >= 1 ? picture : resize(picture, across, down, 'lanczos');
};

/**
 * `process_frame`: what the kernel makes of a picture, as RGBA pixels; an Error says what cannot be.
 * @param {Picture} picture @param {Values} values
 * @param {(stage: string) => void} lap
 */
export const processFrame = (picture, values, lap = () => {}) => {
  const operation = toOperation(values);
  const small = operation.transposed ? shrink(picture, STRETCHED_SIDE) : picture;
  const image = toPlanes(small, values.channels);
  lap('preprocess');
  const map = apply(image, operation);
  lap('convolution');
  const data = toPixels(map, values.show);
  lap('drawing');
  return {width: map.width, height: map.height, data};
};

/** Why there is no such operation; '' where there is one. @param {Values} values */
export const refuse = (values) => {
  try { toOperation(values); } catch (error) { return /** @type {Error} */ (error).message; }
  return '';
};

/** @param {import('../../components/static/worker.mjs').Kit} kit */
export const create = async (kit) => ({
  refuse,
  answer: async (/** @type {ImageData} */ frame, /** @type {Values} */ values) => {
    const {width, height, data} = processFrame(toRgb(frame), values, kit.lap);
    return {picture: new ImageData(data, width, height), extras: []};
  },
});
