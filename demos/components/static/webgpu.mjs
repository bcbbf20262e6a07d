// WebGPU in a Worker of its own: what is lost, hangs or loses there disturbs nobody, and leaves nothing.
/** @typedef {import('./race.mjs').Contender} Contender */
/** @typedef {{gpuWorker: string, gpuScript: string, gpuLoader: string, gpuProgram: string}} WebGpuAddresses absolute */

/** Whether there is a GPU, and functions of WebAssembly that can wait for it. */
export const hasWebGpu = async () => {
  const {gpu} = /** @type {any} */ (navigator);
  if (!gpu || !('Suspending' in WebAssembly)) return false;
  return Boolean(await gpu.requestAdapter().catch(() => null));
};

/**
 * A network on WebGPU; null where there is none. Its `run` fails where anything does, then and from
 * then on; so it does once the signal says that nobody waits for it.
 * @param {WebGpuAddresses} addresses
 * @param {import('./engine.mjs').Parts} parts
 * @param {AbortSignal} signal
 * @returns {Promise<Contender | null>}
 */
export const startWebGpu = async (addresses, parts, signal) => {
  if (!await hasWebGpu() || signal.aborted) return null;
  const worker = new Worker(addresses.gpuWorker, {type: 'module'});
  /** @type {Map<number, {done: (values: any) => void, failed: (error: Error) => void}>} */
  const waiting = new Map();
  let asked = 0, isClosed = false;
  const close = () => {
    isClosed = true;
    worker.terminate();
    waiting.forEach(({failed}) => failed(new Error('WebGPU was lost')));
    waiting.clear();
  };
  worker.onerror = close;
  signal.addEventListener('abort', close);
  worker.onmessage = ({data}) => {
    if (data.isLost) { close(); return; }
    waiting.get(data.key)?.done(data.values);
    waiting.delete(data.key);
  };
  /** @param {Record<string, any>} message @returns {Promise<any>} */
  const ask = (message) => new Promise((done, failed) => {
    if (isClosed) { failed(new Error('WebGPU was lost')); return; }
    waiting.set(asked += 1, {done, failed});
    worker.postMessage({...message, key: asked});
  });
  await ask({addresses, parts});
  return {
    run: async (inputs, limit) => {
      const timer = setTimeout(close, limit);
      try { return await ask({inputs}); } finally { clearTimeout(timer); }
    },
    close,
  };
};
