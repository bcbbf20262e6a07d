import assert from 'node:assert/strict';
import {test} from 'node:test';
import {load} from './load.js';

test('letters are given away', () => {
  const {give, holdersOf, spotOf} = load('latent_space/static/grid.js');
  const letters = {A: [3], B: [5]};
  assert.deepEqual(give(letters, 'A', 7, false), {A: [7], B: [5]});
  assert.deepEqual(give(letters, 'A', 7, true), {A: [3, 7], B: [5]});
  assert.deepEqual(give({A: [3, 7]}, 'A', 3, true), {A: [7]});
  assert.deepEqual(give(letters, 'A', 3, true), letters); // the last one stays
  assert.deepEqual(give({}, 'C', 2, true), {C: [2]});
  assert.deepEqual(give({A: [1, 2, 3, 4, 5, 6, 7, 8]}, 'A', 9, true), {
    A: [2, 3, 4, 5, 6, 7, 8, 9],
  });
  assert.deepEqual(letters, {A: [3], B: [5]});
  assert.deepEqual(holdersOf({A: [3], C: [1, 3]}, 3), ['A', 'C']);
  assert.deepEqual(holdersOf(undefined, 3), []);
  assert.deepEqual(
    [0, 4, 5].map((i) => spotOf({columns: 3, rows: 2}, i)),
    ['0% 0%', '50% 100%', '100% 100%'],
  );
  assert.equal(spotOf({columns: 1, rows: 1}, 0), '0% 0%');
});

test('a film goes round, or to and fro', () => {
  const {advance} = load('latent_space/static/morph.js');
  const film = (loop) => {
    const seen = [];
    for (let [frame, step] = [1, 1]; seen.length < 6;) {
      [frame, step] = advance(frame, step, 3, loop);
      seen.push(frame);
    }
    return seen;
  };
  assert.deepEqual(film(true), [2, 0, 1, 2, 0, 1]);
  assert.deepEqual(film(false), [2, 1, 0, 1, 2, 1]);
});

const arena = load('latent_space/static/arena.js');

test('an answer has a colour, and one half the middle one', () => {
  const ends = [[200, 100, 0], [250, 250, 250], [0, 50, 100]];
  const colours = [0, 0.5, 1, 0.75].map((answer) => arena.colourOf(answer, ends));
  assert.deepEqual(colours, [ends[0], ends[1], ends[2], [125, 150, 175]]);
});

test('points go from one state to the next; others are there at once', () => {
  assert.deepEqual(arena.between([0, 10], [10, 30], 0.5), [5, 20]);
  assert.deepEqual(arena.between([0, 10], [10, 30], 1), [10, 30]);
  assert.deepEqual(arena.between([0], [10, 30], 0.5), [10, 30]);
  assert.deepEqual(arena.between(undefined, [10, 30], 0.5), [10, 30]);
});

test('an arrow has a head at its end, a very short one none', () => {
  assert.deepEqual(arena.headOf(0, 0, 10, 0, 3), [[7, 1.5], [10, 0], [7, -1.5]]);
  assert.deepEqual(arena.headOf(5, 5, 0, -4, 30)[1], [5, 1]);
  assert.equal(arena.headOf(0, 0, 1, 1, 3), null);
});

test('a stroke leaves points on the plane, and none outside', () => {
  const box = {left: 10, top: 20, width: 200, height: 200};
  assert.deepEqual(arena.placeAt(110, 20, box), [500, 0]);
  assert.equal(arena.placeAt(9, 20, box), null);
  assert.deepEqual(arena.sprinkle([500, 0], () => 0), [500, 0, 482, 0, 482, 0]);
  assert.deepEqual(arena.sprinkle([990, 500], () => 1), [990, 500, 1000, 518, 1000, 518]);
});

test('bytes come as text', () => {
  assert.deepEqual([...arena.toBytes('AID/')], [0, 128, 255]);
  assert.deepEqual([...arena.toSigned('AID/')], [0, -128, -1]);
  assert.equal(arena.toBytes(undefined).length, 0);
  assert.equal(arena.gridOf(800, 600, 8, 6, 20), 80);
});
