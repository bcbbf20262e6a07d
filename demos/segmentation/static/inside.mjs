// Inside the U: the features of every level, and the answer with skip connections cut or not, as
// `walk_levels` of `cvcore/segmentation` has them.
import {drawLevel} from './features.mjs';

/**
 * @typedef {import('../../components/static/engine.mjs').Values} Values
 * @typedef {import('../../components/static/worker.mjs').Kit} Kit
 * @typedef {import('./drawing.mjs').Colour} Colour
 * @typedef {{side: string, number: number, features: Values}} Level
 */

/**
 * @param {Kit} kit @param {{name: string, levels: string[]}} network
 * @param {Float32Array} input @param {number[]} size its height and width
 * @param {number[]} cut the skip connections that carry zeros, 0 is the finest
 */
export const walk = async (kit, {name, levels}, input, size, cut) => {
  const [downward, upward] = await Promise.all(['down', 'up'].map((part) => kit.open(name, {part})));
  const down = await downward.run(input, [1, 3, ...size]);
  const given = down.map(({data, dims}, level) =>
    ({data: cut.includes(level) ? new Float32Array(data.length) : data, dims}));
  const up = await upward.run(Object.fromEntries(levels.map((layer, i) => [layer, given[i]])));
  const {data: logits} = /** @type {Values} */ (up.pop());
  const label = (/** @type {string} */ side) => (/** @type {Values} */ features, /** @type {number} */ number) =>
    ({side, number, features});
  return {logits, levels: [...down.map(label('down')), ...up.map(label('up'))]};
};

/** @param {import('./drawing.mjs').Frame} picture @returns {Promise<string>} a data address */
const toAddress = async ({width, height, data}) => {
  const canvas = new OffscreenCanvas(width, height);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  pen.putImageData(new ImageData(data, width, height), 0, 0);
  const file = await canvas.convertToBlob({type: 'image/png'}), reader = new FileReader();
  return new Promise((done, failed) => {
    reader.onload = () => done(/** @type {string} */ (reader.result));
    reader.onerror = failed;
    reader.readAsDataURL(file);
  });
};

/**
 * What the page's diagram is drawn from.
 * @param {Level[]} levels @param {number[]} cut @param {Colour[]} colours
 */
export const drawU = async (levels, cut, colours) => {
  const shown = levels.map(async ({side, number, features: {data, dims}}) => {
    const shape = dims.slice(1);
    return {side, number, shape, words: shape.join(' × '), src: await toAddress(drawLevel(data, shape, colours))};
  });
  return {levels: await Promise.all(shown), cut};
};
