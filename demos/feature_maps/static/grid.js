// A picture of many maps: point for a channel's numbers, click (or arrow keys and Enter) to choose.
const number = (x) => (Math.abs(x) >= 100 ? x.toFixed(0) : x.toFixed(2)).replace('-', '−');
// The sheet is `size` pixels high and wide, a map with its gap `cell`; the last row may not be full.
const frameOf = ({cell: [height, width], size: [fullHeight, fullWidth], columns}, index) => ({
  left: `${100 * (index % columns) * width / fullWidth}%`,
  top: `${100 * Math.floor(index / columns) * height / fullHeight}%`,
  width: `${100 * width / fullWidth}%`, height: `${100 * height / fullHeight}%`,
});
// The map under a place, in shares of the sheet's sides; -1 where there is none.
const indexAt = ({cell, size, columns, channels}, across, down) => {
  const column = Math.floor(across * size[1] / cell[1]), row = Math.floor(down * size[0] / cell[0]);
  const index = row * columns + column, inside = column >= 0 && column < columns && row >= 0;
  return inside && index < channels.length ? index : -1;
};

// --- in the page ---------------------------------------------------------------------------
const grid = element.querySelector('.grid');
const image = grid.querySelector('img');
const note = element.querySelector('.note');
const chosen = grid.querySelector('.chosen');
const over = grid.querySelector('.over');
let cell = 0;

const place = (frame, index) => {
  Object.assign(frame.style, frameOf(props.value, index));
  frame.hidden = false;
};
const describe = (index) => {
  const value = props.value, channel = value.channels[index];
  if (!value.mean) return `kernel ${channel}`;
  return `channel ${channel}: mean ${number(value.mean[channel])}, maximum `
    + `${number(value.maximum[channel])}, ${(100 * value.zeros[channel]).toFixed(0)} % zeros`;
};
const find = (event) => {
  const value = props.value, box = image.getBoundingClientRect();
  if (!value || !box.width) return -1;
  return indexAt(value, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
};
const point = (index) => {
  if (index < 0) { over.hidden = true; note.textContent = props.value ? props.value.caption : ''; return; }
  cell = index;
  place(over, index);
  note.textContent = describe(index);
};
const pick = (index) => {
  if (index < 0) return;
  place(chosen, index);
  trigger('pick', {channel: props.value.channels[index]});
  if (props.value.mean) element.dispatchEvent(new CustomEvent('open-view', {detail: 'channel', bubbles: true}));
};
const draw = () => {
  const value = props.value;
  image.hidden = over.hidden = chosen.hidden = true;
  note.textContent = '';
  if (!value || !value.src) return;
  grid.style.setProperty('--ratio', String(value.size[1] / value.size[0]));
  image.src = value.src;
  image.hidden = false;
  note.textContent = value.caption;
  const index = value.channels.indexOf(value.chosen);
  if (index >= 0) { place(chosen, index); cell = index; }
};
grid.addEventListener('mousemove', (event) => point(find(event)));
grid.addEventListener('mouseleave', () => point(-1));
grid.addEventListener('click', (event) => pick(find(event)));
grid.addEventListener('keydown', (event) => {
  const value = props.value;
  if (!value || !value.src) return;
  const step = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: value.columns, ArrowUp: -value.columns}[event.key];
  if (step && value.channels[cell + step] !== undefined) { point(cell + step); event.preventDefault(); }
  if (event.key === 'Enter') pick(cell);
});
watch('value', draw);
draw();
