import assert from 'node:assert/strict';
import {test} from 'node:test';
import {toKey} from '../../demos/page/static/picture_notes.js';

test('a picture is known again as the server names it', () => {
  for (const address of [
    'http://127.0.0.1:7860/gradio_api/file=/tmp/gradio/0b1c2d/my picture.png',
    '/gradio_api/file=C:\\Temp\\gradio\\0b1c2d\\100%.png',
    '/gradio_api/file=C:%5CTemp%5Cgradio%5C0b1c2d%5Cmine.png',
  ]) assert.equal(toKey(address), '0b1c2d');
  assert.equal(toKey(''), '');
  const address = `data:image/png;base64,${[...Array(50).keys()].join('')}`;
  assert.equal(toKey(address), '112:daaiag/n;bs6,024679011111567812222345222290123333678944443456444');
});
