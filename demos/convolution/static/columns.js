// All filters of a layer on one patch: a column of the output volume. Runs after grid.js.
const SIDE = 28, OUT = 26, KEPT = 9;

// The nine numbers under a filter whose upper left corner lies at (row, column).
const patchAt = (digit, row, column) => Array.from({length: KEPT}, (_, i) =>
  digit[(row + Math.floor(i / 3)) * SIDE + column + i % 3]);
// Cell by cell, and added up with the bias.
const productsOf = (patch, weights) => patch.map((value, i) => value * weights[i]);
const answerOf = (patch, weights, bias, relu) => {
  const sum = productsOf(patch, weights).reduce((total, one) => total + one, bias);
  return relu ? Math.max(0, sum) : sum;
};
const filterOf = (value, channel) => value.filters.slice(channel * KEPT, (channel + 1) * KEPT);
const columnAt = (value, row, column) => {
  const patch = patchAt(value.digit, row, column);
  return value.biases.map((bias, channel) => answerOf(patch, filterOf(value, channel), bias, value.relu));
};
// A whole map of one filter, row by row.
const mapOf = (value, channel) => Array.from({length: OUT * OUT}, (_, i) =>
  answerOf(patchAt(value.digit, Math.floor(i / OUT), i % OUT), filterOf(value, channel), value.biases[channel], value.relu));

// --- in the page ---------------------------------------------------------------------------
const host = element.querySelector('.filters'), picture = host.querySelector('canvas.digit');
const volume = host.querySelector('canvas.volume'), list = host.querySelector('ol');
let row = 12, column = 12, channel = 0, front = null;

const small = (numbers, scale) => {
  const table = make('span', 'nine');
  for (const number of numbers) {
    const cell = make('i', '', show(number));
    cell.style.background = tint(number, scale)[0];
    table.append(cell);
  }
  return table;
};
const drawDigit = () => {
  const pen = picture.getContext('2d'), cell = picture.width / SIDE;
  props.value.digit.forEach((ink, i) => {
    const level = Math.round(255 * ink);
    pen.fillStyle = `rgb(${level},${level},${level})`;
    pen.fillRect((i % SIDE) * cell, Math.floor(i / SIDE) * cell, cell, cell);
  });
  pen.strokeStyle = '#f59e0b'; pen.lineWidth = 4;
  pen.strokeRect(column * cell, row * cell, 3 * cell, 3 * cell);
};
// The chosen filter's map in front, the others behind it, and the column through all of them.
const drawVolume = () => {
  const {biases} = props.value, pen = volume.getContext('2d'), {width, height} = volume;
  const step = 5, side = Math.min(width, height) - step * biases.length - 4, cell = side / OUT;
  const style = getComputedStyle(host);
  pen.clearRect(0, 0, width, height);
  pen.lineWidth = 1; pen.strokeStyle = style.color;
  for (let one = biases.length - 1; one > 0; one--) {
    pen.fillStyle = style.getPropertyValue('--background-fill-secondary') || '#888';
    pen.fillRect(2 + one * step, 2 + (biases.length - one) * step, side, side);
    pen.strokeRect(2 + one * step, 2 + (biases.length - one) * step, side, side);
  }
  const top = 2 + biases.length * step, most = largest(front) || 1;
  front.forEach((number, i) => {
    const level = Math.round(127.5 + 127.5 * number / most);
    pen.fillStyle = `rgb(${level},${level},${level})`;
    pen.fillRect(2 + (i % OUT) * cell, top + Math.floor(i / OUT) * cell, cell + 0.5, cell + 0.5);
  });
  pen.fillStyle = '#f59e0b'; pen.strokeStyle = '#000';
  for (let one = biases.length - 1; one >= 0; one--) {
    const at = [2 + one * step + column * cell, top - one * step + row * cell, Math.max(cell, 7), Math.max(cell, 7)];
    pen.fillRect(...at); pen.strokeRect(...at);
  }
};
const tell = () => {
  const {value} = props, patch = patchAt(value.digit, row, column), weights = filterOf(value, channel);
  const sum = answerOf(patch, weights, value.biases[channel], false), sums = host.querySelector('.sums');
  sums.replaceChildren(
    small(patch, 1), make('b', '', '·'), small(weights, largest(weights)), make('b', '', '+'),
    make('span', '', `bias ${show(value.biases[channel])}`),
    make('b', '', `= ${show(sum)}${value.relu && sum < 0 ? ', by ReLU 0' : ''}`),
  );
  host.querySelector('output').textContent =
    `Rows ${row + 1} to ${row + 3}, columns ${column + 1} to ${column + 3} under filter ${channel + 1}: ` +
    `the number at row ${row + 1}, column ${column + 1}, channel ${channel + 1} of the ${OUT} × ${OUT} × ${value.biases.length} volume.`;
};
const drawColumn = () => {
  const numbers = columnAt(props.value, row, column), most = largest(numbers) || 1;
  [...list.children].forEach((line, one) => {
    line.classList.toggle('chosen', one === channel);
    line.querySelector('span.value').textContent = show(numbers[one]);
    const bar = line.querySelector('u'), share = 50 * Math.abs(numbers[one]) / most;
    bar.style.width = `${share}%`; bar.style.left = `${numbers[one] < 0 ? 50 - share : 50}%`;
    bar.className = numbers[one] < 0 ? 'below' : '';
  });
};
const showPlace = () => { drawDigit(); drawColumn(); drawVolume(); tell(); };
const choose = (one) => { channel = one; front = mapOf(props.value, channel); showPlace(); };
const build = () => {
  list.replaceChildren(...props.value.biases.map((_, one) => {
    const line = make('li'), tile = make('span', 'tile'), weights = filterOf(props.value, one), most = largest(weights);
    for (const weight of weights) { const cell = make('i'); cell.style.background = tint(weight, most)[0]; tile.append(cell); }
    const track = make('span', 'track'); track.append(make('u'));
    line.append(make('small', '', String(one + 1)), tile, make('span', 'value'), track);
    line.addEventListener('pointerenter', () => choose(one));
    line.addEventListener('click', () => choose(one));
    return line;
  }));
};
const draw = () => {
  const {value} = props, note = element.querySelector('.refused');
  host.hidden = !(value && value.filters);
  note.textContent = (value && value.message) || '';
  if (host.hidden) return;
  if (list.children.length !== value.biases.length) build();
  choose(channel);
};
const placePatch = (rows, columns) => {
  row = between(0, rows, OUT - 1); column = between(0, columns, OUT - 1);
  showPlace();
};
const follow = (event) => {
  const box = picture.getBoundingClientRect();
  placePatch((event.clientY - box.top) / box.height * SIDE - 1, (event.clientX - box.left) / box.width * SIDE - 1);
};
picture.addEventListener('pointerdown', (event) => { picture.setPointerCapture(event.pointerId); follow(event); });
picture.addEventListener('pointermove', (event) => { if (event.buttons) follow(event); });
picture.addEventListener('keydown', (event) => {
  const way = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
  if (!way) return;
  event.preventDefault(); event.stopPropagation();
  placePatch(row + way[0], column + way[1]);
});
list.addEventListener('keydown', (event) => {
  const step = {ArrowUp: -1, ArrowDown: 1}[event.key];
  if (!step) return;
  event.preventDefault(); event.stopPropagation();
  choose(between(0, channel + step, props.value.biases.length - 1));
});
watch('value', draw);
draw();
