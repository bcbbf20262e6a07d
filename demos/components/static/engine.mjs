// ONNX Runtime Web in a Worker: loads the engine and networks, and runs them.
import {fetchCounted, fetchFile, isKept} from './files.mjs';
import {Rival} from './race.mjs';
import {openSession, orSay, startEngine} from './sessions.mjs';
import {startWebGpu} from './webgpu.mjs';

/** @typedef {import('./sessions.mjs').Values} Values */
/** @typedef {import('./webgpu.mjs').WebGpuAddresses & {script: string, loader: string, program: string}} Addresses absolute */
/** @typedef {{graph: string, weights: string, bytes: number}} Parts absolute addresses */

// A file's bytes are counted as they are once unpacked.
const ENGINE_BYTES = 14.3e6;

/**
 * Threads only where the page shares memory with its workers; Safari's lose more than they gain.
 * @param {boolean} isIsolated
 * @param {{userAgent: string, hardwareConcurrency: number}} browser
 */
export const countThreads = (isIsolated, {userAgent, hardwareConcurrency}) => {
  const isSafari = /^((?!chrome|android|firefox).)*safari/i.test(userAgent);
  return isIsolated && !isSafari ? Math.min(4, hardwareConcurrency || 1) : 1;
};

/**
 * The engine, which begins to load; `report` hears how many bytes have come and how many there are.
 * @param {Addresses} addresses
 * @param {(done: number, all: number) => void} report
 */
export const createEngine = (addresses, report) => {
  let done = 0, all = ENGINE_BYTES;
  const count = (/** @type {number} */ bytes) => { done += bytes; report(done, Math.max(all, done)); };
  const threads = countThreads(Boolean(self.crossOriginIsolated), navigator);
  const start = async () => {
    // Once the browser has it, the engine finds it there, already compiled or not.
    if (await isKept(addresses.program)) count(ENGINE_BYTES);
    else await fetchCounted(addresses.program, count);
    return startEngine(addresses, threads);
  };
  const started = orSay(start(), 'The program for networks could not be started in this browser');
  started.catch(() => {}); // whoever opens a network is told
  /** @type {Set<Rival>} */
  const rivals = new Set();

  // The cuts of a network share them: the latest are kept.
  /** @type {{address: string, data: Promise<Uint8Array> | null}} */
  let latest = {address: '', data: null};
  const fetchWeights = (/** @type {Parts} */ {weights: address, bytes}) => {
    if (latest.address === address && latest.data) return latest.data;
    all += bytes;
    const data = fetchFile(address, count);
    latest = {address, data};
    data.catch(() => { latest.data = null; });  // it can be asked for again
    return data;
  };

  /**
   * A network, ready to run.
   * @param {Parts} parts
   */
  const open = async (parts) => {
    const [ort, graph, weights] = await Promise.all(
      [started, fetchFile(parts.graph), fetchWeights(parts)]);
    const session = await orSay(openSession(ort, graph, weights, 'wasm'), 'This network could not be opened in this browser');
    const rival = new Rival((signal) => startWebGpu(addresses, parts, signal));
    rivals.add(rival);
    /**
     * The network's outputs, in its order, for one input or for several by their names.
     * @param {Float32Array | Record<string, Values>} given
     * @param {number[]} [dims] of the one input
     * @returns {Promise<Values[]>}
     */
    const run = async (given, dims = []) => {
      const inputs = given instanceof Float32Array ? {[session.inputs[0]]: {data: given, dims}} : given;
      const sooner = await rival.run(inputs);
      if (sooner) return sooner;
      const began = performance.now();
      const values = await orSay(session.run(inputs), 'This network failed in this browser');
      rival.note(inputs, values, performance.now() - began);
      return values;
    };
    const release = () => {
      rivals.delete(rival);
      rival.close();
      return session.release();
    };
    return {run, release};
  };
  /** What runs the networks that are open; '' for none. */
  const name = () => {
    const cpu = `WebAssembly, ${threads === 1 ? '1 thread' : `${threads} threads`}`;
    return [...new Set([...rivals].map((rival) => (rival.hasWon ? 'WebGPU' : cpu)))].sort().reverse().join(' and ');
  };
  /** Nobody waits for answers any more: no race goes on. */
  const rest = () => rivals.forEach((rival) => rival.rest());
  return {open, name, rest};
};
