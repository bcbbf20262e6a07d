// A volume and the same numbers in a row. Runs after grid.js.
const TILES = 16, LINE = 64;  // maps side by side; numbers of the vector in a line

// Where a number of a volume [C, H, W] stands once it is flat: channels first, as in torch, or last, as in Keras.
/** @type {(shape: number[], c: number, y: number, x: number) => number} */
const firstIndex = ([, height, width], c, y, x) => (c * height + y) * width + x;
/** @type {(shape: number[], c: number, y: number, x: number) => number} */
const lastIndex = ([channels, , width], c, y, x) => (y * width + x) * channels + c;
// The way back, from an index of torch's.
/** @type {(shape: number[], index: number) => number[]} */
const placeOf = ([, height, width], index) =>
  [Math.floor(index / (height * width)), Math.floor(index / width) % height, index % width];

// --- in the page ---------------------------------------------------------------------------
const host = element.querySelector('.flat'), maps = host.querySelector('canvas.maps'), vector = host.querySelector('canvas.vector');
let index = 49;

// Upper left corner and side of a number, among the maps and in the vector.
/** @type {(shape: number[], place: number[]) => number[]} */
const inMaps = (shape, [c, y, x]) => {
  const tile = maps.width / TILES, cell = (tile - 4) / shape[2];
  return [(c % TILES) * tile + 2 + x * cell, Math.floor(c / TILES) * tile + 2 + y * cell, cell];
};
const inVector = (at) => { const cell = vector.width / LINE; return [(at % LINE) * cell, Math.floor(at / LINE) * cell, cell]; };
const colour = (number, most) => `hsl(215 80% ${12 + 78 * Math.min(1, number / (most || 1))}%)`;
const draw = () => {
  const {value} = props, note = element.querySelector('.refused');
  host.hidden = !(value && value.values);
  note.textContent = (value && value.message) || '';
  if (host.hidden) return;
  const {shape, values} = value, most = largest(values);
  maps.height = maps.width / TILES * Math.ceil(shape[0] / TILES);
  vector.height = vector.width / LINE * Math.ceil(values.length / LINE);
  const left = maps.getContext('2d'), right = vector.getContext('2d');
  values.forEach((number, i) => {
    const [x, y, side] = inMaps(shape, placeOf(shape, i)), [u, v, wide] = inVector(i);
    left.fillStyle = right.fillStyle = colour(number, most);
    left.fillRect(x, y, side, side); right.fillRect(u, v, wide - 1, wide - 1);
  });
  const [c] = placeOf(shape, index), area = shape[1] * shape[2];
  left.lineWidth = right.lineWidth = 4; left.strokeStyle = right.strokeStyle = '#f59e0b';
  const [x, y, side] = inMaps(shape, placeOf(shape, index));
  left.strokeRect(x, y, side, side);
  for (let i = c * area; i < (c + 1) * area; i++) {
    const [u, v, wide] = inVector(i);
    right.lineWidth = i === index ? 6 : 2;
    right.strokeRect(u, v, wide - 1, wide - 1);
  }
  tell();
};
const tell = () => {
  const {shape, values} = props.value, [c, y, x] = placeOf(shape, index), [channels, height, width] = shape;
  const area = height * width, own = values.slice(c * area, (c + 1) * area);
  const table = host.querySelector('.own'), strip = host.querySelector('.strip');
  table.style.setProperty('--columns', width);
  table.replaceChildren(...own.map((number, i) => make('i', i === index - c * area ? 'chosen' : '', show(number))));
  strip.replaceChildren(...own.map((number, i) => {
    const cell = make('i', i === index - c * area ? 'chosen' : '', show(number));
    cell.prepend(make('small', '', String(c * area + i)));
    return cell;
  }));
  host.querySelector('.words').textContent = `Map ${c}, row ${y}, column ${x}, all from 0 on`;
  host.querySelector('.torch').textContent = `torch, channels first: ${c} · ${area} + ${y} · ${width} + ${x} = ${index}`;
  host.querySelector('.keras').textContent =
    `Keras, channels last: (${y} · ${width} + ${x}) · ${channels} + ${c} = ${lastIndex(shape, c, y, x)}`;
  const beside = x + 1 < width ? firstIndex(shape, c, y, x + 1) : null;
  host.querySelector('.moved').textContent = beside === null ? 'One place further to the right there is no place in this map.'
    : `Moved by one place to the right it would come in at ${beside}, to ten other weights: a dense layer must learn both.`;
};
const choose = (at) => { index = between(0, at, props.value.values.length - 1); draw(); };
const at = (canvas, event) => {
  const box = canvas.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width * canvas.width, (event.clientY - box.top) / box.height * canvas.height];
};
const pick = (event) => {
  const {shape} = props.value, tile = maps.width / TILES, [u, v] = at(maps, event);
  const cell = (tile - 4) / shape[2], c = Math.floor(v / tile) * TILES + Math.floor(u / tile);
  if (c >= shape[0]) return;
  const y = between(0, (v % tile - 2) / cell, shape[1] - 1), x = between(0, (u % tile - 2) / cell, shape[2] - 1);
  choose(firstIndex(shape, c, y, x));
};
const pickInVector = (event) => {
  const cell = vector.width / LINE, [u, v] = at(vector, event);
  choose(Math.floor(v / cell) * LINE + between(0, u / cell, LINE - 1));
};
for (const name of ['pointermove', 'pointerdown']) {
  maps.addEventListener(name, pick); vector.addEventListener(name, pickInVector);
}
vector.addEventListener('keydown', (event) => {
  const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -LINE, ArrowDown: LINE}[event.key];
  if (!step) return;
  event.preventDefault(); event.stopPropagation();
  choose(index + step);
});
watch('value', draw);
draw();
