import assert from 'node:assert/strict';
import {test} from 'node:test';
import {compareMaps, drawChanges} from '../../demos/feature_maps/static/changes.mjs';
import {choose, drawGrid, findMeans, fitMaps} from '../../demos/feature_maps/static/map_grid.mjs';
import {furthest, loadGolden, unpack} from './golden.js';

const golden = loadGolden('feature_maps'), {aspect} = golden;
const toMaps = (packed) => {
  const [count, height, width] = packed.shape;
  return {data: unpack(packed), count, height, width};
};

test('maps are fitted into the grid and coloured as on the server', () => {
  for (const {maps, width, scale, range, fit, grid} of golden.grids) {
    const made = fitMaps(toMaps(maps), width, aspect);
    assert.deepEqual([made.count, made.height, made.width], fit.shape);
    assert.ok(furthest(made.data, unpack(fit)) < 2e-6);
    const picture = drawGrid(toMaps(fit), {scale, range, aspect, table: golden.colours});
    assert.deepEqual([picture.height, picture.width, 3], grid.shape);
    assert.equal(furthest(picture.data, unpack(grid)), 0, `${scale} ${maps.shape}`);
  }
});

test('the most changed channels are those of the server, with the same words', () => {
  const first = toMaps(golden.first), second = toMaps(golden.second);
  const reaction = compareMaps(first, second), {html, channels, changes} = drawChanges(reaction);
  assert.deepEqual(reaction.order, golden.order);
  assert.equal(html, golden.changes.html);
  assert.deepEqual(channels, golden.changes.channels);
  assert.ok(furthest(changes, golden.changes.changes) < 1e-6);
});

test('channels are chosen in an order, and their means taken', () => {
  const maps = {data: Float32Array.of(1, 2, 3, 4, 5, 6), count: 3, height: 1, width: 2};
  const chosen = choose(maps, [2, 0]);
  assert.deepEqual([...chosen.data], [5, 6, 1, 2]);
  assert.deepEqual(findMeans(chosen), [5.5, 1.5]);
});
