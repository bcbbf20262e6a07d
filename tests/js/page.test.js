import assert from 'node:assert/strict';
import {test} from 'node:test';
import {toAddress} from '../../demos/page/static/address.js';
import {isAgain} from '../../demos/page/static/double_click.js';
import {isH264, isUnplayable, makeCopies} from '../../demos/page/static/films.js';
import {makeWrite} from '../../demos/page/static/link_write.js';
import {isTorn, readRefusal, toKey} from '../../demos/page/static/picture_notes.js';
import {findHanging, makeLedger, watch} from '../../demos/page/static/stale.js';

test('a picture is known again as the server names it', () => {
  for (const address of [
    'http://127.0.0.1:7860/gradio_api/file=/tmp/gradio/0b1c2d/my picture.png',
    '/gradio_api/file=C:\\Temp\\gradio\\0b1c2d\\100%.png',
    '/gradio_api/file=C:%5CTemp%5Cgradio%5C0b1c2d%5Cmine.png',
  ]) assert.equal(toKey(address), '0b1c2d');
  assert.equal(toKey(''), '');
  const address = `data:image/png;base64,${[...Array(50).keys()].join('')}`;
  assert.equal(toKey(address), '112:daaiag/n;bs6,024679011111567812222345222290123333678944443456444');
});

test('a refusal names its field and its picture', () => {
  assert.deepEqual(readRefusal('refused saliency-picture 12:ab c'), {id: 'saliency-picture', key: '12:ab c'});
  assert.deepEqual(readRefusal('refused component-7 '), {id: 'component-7', key: ''});
  assert.equal(readRefusal('0b1c2d'), null);
});

test('a refused picture is faint where a browser cannot show it alone', () => {
  assert.equal(isTorn({complete: true, naturalWidth: 0}), true);
  assert.equal(isTorn({complete: true, naturalWidth: 640}), false);  // with no face in it, say
  assert.equal(isTorn({complete: false, naturalWidth: 0}), false);  // on its way
  assert.equal(isTorn(null), false);
});

test('the address holds the open tab, and of another tab nothing', () => {
  const from = 'https://a.b/c?tab=detection&confidence-limit=0.4&class=klasse9a&__theme=dark';
  assert.equal(toAddress(from, 'saliency', 'start'), 'https://a.b/c?tab=saliency&class=klasse9a&__theme=dark');
  assert.equal(toAddress('https://a.b/?tab=x&view=y#z', 'start', 'start'), 'https://a.b/');
});

test('a second click and a held key come again, a first click and a lone key do not', () => {
  assert.deepEqual([0, 1, 2, 3].map((detail) => isAgain({type: 'click', detail})), [false, false, true, true]);
  assert.equal(isAgain({type: 'keydown', repeat: true, key: 'Enter'}), true);
  assert.equal(isAgain({type: 'keydown', repeat: false, key: 'Enter'}), false);
  assert.equal(isAgain({type: 'keydown', repeat: true, key: 'ArrowLeft'}), false);
});

test('a link holds what differs, and says what it leaves out', () => {
  const plan = {
    tab: 'lesson', samples: {'0b1c/coffee.jpg': 'coffee'}, views: [], keys: ['steps', 'word', 'face'],
    labels: ['Steps', 'Word', 'Face'], defaults: [3, '', null], limits: [[1, 9], [null, null], [null, null]],
    longest: 9, opening: true,
  };
  globalThis.location = {origin: 'http://a', pathname: '/', search: '?tab=other&class=9a'};
  globalThis.document = {querySelector: () => null, getElementById: () => null};
  try {
    const write = makeWrite(plan);
    assert.deepEqual(write({path: '/tmp/0b1c/coffee.jpg', orig_name: 'coffee.jpg'}, 3, 'a', {src: 'sample:astronaut'}),
      ['http://a/?tab=lesson&class=9a&picture=coffee&word=a&face=astronaut', '']);
    const [href, said] = write({path: '/tmp/1/coffee.jpg', orig_name: 'coffee.jpg'}, 10, 'longer than 9', {src: 'data:image/png'});
    assert.equal(href, 'http://a/?tab=lesson&class=9a');
    assert.match(said, /your own picture, Steps, Word, Face/);
    // What is emptied cannot be said in a link, which would open with the tab's own.
    const full = {...plan, defaults: [3, 'a word', {src: 'sample:astronaut'}, ['a']], keys: [...plan.keys, 'ways'],
      labels: [...plan.labels, 'Ways'], limits: [...plan.limits, [null, null]]};
    const [plain, emptied] = makeWrite(full)(null, '', '', null, []);
    assert.equal(plain, 'http://a/?tab=lesson&class=9a');
    assert.match(emptied, /\*\* Steps, Word, Face, Ways\./);
    assert.deepEqual(makeWrite({...plan, opening: false})(null, 3, '', null),
      [{__type__: 'update'}, {__type__: 'update'}]);  // closed
  } finally {
    delete globalThis.location; delete globalThis.document;
  }
});

