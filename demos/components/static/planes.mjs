// Planes of numbers: a map of h x w values, Float32Array, row by row. Resized as OpenCV does.

/** What each of `count` places takes from `from` places, as OpenCV's INTER_LINEAR has it.
 * @param {number} from @param {number} count */
const listNeighbours = (from, count) => {
  const first = new Int32Array(count), second = new Int32Array(count);
  const share = new Float32Array(count);
  for (let i = 0; i < count; i += 1) {
    const at = Math.fround((i + 0.5) * (from / count) - 0.5);
    const left = Math.floor(at);
    first[i] = Math.min(Math.max(left, 0), from - 1);
    second[i] = Math.min(first[i] + 1, from - 1);
    share[i] = left < 0 || left >= from - 1 ? 0 : at - left;
  }
  return {first, second, share};
};

/** A plane of [h, w] enlarged smoothly to [height, width]; OpenCV's INTER_LINEAR.
 * @param {Float32Array} plane @param {number[]} size @param {number[]} target */
export const enlarge = (plane, [h, w], [height, width]) => {
  const across = listNeighbours(w, width), down = listNeighbours(h, height);
  const rows = new Float32Array(h * width), made = new Float32Array(height * width);
  for (let y = 0, to = 0; y < h; y += 1) {
    for (let x = 0; x < width; x += 1, to += 1) {
      const a = plane[y * w + across.first[x]], b = plane[y * w + across.second[x]];
      rows[to] = a + (b - a) * across.share[x];
    }
  }
  for (let y = 0, to = 0; y < height; y += 1) {
    const top = down.first[y] * width, bottom = down.second[y] * width, share = down.share[y];
    for (let x = 0; x < width; x += 1, to += 1) {
      made[to] = rows[top + x] + (rows[bottom + x] - rows[top + x]) * share;
    }
  }
  return made;
};

/** Which of `from` places each of `count` averages, and with what weights; OpenCV's INTER_AREA.
 * @param {number} from @param {number} count */
const listAreas = (from, count) => {
  const scale = from / count, areas = [];
  for (let i = 0; i < count; i += 1) {
    const begin = i * scale, end = begin + scale, whole = Math.min(scale, from - begin);
    const last = Math.min(Math.floor(end), from - 1), next = Math.min(Math.ceil(begin), last);
    const isCut = next - begin > 1e-3, first = isCut ? next - 1 : next, weights = [];
    if (isCut) weights.push((next - begin) / whole);
    for (let at = next; at < last; at += 1) weights.push(1 / whole);
    if (end - last > 1e-3) weights.push(Math.min(end - last, 1, whole) / whole);
    areas.push({first, weights: Float32Array.from(weights)});
  }
  return areas;
};

/** Planes of [h, w], one after the other, each averaged down to [height, width]; OpenCV's
 * INTER_AREA.
 * @param {Float32Array} planes @param {number[]} size @param {number[]} target */
export const average = (planes, [h, w], [height, width]) => {
  const count = planes.length / (h * w), made = new Float32Array(count * height * width);
  const across = listAreas(w, width), down = listAreas(h, height), row = new Float32Array(width);
  for (let plane = 0; plane < count; plane += 1) {
    for (let y = 0; y < height; y += 1) {
      const to = (plane * height + y) * width, {first, weights} = down[y];
      for (let i = 0; i < weights.length; i += 1) {
        averageRow(planes, (plane * h + first + i) * w, across, row);
        for (let x = 0; x < width; x += 1) made[to + x] += row[x] * weights[i];
      }
    }
  }
  return made;
};

/** @param {Float32Array} planes @param {number} from @param {any[]} across @param {Float32Array} row */
const averageRow = (planes, from, across, row) => {
  for (let x = 0; x < row.length; x += 1) {
    const {first, weights} = across[x];
    let sum = 0;
    for (let i = 0; i < weights.length; i += 1) sum += planes[from + first + i] * weights[i];
    row[x] = sum;
  }
};

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
