import assert from 'node:assert/strict';
import {test} from 'node:test';
import {movePen} from '../../demos/page/static/key_pen.js';

test('the pen goes a little way, with Shift further, and stays in its place', () => {
  assert.deepEqual(movePen([50, 40], 'ArrowRight', false, [100, 80]), [56, 40]);
  assert.deepEqual(movePen([50, 40], 'ArrowUp', true, [100, 80]), [50, 10]);
  assert.deepEqual(movePen([2, 79], 'ArrowLeft', false, [100, 80]), [0, 79]);
  assert.deepEqual(movePen([2, 79], 'ArrowDown', true, [100, 80]), [2, 79]);
});