// A picture 1, a score 2 through the state 3, a search 4 by a button, what calls alone reach 5, and a kept list 6.
const PAGE = {
  components: [
    {id: 1, type: 'image', props: {elem_classes: ['takes-picture'], value: {path: 'cat'}}},
    {id: 2, type: 'html', props: {}}, {id: 3, type: 'state', props: {}}, {id: 4, type: 'html', props: {}},
    {id: 5, type: 'html', props: {}}, {id: 6, type: 'html', props: {elem_classes: ['kept']}},
    {id: 7, type: 'slider', props: {}}, {id: 8, type: 'state', props: {}}, {id: 9, type: 'html', props: {}},
  ],
  dependencies: [
    {id: 0, backend_fn: true, targets: [[1, 'change']], inputs: [1], outputs: [3, 7, 9]},
    {id: 1, backend_fn: true, targets: [[3, 'change'], [7, 'input']], inputs: [3, 7], outputs: [2, 6]},
    {id: 2, backend_fn: true, targets: [[7, 'click']], inputs: [1], outputs: [4]},
    {id: 3, backend_fn: true, targets: [[8, 'change']], inputs: [1], outputs: [5]},
  ],
};

test('what hangs on a picture is found, also through what is kept of it', () => {
  assert.deepEqual([...findHanging(PAGE).get(1)].sort(), [2, 3, 4, 9]);
});

test('an answer is the picture\'s own when its run was given that picture', () => {
  const ledger = makeLedger(PAGE), stale = () => [...ledger.stale].sort(), skip = {__type__: 'update'};
  assert.equal(ledger.change(1, {path: 'cat'}), false);  // as it opened
  assert.equal(ledger.change(1, {path: 'dog'}), true);
  assert.deepEqual(stale(), [2, 3, 4, 9]);
  ledger.start('late', 0, [1], [{path: 'cat'}]);
  ledger.answer('late', [3, 7, 9], [null, 1, 'a cat']);
  assert.deepEqual(stale(), [2, 3, 4, 9]);  // of the picture before
  ledger.start('slider', 1, [3, 7], [null, 2]);
  ledger.answer('slider', [2, 6], ['a cat', '']);
  assert.ok(ledger.stale.has(2));  // what it hangs on is still the cat's
  ledger.start('own', 0, [1], [{path: 'dog'}]);
  ledger.answer('own', [3, 7, 9], [null, skip, skip]);
  assert.deepEqual(stale(), [2, 4, 9]);
  ledger.answer('own', [3, 7, 9], [null, skip, 'a dog']);
  ledger.start('then', 1, [3, 7], [null, 2]);
  ledger.answer('then', [2, 6], ['a dog', '']);
  assert.deepEqual(stale(), [4]);  // waits for its button
  ledger.change(1, null);
  assert.deepEqual([...ledger.gone].sort(), [2, 3, 4, 9]);  // a cleared picture has no answers
  ledger.change(1, {path: 'cow'});
  ledger.start('cow', 0, [1], [{path: 'cow'}]);
  ledger.answer('cow', [3, 7, 9], [null, 1, 'a cow']);
  assert.deepEqual([...ledger.gone].sort(), [2, 4]);
});

