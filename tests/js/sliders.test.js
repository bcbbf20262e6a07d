import assert from 'node:assert/strict';
import {test} from 'node:test';
import {fits, page, snap} from '../../demos/page/static/sliders.js';

const SIZE = {min: 160, max: 640, step: 32}; // Detection's input
const SHARE = {min: 0.01, max: 0.99, step: 0.01};

test('a typed number goes to the nearest place of the slider', () => {
  assert.equal(snap(200, SIZE), 192);
  assert.equal(snap(210, SIZE), 224);
  assert.equal(snap(448, SIZE), 448);
  assert.equal(snap(3, SIZE), 160);
  assert.equal(snap(9999, SIZE), 640);
  assert.equal(snap(-1, SIZE), 160);
  assert.equal(snap(0.123, SHARE), 0.12);
  assert.equal(snap(0.3, SHARE), 0.3); // not 0.30000000000000004
  assert.equal(snap(1, SHARE), 0.99);
  assert.equal(snap(1.013, {min: 1, max: 1.1, step: 0.005}), 1.015);
  assert.equal(snap(-2.3, {min: -5, max: 5, step: 0.5}), -2.5);
});

test('no place lies beyond the last whole step', () => {
  assert.equal(snap(10, {min: 0, max: 10, step: 4}), 8);
});

test('a number half typed does not act', () => {
  for (const text of ['', ' ', '4', '44', '200', '700', '1e', '-']) assert.equal(fits(text, SIZE), false, text);
  for (const text of ['448', '160', '640.0']) assert.equal(fits(text, SIZE), true, text);
  assert.equal(fits('0', SHARE), false);
  assert.equal(fits('0.3', SHARE), true);
});

test('PageUp and PageDown go a tenth of the range, in whole steps, and stay in it', () => {
  assert.equal(page(416, SIZE, 1), 480);
  assert.equal(page(416, SIZE, -1), 352);
  assert.equal(page(630, SIZE, 1), 640);
  assert.equal(page(5, {min: 1, max: 6, step: 1}, 1), 6);
});
