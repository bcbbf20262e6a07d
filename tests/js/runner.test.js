import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Here} from '../../demos/components/static/here.mjs';
import {describe, findObstacle} from '../../demos/components/static/runner.mjs';

test('the middle of the latest times is told, of the stages that the newest frame had', () => {
  const lately = [{network: 50, old: 1}, {network: 20}, {network: 30, drawing: 1.25}];
  assert.equal(describe(lately, 'WebAssembly'), 'network 30 ms, drawing 1.3 ms (WebAssembly)');
  assert.equal(describe([{mix: 3}], ''), 'mix 3.0 ms (JavaScript)');
});

test('a browser that cannot says why', () => {
  // Node has neither of the first two
  assert.match(findObstacle(), /^This browser runs nothing beside the page, .*: the server goes on\.$/);
});

/** A Worker that opens its lesson, and replies by the kind of what it is told. */
const stand = (replies = {}, isQuick = true) => {
  const seen = [];
  globalThis.Worker = class {
    constructor() { seen.push(this); this.kinds = []; this.isGone = false; }
    postMessage({kind, key}) {
      this.kinds.push(kind);
      const reply = kind === 'open' ? {kind: 'ready'} : replies[kind] && {...replies[kind], key};
      if (reply && (kind !== 'open' || isQuick)) queueMicrotask(() => this.onmessage({data: reply}));
    }
    terminate() { this.isGone = true; }
  };
  globalThis.OffscreenCanvas ??= class {};
  globalThis.document ??= {baseURI: 'http://localhost/'};
  let closed = 0;
  const setup = {place: 'browser', worker: 'w.mjs', lesson: 'l.mjs', engine: {}};
  const here = new Here({setup: async () => setup}, {hear: () => {}, closed: () => { closed += 1; }});
  return {here, seen, closed: () => closed};
};

test('one Worker for all that ask, which is gone once nobody wants frames', async () => {
  const {here, seen, closed} = stand({answer: {kind: 'answer', holds: false}});
  const [one, other] = await Promise.all([here.open(), here.open()]);
  assert.ok(one === other && seen.length === 1);
  await one.answer({data: {buffer: null}}, {}).catch(() => {});
  here.rest();
  assert.ok(seen[0].isGone);
  here.rest();
  assert.equal(closed(), 1); // told once
  await here.open();
  assert.equal(seen.length, 2);
});

test('what is still being loaded is closed, and can be asked for again', async () => {
  const slow = stand({}, false);
  const opening = slow.here.open();
  await new Promise(setImmediate);
  assert.equal(slow.seen.length, 1);
  slow.here.rest();
  await assert.rejects(opening, /closed/);
  assert.ok(slow.seen[0].isGone);
  const again = slow.here.open();
  slow.here.close();
  await assert.rejects(again, /closed/);
  assert.ok(slow.seen.length === 2 && slow.seen[1].isGone);
});

test('closed before the server has said where the scripts lie, none is loaded', async () => {
  const {here, seen} = stand(), early = here.open();
  here.rest();
  const next = here.open();
  await assert.rejects(early, /closed/);
  await next;
  assert.ok(seen.length === 1 && !seen[0].isGone);
});

test('what a lesson holds, and what it was told, outlives the frames', async () => {
  const {here, seen, closed} = stand({tell: {kind: 'told', holds: true, data: 'Ada'}});
  const telling = here.tell('enrol', {});
  here.rest(); // while somebody is being enrolled
  assert.equal(await telling, 'Ada');
  here.rest();
  assert.deepEqual(seen[0].kinds, ['open', 'tell', 'rest']);
  assert.ok(!seen[0].isGone && closed() === 0);
});

test('what a lesson cannot do is a sentence', async () => {
  const {here} = stand({tell: {kind: 'failed', said: 'No face'}});
  await assert.rejects(here.tell('enrol', {}), {message: 'No face'});
  const mute = new Here({setup: async () => null}, {hear: () => {}, closed: () => {}});
  await assert.rejects(mute.open(), {message: 'The server does not answer'});
});
