import assert from 'node:assert/strict';
import {test} from 'node:test';
import {load, near} from './load.js';

test('percentages, and the ends of the gauge', () => {
  const {percent, number, gaugeEnds, headingOf} = load('classification/static/bars.js');
  assert.deepEqual([0, 0.1234, 0.9994, 0.9995, 1].map(percent), [
    '0.0 %',
    '12.3 %',
    '99.9 %',
    '100.0 %',
    '100.0 %',
  ]);
  const headings = [
    {heading: 'Grey', temperature: 1},
    {heading: 'Grey', temperature: 0.5},
    {heading: '', temperature: 2},
    {heading: 'Grey'},
  ];
  assert.deepEqual(headings.map(headingOf), [
    'Grey',
    'Grey, at temperature T = 0.5',
    'At temperature T = 2',
    'Grey',
  ]);
  assert.equal(number(-3.25), '−3.3');
  near(assert, gaugeEnds(4, 6), [0, 15]);
  near(assert, gaugeEnds(-2, 20), [-2, 23]);
});

test('a folder as a zip file', () => {
  const {startZip, crc32, isPicture} = load('classification/static/folder.js');
  const encode = (text) => new TextEncoder().encode(text);
  assert.equal(crc32(encode('123456789')), 0xcbf43926); // the check value of the standard
  assert.equal(crc32(new Uint8Array()), 0);
  const files = [
    ['birds/über.png', encode('abc')],
    ['cats/1.jpg', new Uint8Array(300).fill(7)],
  ];
  const zip = startZip();
  for (const [path, bytes] of files) zip.add(path, bytes);
  const data = Buffer.concat(zip.end().map((part) => Buffer.from(part)));

  // read as any unpacker does: from its end to the directory, from there to the files
  const end = data.length - 22;
  assert.equal(data.readUInt32LE(end), 0x06054b50);
  assert.deepEqual([data.readUInt16LE(end + 8), data.readUInt16LE(end + 10)], [2, 2]);
  const start = data.readUInt32LE(end + 16);
  assert.equal(start + data.readUInt32LE(end + 12), end);
  let at = start;
  for (const [path, bytes] of files) {
    assert.equal(data.readUInt32LE(at), 0x02014b50);
    const length = data.readUInt16LE(at + 28);
    assert.equal(data.toString('utf-8', at + 46, at + 46 + length), path);
    const file = data.readUInt32LE(at + 42);
    assert.equal(data.readUInt32LE(file), 0x04034b50);
    for (const offset of [file + 14, at + 16])
      assert.equal(data.readUInt32LE(offset), crc32(bytes));
    for (const offset of [file + 18, file + 22, at + 20, at + 24])
      assert.equal(data.readUInt32LE(offset), bytes.length);
    const content = file + 30 + data.readUInt16LE(file + 26);
    assert.deepEqual(new Uint8Array(data.subarray(content, content + bytes.length)), bytes);
    at += 46 + length;
  }
  assert.equal(at, end);
  assert.deepEqual(
    ['a/b.JPG', 'c.tiff', 'a/.hidden.png', '.git/x.png', 'notes.txt', 'png'].map(isPicture),
    [true, true, false, false, false, false],
  );
  assert.deepEqual(
    ['a/b.jfif', 'c.JPE', 'd.heic', 'e.dng', '__MACOSX/a.png', 'a.png/b', 'a.'].map(isPicture),
    [true, true, true, true, false, false, false],
  );
});

test('a PNG of 16 bits is left to the server', () => {
  const {isDeepPng} = load('classification/static/folder.js');
  const {isDeepPng: same} = load('components/static/private_picture.js');
  const png = (bits) => {
    const head = new Uint8Array(32);
    head.set([0x89, 0x50, 0x4e, 0x47]);
    head[24] = bits;
    return head;
  };
  for (const ask of [isDeepPng, same])
    assert.deepEqual(
      [png(8), png(16), png(1), new Uint8Array(32).fill(255), new Uint8Array()].map(ask),
      [false, true, false, false, false],
    );
});
