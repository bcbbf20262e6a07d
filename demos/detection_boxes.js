// Boxes as the server sent them, and the suppression, done again here so that a slider needs no
// answer from the server. The rules are those of cvcore.boxes.nms_steps.

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

// [{kept, killed: [{box, iou}]}], turn by turn.
const suppress = (candidates, limit) => {
  const steps = [];
  for (let left = candidates; left.length;) {
    const [kept, ...rest] = left, killed = [];
    left = [];
    for (const other of rest) {
      const overlap = other.id === kept.id ? iouOf(kept.box, other.box) : 0;
      if (overlap > limit) killed.push({...other, overlap}); else left.push(other);
    }
    steps.push({kept, killed});
  }
  return steps;
};
