import assert from 'node:assert/strict';
import {test} from 'node:test';
import {processFrame, refuse} from '../../demos/convolution/static/in_browser.mjs';
import {furthest, loadGolden, toPicture, unpack} from './golden.js';

const golden = loadGolden('convolution');

test('frames are those of the server, to the bit, whatever the window, the channels and the look', () => {
  for (const {frame, values, picture, said} of golden.answers) {
    const run = () => processFrame(toPicture(golden.frames[frame]), values);
    if (said) {
      assert.throws(run, {message: said});
    } else {
      const {width, height, data} = run();
      assert.deepEqual([height, width, 3], picture.shape);
      assert.equal(furthest(data.filter((_, i) => i % 4 < 3), unpack(picture)), 0);
    }
    assert.equal(refuse(values), '');
  }
});

test('settings that do not go together are refused before any frame, by the same sentences', () => {
  for (const {values, said} of golden.refused) assert.equal(refuse(values), said);
});
