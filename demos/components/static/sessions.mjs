// A network in ONNX Runtime Web: the same for WebAssembly and WebGPU.
/** @typedef {{data: Float32Array, dims: number[]}} Values */
/** @typedef {Record<string, Values>} Inputs by their names */

/** @param {Promise<any>} work @param {string} said to the visitor where it fails */
export const orSay = (work, said) => work.catch((cause) => {
  console.warn(cause);
  throw new Error(said);
});

/**
 * The engine, and its program compiled.
 * @param {{script: string, loader: string, program: string}} addresses
 * @param {number} threads
 */
export const startEngine = async ({script, loader, program}, threads) => {
  const ort = await import(script);
  ort.env.logLevel = 'error';
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = {mjs: loader, wasm: program};
  // The program is compiled with the first network: this one gives back what it gets.
  const least = Uint8Array.from(atob('CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEA0='), (byte) => byte.charCodeAt(0));
  await (await ort.InferenceSession.create(least)).release();
  return ort;
};

/**
 * @param {any} ort
 * @param {Uint8Array} graph
 * @param {Uint8Array} weights
 * @param {string} provider
 */
export const openSession = async (ort, graph, weights, provider) => {
  const session = await ort.InferenceSession.create(graph, {
    executionProviders: [provider],
    externalData: [{path: 'weights', data: weights}],
    graphOptimizationLevel: 'all',
    // weights of 8 bits are widened once
    extra: {session: {disable_quant_qdq: '1'}},
  });
  return {
    /** @type {string[]} */
    inputs: session.inputNames,
    /** The network's outputs, in its order. @param {Inputs} inputs @returns {Promise<Values[]>} */
    run: async (inputs) => {
      const results = await session.run(Object.fromEntries(Object.entries(inputs).map(
        ([name, one]) => [name, new ort.Tensor('float32', one.data, one.dims)])));
      return session.outputNames.map((/** @type {string} */ name) => results[name]);
    },
    release: () => session.release(),
  };
};
