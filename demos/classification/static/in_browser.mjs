// The webcam's classes, computed in the visitor's own browser.
import {findTop, markCrop, prepare, softmax} from '../../components/static/classifier.mjs';
import {toImageData, toRgb} from '../../components/static/pictures.mjs';
import {countFlicker, smooth, writeFlicker} from './smoothing.mjs';

/** @typedef {{labels: string[], shown: string[], recipe: import('../../components/static/classifier.mjs').Recipe}} Model */
/** @typedef {{models: Record<string, Model>, titles: Record<string, string>, page: string[]}} Known */
/** @typedef {{model: string, k: number, temperature: number, inertia: number, limit: number}} Values */

/**
 * What the page's bars are drawn from.
 * @param {ArrayLike<number>} logits
 * @param {Float64Array} probabilities
 * @param {Model} model
 * @param {Values} values
 */
export const toBars = (logits, probabilities, {labels, shown}, values) => {
  const top = findTop(probabilities, values.k), score = Math.max(...Array.from(logits));
  const confidences = top.map((index) => ({
    label: labels[index], shown: shown[index], confidence: probabilities[index], class_index: index,
    logit: logits[index],
  }));
  return {
    label: confidences[0].label,
    confidences,
    rest: Math.max(0, 1 - confidences.reduce((sum, row) => sum + row.confidence, 0)),
    rest_count: labels.length - top.length,
    none_of_these: {kind: 'max_logit', score, limit: values.limit, is_none_of_these: score < values.limit},
    model: values.model, temperature: values.temperature, heading: '', roomy: 0,
  };
};

/** @param {import('../../components/static/worker.mjs').Kit} kit */
export const create = async (kit) => {
  /** @type {Known} */
  const known = await kit.ask(null);
  /** @type {import('./smoothing.mjs').Smoothing | null} */
  let state = null;
  return {
    refuse: (/** @type {Values} */ {model}) =>
      (model in known.models ? '' : `${known.titles[model]} is too large for a browser: the server goes on.`),
    answer: async (/** @type {ImageData} */ image, /** @type {Values} */ values) => {
      const model = known.models[values.model], frame = toRgb(image), {crop} = model.recipe;
      const input = prepare(frame, model.recipe);
      kit.lap('preprocess');
      const network = await kit.open(values.model);
      const [{data: logits}] = await network.run(input, [1, 3, crop, crop]);
      kit.lap('network');
      state = smooth(state, softmax(logits, values.temperature), values.inertia);
      const bars = toBars(logits, state.mean, model, values);
      const picture = toImageData(markCrop(frame, model.recipe));
      kit.lap('drawing');
      const [before, after] = known.page;
      return {picture, extras: [bars, before + writeFlicker(state) + after, countFlicker(state)]};
    },
  };
};