test('the answer to a run that began before its picture was seen to be another is not grey', async () => {
  const sheet = {textContent: ''}, page = new EventTarget();
  globalThis.CSS = {escape: (name) => name};
  globalThis.document = Object.assign(page, {
    head: {appendChild: () => sheet}, createElement: () => ({}), getElementById: () => null,
  });
  const tell = (name, detail) => page.dispatchEvent(Object.assign(new Event(`glassbox-${name}`), {detail}));
  try {
    watch(PAGE);
    tell('start', {run: 'late', fn: 0, inputs: [1], data: [{path: 'cat'}]});
    tell('start', {run: 'own', fn: 0, inputs: [1], data: [null]});
    tell('event', {name: 'clear', id: 1, read: async () => ({value: null})});
    await new Promise(setImmediate);
    assert.match(sheet.textContent, /#component-9/);
    tell('answer', {run: 'late', outputs: [3, 7, 9], data: [null, 1, 'a cat']});
    assert.match(sheet.textContent, /#component-9/);  // of the picture before
    tell('answer', {run: 'own', outputs: [3, 7, 9], data: [null, 1, 'nothing']});
    assert.doesNotMatch(sheet.textContent, /#component-9/);
    assert.match(sheet.textContent, /#component-2/);
  } finally {
    delete globalThis.document; delete globalThis.CSS;
  }
});

test('what the browser does alone to an answer makes it nobody\'s own', () => {
  const own = {id: 4, backend_fn: false, targets: [[3, 'change']], inputs: [2], outputs: [2]};
  const ledger = makeLedger({...PAGE, dependencies: [...PAGE.dependencies, own]});
  ledger.change(1, {path: 'dog'});
  ledger.start('script', 4, [2], ['a cat']);
  assert.equal(ledger.answer('script', [2], ['a cat, grey']), false);
  assert.ok(ledger.stale.has(2));
});

test('a late answer to the picture before is not taken for the refused one\'s', () => {
  const ledger = makeLedger(PAGE);
  ledger.start('cat', 0, [1], [{path: 'cat'}]);
  ledger.change(1, {path: 'dog'});
  ledger.start('dog', 0, [1], [{path: 'dog'}]);
  ledger.answer('dog', [3, 7, 9], [null, 1, 'a dog']);
  assert.deepEqual([...ledger.stale].sort(), [2, 4]);
  assert.ok(ledger.answer('cat', [3, 7, 9], [null, 1, 'a cat']));
  assert.deepEqual([[...ledger.stale].sort(), [...ledger.gone]], [[2, 3, 4, 9], []]);
  ledger.change(1, {path: 'text'});
  ledger.start('text', 0, [1], [{path: 'text'}]);
  ledger.hide(1);
  ledger.answer('text', [3, 7, 9], [null, {__type__: 'update'}, '']);
  assert.ok(!ledger.gone.has(9));
  ledger.answer('cat', [3, 7, 9], [null, 1, 'a cat']);
  assert.ok(ledger.gone.has(9));
});

test('what the page clears itself is asked about anew, and that answer is shown', () => {
  // A picture 1 with its score 2; a mask 3 that goes with the picture, its truth 4 and the comparison 5.
  const ledger = makeLedger({
    components: [
      {id: 1, type: 'image', props: {elem_classes: ['takes-picture'], value: {path: 'cat'}}}, {id: 2, type: 'html', props: {}},
      {id: 3, type: 'image', props: {elem_classes: ['takes-picture'], value: {path: 'mask'}}}, {id: 4, type: 'state', props: {}},
      {id: 5, type: 'html', props: {}},
    ],
    dependencies: [
      {id: 0, backend_fn: true, targets: [[1, 'change']], inputs: [1], outputs: [2]},
      {id: 1, backend_fn: true, targets: [[1, 'change']], inputs: [], outputs: [4, 3]},
      {id: 2, backend_fn: true, targets: [[3, 'upload']], inputs: [3], outputs: [4]},
      {id: 3, backend_fn: true, targets: [[4, 'change']], inputs: [4], outputs: [5]},
    ],
  });
  ledger.change(1, {path: 'dog'});
  ledger.start('clear', 1, [], []);
  assert.ok(ledger.answer('clear', [4, 3], [null, null]));
  assert.deepEqual([[...ledger.stale].sort(), [...ledger.gone]], [[2, 5], [5]]);
  ledger.start('compare', 3, [4], [null]);
  assert.equal(ledger.change(3, null), false); // the field's own event comes after
  ledger.answer('compare', [5], ['There is no truth yet']);
  assert.deepEqual([[...ledger.stale], [...ledger.gone]], [[2], []]);
});

test('our films are told from a recording and from a camera', () => {
  assert.ok(isH264('http://127.0.0.1:7860/gradio_api/file=/tmp/gradio/0b/detections.mp4'));
  assert.ok(isH264('data:video/mp4;base64,AAAA'));
  for (const other of ['', 'blob:http://127.0.0.1/0b', 'http://127.0.0.1/mine.webm', 'data:video/webm;base64,AAAA'])
    assert.ok(!isH264(other));
});

test('a film that did not come is no film that cannot be played', () => {
  assert.deepEqual([1, 2, 3, 4, undefined].map(isUnplayable), [false, false, true, true, false]);
});

test('each film is made anew once; the oldest copy is let go, a failed one asked for again', async () => {
  const asked = [], released = [];
  const convert = async (source) => {
    asked.push(source);
    if (source === 'bad') throw new Error('busy');
    return `copy of ${source}`;
  };
  const copy = makeCopies(convert, (address) => released.push(address), 2);
  assert.equal(await copy('a'), 'copy of a');
  assert.equal(await copy('a'), 'copy of a');
  assert.deepEqual(asked, ['a']);
  await copy('b');
  await copy('c');
  await Promise.resolve();
  assert.deepEqual(released, ['copy of a']);
  await assert.rejects(copy('bad'), /busy/);
  await assert.rejects(copy('bad'), /busy/);
  assert.deepEqual(asked, ['a', 'b', 'c', 'bad', 'bad']);
});
