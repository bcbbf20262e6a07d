// A digit in its frame of 28 x 28, dragged by whole pixels.
const SIDE = 28;

// The digit's numbers, row by row, moved; what leaves the frame is lost.
const movedBy = (digit, down, right) => digit.map((_, i) => {
  const row = Math.floor(i / SIDE) - down, column = i % SIDE - right;
  return row >= 0 && row < SIDE && column >= 0 && column < SIDE ? digit[row * SIDE + column] : 0;
});
const within = (value, limit) => Math.max(-limit, Math.min(limit, value));
const sayShift = (down, right) => {
  if (!down && !right) return 'at home; drag it';
  const across = right ? `${Math.abs(right)} to the ${right > 0 ? 'right' : 'left'}` : '';
  const along = down ? `${Math.abs(down)} ${down > 0 ? 'down' : 'up'}` : '';
  return [across, along].filter(Boolean).join(', ');
};

// --- in the page ---------------------------------------------------------------------------
const board = element.querySelector('.board'), canvas = board.querySelector('canvas');
let down = 0, right = 0, held = null;

const show = () => {
  const pen = canvas.getContext('2d'), image = pen.createImageData(SIDE, SIDE);
  movedBy(props.value.digit, down, right).forEach((value, i) => {
    image.data.fill(Math.round(255 * value), 4 * i, 4 * i + 3); image.data[4 * i + 3] = 255;
  });
  pen.putImageData(image, 0, 0);
  board.querySelector('output').textContent = sayShift(down, right);
};
const draw = () => {
  const value = props.value;
  board.hidden = !(value && value.digit);
  if (board.hidden || held) return;
  ({down, right} = value);
  show();
};
const moveDigit = (rows, columns) => {
  const {limit} = props.value, before = [down, right];
  down = within(rows, limit); right = within(columns, limit);
  if (down === before[0] && right === before[1]) return false;
  show();
  trigger('move', {down, right});
  return true;
};
canvas.addEventListener('pointerdown', (event) => {
  canvas.setPointerCapture(event.pointerId);
  held = {x: event.clientX, y: event.clientY, down, right};
});
canvas.addEventListener('pointermove', (event) => {
  if (!held) return;
  const cell = canvas.getBoundingClientRect().width / SIDE;
  moveDigit(held.down + Math.round((event.clientY - held.y) / cell), held.right + Math.round((event.clientX - held.x) / cell));
});
for (const name of ['pointerup', 'pointercancel']) {
  canvas.addEventListener(name, () => { if (held) { held = null; trigger('drop', {down, right}); } });
}
canvas.addEventListener('keydown', (event) => {
  const way = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
  if (!way || !props.value) return;
  event.preventDefault(); event.stopPropagation();
  if (moveDigit(down + way[0], right + way[1])) trigger('drop', {down, right});
});
watch('value', draw);
draw();
