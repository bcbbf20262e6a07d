// All maps of a layer on the webcam, computed in the visitor's own browser.
import {prepare} from '../../components/static/classifier.mjs';
import {round} from '../../components/static/numbers.mjs';
import {toImageData, toRgb} from '../../components/static/pictures.mjs';
import {drawSentence} from '../../components/static/text.mjs';
import {compareMaps, drawChanges} from './changes.mjs';
import {choose, drawGrid, findMeans, fitMaps} from './map_grid.mjs';

/** @typedef {import('../../components/static/classifier.mjs').Recipe} Recipe */
/** @typedef {import('./map_grid.mjs').Maps} Maps */
/** @typedef {{model: string, titles: Record<string, string>, recipe: Recipe, layer: string,
 *   merged: string[], colours: number[], width: number, aspect: number}} Known `layer` by default */
/** @typedef {{model: string, layer: string, count: number, scale: string}} Values */

/** @param {import('../../components/static/worker.mjs').Kit} kit */
export const create = async (kit) => {
  /** @type {Known} */
  const known = await kit.ask(null);
  const side = known.recipe.crop;
  /** @type {Map<string, Promise<number[]>>} */
  const ranges = new Map();
  /** @type {Float32Array | null} what the network saw last */
  let last = null;
  /** @type {{input: Float32Array, layer: string, maps: Maps | null} | null} */
  let remembered = null;

  /** @param {Float32Array} input @param {string} layer @returns {Promise<Maps>} */
  const run = async (input, layer) => {
    const network = await kit.open(known.model, {layer});
    const [{data, dims}] = await network.run(input, [1, 3, side, side]);
    return {data, count: dims[1], height: dims[2], width: dims[3]};
  };
  /** @param {string} layer of whose kind all colours span @returns {Promise<number[]>} */
  const findRange = (layer) => {
    const kept = ranges.get(layer) || kit.ask(layer);
    ranges.set(layer, kept);
    return kept;
  };
  /** @param {string} layer */
  const recall = async (layer) => {
    if (!remembered) return null;
    const mine = remembered;
    if (mine.layer !== layer || !mine.maps) Object.assign(mine, {layer, maps: await run(mine.input, layer)});
    return mine.maps;
  };

  return {
    refuse: (/** @type {Values} */ {model, layer}) => {
      if (model !== known.model) return `Here only ${known.titles[known.model]} runs in a browser: the server goes on.`;
      return known.merged.includes(layer) ? 'In a browser a convolution and the batch norm after it are one '
        + 'step: choose the batch norm to see its maps; the server goes on.' : '';
    },
    answer: async (/** @type {ImageData} */ image, /** @type {Values} */ {layer: asked, count, scale}) => {
      const frame = toRgb(image), layer = asked || known.layer;
      if (!(Number.isInteger(count) && count >= 1 && count <= 256))
        return {picture: drawSentence(frame, `Choose a number of channels from 1 to 256, got ${count}.`)};
      last = prepare(frame, known.recipe);
      kit.lap('preprocess');
      const maps = await run(last, layer), before = await recall(layer);
      kit.lap('network');
      const range = scale === 'global' ? await findRange(layer) : null;
      const reaction = before && compareMaps(before, maps);
      const order = reaction ? reaction.order : Array.from({length: maps.count}, (_, i) => i);
      const shown = order.slice(0, count), chosen = choose(maps, shown), {width, aspect, colours} = known;
      const grid = drawGrid(fitMaps(chosen, width, aspect), {scale, range, aspect, table: colours});
      const changes = reaction ? drawChanges(reaction) : {html: '', channels: []};
      const means = findMeans(chosen).map((value) => round(value, 4));
      const picture = toImageData(grid);
      kit.lap('drawing');
      return {picture, extras: [{...changes, layer, shown_channels: shown, shown_means: means}]};
    },
    message: (/** @type {string} */ kind) => {
      if (kind === 'forget') remembered = null;
      if (kind === 'remember' && last) remembered = {input: last, layer: '', maps: null};
      return remembered ? 'kept' : '';
    },
  };
};
