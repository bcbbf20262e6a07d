// Two boxes to be dragged: IoU, and what GIoU, DIoU and CIoU take away from it. The sums are those of
// cvcore.detection.overlaps.compare_boxes.

const PAIR = ['#ffd60a', '#56b4e9'];  // the two boxes
const middleOf = ([x1, y1, x2, y2]) => [(x1 + x2) / 2, (y1 + y2) / 2];
const compareBoxes = (a, b) => {
  const shared = area([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
  const union = area(a) + area(b) - shared, iou = shared / union;
  const around = [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
  const [ax, ay] = middleOf(a), [bx, by] = middleOf(b);
  const distance = Math.hypot(ax - bx, ay - by), diagonal = Math.hypot(around[2] - around[0], around[3] - around[1]);
  const angleOf = (box) => Math.atan((box[2] - box[0]) / (box[3] - box[1]));
  const aspect = 4 / Math.PI ** 2 * (angleOf(a) - angleOf(b)) ** 2, rest = 1 - iou + aspect;
  const alpha = rest > 0 ? aspect / rest : 0, empty = (area(around) - union) / area(around);
  const giou = iou - empty, diou = iou - (distance / diagonal) ** 2;
  return {shared, union, around, distance, diagonal, aspect, alpha, empty, iou, giou, diou, ciou: diou - alpha * aspect};
};
// What is under the pointer: of which box, and which of its corners (null: all of it moves). The last
// box lies on top.
const grabAt = (boxes, x, y, reach) => {
  for (const number of [1, 0]) {
    const [x1, y1, x2, y2] = boxes[number];
    const corners = [[x1, y1], [x2, y1], [x2, y2], [x1, y2]];
    const corner = corners.findIndex(([cx, cy]) => Math.hypot(cx - x, cy - y) <= reach);
    if (corner >= 0) return {number, corner};
  }
  const number = [1, 0].find((one) => x >= boxes[one][0] && x <= boxes[one][2] && y >= boxes[one][1] && y <= boxes[one][3]);
  return number === undefined ? null : {number, corner: null};
};
// A box with one corner (0: upper left, then clockwise) at a place; `least` pixels stay each way.
const moveCorner = ([x1, y1, x2, y2], corner, x, y, width, height, least) => {
  const [left, top] = [corner === 0 || corner === 3, corner < 2];
  return [left ? within(x, 0, x2 - least) : x1, top ? within(y, 0, y2 - least) : y1,
    left ? x2 : within(x, x1 + least, width), top ? y2 : within(y, y1 + least, height)];
};
// The two boxes to begin with: a truth box and what lies on it, or a detection and one beside it.
const beginPair = (first, second, width, height) => {
  const start = first || [0.25 * width, 0.25 * height, 0.55 * width, 0.65 * height];
  const [x1, y1, x2, y2] = start, right = (x2 - x1) * 0.35, down = (y2 - y1) * 0.25;
  return [start, second || shiftBox(start, x2 + right <= width ? right : -right, y2 + down <= height ? down : -down, width, height)];
};

// --- in the page ---------------------------------------------------------------------------
let pair = null, held = null, active = 1;  // two boxes; what is dragged; which the keyboard moves
const togglePair = () => {
  if (pair) { pair = null; draw(); return; }
  const {width, height} = props.value, best = truths.length && bestFor(truths[0]);
  pair = best ? beginPair(boxOf(truths[0]), best.box, width, height) : beginPair(kept()[0]?.box, null, width, height);
  draw();
};
const drawPair = () => {
  const sums = compareBoxes(...pair), scaled = (box) => box.map((value) => value * zoom);
  pen.fillStyle = '#000a'; pen.fillRect(0, 0, canvas.width, canvas.height);
  const [x1, y1, x2, y2] = scaled(sums.around);
  // what belongs to neither box: GIoU takes its share away
  pen.fillStyle = '#e5484d55'; pen.fillRect(x1, y1, x2 - x1, y2 - y1);
  pair.map(scaled).forEach(([a, b, c, d], number) => {
    pen.save(); pen.beginPath(); pen.rect(a, b, c - a, d - b); pen.clip(); pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    pen.fillStyle = `${PAIR[number]}33`; pen.fillRect(a, b, c - a, d - b); pen.restore();
  });
  outline(sums.around, '#ff9a8f', 2.5, [9, 6]);
  const line = (from, to, style, width, dash = []) => {
    pen.strokeStyle = style; pen.lineWidth = width * unit; pen.setLineDash(dash.map((length) => length * unit));
    pen.beginPath(); pen.moveTo(from[0] * zoom, from[1] * zoom); pen.lineTo(to[0] * zoom, to[1] * zoom); pen.stroke(); pen.setLineDash([]);
  };
  line(sums.around.slice(0, 2), sums.around.slice(2), '#ffffffcc', 1.5, [3, 5]);
  pair.forEach((box, number) => {
    outline(box, '#000', 6); outline(box, PAIR[number], number === active ? 4 : 3);
    line([box[0], box[3]], [box[2], box[1]], PAIR[number], 1.2, [2, 4]);  // its slope: the aspect
    for (const [x, y] of [[box[0], box[1]], [box[2], box[1]], [box[2], box[3]], [box[0], box[3]]]) {
      pen.fillStyle = PAIR[number]; pen.fillRect(x * zoom - 6 * unit, y * zoom - 6 * unit, 12 * unit, 12 * unit);
    }
  });
  line(middleOf(pair[0]), middleOf(pair[1]), '#fff', 4);
  writeLabels([{box: pair[0], text: 'A', back: PAIR[0], ink: '#000'}, {box: pair[1], text: 'B', back: PAIR[1], ink: '#000'}]);
  find('.detector').dataset.pair = ['iou', 'giou', 'diou', 'ciou'].map((name) => sums[name].toFixed(4)).join(' ');
};
const tellPair = () => {
  const sums = compareBoxes(...pair), whole = (number) => Math.round(number).toLocaleString('en');
  return [make('p', 'Drag a box or a corner. By keyboard: Enter for the other box, arrows, Shift + arrows.'),
    table(['', 'sum', ''], [
      ['IoU', `${whole(sums.shared)} / ${whole(sums.union)}`, make('b', two(sums.iou))],
      ['GIoU', `IoU − ${two(sums.empty)} empty`, make('b', two(sums.giou))],
      ['DIoU', `IoU − (${whole(sums.distance)} / ${whole(sums.diagonal)})²`, make('b', two(sums.diou))],
      ['CIoU', `DIoU − ${two(sums.alpha)} · ${two(sums.aspect)}`, make('b', two(sums.ciou))]]),
    make('p', ['Red: ', make('b', 'empty'), '. Thick: the centres’ ', make('b', 'distance'), '; dotted: the diagonal around both, and slopes.']),
    make('p', 'Apart, IoU is 0; the others go on falling.')];
};
const grabPair = (x, y) => { held = grabAt(pair, x, y, 14 * unit / zoom); if (held) { active = held.number; Object.assign(held, {x, y, box: pair[held.number]}); } };
const dragPair = (x, y) => {
  const {width, height} = props.value, least = Math.max(4, Math.max(width, height) / 60);
  pair[held.number] = held.corner === null ? shiftBox(held.box, x - held.x, y - held.y, width, height)
    : moveCorner(held.box, held.corner, x, y, width, height, least);
};
const editPair = (event, arrow) => {
  const {width, height} = props.value, little = Math.max(1, Math.max(width, height) / 100);
  if (event.key === 'Enter') { active = 1 - active; return true; }
  if (!arrow) return false;
  const change = event.shiftKey ? stretchBox : shiftBox;
  pair[active] = change(pair[active], arrow[0] * little, arrow[1] * little, width, height, little);
  return true;
};
