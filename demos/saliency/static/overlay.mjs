// A map over the square of a camera's frame that the network sees.
import {findCrop, markCrop} from '../../components/static/classifier.mjs';
import {colourise} from '../../components/static/colours.mjs';
import {enlarge} from '../../components/static/cv2_resize.mjs';
import {findQuantile, findRange} from '../../components/static/planes.mjs';
import {resize} from '../../components/static/resize.mjs';

/** @typedef {import('../../components/static/pictures.mjs').Picture} Picture */
/** @typedef {import('../../components/static/classifier.mjs').Recipe} Recipe */

/**
 * Cells of a map, none below 0, as colours over the square of a frame; around it the frame is dark.
 * @param {Picture} frame
 * @param {Float32Array} cells a row after the other
 * @param {number[]} size rows and columns of the cells
 * @param {Recipe} recipe
 * @param {ArrayLike<number>} table 256 colours
 * @returns {Picture}
 */
export const layOver = (frame, cells, [height, width], recipe, table) => {
  const side = recipe.crop, large = enlarge({width, height, data: cells}, side, side);
  const map = /** @type {Float32Array} */ (large.data);
  // single pixels that stand far out do not set the range
  const limit = Math.fround(findQuantile(map, 0.995) || findRange(map)[1] || 1);
  const colours = colourise(map.map((value) => Math.min(value / limit, 1)), table);
  const marked = markCrop(frame, recipe);
  const [left, top, right, bottom] = findCrop(frame.width, frame.height, recipe);
  const wide = right - left, high = bottom - top;
  const over = resize({width: side, height: side, data: colours}, wide, high, 'bicubic');
  for (let y = 0, from = 0; y < high; y += 1) {
    let to = 3 * ((top + y) * frame.width + left);
    for (const end = to + 3 * wide; to < end; to += 1, from += 1) {
      marked.data[to] = (marked.data[to] + over.data[from]) / 2;
    }
  }
  return marked;
};
