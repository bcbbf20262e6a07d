// Numbers of a map or of several, Float32Array.

/** The value that a share of numbers from 0 on lies below, as NumPy's percentile has it.
 * @param {Float32Array} values @param {number} share of 1 */
export const findQuantile = (values, share) => {
  const at = share * (values.length - 1), rank = Math.floor(at);
  // As bits such numbers have the same order: only those near the rank have to be sorted.
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const counts = new Uint32Array(65536);
  for (let i = 0; i < bits.length; i += 1) counts[bits[i] >>> 16] += 1;
  let group = 0, below = 0;
  while (below + counts[group] <= rank) below += counts[group++];
  const rest = values.filter((_, i) => bits[i] >>> 16 >= group).sort();
  const low = rest[rank - below], high = rest[Math.min(rank - below + 1, rest.length - 1)];
  return low + (high - low) * (at - rank);
};

/** The least and the greatest of the values from one place up to another.
 * @param {Float32Array} values @param {number} [from] @param {number} [to] */
export const findRange = (values, from = 0, to = values.length) => {
  let low = Infinity, high = -Infinity;
  for (let i = from; i < to; i += 1) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  return [low, high];
};
