// A batch of maps as a cube N x C x (H x W); a number that is clicked shows its slice. Runs after grid.js.

// Where picture n, channel c, place p stands in a list; places are rows times columns.
/** @type {(shape: number[], n: number, c: number, p: number) => number} */
const cellIndex = ([, channels, height, width], n, c, p) => (n * channels + c) * height * width + p;
/** @type {(shape: number[], index: number) => number[]} */
const cellPlace = ([, channels, height, width], index) => {
  const area = height * width;
  return [Math.floor(index / (channels * area)), Math.floor(index / area) % channels, index % area];
};
// All that are taken together with a number.
const sliceOf = (slices, index) => slices.flatMap((one, i) => (one === slices[index] ? [i] : []));
// Corners of one visible square of the cube, in steps along channels (right), pictures (back) and places (down).
const cornersOf = (face, n, c, p) => {
  if (face === 'front') return [[c, 0, p], [c + 1, 0, p], [c + 1, 0, p + 1], [c, 0, p + 1]];
  if (face === 'top') return [[c, n, 0], [c + 1, n, 0], [c + 1, n + 1, 0], [c, n + 1, 0]];
  return [[c + 1, n, p], [c + 1, n + 1, p], [c + 1, n + 1, p + 1], [c + 1, n, p + 1]];
};
/** @param {number[]} corner */
const toPoint = (corner, [c, n, p] = corner) => [26 + 34 * c + 26 * n, 90 + 34 * p - 20 * n];

// --- in the page ---------------------------------------------------------------------------
const host = element.querySelector('.norm'), cube = host.querySelector('svg'), SVG = 'http://www.w3.org/2000/svg';
let index = 0;

const shapeOf = (name, attributes, text) => {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  if (text !== undefined) node.textContent = text;
  return node;
};
const addFace = (face, n, c, p) => {
  const points = cornersOf(face, n, c, p).map((corner) => toPoint(corner).join(',')).join(' ');
  const at = cellIndex(props.value.shape, n, c, p);
  const node = shapeOf('polygon', {points, class: face, 'data-at': at});
  node.addEventListener('click', () => choose(at));
  cube.append(node);
};
const drawCube = () => {
  const [pictures, channels, height, width] = props.value.shape, places = height * width;
  cube.replaceChildren();
  for (let n = pictures - 1; n >= 0; n--) {
    for (let c = 0; c < channels; c++) addFace('top', n, c, 0);
    for (let p = 0; p < places; p++) addFace('side', n, channels - 1, p);
  }
  for (let c = 0; c < channels; c++) for (let p = 0; p < places; p++) addFace('front', 0, c, p);
  const words = (text, corner, anchor, by = [0, 0]) => {
    const [x, y] = toPoint(corner);
    cube.append(shapeOf('text', {x: x + by[0], y: y + by[1], 'text-anchor': anchor}, text));
  };
  words(`C: ${channels} channels`, [channels / 2, 0, places], 'middle', [0, 20]);
  words('H × W', [0, 0, places / 2], 'middle', [-12, 0]);
  cube.lastChild.setAttribute('transform', `rotate(-90 ${cube.lastChild.getAttribute('x')} ${cube.lastChild.getAttribute('y')})`);
  words(`N: ${pictures} pictures`, [0, pictures, 0], 'start', [0, -8]);
};
const drawSheets = (name, title, values) => {
  const {shape, names} = props.value, [pictures, channels, height, width] = shape, area = height * width;
  const place = host.querySelector(`.${name}`);
  place.replaceChildren(make('b', '', title));
  for (let n = 0; n < pictures; n++) {
    const figure = make('figure'), sheet = make('div', 'sheet');
    figure.append(make('figcaption', '', `${names[n]}: a row a channel`), sheet);
    sheet.style.setProperty('--columns', area);
    for (let i = n * channels * area; i < (n + 1) * channels * area; i++) {
      const cell = make('i', '', show(values[i]));
      cell.dataset.at = i; cell.addEventListener('click', () => choose(i));
      sheet.append(cell);
    }
    place.append(figure);
  }
};
const choose = (at) => {
  index = at;
  const {value} = props, taken = sliceOf(value.slices, index), [n, c, p] = cellPlace(value.shape, index);
  for (const one of host.querySelectorAll('[data-at]')) {
    const own = Number(one.dataset.at);
    one.classList.toggle('taken', taken.includes(own));
    one.classList.toggle('chosen', own === index);
  }
  const write = (name, text) => { host.querySelector(`.words ${name}`).textContent = text; };
  const [mean, variance] = [value.means[index], value.variances[index]];
  write('.big', `${value.kind} norm: ${value.taken}`);
  write('.taken', `Chosen: ${value.names[n]}, channel ${c + 1}, place ${p + 1}. Its slice has ${taken.length} numbers:`);
  write('.numbers', taken.map((one) => show(value.before[one])).join('  '));
  write('.mean', `mean μ = ${mean.toFixed(4)}, variance σ² = ${variance.toFixed(5)}`.replaceAll('-', '−'));
  write('.sum', `(${value.before[index].toFixed(3)} − ${mean.toFixed(3)}) / √(${variance.toFixed(4)} + 0.00001) = ${show(value.after[index])}`);
};
const draw = () => {
  const {value} = props, note = element.querySelector('.refused');
  host.hidden = !(value && value.before);
  note.textContent = (value && value.message) || '';
  if (host.hidden) return;
  drawCube();
  drawSheets('before', 'before', value.before);
  drawSheets('after', 'after', value.after);
  choose(Math.min(index, value.before.length - 1));
};
cube.addEventListener('keydown', (event) => {
  const {shape} = props.value, [n, c, p] = cellPlace(shape, index), [pictures, channels, height, width] = shape;
  const way = {ArrowLeft: [0, -1, 0], ArrowRight: [0, 1, 0], ArrowUp: [0, 0, -1], ArrowDown: [0, 0, 1], PageUp: [-1, 0, 0], PageDown: [1, 0, 0]}[event.key];
  if (!way) return;
  event.preventDefault(); event.stopPropagation();
  choose(cellIndex(shape, between(0, n + way[0], pictures - 1), between(0, c + way[1], channels - 1), between(0, p + way[2], height * width - 1)));
});
watch('value', draw);
draw();
