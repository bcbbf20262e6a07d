// Class activation maps on the webcam, computed in the visitor's own browser: forward through the
// network and back to the layer.
import {findCrop, findGreatest, prepare} from '../../components/static/classifier.mjs';
import {toRgb} from '../../components/static/pictures.mjs';
import {drawSentence, drawText} from '../../components/static/text.mjs';
import {COMBINE} from './class_maps.mjs';
import {layOver} from './overlay.mjs';

/** @typedef {import('../../components/static/classifier.mjs').Recipe} Recipe */
/** @typedef {{title: string, has_class: boolean, divides: boolean}} Method `divides` by sums of features */
/** @typedef {{model: string, titles: Record<string, string>, recipe: Recipe, labels: string[],
 *   shown: string[], methods: Record<string, Method>, layers: string[], colours: number[]}} Known */
/** @typedef {{method: string, layer: number, class_idx: number, minus_class: number, model: string}} Values */

/**
 * What stands above the map.
 * @param {Known} known @param {string} method @param {number} index @param {number} minus
 */
export const nameMap = ({methods, shown}, method, index, minus) => {
  const {title, has_class: hasClass} = methods[method];
  if (!hasClass) return `${title}: for every class`;
  return `${title}: ${shown[index]}${minus < 0 ? '' : ` rather than ${shown[minus]}`}`;
};

/** @param {import('../../components/static/worker.mjs').Kit} kit */
export const create = async (kit) => {
  /** @type {Known} */
  const known = await kit.ask(null);
  const side = known.recipe.crop;

  /** @param {Float32Array} input @param {Values} values */
  const ask = async (input, {layer, class_idx: index, minus_class: minus}) => {
    const network = await kit.open(known.model, {layer: known.layers[layer], slopes: true});
    const [logits, features, slopes] = await network.run({
      image: {data: input, dims: [1, 3, side, side]},
      classes: {data: Float32Array.of(index, minus), dims: [2]},
    });
    const [, channels, rows, columns] = features.dims;
    return {
      index: index < 0 ? findGreatest(logits.data) : index,
      size: [rows, columns],
      layer: {features: features.data, slopes: slopes.data, channels, places: rows * columns},
    };
  };

  return {
    refuse: (/** @type {Values} */ {model, method, layer}) => {
      if (model !== known.model) return `Here only ${known.titles[known.model]} runs in a browser: the server goes on.`;
      const isSigned = known.layers[layer].startsWith('blocks');
      return known.methods[method].divides && isSigned ? `${known.methods[method].title} divides by sums that `
        + 'are close to 0 in this layer, so that a browser, whose weights are rounded, would draw another map: '
        + 'the server goes on.' : '';
    },
    answer: async (/** @type {ImageData} */ image, /** @type {Values} */ values) => {
      const {method, minus_class: minus} = values, frame = toRgb(image);
      const input = prepare(frame, known.recipe);
      kit.lap('preprocess');
      const started = performance.now();
      const {index, size, layer} = await ask(input, values);
      kit.lap('network');
      if (index === minus)
        return {picture: drawSentence(frame, 'Choose two different classes for a difference.')};
      const cells = COMBINE[method](layer);
      kit.lap('map');
      const seconds = (performance.now() - started) / 1000;
      const marked = layOver(frame, cells, size, known.recipe, known.colours);
      const picture = drawText(marked, nameMap(known, method, index, minus));
      kit.lap('drawing');
      return {picture, extras: [toNumbers(known, values, index, frame, seconds)]};
    },
  };
};

/**
 * What calls through the API get on the server.
 * @param {Known} known @param {Values} values @param {number} index
 * @param {import('../../components/static/pictures.mjs').Picture} frame @param {number} seconds
 */
const toNumbers = ({labels, recipe}, {method, model, minus_class: minus}, index, frame, seconds) => ({
  method, model, class_index: index, label: labels[index], minus: minus < 0 ? null : labels[minus],
  square_xyxy: findCrop(frame.width, frame.height, recipe), seconds, share_done: 1,
  deletion_auc: null, insertion_auc: null, drop: null, increase: null, window_xyxy: null, curves: null,
});
