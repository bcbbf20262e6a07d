// Four enlarged maps of one small one: grids to be typed into, and where each number comes from.

const short = (value) => {
  const text = Math.abs(value) >= 1000 ? value.toPrecision(3) : String(Math.round(value * 100) / 100);
  return text.replace('-', '−');
};
const exact = (value) => String(Math.round(value * 10000) / 10000).replace('-', '−');
// "1.5 = 0.75 · 2 + 0.25 · 0": an output number out of its parts, [[index in the small map, weight]].
const explain = (value, parts, small) => {
  if (!parts.length) return `${short(value)}: no number of the small map has a part in it.`;
  return `${exact(value)} = ${parts.map(([i, weight]) => `${exact(weight)} · ${exact(small[i])}`).join(' + ')}`;
};
const readCells = (texts) => texts.map((row) => row.map((text) => (text.trim() === '' ? NaN : Number(text.trim().replace(',', '.').replace('−', '-')))));
// Tint of a number among others, 0 to 1.
const shareOf = (value, numbers) => Math.abs(value) / (Math.max(...numbers.map(Math.abs)) || 1);

// --- in the page ---------------------------------------------------------------------------
const root = element.querySelector('.upsampling');
const make = (tag, name, text = '', set = {}) => {
  const node = Object.assign(document.createElement(tag), {className: name, textContent: text, ...set}); return node;
};
let at = null, typing = null, drawn = '';  // [way, cell]; a timer; what the grids were made of

const grid = (rows, css, cell) => {
  const node = make('div', `cells ${css}`);
  node.style.setProperty('--columns', String(rows[0].length)); node.style.setProperty('--rows', String(rows.length));
  node.append(...rows.flatMap((row, y) => row.map((value, x) => cell(value, y * row.length + x))));
  return node;
};
const tint = (node, value, numbers) => {
  node.style.setProperty('--share', shareOf(value, numbers).toFixed(3)); node.classList.toggle('minus', value < 0); return node;
};
const typed = (rows, css, label) => grid(rows, css, (value, i) => {
  const input = make('input', '', '', {value: short(value), inputMode: 'decimal', ariaLabel: `${label}, row ${Math.floor(i / rows[0].length) + 1}, column ${i % rows[0].length + 1}`});
  input.dataset.at = `${css} ${i}`;
  input.dataset.value = String(value);  // what is shown is rounded; what is not typed anew stays as it was
  return tint(input, value, rows.flat());
});
const read = (css, columns) => {
  const texts = [...root.querySelectorAll(`.${css} input`)].map((input) => input.dataset.value ?? input.value);
  return readCells(Array.from({length: texts.length / columns}, (_, y) => texts.slice(y * columns, (y + 1) * columns)));
};
const part = (title, words, ...nodes) => { const node = make('section', ''); node.append(make('h3', '', title), make('p', '', words), ...nodes); return node; };
const outputOf = (way, number) => {
  const columns = way.output[0].length, numbers = way.output.flat();
  const node = grid(way.output, 'output', (value, i) => {
    const cell = make('span', '', short(value)); cell.dataset.way = String(number); cell.dataset.cell = String(i);
    return tint(cell, value, numbers);
  });
  Object.assign(node, {tabIndex: 0, role: 'group', ariaLabel: `${way.title}, arrow keys go from number to number`});
  node.addEventListener('keydown', (event) => {
    const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns}[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const now = at && at[0] === number ? at[1] + step : 0;
    if (now >= 0 && now < numbers.length) { at = [number, now]; light(); }
  });
  node.addEventListener('focus', () => { if (!at || at[0] !== number) { at = [number, 0]; light(); } });
  return node;
};
// The number pointed at, and the numbers of the small map that it is made of.
const light = () => {
  const value = props.value, says = root.querySelector('.says');
  for (const node of root.querySelectorAll('.lit')) node.classList.remove('lit');
  for (const node of root.querySelectorAll('.weight')) node.remove();
  if (!at || !value.ways[at[0]] || at[1] >= value.ways[at[0]].parts.length) { says.textContent = 'Point at a number on the right: here stands the sum it is made of.'; return; }
  const way = value.ways[at[0]], parts = way.parts[at[1]];
  root.querySelector(`[data-way="${at[0]}"][data-cell="${at[1]}"]`)?.classList.add('lit');
  for (const [i, weight] of parts) {
    const cell = root.querySelectorAll('.small > span')[i];
    cell.classList.add('lit'); cell.append(make('i', 'weight', `· ${exact(weight)}`));
  }
  says.textContent = `${way.title}: ${explain(way.output.flat()[at[1]], parts, value.small.flat())}`;
  root.dataset.says = says.textContent;
};
const draw = () => {
  const value = props.value;
  if (!value?.ways) { root.replaceChildren(); drawn = ''; return; }
  const key = JSON.stringify([value.map, value.kernel, value.stride]);
  if (key === drawn) return;
  const focused = /** @type {any} */ (document.activeElement), was = root.contains(focused) ? focused.dataset?.at : null;
  const winners = new Set(value.winners);
  const map = typed(value.map, 'map', 'Map'), small = grid(value.small, 'small', (number) => tint(make('span', '', short(number)), number, value.small.flat()));
  [...map.children].forEach((cell, i) => cell.classList.toggle('won', winners.has(i)));
  const left = make('div', 'given'), right = make('div', 'made');
  left.append(part('Map', 'type here; framed: the maxima', map), part('Max pooled 2 × 2', 'the small map', small),
    part('Kernel', `of the transposed one, stride ${value.stride}`, typed(value.kernel, 'kernel', 'Kernel')));
  right.append(...value.ways.map((way, number) => part(`${way.title}, ${way.output.length} × ${way.output[0].length}`, way.words, outputOf(way, number))));
  root.replaceChildren(left, right, make('p', 'says', '', {role: 'status'}));
  drawn = key;
  if (was) { const again = [...root.querySelectorAll('input')].find((input) => input.dataset.at === was); again?.focus({preventScroll: true}); }
  light();
};
root.addEventListener('input', (event) => {
  delete /** @type {HTMLInputElement} */ (event.target).dataset.value;
  clearTimeout(typing);
  typing = setTimeout(() => {
    const {map, kernel} = props.value, now = {map: read('map', map[0].length), kernel: read('kernel', kernel[0].length)};
    const wrong = [...root.querySelectorAll('input')].filter((input) => Number.isNaN(readCells([[input.value]])[0][0]));
    for (const input of root.querySelectorAll('input')) input.setAttribute('aria-invalid', String(wrong.includes(input)));
    if (wrong.length) { root.querySelector('.says').textContent = 'A cell holds no number: write one, as 2 or −0.5.'; return; }
    trigger('typed', now);
  }, 350);
});
for (const kind of ['pointerover', 'click']) root.addEventListener(kind, (event) => {
  const cell = /** @type {HTMLElement} */ (/** @type {Element} */ (event.target).closest('[data-cell]'));
  if (cell) { at = [Number(cell.dataset.way), Number(cell.dataset.cell)]; light(); }
});
watch('value', draw); draw();
