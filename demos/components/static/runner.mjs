// The page's side of the Worker that answers frames in the visitor's own browser.
/** @typedef {{worker: string, lesson: string, engine: Record<string, string>}} Setup addresses */
/** @typedef {Record<string, (data?: any) => Promise<any>>} Server its functions, by name */

const toMegabytes = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(1);
const absolute = (/** @type {string} */ address) => new URL(address, document.baseURI).href;

/** Why this browser cannot; '' where it can. */
export const findObstacle = () => {
  const lacks = [
    [typeof Worker, 'runs nothing beside the page'],
    [typeof OffscreenCanvas, 'draws nothing beside the page'],
    [typeof WebAssembly, 'runs no WebAssembly'],
  ].find(([kind]) => kind === 'undefined');
  return lacks ? `This browser ${lacks[1]}, so it cannot compute here: the server goes on.` : '';
};

const LATELY = 15; // frames whose middle time is told: a single frame's jumps about
const median = (/** @type {number[]} */ numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

/**
 * Where the milliseconds of the latest frames went, and by what; of the newest frame's stages.
 * @param {Record<string, number>[]} lately oldest first
 * @param {string} engine
 */
export const describe = (lately, engine) => {
  const parts = Object.keys(lately[lately.length - 1]).map((stage) => {
    const ms = median(lately.map((laps) => laps[stage]).filter((one) => one !== undefined));
    return `${stage} ${ms.toFixed(ms >= 10 ? 0 : 1)} ms`;
  });
  return `${parts.join(', ')} (${engine || 'JavaScript'})`;
};

/** One Worker with a lesson in it. `hear` is told what is loaded: a share, if known, and words. */
export class Runner {
  /**
   * @param {Setup} setup
   * @param {Server} server
   * @param {(share: number | null, words: string) => void} hear
   */
  constructor(setup, server, hear) {
    this.server = server;
    this.hear = hear;
    /** @type {Map<string, (reply: any) => void>} */
    this.waiting = new Map();
    this.asked = 0;
    this.holds = false; // the lesson, what a visitor would miss
    /** @type {Record<string, number>[]} */
    this.lately = [];
    /** @type {Promise<void>} */
    this.opened = new Promise((done, failed) => { this.done = done; this.failed = failed; });
    this.opened.catch(() => {});
    this.worker = new Worker(absolute(setup.worker), {type: 'module'});
    this.worker.onmessage = ({data}) => { this.take(data); };
    // a script that could not be loaded or read
    this.worker.onerror = () => this.fail('The program could not be started in this browser');
    const engine = Object.fromEntries(
      Object.entries(setup.engine).map(([name, address]) => [name, absolute(address)]));
    this.worker.postMessage({kind: 'open', lesson: absolute(setup.lesson), engine});
  }

  /** @param {string} said */
  fail(said) {
    this.failed?.(new Error(said));
    this.waiting.forEach((done) => done({kind: 'failed', said}));
    this.waiting.clear();
  }

  /** @param {any} data */
  take(data) {
    if (data.kind === 'ready') this.done?.();
    else if (data.kind === 'ask') this.ask(data);
    else if (data.kind === 'waiting') this.hear(null, data.said);
    else if (data.kind === 'loading')
      this.hear(data.done / data.all, `Loading into this browser: ${toMegabytes(data.done)} of ${toMegabytes(data.all)} MB.`);
    else if (data.kind === 'failed' && data.of === 'open') this.fail(data.said);
    else {
      this.holds = data.holds ?? this.holds;
      this.waiting.get(data.key)?.(data);
      this.waiting.delete(data.key);
    }
  }

  /** What the Worker wants to know of the server; addresses become whole ones. @param {any} question */
  async ask({id, what, data}) {
    const answer = await this.server[what](data).catch(() => null);
    for (const part of ['graph', 'weights']) if (answer?.[part]) answer[part] = absolute(answer[part]);
    this.worker.postMessage({kind: 'answered', id, data: answer});
  }

  /** @param {any} message @param {Transferable[]} [handed] @returns {Promise<any>} */
  send(message, handed = []) {
    const key = String(this.asked += 1);
    return new Promise((done) => {
      this.waiting.set(key, done);
      this.worker.postMessage({...message, key}, handed);
    });
  }

  /**
   * A frame's answer: {kind: 'answer', picture, extras, laps, ms, engine}, or 'refused' or 'failed'
   * with what is `said`.
   * @param {ImageData} frame
   * @param {Record<string, any>} values
   */
  answer(frame, values) { return this.send({kind: 'answer', frame, values}, [frame.data.buffer]); }

  /** What is told of a frame's answer. @param {{laps: Record<string, number>, engine: string}} reply */
  describe({laps, engine}) {
    this.lately = [...this.lately, laps].slice(-LATELY);
    return describe(this.lately, engine);
  }

  /** What the page tells the lesson, and its reply. @param {string} what @param {any} detail */
  tell(what, detail) { return this.send({kind: 'tell', what, detail}); }

  /** No more frames come: what is held is kept, and nothing else goes on. */
  rest() { this.worker.postMessage({kind: 'rest'}); }

  close() {
    this.worker.terminate();
    this.fail('It was closed');
  }
}
