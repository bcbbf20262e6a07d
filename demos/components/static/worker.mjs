// A lesson in a Worker of its own: the page hands it frames and gets pictures back.
import {createEngine} from './engine.mjs';
import {orSay} from './sessions.mjs';

/**
 * What a lesson's `create` gets.
 * @typedef {{
 *   open: (name: string, where?: {layer?: string, slopes?: boolean, part?: string})
 *     => Promise<Network>,
 *   ask: (question: any) => Promise<any>,
 *   lap: (stage: string) => void,
 *   badge: () => string,
 * }} Kit
 * @typedef {{run: (given: Float32Array | Record<string, import('./engine.mjs').Values>, dims?: number[])
 *   => Promise<import('./engine.mjs').Values[]>, release: () => void}} Network
 * @typedef {{
 *   refuse?: (values: Record<string, any>) => string,
 *   answer: (frame: ImageData, values: Record<string, any>)
 *     => Promise<{picture: ImageData | ImageBitmap | OffscreenCanvas, extras?: any[]}>,
 *   message?: (kind: string, detail: any) => any,
 *   holds?: () => boolean,
 * }} Lesson `holds`: whether it has gathered what a visitor would miss if the Worker were closed
 */

const post = (/** @type {any} */ message, /** @type {Transferable[]} */ handed = []) =>
  /** @type {any} */ (self).postMessage(message, handed);
const sleep = (/** @type {number} */ ms) => new Promise((done) => { setTimeout(done, ms); });

// Questions to the page, and where their answers go.
let asked = 0;
/** @type {Map<number, (answer: any) => void>} */
const waiting = new Map();
/** @param {string} what @param {any} data */
const askPage = (what, data) => new Promise((done) => {
  waiting.set(asked += 1, done);
  post({kind: 'ask', id: asked, what, data});
});
/** @param {string} what @param {any} data */
const askServer = async (what, data) => {
  const answer = await askPage(what, data);
  if (!answer) throw new Error('The server does not answer');
  if (answer.said) throw new Error(answer.said);
  return answer;
};

/** Milliseconds of the frame's stages. */
/** @type {Record<string, number>} */
let laps = {};
let lapStart = 0;
/** @param {string} stage */
const lap = (stage) => {
  const now = performance.now();
  laps[stage] = (laps[stage] || 0) + now - lapStart;
  lapStart = now;
};

/**
 * As the server writes its own.
 * @param {Record<string, number>} ms @param {string} engine
 */
export const writeBadge = (ms, engine) => {
  const spans = Object.entries(ms).map(([stage, value]) =>
    `<span>${stage} <b>${value.toFixed(value >= 10 ? 0 : 1)} ms</b></span>`);
  return `<div class="badge" role="status">${spans.join('')}<span>your browser: ${engine}</span></div>`;
};

const MOST_CUTS = 4; // networks cut at a layer that are kept: a visitor may try a hundred layers
/** @param {Map<string, Promise<Network>>} networks by name and cut, the newest last */
const forgetOld = (networks) => {
  const cuts = [...networks.keys()].filter((key) => JSON.parse(key)[1].layer);
  for (const key of cuts.slice(0, -MOST_CUTS)) {
    networks.get(key)?.then((network) => network.release(), () => {});
    networks.delete(key);
  }
};

/** @type {Lesson} */
let lesson;
/** @type {ReturnType<typeof createEngine> | null} */
let engine = null;

/** @param {{lesson: string, engine: import('./engine.mjs').Addresses}} setup */
const open = async ({lesson: script, engine: addresses}) => {
  const report = (/** @type {number} */ done, /** @type {number} */ all) => post({kind: 'loading', done, all});
  if (addresses.script) engine = createEngine(addresses, report); // while the lesson is loaded
  /** @type {Map<string, Promise<Network>>} */
  const networks = new Map();
  const load = async (/** @type {any} */ wanted) => {
    let parts = await askServer('network', wanted);
    while (parts.waiting) {
      post({kind: 'waiting', said: parts.waiting});
      await sleep(500);
      parts = await askServer('network', wanted);
    }
    if (!engine) throw new Error('This lesson has no engine');
    return engine.open(parts);
  };
  const kit = {
    /** @type {Kit['open']} */
    open: (name, where = {}) => {
      const key = JSON.stringify([name, where]);
      const kept = networks.get(key) || load({name, ...where});
      networks.delete(key);  // the newest last
      networks.set(key, kept);
      if (where.layer) forgetOld(networks);
      kept.catch(() => networks.delete(key)); // it can be asked for again
      return kept;
    },
    ask: async (/** @type {any} */ question) => (await askServer('ask', question)).data,
    lap,
    badge: () => writeBadge(laps, engine?.name() ?? ''),
  };
  lesson = await (await orSay(import(script), 'The lesson could not be loaded into this browser')).create(kit);
  post({kind: 'ready'});
};

/** @param {{frame: ImageData, values: Record<string, any>, key: string}} request */
const answer = async ({frame, values, key}) => {
  const refused = lesson.refuse ? lesson.refuse(values) : '';
  if (refused) { post({kind: 'refused', key, said: refused}); return; }
  laps = {};
  lapStart = performance.now();
  const started = lapStart;
  const {picture, extras} = await lesson.answer(frame, values);
  const shown = picture instanceof OffscreenCanvas ? picture.transferToImageBitmap() : picture;
  const handed = shown instanceof ImageData ? [shown.data.buffer] : [shown];
  const ms = performance.now() - started;
  post({kind: 'answer', key, picture: shown, extras, laps, ms, engine: engine?.name() ?? '', holds: holds()}, handed);
};
const holds = () => Boolean(lesson?.holds?.());

const ACTS = {
  open,
  answer,
  answered: async (/** @type {any} */ {id, data}) => {
    waiting.get(id)?.(data);
    waiting.delete(id);
  },
  tell: async (/** @type {any} */ {what, detail, key}) => {
    const told = await lesson?.message?.(what, detail);
    post({kind: 'told', key, data: told, holds: holds()});
  },
  rest: async () => engine?.rest(),
};

self.onmessage = async ({data}) => {
  try {
    await ACTS[/** @type {keyof typeof ACTS} */ (data.kind)](data);
  } catch (error) {
    // an Error of no special kind is a sentence of ours
    const isSentence = /** @type {any} */ (error).constructor === Error;
    if (!isSentence) console.warn(error);
    const said = isSentence ? /** @type {Error} */ (error).message : 'This browser cannot compute this';
    post({kind: 'failed', of: data.kind, key: data.key, said});
  }
};
