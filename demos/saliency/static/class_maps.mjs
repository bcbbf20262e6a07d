// Class activation maps, as cvcore.saliency.cams has them: features and slopes (channels, places),
// one channel after the other, become a map of one value a place.
import {findGreatest} from '../../components/static/classifier.mjs';

/** @typedef {{features: Float32Array, slopes: Float32Array, channels: number, places: number}} Layer */

/** The sum of the features, each channel by its weight; what is below 0 is cut off.
 * @param {Layer} layer @param {ArrayLike<number>} weights */
const addUp = ({features, channels, places}, weights) => {
  const map = new Float64Array(places);
  for (let c = 0, at = 0; c < channels; c += 1) {
    for (let i = 0; i < places; i += 1, at += 1) map[i] += weights[c] * features[at];
  }
  return cutOff(map);
};

/** @param {Float64Array} map */
const cutOff = (map) => Float32Array.from(map, (value) => (value > 0 ? value : 0));

/** A weight a channel: `weigh(first, last)` of the places from `first` up to `last`.
 * @param {Layer} layer @param {(first: number, last: number) => number} weigh */
const weighChannels = ({channels, places}, weigh) =>
  Float64Array.from({length: channels}, (_, c) => weigh(c * places, (c + 1) * places));

/** @param {Float32Array} values @param {number} first @param {number} last */
const sum = (values, first, last) => {
  let total = 0;
  for (let i = first; i < last; i += 1) total += values[i];
  return total;
};

/** @param {Layer} layer */
const gradCam = (layer) => addUp(layer, weighChannels(layer, (first, last) =>
  sum(layer.slopes, first, last) / layer.places));

/** A slope s counts alpha * s where it is above 0; alpha is s^2 / (2 s^2 + s^3 * sum of the features).
 * @param {Layer} layer */
const gradCamPlusPlus = (layer) => addUp(layer, weighChannels(layer, (first, last) => {
  const whole = sum(layer.features, first, last);
  let weight = 0;
  for (let i = first; i < last; i += 1) {
    const slope = layer.slopes[i], below = 2 + slope * whole;
    if (slope > 0 && below !== 0) weight += slope / below;
  }
  return weight;
}));

/** @param {Layer} layer */
const layerCam = ({features, slopes, channels, places}) => {
  const map = new Float64Array(places);
  for (let c = 0, at = 0; c < channels; c += 1) {
    for (let i = 0; i < places; i += 1, at += 1) map[i] += Math.max(slopes[at], 0) * features[at];
  }
  return cutOff(map);
};

/** @param {Layer} layer */
const xgradCam = (layer) => addUp(layer, weighChannels(layer, (first, last) => {
  const whole = sum(layer.features, first, last);
  let total = 0;
  for (let i = first; i < last; i += 1) total += layer.slopes[i] * layer.features[i];
  return whole === 0 ? 0 : total / whole;
}));

/** The first principal component of the features, not centred: of the two squares of their matrix
 * the smaller one is taken. Its sign is that of its sum.
 * @param {Layer} layer */
const eigenCam = (layer) => {
  const {features, channels, places} = layer, byPlace = places < channels;
  const size = byPlace ? places : channels;
  const axis = findAxis(square(layer, byPlace), size);
  if (!byPlace) return turnUp(project(layer, axis));
  let strength = 0;  // the axis is the map, but for the singular value
  for (let c = 0; c < channels; c += 1) {
    let along = 0;
    for (let i = 0; i < places; i += 1) along += features[c * places + i] * axis[i];
    strength += along ** 2;
  }
  return turnUp(axis.map((value) => value * Math.sqrt(strength)));
};

/** @param {Layer} layer @param {Float64Array} axis */
const project = ({features, channels, places}, axis) => {
  const map = new Float64Array(places);
  for (let c = 0, at = 0; c < channels; c += 1) {
    for (let i = 0; i < places; i += 1, at += 1) map[i] += axis[c] * features[at];
  }
  return map;
};

/** @param {Float64Array} map */
const turnUp = (map) => {
  const sign = Math.sign(map.reduce((total, value) => total + value, 0));
  return cutOff(map.map((value) => sign * value));
};

/** Of the features F (channels, places): F^T F by place, or F F^T by channel.
 * @param {Layer} layer @param {boolean} byPlace */
const square = ({features, channels, places}, byPlace) => {
  const size = byPlace ? places : channels, length = byPlace ? channels : places;
  const [step, along] = byPlace ? [1, places] : [places, 1];
  const made = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let total = 0;
      for (let k = 0, a = i * step, b = j * step; k < length; k += 1, a += along, b += along) {
        total += features[a] * features[b];
      }
      made[i * size + j] = made[j * size + i] = total;
    }
  }
  return made;
};

const ROUNDS = 1000, STILL = 1e-7;

/** The axis along which a symmetric matrix is greatest, of length 1, by power iteration.
 * @param {Float64Array} matrix @param {number} size */
const findAxis = (matrix, size) => {
  const strongest = findGreatest(Float64Array.from({length: size}, (_, i) => matrix[i * size + i]));
  let axis = matrix.slice(strongest * size, (strongest + 1) * size);  // never across to the axis
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = new Float64Array(size);
    for (let i = 0; i < size; i += 1) {
      for (let j = 0; j < size; j += 1) next[i] += matrix[i * size + j] * axis[j];
    }
    const length = Math.hypot(...next) || 1;
    let moved = 0;
    for (let i = 0; i < size; i += 1) {
      next[i] /= length;
      moved = Math.max(moved, Math.abs(next[i] - axis[i]));
    }
    axis = next;
    if (moved < STILL) break;
  }
  return axis;
};

/** By the name of the method. @type {Record<string, (layer: Layer) => Float32Array>} */
export const COMBINE = {
  grad_cam: gradCam,
  grad_cam_plus_plus: gradCamPlusPlus,
  layer_cam: layerCam,
  xgrad_cam: xgradCam,
  eigen_cam: eigenCam,
};
