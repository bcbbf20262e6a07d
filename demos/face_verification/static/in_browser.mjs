// Faces on the webcam, found and named in the visitor's own browser. Nothing of a face leaves it: who
// is enrolled stands in this Worker's memory, and goes with the page.
import {toRgb} from '../../components/static/pictures.mjs';
import {checkName, drawNotes, drawPeople, enrol} from './enrolment.mjs';
import {InputError} from './faces.mjs';
import {markFace, toNumbers, toTable} from './naming.mjs';
import {begin, follow} from './tracking.mjs';

/** @typedef {import('../../components/static/worker.mjs').Kit} Kit */
/** @typedef {import('./tracking.mjs').Person} Person */
/** @typedef {{threshold: number, embedder: string}} Values */
/** @typedef {{name: string, consent: boolean, picture: ImageData | null, detector: string}} Asked */

/**
 * Networks that are loaded when they are first asked: with nobody enrolled, SFace is not.
 * @param {Kit} kit
 * @returns {import('./tracking.mjs').AllNetworks}
 */
const openLater = (kit) => {
  const later = (/** @type {string} */ name) => ({
    run: async (/** @type {Float32Array} */ data, /** @type {number[]} */ dims) =>
      (await kit.open(name)).run(data, dims),
  });
  const [pnet, rnet, onet, sface] = ['mtcnn_pnet', 'mtcnn_rnet', 'mtcnn_onet', 'sface'].map(later);
  const timed = async (/** @type {Float32Array} */ data, /** @type {number[]} */ dims) => {
    kit.lap('find and align');
    const outputs = await sface.run(data, dims);
    kit.lap('network');
    return outputs;
  };
  return {pnet, rnet, onet, sface: {run: timed}};
};

/** @param {Kit} kit */
export const create = async (kit) => {
  /** @type {import('./naming.mjs').Words} */
  const words = await kit.ask(null);
  const networks = openLater(kit), canvas = new OffscreenCanvas(1, 1);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  /** @type {Person[]} */
  let people = [];
  let state = begin();

  // Frames and enrolments one after the other: none sees the other's half-done work.
  let turn = Promise.resolve();
  const inTurn = (/** @type {() => Promise<any>} */ act) => {
    const mine = turn.then(act);
    turn = mine.catch(() => {});
    return mine;
  };

  const answer = async (/** @type {ImageData} */ frame, /** @type {Values} */ values) => {
    const threshold = values.embedder === words.embedder ? values.threshold : words.threshold;
    state = await follow(state, toRgb(frame), {people, threshold, networks});
    kit.lap('find and align');
    const {tracks} = state;
    [canvas.width, canvas.height] = [frame.width, frame.height];
    pen.putImageData(frame, 0, 0);
    tracks.forEach((track) => markFace(pen, track, people.length));
    const table = toTable(tracks, people.length, values.embedder, words);
    kit.lap('drawing');
    return {picture: canvas, extras: [table, toNumbers(tracks, people.length, threshold)]};
  };

  const draw = (/** @type {string[]} */ notes = []) => drawNotes(notes, words) + drawPeople(people, words);
  const messages = {
    enrol: async (/** @type {Asked} */ asked) => {
      try {
        const name = checkName(people, asked, words);
        if (!asked.picture) throw new InputError(words.noPicture);
        const enrolled = await enrol(people, name, toRgb(asked.picture), networks);
        people = enrolled.people;
        const isOwn = asked.detector === words.detector;
        return {isDone: true, roster: draw([...enrolled.notes, ...(isOwn ? [] : [words.ownDetector])])};
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        return {isDone: false, roster: draw([error.message])};
      }
    },
    forget: async () => {
      people = [];
      state = begin();
      return {isDone: true, roster: draw()};
    },
  };
  return {
    answer: (/** @type {ImageData} */ frame, /** @type {Values} */ values) =>
      inTurn(() => answer(frame, values)),
    message: (/** @type {'enrol' | 'forget'} */ kind, /** @type {Asked} */ detail) =>
      inTurn(() => messages[kind](detail)),
    holds: () => people.length > 0,
  };
};
