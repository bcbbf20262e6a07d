// Golden values that the Python side has written: see tests/golden.
import {readFileSync} from 'node:fs';

const KINDS = {uint8: Uint8Array, int32: Int32Array, int64: BigInt64Array, float32: Float32Array, float64: Float64Array};

export const loadGolden = (topic) =>
  JSON.parse(readFileSync(new URL(`../golden/${topic}.json`, import.meta.url), 'utf-8'));

// The values of an array of Python's, rows first.
export const unpack = ({kind, data}) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  return new KINDS[kind](bytes.buffer);
};

// A picture (H, W, 3) of Python's.
export const toPicture = (packed) => ({width: packed.shape[1], height: packed.shape[0], data: unpack(packed)});

// The greatest difference between two rows of numbers of one length.
export const furthest = (one, other) => {
  if (one.length !== other.length) return Infinity;
  let most = 0;
  for (let i = 0; i < one.length; i += 1) most = Math.max(most, Math.abs(one[i] - other[i]));
  return most;
};

// A checksum of bytes, as zlib.crc32 of Python's.
export const crc32 = (bytes) => {
  let rest = -1;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit += 1) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
  }
  return (rest ^ -1) >>> 0;
};
