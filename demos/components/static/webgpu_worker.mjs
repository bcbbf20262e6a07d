// One network on WebGPU: its addresses come first, then inputs; any mistake is its end.
import {fetchFile} from './files.mjs';
import {openSession, startEngine} from './sessions.mjs';

const post = (/** @type {any} */ message, /** @type {Transferable[]} */ handed = []) =>
  /** @type {any} */ (self).postMessage(message, handed);
const lose = () => post({isLost: true});

/** @param {{addresses: import('./webgpu.mjs').WebGpuAddresses, parts: import('./engine.mjs').Parts}} wanted */
const open = async ({addresses, parts}) => {
  const {gpuScript: script, gpuLoader: loader, gpuProgram: program} = addresses;
  const [ort, graph, weights] = await Promise.all([
    startEngine({script, loader, program}, 1), fetchFile(parts.graph), fetchFile(parts.weights)]);
  const session = await openSession(ort, graph, weights, 'webgpu');
  const device = await ort.env.webgpu.device;
  device.lost.then(lose);
  device.addEventListener('uncapturederror', lose);
  return session;
};

/** @type {Awaited<ReturnType<typeof open>>} */
let session;
/** @type {Promise<void>} */
let last = Promise.resolve(); // one thing after the other

/** @param {{key: number, addresses: any, parts: any, inputs: import('./sessions.mjs').Inputs}} message */
const act = async ({key, inputs, ...wanted}) => {
  if (!inputs) { session = await open(wanted); post({key}); return; }
  const values = (await session.run(inputs)).map(({data, dims}) => ({data, dims}));
  post({key, values}, values.map(({data}) => data.buffer));
};
self.onmessage = ({data}) => { last = last.then(() => act(data)).catch(lose); };
