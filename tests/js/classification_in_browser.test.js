import assert from 'node:assert/strict';
import {test} from 'node:test';
import {findCrop, markCrop, prepare, softmax} from '../../demos/components/static/classifier.mjs';
import {toBars} from '../../demos/classification/static/in_browser.mjs';
import {countFlicker, smooth, writeFlicker} from '../../demos/classification/static/smoothing.mjs';
import {furthest, loadGolden, toPicture, unpack} from './golden.js';

const golden = loadGolden('classification');

test('the crop, the picture around it and the input are those of the server', () => {
  for (const {picture, crop, marked, input} of golden.crops) {
    const {width, height, data} = toPicture(picture);
    assert.deepEqual(findCrop(width, height, golden.recipe), crop);
    assert.equal(furthest(markCrop({width, height, data}, golden.recipe).data, unpack(marked)), 0);
    const chw = prepare({width, height, data}, golden.recipe), side = golden.recipe.crop;
    const every = [];
    for (let c = 0; c < 3; c += 1)
      for (let y = 0; y < side; y += 9)
        for (let x = 0; x < side; x += 9) every.push(Math.round(chw[(c * side + y) * side + x] * 255));
    assert.equal(furthest(every, unpack(input)), 0);
  }
});

test('smoothed bars and the counted changes are those of the server', () => {
  let state = null;
  for (const {logits, bars, counts} of golden.frames) {
    const scores = unpack(logits), names = Array.from(scores, () => '');
    state = smooth(state, softmax(scores, 1.5), 0.6);
    const values = {model: bars.model, k: 5, temperature: 1.5, limit: 6.9};
    const made = toBars(scores, state.mean, {labels: names, shown: names, recipe: golden.recipe}, values);
    assert.deepEqual(made.confidences.map((row) => row.class_index), bars.confidences.map((row) => row.class_index));
    const numbers = (rows) => rows.flatMap((row) => [row.confidence, row.logit]);
    assert.ok(furthest(numbers(made.confidences), numbers(bars.confidences)) < 1e-6);
    assert.ok(Math.abs(made.rest - bars.rest) < 1e-9);
    assert.equal(made.rest_count, bars.rest_count);
    assert.equal(made.none_of_these.is_none_of_these, bars.none_of_these.is_none_of_these);
    assert.deepEqual(Object.keys(made).sort(), Object.keys(bars).sort());
    assert.deepEqual(countFlicker(state), counts);
  }
  assert.ok(golden.flicker.includes(writeFlicker(state)));
});
