// Paths as films: every frame is one cell of a sprite, so that the slider answers at once.

const WAY = 900; // milliseconds a step of the film may take at most

// The next frame and the way it goes on: round and round, or to and fro.
const advance = (frame, step, count, loop) => {
  if (loop) return [(frame + 1) % count, step];
  const way = frame + step < 0 || frame + step >= count ? -step : step;
  return [frame + way, way];
};
// The lowest and greatest of some numbers, never the same: a flat curve lies in the middle.
const rangeOf = (numbers) => {
  const low = Math.min(...numbers), high = Math.max(...numbers);
  return high - low < 1e-6 ? [low - 0.5, high + 0.5] : [low, high];
};
// Where frame `i` of `count` stands in a drawing 400 wide, and a number in one 128 high.
const acrossOf = (i, count) => 44 + 346 * i / Math.max(count - 1, 1);
const downOf = (y, low, high) => 116 - 104 * (y - low) / (high - low);

// --- in the page ---------------------------------------------------------------------------
const make = (tag, text) => { const node = document.createElement(tag); if (text !== undefined) node.textContent = text; return node; };
const NS = 'http://www.w3.org/2000/svg';
const shape = (tag, attributes, text) => {
  const node = document.createElementNS(NS, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
};
let frame = 0, timer = null, shown = null;
const root = () => element.querySelector('.morph');
const stop = () => { clearInterval(timer); timer = null; root().querySelector('.play').textContent = '▶'; };

const show = () => {
  const value = props.value, count = value.sprite.columns;
  frame = Math.min(frame, count - 1);
  value.paths.forEach((path, row) => {
    const node = root().querySelectorAll('.frame')[row];
    node.style.backgroundPosition =
      `${count > 1 ? 100 * frame / (count - 1) : 0}% ${value.sprite.rows > 1 ? 100 * row / (value.sprite.rows - 1) : 0}%`;
    const real = path.real ? ` · D: ${Math.round(100 * path.real[frame])} %` : '';
    root().querySelectorAll('figcaption.now')[row].textContent = `length ${path.norms[frame].toFixed(1)}${real}`;
  });
  root().querySelector('input').value = frame;
  root().querySelector('output').textContent = `frame ${frame + 1} of ${count}`;
  root().querySelectorAll('.now-line').forEach((line) => {
    const x = acrossOf(frame, count);
    line.setAttribute('x1', x); line.setAttribute('x2', x);
  });
};

const plot = (title, key, digits) => {
  const paths = props.value.paths.filter((path) => path[key]);
  if (!paths.length) return [];
  const [low, high] = rangeOf(paths.flatMap((path) => path[key]));
  const box = make('figure'); box.className = 'curves';
  const caption = make('figcaption'); caption.append(make('b', title));
  const svg = shape('svg', {viewBox: '0 0 400 128', role: 'img', 'aria-label': title});
  const at = (i, y, n) => `${acrossOf(i, n).toFixed(1)},${downOf(y, low, high).toFixed(1)}`;
  svg.append(shape('text', {x: 40, y: 16, 'text-anchor': 'end'}, high.toFixed(digits)),
    shape('text', {x: 40, y: 120, 'text-anchor': 'end'}, low.toFixed(digits)),
    shape('line', {class: 'mark now now-line', y1: 6, y2: 122}),
    ...paths.map((path) => shape('polyline', {fill: 'none', stroke: path.colour, 'stroke-width': 3,
      points: path[key].map((y, i) => at(i, y, path[key].length)).join(' ')})));
  box.append(caption, svg);
  return [box];
};

const draw = () => {
  const value = props.value;
  root().hidden = !(value && value.sprite);
  if (root().hidden) { stop(); return; }
  if (value.key !== shown) { shown = value.key; frame = Math.floor(value.sprite.columns / 2); stop(); }
  root().querySelector('input').max = value.sprite.columns - 1;
  root().querySelector('.stage').replaceChildren(...value.paths.map((path) => {
    const box = make('figure'), picture = make('div'), name = make('figcaption'), now = make('figcaption');
    picture.className = 'frame'; now.className = 'now';
    picture.style.backgroundImage = `url("${value.sprite.src}")`;
    picture.style.backgroundSize = `${value.sprite.columns * 100}% ${value.sprite.rows * 100}%`;
    const swatch = make('i'); swatch.style.background = path.colour;
    name.append(swatch, make('b', path.name)); box.append(name, picture, now);
    return box;
  }));
  root().querySelector('.plots').replaceChildren(
    ...plot('Length of the latent', 'norms', 1), ...plot('Share of real pictures that D finds worse', 'real', 2));
  show();
};

root().querySelector('input').addEventListener('input', (event) => { stop(); frame = Number(event.target.value); show(); });
root().querySelector('.play').addEventListener('click', () => {
  if (timer) { stop(); return; }
  root().querySelector('.play').textContent = '❚❚';
  const count = props.value.sprite.columns;
  let step = frame === count - 1 ? -1 : 1;
  timer = setInterval(() => {
    if (!element.isConnected || !props.value || !props.value.sprite) { stop(); return; }
    [frame, step] = advance(frame, step, count, props.value.loop);
    show();
  }, Math.min(WAY, 4000 / count));
});
watch('value', draw);
draw();
