// The webcam, painted frame by frame in the visitor's own browser: demos/style_transfer/live.py.
import {toImageData, toRgb} from '../../components/static/pictures.mjs';
import {
  findOwnPainter, fit, keepColours, mixNumbers, mixPaintings, toPainterInput, toPicture, toStyleInput,
} from './painting.mjs';
import {addWhirls, readStreaks} from './whirls.mjs';

/** @typedef {import('../../components/static/pictures.mjs').Picture} Picture */
/** @typedef {import('../../components/static/worker.mjs').Kit} Kit */
/**
 * `numbers` are 100 numbers with commas between them, or the name of a bundled style, as is `name`.
 * @typedef {{strength: number, keep_colours: boolean, side: number, name: string, numbers: string}} Values
 */

const SHARED = 'style_transform', READER = 'style_predict';

/**
 * A function that keeps its last answer, and gives it again to the same question.
 * @template Answer @param {(question: any) => Promise<Answer>} find
 */
const remember = (find) => {
  let known = '';
  /** @type {Promise<Answer>} */
  let answer;
  return (/** @type {any} */ question) => {
    const key = JSON.stringify(question);
    if (key !== known) answer = find(question);
    known = key;
    answer.catch(() => { known = ''; }); // it can be asked again
    return answer;
  };
};

/**
 * A picture painted with 100 numbers, by the shared painter or by a style's own: `paint`.
 * @param {Kit} kit @param {import('./painting.mjs').OwnPainter[]} painters
 * @param {(size: number[]) => Promise<Float32Array>} askStreaks
 */
const createPaint = (kit, painters, askStreaks) => {
  /** @param {Picture} picture @param {number[]} numbers @param {string} painter */
  const paintWith = async (picture, numbers, painter) => {
    const network = await kit.open(painter);
    const [painted] = await network.run(
      {image: toPainterInput(picture), style: {data: Float32Array.from(numbers), dims: [1, 100]}});
    return toPicture(painted, picture.width, picture.height);
  };
  return async (/** @type {Picture} */ picture, /** @type {number[]} */ numbers) => {
    const {own, share} = findOwnPainter(numbers, painters);
    if (!own) return paintWith(picture, numbers, SHARED);
    const start = own.has_whirls ? addWhirls(picture, await askStreaks([picture.height, picture.width])) : picture;
    const painted = await paintWith(start, numbers, own.painter);
    return share === 1 ? painted : mixPaintings(await paintWith(picture, numbers, SHARED), painted, share);
  };
};

/** @param {Kit} kit */
export const create = async (kit) => {
  const askStreaks = remember(async (size) => readStreaks(await kit.ask({streaks: size})));
  const paint = createPaint(kit, await kit.ask({painters: true}), askStreaks);
  /** @type {(written: string) => Promise<number[]>} */
  const readNumbers = remember(async (written) =>
    (written.includes(',') ? written.split(',').map(Number) : kit.ask({style: written})));
  /** @param {number[]} numbers @param {Picture} picture @param {number} strength */
  const weaken = async (numbers, picture, strength) => {
    if (strength === 1) return numbers;
    const reader = await kit.open(READER);
    const [own] = await reader.run(toStyleInput(picture), [1, 256, 256, 3]);
    return mixNumbers(own.data, numbers, strength);
  };
  return {
    refuse: (/** @type {Values} */ {name, numbers}) =>
      (name || numbers ? '' : 'There is no style picture yet: upload one or click a style.'),
    answer: async (/** @type {ImageData} */ frame, /** @type {Values} */ values) => {
      const numbers = await readNumbers(values.name || values.numbers);
      const small = fit(toRgb(frame), values.side);
      kit.lap('preprocess');
      let painted = await paint(small, await weaken(numbers, small, values.strength));
      kit.lap('network');
      if (values.keep_colours) painted = keepColours(small, painted);
      const picture = toImageData(painted);
      kit.lap('colours');
      return {picture, extras: [kit.badge()]};
    },
  };
};
