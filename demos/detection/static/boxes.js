// Boxes as the server sent them, those that the limits ask for, and where things lie in a picture.
// All of it computes alone: tests/js knows it without a page.

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const floats = (text) => new Float32Array(bytes(text).buffer);

// [{box: [x1, y1, x2, y2], top: [[class, score] x 5], cell, raw}], most confident first.
const unpack = (value) => {
  const boxes = floats(value.boxes), scores = floats(value.scores), each = 5;
  return value.cells.map((cell, k) => ({
    index: k,
    box: [...boxes.subarray(4 * k, 4 * k + 4)],
    top: value.classes_top[k].map((id, j) => [id, scores[each * k + j]]),
    cell, raw: value.raw[k],
  }));
};

const within = (value, low, high) => Math.min(Math.max(value, low), high);
const area = (b) => Math.max(0, b[2] - b[0]) * Math.max(0, b[3] - b[1]);
const iouOf = (a, b) => {
  const shared = area([Math.max(a[0], b[0]), Math.max(a[1], b[1]),
    Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
  const union = area(a) + area(b) - shared;
  return union > 0 ? shared / union : 0;
};

// Boxes above the confidence limit, each with the best of the wanted classes.
const choose = (rows, value) => {
  const wanted = new Set((value.classes || []).map((name) => value.labels.indexOf(name)));
  const found = [];
  for (const row of rows) {
    const best = wanted.size ? row.top.find(([id]) => wanted.has(id)) : row.top[0];
    if (best && best[1] >= value.confidence) found.push({...row, id: best[0], score: best[1]});
  }
  return found.sort((a, b) => b.score - a.score);
};

// As in the files: what is kept is cut at the picture's edges, after the suppression.
const clip = (box, width, height) =>
  box.map((value, i) => within(value, 0, i % 2 ? height : width));
const smallestAt = (found, x, y) => found
  .filter(({box}) => x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3])
  .sort((a, b) => area(a.box) - area(b.box))[0];

// --- boxes drawn by hand: {x1, y1, x2, y2}, begun at any corner --------------------------------
const boxOf = (truth) => [Math.min(truth.x1, truth.x2), Math.min(truth.y1, truth.y2),
  Math.max(truth.x1, truth.x2), Math.max(truth.y1, truth.y2)];
// Shifted as far as the picture goes.
const shiftBox = (box, right, down, width, height) => {
  const [x1, y1, x2, y2] = box;
  const x = within(right, -x1, width - x2), y = within(down, -y1, height - y2);
  return [x1 + x, y1 + y, x2 + x, y2 + y];
};
// Stretched at its right lower corner: `least` pixels stay, and it ends where the picture does.
const stretchBox = (box, right, down, width, height, least) => {
  const [x1, y1, x2, y2] = box;
  return [x1, y1, Math.max(x1 + least, Math.min(x2 + right, width)),
    Math.max(y1 + least, Math.min(y2 + down, height))];
};

// --- the network's input: the picture times `scale`, `left` and `top` pixels further in --------
const fromInput = ({scale, left, top}, [x1, y1, x2, y2]) =>
  [(x1 - left) / scale, (y1 - top) / scale, (x2 - left) / scale, (y2 - top) / scale];
const cellBox = (letterbox, grid, row, column) => fromInput(letterbox, [column * grid.stride,
  row * grid.stride, (column + 1) * grid.stride, (row + 1) * grid.stride]);
const cellUnder = ({scale, left, top}, grid, x, y) => {
  const row = Math.floor((y * scale + top) / grid.stride);
  const column = Math.floor((x * scale + left) / grid.stride);
  return row >= 0 && column >= 0 && row < grid.rows && column < grid.columns ? [row, column] : null;
};
// Where an anchor lies around the middle of its cell.
const anchorBox = (letterbox, grid, row, column, [width, height]) => {
  const x = (column + .5) * grid.stride, y = (row + .5) * grid.stride;
  return fromInput(letterbox, [x - width / 2, y - height / 2, x + width / 2, y + height / 2]);
};

// --- what the network said in each cell, 0 to 255: grid after grid, anchor after anchor --------
const anchorMaps = (grids, maps, number) => {
  const {rows: high, columns: wide, anchors} = grids[number];
  const start = grids.slice(0, number).reduce(
    (sum, grid) => sum + grid.rows * grid.columns * Math.max(1, grid.anchors.length), 0);
  return Array.from({length: Math.max(1, anchors.length)}, (_, a) =>
    maps.subarray(start + a * high * wide, start + (a + 1) * high * wide));
};
const greatest = (grids, maps, number) => anchorMaps(grids, maps, number).reduce(
  (best, map) => best.map((value, i) => Math.max(value, map[i])));

// A box out of the network's own numbers, as YOLO writes it: pixels of the input.
const sigma = (x) => 1 / (1 + Math.exp(-x));
const decode = ([tx, ty, tw, th], stride, row, column, [width, height]) => ({
  x: (sigma(tx) + column) * stride, y: (sigma(ty) + row) * stride,
  width: width * Math.exp(tw), height: height * Math.exp(th),
});

// --- labels, as cvcore.core.drawing.place_labels puts them ----------------------------------------
// Corners of a box at which a label stands, the best first; all of it lies in the picture.
const listCorners = ([x1, y1, x2, y2], [wide, tall], width, height) => {
  const inside = [y1, y2 - tall], rows = y1 >= tall ? [y1 - tall, y2, ...inside] : [...inside, y2];
  return rows.filter((y) => y >= 0 && y <= Math.max(0, height - tall)).flatMap((y) =>
    [x1, x2 - wide].map((x) => [within(x, 0, Math.max(0, width - wide)), y]));
};
// Where each label goes, so that none hides another; null: its box stays without words.
const placeLabels = (boxes, sizes, width, height, most) => {
  const placed = [];
  return boxes.map((box, i) => {
    const [wide, tall] = sizes[i];
    const isFree = (spot) => !placed.some(([left, top, right, bottom]) =>
      spot[0] < right && spot[0] + wide > left && spot[1] < bottom && spot[1] + tall > top);
    const spot = placed.length < most && listCorners(box, sizes[i], width, height).find(isFree);
    if (spot) placed.push([...spot, spot[0] + wide, spot[1] + tall]);
    return spot || null;
  });
};
