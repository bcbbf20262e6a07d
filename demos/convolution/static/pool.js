// The window of max and average pooling on its way over the input, and which pixel won.

// The window of one output cell: its numbers, their places, and which of them won.
const windowAt = (v, pixel, row, column) => {
  const top = row * v.stride, left = column * v.stride, values = [], places = [];
  for (let y = 0; y < v.size; y++) for (let x = 0; x < v.size; x++) {
    values.push(pixel(top + y, left + x, 0)); places.push([top + y, left + x]);
  }
  const best = Math.max(...values), mean = values.reduce((a, b) => a + b, 0) / values.length;
  return {top, left, values, places, best, won: values.indexOf(best), mean};
};
// The output cell whose window has its middle nearest to a place of the input.
const cellFor = (v, row, column) =>
  [row, column].map((place) => Math.round((place - (v.size - 1) / 2) / v.stride));

// --- in the page ---------------------------------------------------------------------------
const root = () => element.querySelector('.walk');
let v = null, pixel = null, parts = null, queued = false, loads = 0;
const walk = new Walk(() => {
  if (queued) return;
  queued = true;
  requestAnimationFrame(() => { queued = false; if (parts) paint(); });
});

const build = () => {
  const host = root();
  host.replaceChildren();
  if (!v || v.message) { host.append(make('p', 'note', v ? v.message : 'Choose an input to begin.')); return; }
  const few = !v.input_src;
  const surface = (name, height, width) => new Surface(height, width, {src: v[`${name}_src`], title: v.titles[name]});
  parts = {
    few,
    input: surface('input', v.height, v.width),
    max: surface('max', v.output_height, v.output_width),
    average: surface('average', v.output_height, v.output_width),
    wins: surface('wins', v.height, v.width),
    patch: new Surface(v.size, v.size, {title: 'window'}),
  };
  if (few) for (const name of ['input', 'max', 'average', 'wins'])
    parts[name].fill(v[`${name}_values`], {scale: name === 'wins' ? null : v.scale});
  const stage = make('div', few ? 'stage' : 'stage pictures four');
  stage.append(parts.input.node, make('div', 'arrow', '→'), parts.max.node, parts.average.node, parts.wins.node);
  parts.totals = [make('output', 'total max'), make('output', 'total average')];
  const lines = make('div', 'outcome totals'); lines.append(...parts.totals);
  const sums = make('div', 'sums'), row = make('div', 'sum-row alone');
  row.append(parts.patch.node, make('div', 'sign', '→'), lines); sums.append(row);
  host.append(walk.bar, stage, sums);
  for (const name of ['input', 'wins']) walk.follow(parts[name], (row, column) => cellFor(v, row, column));
  for (const name of ['max', 'average']) walk.follow(parts[name]);
  fit();
};

const fit = () => {
  if (!parts) return;
  const host = root(), [width, height] = roomFor(host);
  const maps = [parts.input, parts.max, parts.average, parts.wins];
  const room = height - (parts.few ? 140 : 150);  // without the buttons and the titles
  let above = 0;
  if (parts.few) {
    const across = 2 * v.width + 2 * v.output_width;
    const cell = between(22, Math.min((width - 120) / across, 0.66 * room / v.height), 90);
    host.style.setProperty('--cell', `${cell}px`);
    above = cell * v.height;
  } else {
    // In one row or in two, whichever makes them larger.
    const most = 0.74 * room, shape = v.height / v.width;
    const [one, two] = [[4, most], [2, (most - 30) / 2]].map(([across, high]) => Math.min((width - 40) / across, high / shape));
    const wide = Math.max(one, two);
    maps.forEach((surface) => surface.fit(wide, wide * shape));
    parts.input.node.parentElement.style.maxWidth = two > one ? `${2 * wide + 20}px` : '';
    above = wide * shape * (two > one ? 2 : 1);
  }
  host.style.setProperty('--tap', `${between(16, (room - above) / v.size, 70)}px`);
};

const paint = () => {
  const {row, column} = walk;
  const {top, left, values, places, best, won, mean} = windowAt(v, pixel, row, column);
  parts.input.frame(top, left, v.size, v.size);
  if (parts.few) {
    parts.input.mark('won', [places[won][0] * v.width + places[won][1]]);
    parts.wins.mark('won', [places[won][0] * v.width + places[won][1]]);
  }
  parts.wins.frame(...places[won]);
  parts.patch.fill(values, {grey: v.grey, scale: v.scale});
  parts.patch.mark('won', [won]);
  for (const name of ['max', 'average']) { parts[name].frame(row, column); parts[name].reveal(walk.shown); }
  const list = values.length <= 9 ? values.map(show) : [...values.slice(0, 4).map(show), '…', show(values.at(-1))];
  parts.totals[0].textContent = `max(${list.join(', ')}) = ${show(best)}`;
  parts.totals[1].textContent = `(${list.join(' + ').replaceAll('+ −', '− ')}) ÷ ${values.length} = ${show(mean)}`;
  walk.place.textContent = `row ${row + 1} of ${v.output_height}, column ${column + 1} of ${v.output_width}`;
};

const load = async () => {
  const mine = ++loads;
  v = props.value; parts = null;
  walk.pause();
  if (v && !v.message) {
    const source = !v.input_values ? await readPixels(v.input_src) : (row, column) => v.input_values[row * v.width + column];
    if (mine !== loads) return;
    pixel = source;
    walk.reset(v.output_height, v.output_width, [0, 0]);
  }
  build();
  if (parts) paint();
};

element.addEventListener('keydown', (event) => { if (parts) walk.key(event); });
new ResizeObserver(fit).observe(element);
watch('value', load);
load();
