// What the browser computes around the U-Nets equals what the server does: see tests/golden.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {blurBackground} from '../../demos/segmentation/static/blur.mjs';
import * as drawing from '../../demos/segmentation/static/drawing.mjs';
import {drawLevel} from '../../demos/segmentation/static/features.mjs';
import {create, createBackgrounds} from '../../demos/segmentation/static/in_browser.mjs';
import {walk} from '../../demos/segmentation/static/inside.mjs';
import {fitSize, steady, toInput, toProbability} from '../../demos/segmentation/static/probability.mjs';
import {furthest, loadGolden, unpack} from './golden.js';

const golden = loadGolden('segmentation'), {style, step} = golden;

// Inputs: the formulas of tests/golden/segmentation.py.
const makeNumbers = (count, seed = 0) => Array.from({length: count}, (_, n) => {
  const i = n + 1000 * seed;
  return ((i * i % 1009) * 37 + i * 5) % 251;
});
// As an ImageData, which owns neither of its sides.
class Frame {
  #size;
  constructor(width, height, data) { this.#size = [width, height]; this.data = data; }
  get width() { return this.#size[0]; }
  get height() { return this.#size[1]; }
}
const makeFrame = ([height, width], seed = 0) => {
  const rgb = makeNumbers(3 * height * width, seed), data = new Uint8ClampedArray(4 * height * width);
  for (let i = 0, at = 0; i < rgb.length; i += 3, at += 4) data.set([...rgb.slice(i, i + 3), 255], at);
  return new Frame(width, height, data);
};
const makeFloats = (shape, seed = 0) =>
  Float32Array.from(makeNumbers(shape.reduce((a, b) => a * b), seed), (value) => (value - 125) / 8);

// By how much numbers differ at most from those kept, every `by`-th of them.
const differ = (actual, kept, by = step) => furthest(actual.filter((_, i) => i % by === 0), unpack(kept));
const toRgb = ({data}) => data.filter((_, i) => i % 4 !== 3);
const differInColour = (frame, array, by = step) => differ(toRgb(frame), array, by);

test('a frame comes to the network at the server’s size and with its pixels', () => {
  for (const {model, frame, size} of golden.sizes)
    assert.deepEqual(fitSize(...frame, style.networks[model], style.longest), size);
  for (const {model, longest, frame, size, input} of golden.inputs) {
    assert.deepEqual(fitSize(...frame, style.networks[model], longest), size);
    const seen = toInput(makeFrame(frame), size).map((value) => Math.round(value * 255));
    assert.equal(differ(seen, input), 0);
  }
});

test('logits become the server’s probabilities, and remember the frames before', () => {
  for (const {frame, logits, fresh, ...kept} of golden.drawings) {
    const [height, width] = frame, size = {height, width};
    const past = toProbability(makeFloats(logits, 1), logits, size);
    const found = toProbability(makeFloats(logits, 2), logits, size);
    assert.ok(differ(found, fresh) < 1e-6);
    assert.ok(differ(steady(found, past, 0.3), kept.steady) < 1e-6);
    assert.equal(steady(found, new Float32Array(7), 0.9), found);  // a webcam of another size
    assert.equal(steady(found, null, 0.9), found);
  }
});

test('every effect gives the server’s picture', () => {
  const backgrounds = createBackgrounds(style);
  for (const one of golden.drawings) {
    const frame = makeFrame(one.frame), before = frame.data.slice();
    const [past, fresh] = [1, 2].map((seed) => toProbability(makeFloats(one.logits, seed), one.logits, frame));
    const probability = steady(fresh, past, 0.3), {mask, count} = drawing.toMask(probability, 0.37);
    assert.equal(count, mask.filter(Boolean).length);
    assert.equal(differInColour(drawing.drawOverlay(frame, mask, 0.35, style.overlay), one.mask), 0);
    assert.ok(differInColour(blurBackground(frame, probability, style.blur), one.blur) <= 1);
    const green = backgrounds.find('green background', frame);
    assert.ok(differInColour(drawing.replaceBackground(frame, probability, green), one.green) <= 1);
    assert.equal(backgrounds.find(style.effects.own, frame), null);
    backgrounds.setOwn(makeFrame(one.own_size, 3));
    assert.equal(differInColour(backgrounds.find(style.effects.own, frame), one.own), 0);
    backgrounds.setOwn(null);
    assert.equal(backgrounds.find(style.effects.own, frame), null);
    assert.equal(backgrounds.find('mask', frame), null);
    assert.deepEqual(frame.data, before);
  }
  const beach = backgrounds.find(style.effects.beach, {height: 29, width: 2});
  assert.equal(differInColour(beach, golden.beach, 1), 0);
});

test('a large frame has outlines of two pixels, as the server draws them', () => {
  const {red, size: [height, width]} = golden.wide;
  const frame = {width, height, data: new Uint8ClampedArray(4 * height * width)};
  const mask = Uint8Array.from(makeNumbers(height * width), (value) => Number(value > 100));
  const drawn = drawing.drawOverlay(frame, mask, 0.5, style.overlay);
  assert.equal(differ(drawn.data.filter((_, i) => i % 4 === 0), red, 1), 0);
});

test('a level shows its strongest channels as the server does', () => {
  for (const {shape, size, tiles} of golden.levels) {
    const drawn = drawLevel(makeFloats(shape), shape, style.viridis);
    assert.deepEqual([drawn.height, drawn.width], size);
    assert.equal(differInColour(drawn, tiles), 0);
  }
});

// A lesson whose networks answer with numbers of their own: level 0 has half the input's size.
const makeKit = () => {
  const opened = [], asked = [];
  const answer = (values, dims) => ({data: Float32Array.from({length: dims.reduce((a, b) => a * b)}, (_, i) => values(i)), dims});
  const open = async (name, {part = 'whole'} = {}) => {
    opened.push(`${name} ${part}`);
    return {run: async (given, dims) => {
      asked.push(given);
      if (part === 'down') return [1, 2, 3, 4, 5].map((n) => answer((i) => i + n, [1, n, dims[2] >> n, dims[3] >> n]));
      const ups = part === 'up' ? [1, 2, 3, 4].map((n) => answer((i) => i * n, [1, 5, 64 >> n, 64 >> n])) : [];
      return [...ups, answer((i) => (i % 64 < 32 ? 3 : -3), [1, 1, ...(dims || [0, 0, 64, 64]).slice(2)])];
    }};
  };
  return {opened, asked, open, ask: async () => style, lap: () => {}, badge: () => 'badge'};
};
const VALUES = {effect: 'mask', model: 'person', threshold: 0.5, opacity: 1, steadiness: 0.5};
globalThis.ImageData = class {
  constructor(data, width, height) { Object.assign(this, {data, width, height}); }
};

test('a mask is half of what the frames before said, until another network is asked', async () => {
  const kit = makeKit(), lesson = await create({...kit, ask: async () => ({...style, longest: 64})});
  const frame = makeFrame([64, 64]), {picture, extras} = await lesson.answer(frame, VALUES);
  assert.deepEqual([...picture.data.slice(0, 4)], [...style.overlay, 255]);
  assert.deepEqual(extras, ['badge', null, {model: 'person', inside_share: 0.5}]);
  const share = async (changed) => (await lesson.answer(frame, {...VALUES, ...changed})).extras[2].inside_share;
  assert.equal(await share({threshold: 0.96}), 0);
  assert.equal(await share({model: 'nuclei', steadiness: 0.9}), 0.5);
  assert.deepEqual(kit.opened, ['unet_person whole', 'unet_person whole', 'unet_nuclei whole']);
});

test('a skip connection that is cut carries zeros', async () => {
  const kit = makeKit(), network = style.networks.person;
  const {logits, levels} = await walk(kit, network, new Float32Array(3 * 64 * 64), [64, 64], [1]);
  assert.deepEqual(kit.opened, ['unet_person down', 'unet_person up']);
  assert.equal(logits.length, 64 * 64);
  assert.deepEqual(levels.map(({side, number}) => `${side} ${number}`),
    ['down 0', 'down 1', 'down 2', 'down 3', 'down 4', 'up 0', 'up 1', 'up 2', 'up 3']);
  const given = kit.asked[1];
  assert.deepEqual(Object.keys(given), network.levels);
  assert.deepEqual(network.levels.map((layer) => given[layer].data.some((one) => one !== 0)),
    [true, false, true, true, true]);
  assert.deepEqual(given[network.levels[1]].dims, levels[1].features.dims);
  assert.notEqual(levels[1].features.data[0], 0);  // what it would carry is shown all the same
});
