// ONNX Runtime Web in a Worker: loads the engine and networks, and runs them.
/** @typedef {{script: string, loader: string, program: string}} Addresses absolute addresses */
/** @typedef {{data: Float32Array, dims: number[]}} Values */
/** @typedef {{graph: string, weights: string, bytes: number}} Parts absolute addresses */

// A file's bytes are counted as they are once unpacked.
const ENGINE_BYTES = 14.3e6;

/**
 * A file, as its parts come in.
 * @param {string} address
 * @param {(bytes: number) => void} count
 * @returns {Promise<Uint8Array>}
 */
export const fetchCounted = async (address, count) => {
  const reply = await fetch(address);
  if (!reply.ok) throw new Error(`A file could not be loaded (${reply.status})`);
  const parts = [], reader = /** @type {ReadableStream<Uint8Array>} */ (reply.body).getReader();
  let length = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    length += part.value.length;
    count(part.value.length);
  }
  const whole = new Uint8Array(length);
  parts.reduce((at, part) => { whole.set(part, at); return at + part.length; }, 0);
  return whole;
};

/** Threads only where the page shares memory with its workers; Safari's lose more than they gain. */
export const countThreads = () => {
  const isSafari = /^((?!chrome|android|firefox).)*safari/i.test(navigator.userAgent);
  return self.crossOriginIsolated && !isSafari ? Math.min(4, navigator.hardwareConcurrency || 1) : 1;
};

/**
 * The engine; `report` hears how many bytes have come and how many there are.
 * @param {Addresses} addresses
 * @param {(done: number, all: number) => void} report
 */
export const createEngine = async (addresses, report) => {
  let done = 0, all = ENGINE_BYTES;
  const count = (/** @type {number} */ bytes) => { done += bytes; report(done, Math.max(all, done)); };
  const threads = countThreads();
  const ort = await import(addresses.script);
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = {mjs: addresses.loader, wasm: addresses.program};
  // From here on it is in the browser's store, where the engine finds it, already compiled or not.
  const program = fetchCounted(addresses.program, count);

  // The cuts of a network share them: the latest are kept.
  /** @type {{address: string, data: Promise<Uint8Array> | null}} */
  let latest = {address: '', data: null};
  const fetchWeights = (/** @type {Parts} */ {weights: address, bytes}) => {
    if (latest.address === address && latest.data) return latest.data;
    all += bytes;
    const data = fetchCounted(address, count);
    latest = {address, data};
    data.catch(() => { latest.data = null; });  // it can be asked for again
    return data;
  };

  /**
   * A network, ready to run.
   * @param {Parts} parts
   */
  const open = async (parts) => {
    const [graph, weights] = await Promise.all([
      fetchCounted(parts.graph, () => {}), fetchWeights(parts), program]);
    const session = await ort.InferenceSession.create(graph, {
      externalData: [{path: 'weights', data: weights}],
      graphOptimizationLevel: 'all',
      // weights of 8 bits are widened once
      extra: {session: {disable_quant_qdq: '1'}},
    });
    /**
     * The network's outputs, in its order, for one input or for several by their names.
     * @param {Float32Array | Record<string, Values>} given
     * @param {number[]} [dims] of the one input
     * @returns {Promise<Values[]>}
     */
    const run = async (given, dims) => {
      const inputs = given instanceof Float32Array ? {[session.inputNames[0]]: {data: given, dims}} : given;
      const feeds = Object.fromEntries(Object.entries(inputs).map(
        ([name, one]) => [name, new ort.Tensor('float32', one.data, one.dims)]));
      const results = await session.run(feeds);
      return session.outputNames.map((/** @type {string} */ name) => results[name]);
    };
    return {run, release: () => session.release()};
  };
  const name = `WebAssembly, ${threads === 1 ? '1 thread' : `${threads} threads`}`;
  return {open, name};
};
