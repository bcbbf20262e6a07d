// The webcam's boxes and tracks in the visitor's own browser: what demos/detection/live.py does with a
// frame, step by step.
import {classColour, drawLabelledBoxes} from '../../components/static/drawing.mjs';
import {blurBoxes} from './blur.mjs';
import {count, drawCounted, drawCounts, textOf, toRow} from './counts.mjs';
import {drawCounting} from './counting_marks.mjs';
import {Counter, readLine, readZone} from './crossings.mjs';
import {findCandidates} from './decode.mjs';
import {PAD, findByDistance} from './distances.mjs';
import {GREY, fitLetterbox, toInput} from './letterbox.mjs';
import {suppress} from './suppress.mjs';
import {LOW, Tracker} from './tracking.mjs';

/** How pictures are padded for a network, and its numbers become boxes. */
const NETWORKS = {
  yolov3_tiny: {pad: GREY, find: findCandidates},
  nanodet: {pad: PAD, find: findByDistance},
};
const TRACKS = 'boxes and tracks', FPS = 15;

/** @typedef {import('./counts.mjs').Found} Found */
/** @typedef {Found & {id: number}} Tracked */
/** @typedef {{tracker: Tracker, counter: Counter, seen: Map<number, string>}} Following */
/**
 * @typedef {object} Values
 * @property {number} confidence
 * @property {number} iou
 * @property {string[] | null} classes
 * @property {string} method
 * @property {number} input_size
 * @property {string} model
 * @property {string} style
 * @property {string} line
 * @property {string} zone
 */
/**
 * @typedef {object} Letters how large words are on pictures of one size, and what else the page says
 * @property {string[]} labels
 * @property {string} style
 * @property {import('../../components/static/drawing.mjs').TextSize[][]} texts by class, by digits of its number
 * @property {import('../../components/static/drawing.mjs').TextSize[]} line by digits
 * @property {import('../../components/static/drawing.mjs').TextSize[]} zone
 */

/** @param {Values} values */
export const refuse = ({model, line, zone, style}) => {
  if (style === 'skeletons') return 'Skeletons are found by the server alone: it goes on.';
  if (!(model in NETWORKS)) return 'Of these models only YOLOv3-tiny and NanoDet-g run in a browser: the server goes on.';
  try { readLine(line); readZone(zone); } catch (error) { return /** @type {Error} */ (error).message; }
  return '';
};

/**
 * The frame's boxes; what goes on to the next frame is changed in place.
 * @param {import('./decode.mjs').Candidate[]} candidates
 * @param {ImageData} frame
 * @param {Values} values
 * @param {string[]} labels
 * @param {Following | null} following
 * @returns {(Found | Tracked)[]}
 */
const find = (candidates, {width, height}, values, labels, following) => {
  const limits = {...values, confidence: leastOf(values, following)};
  const found = suppress(candidates, limits, width, height).map((one) => ({...one, label: labels[one.classId]}));
  if (!following) return found;
  const {tracker, counter, seen} = following;
  const tracked = tracker.update(found, values.confidence).map(({id, index}) => ({...found[index], id}));
  for (const {id, label} of tracked) seen.set(id, label);
  counter.move(readLine(values.line), readZone(values.zone));
  counter.update(tracked, width, height);
  return tracked;
};

/**
 * @param {Values} values
 * @param {Following | null} following
 */
const leastOf = ({confidence}, following) => (following ? Math.min(LOW, confidence) : confidence);

/**
 * @param {ImageData} frame
 * @param {(Found | Tracked)[]} found
 * @param {Values} values
 * @param {Letters} letters
 * @param {Following | null} following
 */
const draw = (frame, found, {style}, letters, following) => {
  const canvas = new OffscreenCanvas(frame.width, frame.height);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d', {willReadFrequently: true}));
  if (style === 'blur') blurBoxes(frame, found.map(({box}) => box));
  pen.putImageData(frame, 0, 0);
  if (style !== 'blur') {
    drawLabelledBoxes(pen, found.map((one) => {
      const number = style === TRACKS && 'id' in one ? one.id : undefined, sizes = letters.texts[one.classId];
      const digits = number === undefined ? 0 : Math.min(String(number).length, sizes.length - 1);
      return {box: one.box, text: textOf(one, number), size: sizes[digits], colour: classColour(number ?? one.classId)};
    }));
  }
  if (following) drawCounting(pen, following.counter, letters);
  return canvas;
};

/** @param {import('../../components/static/worker.mjs').Kit} kit */
export const create = async (kit) => {
  /** @type {Map<number, Letters>} */
  const known = new Map();
  /** @type {Following | null} */
  let following = null;

  /** @param {ImageData} frame */
  const learn = async ({width, height}) => {
    const side = Math.max(width, height);
    if (!known.has(side)) known.set(side, await kit.ask({side}));
    return /** @type {Letters} */ (known.get(side));
  };

  /**
   * @param {ImageData} frame
   * @param {Values} values
   */
  const answer = async (frame, values) => {
    const {pad, find: findBoxes} = NETWORKS[/** @type {keyof typeof NETWORKS} */ (values.model)];
    const network = await kit.open(values.model), letters = await learn(frame);
    const letterbox = fitLetterbox(frame.width, frame.height, values.input_size), input = toInput(frame, letterbox, pad);
    kit.lap('preprocess');
    const heads = await network.run(input, [1, 3, letterbox.inputHeight, letterbox.inputWidth]);
    kit.lap('network');
    const isFollowed = values.style === TRACKS || values.line || values.zone;
    following = isFollowed ? following || {tracker: new Tracker(FPS), counter: new Counter(), seen: new Map()} : null;
    const wanted = (values.classes || []).map((name) => letters.labels.indexOf(name));
    const candidates = findBoxes(heads, letterbox, leastOf(values, following), wanted);
    kit.lap('decode');
    const found = find(candidates, frame, values, letters.labels, following);
    kit.lap(following ? 'NMS and tracks' : 'NMS');
    const picture = draw(frame, found, values, letters, following);
    kit.lap('drawing');
    const [counts, numbers] = tell(found, values, letters.style, following);
    return {picture, extras: [counts, kit.badge(), numbers]};
  };
  return {refuse, answer, holds: () => following !== null};
};

/**
 * What is said beside the picture: the counts as HTML, and the numbers.
 * @param {Found[]} found
 * @param {Values} values
 * @param {string} css
 * @param {Following | null} following
 * @returns {[string, Record<string, any>]}
 */
export const tell = (found, {style, line, zone}, css, following) => {
  const now = count(found.map(({label}) => label));
  const seen = following && style === TRACKS ? count(following.seen.values()) : null;
  const counted = following ? following.counter.counts() : {};
  const words = following ? drawCounted(counted, line, zone) : '';
  const numbers = {
    detections: found.map(toRow), counts: Object.fromEntries(now), seen: Object.fromEntries(seen || []), ...counted,
  };
  return [drawCounts(css, now, seen, words), numbers];
};
