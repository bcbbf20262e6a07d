// The picture by keyboard: what the pointer does, the arrow keys do, too.

const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
let telling = null;

// Each answers whether the key meant something to it.
const pickByKey = (event, arrow) => {
  const offered = mode === 'before' ? candidates : kept();
  if (!arrow || !offered.length) return false;
  const now = offered.findIndex((row) => row.index === chosen);
  pick(offered[now < 0 ? 0 : within(now + arrow[0] + arrow[1], 0, offered.length - 1)]);
  if (mode === 'result') show('grid');
  return true;
};
const turnByKey = (event, arrow) => {
  if (!arrow) return false;
  turnTo(step + arrow[0] + arrow[1]); return true;
};
const moveCell = (event, arrow) => {
  if (!arrow) return false;
  const grid = props.value.grids[gridNumber];
  const [row, column] = cellAt || [grid.rows >> 1, grid.columns >> 1];
  cellAt = cellAt ? [within(row + arrow[1], 0, grid.rows - 1), within(column + arrow[0], 0, grid.columns - 1)] : [row, column];
  return true;
};
const editTruth = (event, arrow) => {
  const {width, height} = props.value, last = truths[truths.length - 1];
  const little = Math.max(1, Math.max(width, height) / 100);
  if (event.key === 'Enter') {
    truths.push({x1: 0.4 * width, y1: 0.4 * height, x2: 0.6 * width, y2: 0.6 * height, label: 'person'});
  } else if (!last) {
    return false;
  } else if (event.key === 'Delete' || event.key === 'Backspace') {
    truths.pop();
  } else if (arrow) {
    const [right, down] = arrow.map((way) => way * little);
    const change = event.shiftKey ? stretchBox : shiftBox;
    [last.x1, last.y1, last.x2, last.y2] = change(boxOf(last), right, down, width, height, little);
  } else {
    return false;
  }
  if (arrow || event.key === 'Enter') nameTruth(truths[truths.length - 1]);
  clearTimeout(telling); telling = setTimeout(tell, 200);  // a held key asks the server once
  return true;
};
const KEYS = {result: pickByKey, before: pickByKey, grid: pickByKey, steps: turnByKey, objectness: moveCell, truth: (event, arrow) => (pair ? editPair(event, arrow) : editTruth(event, arrow))};

canvas.addEventListener('keydown', (event) => {
  if (!props.value || !props.value.src || event.ctrlKey || event.altKey || event.metaKey) return;
  if (KEYS[mode](event, ARROWS[event.key])) { event.preventDefault(); draw(); }
});
