// What stands before a classifier and after it, as in cvcore.recognition.
import {resize} from './resize.mjs';
import {roundEven} from './numbers.mjs';
import {toChw} from './pictures.mjs';

/** @typedef {import('./pictures.mjs').Picture} Picture */
/** @typedef {{resize: number, crop: number, interpolation: 'bilinear' | 'bicubic'}} Recipe pixels */

/**
 * Width and height after the resize, and the centre crop in its pixels.
 * @param {number} width
 * @param {number} height
 * @param {Recipe} recipe
 */
export const planCrop = (width, height, recipe) => {
  const shorter = Math.min(width, height);
  const wide = Math.trunc(width * recipe.resize / shorter), high = Math.trunc(height * recipe.resize / shorter);
  const left = roundEven((wide - recipe.crop) / 2), top = roundEven((high - recipe.crop) / 2);
  return {wide, high, box: [left, top, left + recipe.crop, top + recipe.crop]};
};

/**
 * The part of a picture that the network sees: left, top, right, bottom in its own pixels.
 * @param {number} width
 * @param {number} height
 * @param {Recipe} recipe
 */
export const findCrop = (width, height, recipe) => {
  const {wide, high, box} = planCrop(width, height, recipe);
  return box.map((edge, i) => roundEven(edge * (i % 2 ? height / high : width / wide)));
};

/**
 * The network's input, resized and cropped in one step: 3 x crop x crop values from 0 to 1.
 * @param {Picture} picture
 * @param {Recipe} recipe
 */
export const prepare = (picture, recipe) => {
  const {width, height} = picture, {wide, high, box} = planCrop(width, height, recipe);
  const [left, top, right, bottom] = box;
  const part = [left * (width / wide), top * (height / high),
    Math.min(right * (width / wide), width), Math.min(bottom * (height / high), height)];
  return toChw(resize(picture, recipe.crop, recipe.crop, recipe.interpolation, part));
};

/**
 * Probabilities from logits.
 * @param {ArrayLike<number>} logits
 * @param {number} [temperature] above 1 flattens, below 1 sharpens
 */
export const softmax = (logits, temperature = 1) => {
  const values = Float64Array.from(logits);
  let most = -Infinity;
  for (const value of values) most = Math.max(most, value);
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) {
    values[i] = Math.exp((values[i] - most) / temperature);
    sum += values[i];
  }
  return values.map((value) => value / sum);
};

/**
 * Indices of the k greatest; of equal ones the first comes first.
 * @param {ArrayLike<number>} scores
 * @param {number} k
 */
export const findTop = (scores, k) =>
  Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b).slice(0, k);

/** The index of the greatest; of equal ones the first. @param {ArrayLike<number>} scores */
export const findGreatest = (scores) => {
  let best = 0;
  for (let i = 1; i < scores.length; i += 1) if (scores[i] > scores[best]) best = i;
  return best;
};

/**
 * The picture, darkened to a third where the network does not look.
 * @param {Picture} picture
 * @param {Recipe} recipe
 * @returns {Picture}
 */
export const markCrop = (picture, recipe) => {
  const {width, height, data} = picture;
  const [left, top, right, bottom] = findCrop(width, height, recipe), marked = new Uint8ClampedArray(data.length);
  for (let y = 0, i = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1, i += 3) {
      const isSeen = y >= top && y < bottom && x >= left && x < right;
      for (let c = i; c < i + 3; c += 1) marked[c] = isSeen ? data[c] : Math.floor(data[c] / 3);
    }
  return {width, height, data: marked};
};
