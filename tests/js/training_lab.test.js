import assert from 'node:assert/strict';
import {test} from 'node:test';
import {load} from './load.js';

const {freeName, nextNumber, say} = load('training_lab/static/teach.js');

test('a class more has a name and a number that no other has', () => {
  assert.equal(freeName(['cup', 'pen']), 'Class 3');
  assert.equal(freeName(['Class 2', 'Class 3']), 'Class 4');
  assert.equal(freeName([]), 'Class 1');
  assert.equal(nextNumber([[1, 'cup'], [7, 'pen']]), 8);
  assert.equal(nextNumber([]), 1);
});

test('how many pictures a class has, and that it takes no more', () => {
  assert.deepEqual([say(undefined, 50), say(7, 50), say(50, 50)], ['0', '7', '50, full']);
});
