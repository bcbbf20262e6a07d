import assert from 'node:assert/strict';
import {test} from 'node:test';
import {countThreads} from '../../demos/components/static/engine.mjs';
import {fetchFile} from '../../demos/components/static/files.mjs';
import {Rival, agree, decide} from '../../demos/components/static/race.mjs';
import {startWebGpu} from '../../demos/components/static/webgpu.mjs';

const values = (...numbers) => [{data: Float32Array.from(numbers), dims: [1, numbers.length]}];
const INPUTS = {x: {data: Float32Array.of(1), dims: [1]}};

test('WebGPU wins where it is clearly sooner, and right', () => {
  const race = {wasm: [90, 40, 42, 41, 300], webgpu: [30, 90, 20], expected: values(8, -2), given: values(8.004, -2)};
  assert.equal(decide(race), 'WebGPU');
  const others = [
    {webgpu: [40, 36, 39]}, // not clearly
    {webgpu: []}, {wasm: []}, {given: []}, // it never came so far
    {given: values(8, -2.02)}, {given: values(NaN, -2)}, {given: values(8, -2, 0)},
    {given: [{data: Float32Array.of(8, -2), dims: [2, 1]}]},
  ];
  for (const other of others) assert.equal(decide({...race, ...other}), 'WebAssembly', JSON.stringify(other));
  assert.ok(agree(values(0, 0), values(0, 0)));
  assert.ok(!agree(values(0, 0), values(0, 1e-6)));
});

/** A network on WebGPU, as Rival knows it. */
const contend = (answer) => ({
  runs: 0, isClosed: false, answer,
  async run(inputs, limit) { this.runs += 1; return this.answer(inputs, limit); },
  close() { this.isClosed = true; },
});
const settle = async () => { for (let i = 0; i < 200; i += 1) await null; };
const raceWith = async (contender, ms = 40) => {
  const rival = new Rival(async () => contender);
  for (let i = 0; i < 4; i += 1) rival.note(INPUTS, values(8), ms);
  await settle();
  const early = contender?.runs;
  rival.note(INPUTS, values(8), ms);
  await settle();
  return {rival, early};
};

test('WebAssembly answers until WebGPU has won, and again when it is lost', async () => {
  const gpu = contend(() => values(8));
  const {rival, early} = await raceWith(gpu);
  assert.equal(early, 0);
  assert.ok(rival.hasWon);
  assert.deepEqual(await rival.run(INPUTS), values(8));
  gpu.answer = () => { throw new Error('device lost'); };
  assert.equal(await rival.run(INPUTS), null);
  assert.ok(gpu.isClosed && !rival.hasWon);
  assert.equal(await rival.run(INPUTS), null);
});

test('who loses the race is closed: wrong, failing, or not worth a race', async () => {
  for (const answer of [() => values(7), () => { throw new Error('lost'); }]) {
    const gpu = contend(answer), {rival} = await raceWith(gpu);
    assert.ok(gpu.isClosed && !rival.hasWon);
    assert.equal(await rival.run(INPUTS), null);
  }
  const gpu = contend(() => values(8));
  assert.ok(!(await raceWith(gpu, 5)).rival.hasWon);
  assert.equal(gpu.runs, 0);
  assert.ok(!(await raceWith(null)).rival.hasWon);
});

test('a network that is let go lets its contender go', async () => {
  const gpu = contend(() => values(8)), {rival} = await raceWith(gpu);
  rival.close();
  assert.ok(gpu.isClosed && !rival.hasWon);
});

test('a race nobody waits for ends at once, and is held when answers are wanted again', async () => {
  let signal, opened = 0;
  const gpu = contend(() => values(8));
  const rival = new Rival((given) => {
    signal = given;
    opened += 1;
    return opened > 1 ? gpu : new Promise((_, failed) => given.addEventListener('abort', () => failed(new Error('ended'))));
  });
  const answer = async () => { for (let i = 0; i < 5; i += 1) rival.note(INPUTS, values(8), 40); await settle(); };
  await answer();
  assert.ok(opened === 1 && !signal.aborted);
  rival.rest();
  await settle();
  assert.ok(signal.aborted && !rival.hasWon);
  await answer();
  assert.ok(opened === 2 && rival.hasWon);
  rival.rest(); // who has won stays, and does not race again
  await answer();
  assert.ok(opened === 2 && rival.hasWon && !gpu.isClosed);
});

test('who is no longer wanted while it runs has not won', async () => {
  const gpu = contend(() => { rival.rest(); return values(8); });
  const rival = new Rival(async () => gpu);
  for (let i = 0; i < 5; i += 1) rival.note(INPUTS, values(8), 40);
  await settle();
  assert.ok(gpu.isClosed && !rival.hasWon);
});

test('nothing of WebGPU is loaded where there is none', async () => {
  globalThis.navigator ??= {}; // as in Node 20
  assert.equal(await startWebGpu({gpuWorker: 'no address'}, {}, new AbortController().signal), null);
});

test('threads only where memory is shared, and not in Safari', () => {
  const on = (userAgent, isIsolated = true, hardwareConcurrency = 8) =>
    countThreads(isIsolated, {userAgent, hardwareConcurrency});
  const webkit = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
  const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36';
  assert.equal(on(chrome), 4);
  assert.equal(on(chrome, true, 2), 2);
  assert.equal(on(chrome, true, undefined), 4);
  assert.equal(on(chrome, true, 0), 1);
  assert.equal(on(chrome, false), 1);
  assert.equal(on('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'), 4);
  assert.equal(on(`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Version/26.0 Safari/605.1.15`), 1);
  // on an iPhone every browser is Safari inside
  for (const name of ['CriOS/149.0', 'FxiOS/140.0', 'Version/26.0'])
    assert.equal(on(`Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) ${webkit} ${name} Mobile/15E148 Safari/604.1`), 1);
});

test('a file that is missing, cut off or garbage is asked for once more, past what is kept', async (t) => {
  const address = 'https://here/kept/ba7816bf8f01cfea/net.weights'; // of "abc"
  const replies = {
    good: () => new Response('abc'),
    missing: () => new Response('No such file', {status: 404}),
    garbage: () => new Response('abd'),
    short: () => new Response('ab'),
    broken: () => new Response(new ReadableStream({pull(stream) { stream.error(new TypeError('network error')); }})),
    away: () => { throw new TypeError('Failed to fetch'); },
  };
  const ask = (...kinds) => {
    const asked = [];
    t.mock.method(globalThis, 'fetch', async (_, {cache}) => { asked.push(cache); return replies[kinds[asked.length - 1]](); });
    return fetchFile(address).then((data) => [Buffer.from(data).toString(), ...asked], (error) => [error.message, ...asked]);
  };
  assert.deepEqual(await ask('good'), ['abc', 'default']);
  for (const bad of ['missing', 'garbage', 'short', 'broken', 'away']) {
    assert.deepEqual(await ask(bad, 'good'), ['abc', 'default', 'reload'], bad);
    assert.deepEqual(await ask(bad, bad), ['What your browser needs could not be loaded', 'default', 'reload'], bad);
  }
});
