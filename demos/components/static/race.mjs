// WebGPU against WebAssembly: which runs a network sooner on this very machine.
/** @typedef {import('./sessions.mjs').Values} Values */
/** @typedef {import('./sessions.mjs').Inputs} Inputs */
/** @typedef {{run: (inputs: Inputs, limit: number) => Promise<Values[]>, close: () => void}} Contender limit in ms */

export const MARGIN = 1.2; // so much sooner it must be
export const TOLERANCE = 1e-3; // of an output's largest value: sums in another order, no more
export const RACE_MS = 1000;
const LATELY = 5; // WebAssembly's runs whose middle counts
const LEAST_MS = 10; // what takes less is not worth the way to the GPU and back
const MAKE_READY_MS = 5000; // the first run, in which programs for the GPU are compiled
const ANSWER_MS = 2000; // who has won and then takes longer is lost
const MOST_RUNS = 20;

const median = (/** @type {number[]} */ numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

/**
 * Whether two answers are the same within the tolerance.
 * @param {Values[]} expected
 * @param {Values[]} given
 */
export const agree = (expected, given) => expected.length === given.length && expected.every((one, i) => {
  const {data, dims} = given[i];
  if (String(dims) !== String(one.dims) || data.length !== one.data.length) return false;
  let largest = 0;
  for (const value of one.data) largest = Math.max(largest, Math.abs(value));
  return one.data.every((value, k) => Math.abs(value - data[k]) <= TOLERANCE * largest);
});

/**
 * The winner, by times in milliseconds and by WebGPU's answer beside WebAssembly's, for the same input.
 * @param {{wasm: number[], webgpu: number[], expected: Values[], given: Values[]}} race
 * @returns {'WebGPU' | 'WebAssembly'}
 */
export const decide = ({wasm, webgpu, expected, given}) =>
  (webgpu.length && wasm.length && MARGIN * median(webgpu) <= median(wasm) && agree(expected, given)
    ? 'WebGPU' : 'WebAssembly');

/** @param {Values} values */
const copy = ({data, dims}) => ({data: data.slice(), dims: [...dims]});

/** @type {Promise<any>} */
let turn = Promise.resolve(); // one race at a time

/** One network's contender: WebGPU, while WebAssembly answers. */
export class Rival {
  /** @param {(signal: AbortSignal) => Promise<Contender | null>} start null where this browser has no WebGPU */
  constructor(start) {
    this.start = start;
    /** @type {number[]} */
    this.lately = [];
    /** @type {Contender | null} */
    this.winner = null;
    this.hasRaced = false;
    this.stopper = new AbortController();
  }

  get hasWon() { return this.winner !== null; }

  /**
   * WebAssembly has answered in so many milliseconds. The fifth time sets off the race.
   * @param {Inputs} inputs @param {Values[]} values @param {number} ms
   */
  note(inputs, values, ms) {
    this.lately = [...this.lately, ms].slice(-LATELY);
    if (this.hasRaced || this.lately.length < LATELY) return;
    this.hasRaced = true;
    if (median(this.lately) < LEAST_MS) return;
    const kept = Object.fromEntries(Object.entries(inputs).map(([name, one]) => [name, copy(one)]));
    const expected = values.map(copy);
    const {signal} = this.stopper;
    turn = turn.then(() => this.race(kept, expected, signal)).catch(() => {});
  }

  /** @param {Inputs} inputs @param {Values[]} expected @param {AbortSignal} signal */
  async race(inputs, expected, signal) {
    const contender = signal.aborted ? null : await this.start(signal);
    if (!contender) return;
    /** @type {number[]} */
    const webgpu = [];
    /** @type {Values[]} */
    let given = [];
    try {
      await contender.run(inputs, MAKE_READY_MS);
      const began = performance.now();
      for (let last = 0; performance.now() + last < began + RACE_MS && webgpu.length < MOST_RUNS; webgpu.push(last)) {
        const before = performance.now();
        given = await contender.run(inputs, RACE_MS);
        last = performance.now() - before;
      }
    } catch {
      given = []; // too slow, or lost
    }
    if (!signal.aborted && decide({wasm: this.lately, webgpu, expected, given}) === 'WebGPU') this.winner = contender;
    else contender.close();
  }

  /**
   * WebGPU's answer, if it has won; if it fails it is lost for good.
   * @param {Inputs} inputs
   * @returns {Promise<Values[] | null>}
   */
  async run(inputs) {
    const {winner} = this;
    if (!winner) return null;
    try {
      return await winner.run(inputs, ANSWER_MS);
    } catch {
      winner.close();
      this.winner = null;
      return null;
    }
  }

  /** Nobody waits for answers any more: a race ends, and is held when they are wanted again. */
  rest() {
    this.stopper.abort();
    this.stopper = new AbortController();
    this.lately = [];
    this.hasRaced = this.hasWon;
  }

  close() {
    this.rest();
    this.hasRaced = true;
    this.winner?.close();
    this.winner = null;
  }
}
