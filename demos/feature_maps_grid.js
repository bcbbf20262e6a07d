// A picture of many maps: point for a channel's numbers, click (or arrow keys and Enter) to choose.
const grid = element.querySelector('.grid');
const image = grid.querySelector('img');
const note = element.querySelector('.note');
const chosen = grid.querySelector('.chosen');
const over = grid.querySelector('.over');
const number = (x) => (Math.abs(x) >= 100 ? x.toFixed(0) : x.toFixed(2)).replace('-', '−');
let cell = 0;

const place = (frame, index) => {
  const value = props.value;
  const [height, width] = value.cell, [fullHeight, fullWidth] = value.size;
  const row = Math.floor(index / value.columns), column = index % value.columns;
  frame.style.left = `${100 * column * width / fullWidth}%`;
  frame.style.top = `${100 * row * height / fullHeight}%`;
  frame.style.width = `${100 * width / fullWidth}%`;
  frame.style.height = `${100 * height / fullHeight}%`;
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
  const column = Math.floor((event.clientX - box.left) / box.width * value.size[1] / value.cell[1]);
  const row = Math.floor((event.clientY - box.top) / box.height * value.size[0] / value.cell[0]);
  const index = row * value.columns + column;
  const inside = column >= 0 && column < value.columns && row >= 0;
  return inside && index < value.channels.length ? index : -1;
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
};
const draw = () => {
  const value = props.value;
  image.hidden = over.hidden = chosen.hidden = true;
  note.textContent = '';
  if (!value || !value.src) return;
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
