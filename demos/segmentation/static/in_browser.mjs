// The webcam's masks, computed in the visitor's own browser: what `segment_frame` of
// `demos/segmentation/live.py` does.
import {toRgb} from '../../components/static/pictures.mjs';
import {drawSentence} from '../../components/static/text.mjs';
import {blurBackground} from './blur.mjs';
import {drawGradient, drawOverlay, fill, fitBackground, replaceBackground, toMask} from './drawing.mjs';
import {drawU, walk} from './inside.mjs';
import {fitSize, steady, toInput, toProbability} from './probability.mjs';

/**
 * @typedef {import('./drawing.mjs').Frame} Frame
 * @typedef {import('./drawing.mjs').Colour} Colour
 * @typedef {{effect: string, model: string, threshold: number, opacity: number, steadiness: number}} Values
 */

/**
 * What the lesson's Python code says of it: `ask` in `demos/segmentation/live.py`.
 * @typedef {{
 *   networks: Record<string, import('./probability.mjs').Sight & {name: string, levels: string[]}>,
 *   longest: number,
 *   effects: {blurred: string, beach: string, own: string, inside: string},
 *   backgrounds: Record<string, Colour>,
 *   overlay: Colour,
 *   blur: number,
 *   shore: {heights: number[], colours: Colour[]},
 *   no_background: string,
 *   viridis: Colour[],
 * }} Style
 */

/**
 * What is behind people, for frames of one size; kept until another is asked for.
 * @param {Style} style
 */
export const createBackgrounds = (style) => {
  /** @type {Frame | null} */
  let own = null;
  /** @type {{key: string, picture: Frame} | null} */
  let kept = null;
  /** @param {string} effect @param {Frame} frame */
  const paint = (effect, frame) => {
    const {heights, colours} = style.shore;
    if (effect === style.effects.beach) return drawGradient(frame, heights, colours);
    if (effect === style.effects.own) return own && fitBackground(own, frame);
    return effect in style.backgrounds ? fill(frame, style.backgrounds[effect]) : null;
  };
  return {
    hasOwn: () => own !== null,
    /** @param {Frame | null} picture */
    setOwn: (picture) => { own = picture; kept = null; },
    /**
     * The picture of an effect, as large as a frame; null where the effect has none.
     * @param {string} effect @param {Frame} frame
     */
    find: (effect, frame) => {
      const key = [effect, frame.width, frame.height].join();
      if (kept?.key !== key) {
        const picture = paint(effect, frame);
        kept = picture && {key, picture};
      }
      return kept && kept.picture;
    },
  };
};

/** @typedef {import('../../components/static/worker.mjs').Kit} Kit */

/** @param {Kit} kit @param {string} name @param {Float32Array} input @param {number[]} size */
const ask = async (kit, name, input, size) => {
  const [{data: logits}] = await (await kit.open(name)).run(input, [1, 3, ...size]);
  return {logits, levels: []};
};

/** @param {Kit} kit */
export const create = async (kit) => {
  /** @type {Style} */
  const style = await kit.ask('style');
  const {blurred, own, inside} = style.effects, backgrounds = createBackgrounds(style);
  /** @type {Float32Array | null} */
  let past = null;
  let model = '';
  /** @type {number[]} */
  let cut = [];

  /** @param {Frame} frame @param {Float32Array} probability @param {Uint8Array} mask @param {Values} values */
  const draw = (frame, probability, mask, {effect, opacity}) => {
    if (effect === blurred) return blurBackground(frame, probability, style.blur);
    const behind = backgrounds.find(effect, frame);
    return behind ? replaceBackground(frame, probability, behind)
      : drawOverlay(frame, mask, opacity, style.overlay);
  };

  return {
    message: (/** @type {string} */ kind, /** @type {any} */ detail) => {
      if (kind === 'background') backgrounds.setOwn(detail);
      if (kind === 'cut') cut = detail;
    },
    answer: async (/** @type {ImageData} */ frame, /** @type {Values} */ values) => {
      if (values.effect === own && !backgrounds.hasOwn())
        return {picture: drawSentence(toRgb(frame), style.no_background), extras: ['', null, {}]};
      // the frames before and the cuts were another network's
      if (values.model !== model) { past = null; cut = []; }
      model = values.model;
      const sight = style.networks[model];
      const size = fitSize(frame.height, frame.width, sight, style.longest);
      const input = toInput(frame, size);
      kit.lap('preprocess');
      const cutNow = cut, {logits, levels} = values.effect === inside
        ? await walk(kit, sight, input, size, cutNow) : await ask(kit, sight.name, input, size);
      kit.lap('network');
      past = steady(toProbability(logits, size, frame), past, values.steadiness);
      kit.lap('enlarge');
      const {mask, count} = toMask(past, values.threshold);
      const {data, width, height} = draw(frame, past, mask, values);
      const diagram = levels.length ? await drawU(levels, cutNow, style.viridis) : null;
      kit.lap('drawing');
      const numbers = {model, inside_share: count / mask.length};
      return {picture: new ImageData(data, width, height), extras: [kit.badge(), diagram, numbers]};
    },
  };
};
