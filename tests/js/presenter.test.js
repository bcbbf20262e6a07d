import assert from 'node:assert/strict';
import test from 'node:test';
import {readKey} from '../../demos/page/static/presenter.js';

const press = (key, more = {}) => ({key, ctrlKey: false, altKey: false, metaKey: false, ...more});

test('keys of the presenter', () => {
  assert.deepEqual(readKey(press('p'), false), {does: 'present'});
  assert.deepEqual(readKey(press('F'), false), {does: 'full'});
  assert.deepEqual(readKey(press('3'), false), {does: 'view', number: 2});
  assert.deepEqual(readKey(press('ArrowLeft'), true), {does: 'slide', way: -1});
  assert.deepEqual(readKey(press('Escape'), true), {does: 'present'});
});

test('keys that belong to the browser or to the page', () => {
  assert.equal(readKey(press('p', {ctrlKey: true}), false), null); // print
  assert.equal(readKey(press('1', {altKey: true}), true), null);
  assert.equal(readKey(press('ArrowLeft'), false), null);
  assert.equal(readKey(press('Escape'), false), null);
  assert.deepEqual(readKey(press('0'), true), {does: 'view', number: -1}); // the last
});
