import assert from 'node:assert/strict';
import {test} from 'node:test';
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
