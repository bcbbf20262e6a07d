// What the browser computes around the U-Nets equals what the server does: see tests/golden.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {blurBackground} from '../../demos/segmentation/static/blur.mjs';
import * as drawing from '../../demos/segmentation/static/drawing.mjs';
import {drawLevel} from '../../demos/segmentation/static/features.mjs';
import {createBackgrounds} from '../../demos/segmentation/static/in_browser.mjs';
import {fitSize, steady, toInput, toProbability} from '../../demos/segmentation/static/probability.mjs';
import {furthest, loadGolden, unpack} from './golden.js';

const golden = loadGolden('segmentation'), {style, step} = golden;

// Inputs: the formulas of tests/golden/segmentation.py.
const makeNumbers = (count, seed = 0) => Array.from({length: count}, (_, n) => {
  const i = n + 1000 * seed;
  return ((i * i % 1009) * 37 + i * 5) % 251;
});
const makeFrame = ([height, width], seed = 0) => {
  const rgb = makeNumbers(3 * height * width, seed), data = new Uint8ClampedArray(4 * height * width);
  for (let i = 0, at = 0; i < rgb.length; i += 3, at += 4) data.set([...rgb.slice(i, i + 3), 255], at);
  return {width, height, data};
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
