// The window of a convolution on its way over the input: patch x kernel = products, sum, output.

// Where an index outside 0..n-1 is read instead; -1 stands for a zero.
const inside = (i, n, padding) => {
  if (i >= 0 && i < n) return i;
  if (padding === 'replicate') return i < 0 ? 0 : n - 1;
  if (padding === 'reflect') return i < 0 ? -i : 2 * n - 2 - i;
  return -1;
};

// The input as the window sees it, with zeros between pixels for a transposed convolution.
const readAt = (v, pixel, row, column, channel) => {
  const outside = row < 0 || column < 0 || row >= v.height || column >= v.width;
  const y = inside(row, v.height, v.padding_mode), x = inside(column, v.width, v.padding_mode);
  if (y < 0 || x < 0) return {value: 0, outside: true};
  if (y % v.stretch || x % v.stretch) return {value: 0, outside: true};
  return {value: pixel(y / v.stretch, x / v.stretch, channel), outside};
};

// Everything that one output cell is made of: per channel patch, products and their sum.
const sumAt = (v, pixel, row, column) => {
  const top = row * v.stride - v.top, left = column * v.stride - v.left;
  const channels = v.channel_weights.map((factor, channel) => {
    const patch = [], outside = [], kernel = [], products = [];
    v.weights.forEach((weights, i) => weights.forEach((weight, j) => {
      const seen = readAt(v, pixel, top + i * v.dilation, left + j * v.dilation, channel);
      patch.push(seen.value); outside.push(seen.outside);
      kernel.push(weight * factor); products.push(seen.value * weight * factor);
    }));
    return {patch, outside, kernel, products, sum: products.reduce((a, b) => a + b, 0)};
  });
  return {top, left, channels};
};

const finish = (v, sum) => sum / v.divisor + v.bias;
// How many pixels a side of the kernel reaches over.
const span = (v, side) => v.dilation * (side - 1) + 1;
// The output cell whose window has its middle nearest to a place of the input.
const cellFor = (v, row, column) =>
  [[row, v.top, v.weights.length], [column, v.left, v.weights[0].length]].map(
    ([place, before, side]) => Math.round((place + before - (span(v, side) - 1) / 2) / v.stride));

// --- in the page ---------------------------------------------------------------------------
const root = () => element.querySelector('.walk');
let v = null, pixel = null, parts = null, queued = false, loads = 0;
const walk = new Walk(() => {
  if (queued) return;
  queued = true;
  requestAnimationFrame(() => { queued = false; if (parts) paint(); });
});
const read = (row, column, channel) => readAt(v, pixel, row, column, channel);

const mapOf = (item) => {
  const surface = new Surface(item.height, item.width, {src: item.src, title: item.title});
  if (!item.src) surface.fill(item.values, {scale: v.scale});
  return surface;
};

const build = () => {
  const host = root();
  host.replaceChildren();
  if (!v) { host.append(make('p', 'note', 'Choose an input to begin.')); return; }
  if (v.message) { host.append(make('p', 'note', v.message)); return; }
  const few = !v.input_src;
  const kh = v.weights.length, kw = v.weights[0].length;
  parts = {kh, kw, few};
  const rows = few ? v.height + v.top + v.bottom : v.height;
  const columns = few ? v.width + v.left + v.right : v.width;
  parts.input = new Surface(rows, columns, {src: v.input_src, title: v.titles.input});
  parts.output = new Surface(v.output_height, v.output_width, {src: v.output_src, title: v.titles.output});
  const stage = make('div', few ? 'stage' : 'stage pictures'), lower = make('div', 'lower');
  stage.append(parts.input.node);
  if (!few) {
    const reach = Math.min(13, Math.max(9, Math.max(span(v, kh), span(v, kw)) + 2));
    parts.reach = reach;
    parts.zoom = new Surface(reach, reach, {title: 'close-up'});
    parts.zoom.node.classList.add('zoom');
    lower.append(parts.zoom.node);
  }
  stage.append(make('div', 'arrow', '→'), parts.output.node);
  parts.relu = v.relu && mapOf(v.relu);
  parts.branches = v.branches.map(mapOf);
  if (parts.relu) stage.append(make('div', 'arrow', '→'), parts.relu.node);
  if (parts.branches.length) {
    const fork = make('div', 'fork');
    fork.append(make('div', 'arrow', '→'), ...parts.branches.map((surface) => surface.node),
                make('div', 'elbow'), make('div', 'end', '↑'));
    stage.append(fork);
  }
  const sums = make('div', 'sums');
  parts.rows = v.channel_weights.map((_, channel) => {
    const row = make('div', 'sum-row');
    const many = v.channel_weights.length > 1;
    const table = (title) => new Surface(kh, kw, {title: channel ? '' : title});
    const patch = table('patch'), kernel = table(v.titles.kernel), products = table('products');
    const sum = make('output', 'sum');
    if (many) {
      row.classList.add(`channel-${CHANNELS[channel]}`);
      row.append(make('b', '', CHANNELS[channel]));
    }
    row.append(patch.node, make('div', 'sign', '×'), kernel.node, make('div', 'sign', '='), products.node,
               make('div', 'sign', '→'), sum);
    sums.append(row);
    return {patch, kernel, products, sum};
  });
  parts.total = make('output', 'total'); parts.total.ariaLive = 'polite';
  // With one channel the total stands beside the products, so that all is seen at once.
  if (parts.rows.length === 1) {
    const outcome = make('div', 'outcome');
    sums.firstChild.classList.add('alone');
    sums.firstChild.append(outcome); outcome.append(parts.rows[0].sum, parts.total);
  } else sums.append(parts.total);
  lower.append(sums);
  host.append(walk.bar, stage, lower);
  if (few) {
    const values = [], dim = [];
    for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++) {
      const seen = read(y - v.top, x - v.left, 0); values.push(seen.value); dim.push(seen.outside);
    }
    parts.input.fill(values, {dim, scale: v.input_scale});
    parts.output.fill(v.output_values, {scale: v.scale});
  }
  // Numbers are drawn with their padding, pictures without.
  walk.follow(parts.input, (row, column) => cellFor(v, few ? row - v.top : row, few ? column - v.left : column));
  walk.follow(parts.output);
  fit();
};

// Cells and pictures as large as the stage allows: the maps above, one window's sum below.
const fit = () => {
  if (!parts) return;
  const host = root(), [width, height] = roomFor(host);
  const size = (surface, pixels) => surface.node.style.setProperty('--cell', `${pixels}px`);
  const lines = parts.rows.length * parts.kh;
  const room = height - (parts.few ? 130 : 116);  // without the buttons and the titles
  let above = 0, beside = 320;  // what the maps take of the height, and the sum's words of the width
  if (parts.few) {
    const chain = [...(parts.relu ? [parts.relu] : []), ...parts.branches];
    const maps = [parts.output, ...chain].filter((surface) => surface.cells.length);
    const pictures = chain.filter((surface) => !surface.cells.length);
    const columns = maps.reduce((sum, surface) => sum + surface.columns, 0);
    const free = width - 36 * (maps.length + 1) - 96 * pictures.length;
    const cell = between(20, Math.min(free / (parts.input.columns + columns), 0.62 * room / parts.input.rows), 90);
    const tall = Math.max(...maps.map((surface) => surface.rows));
    const own = between(24, Math.min((free - cell * parts.input.columns) / columns, 0.62 * room / tall), 90);
    size(parts.input, cell);
    maps.forEach((surface) => size(surface, own));
    const left = (free - cell * parts.input.columns - own * columns) / pictures.length;  // beside 60 pixels
    pictures.forEach((surface) => size(surface, Math.min(own, (60 + Math.max(0, left)) / surface.columns)));
    above = Math.max(cell * parts.input.rows, own * tall);
  } else {
    const pictures = [parts.input, parts.output], half = (width - 40) / 2;
    const least = 25 * lines + 8 * parts.rows.length;  // of the sums, to be read
    const high = Math.min(0.6 * room, room - least, half * Math.max(...pictures.map(({rows, columns}) => rows / columns)));
    pictures.forEach((surface) => surface.fit(half, high));
    const cell = between(16, Math.min((room - high) / parts.reach, (width - 20) / parts.reach), 34);
    size(parts.zoom, cell);
    above = high; beside += cell * parts.reach;
  }
  host.style.setProperty('--tap', `${between(20, Math.min((width - beside) / (3 * parts.kw), (room - above) / lines), 76)}px`);
};

const paint = () => {
  const {row, column} = walk, at = sumAt(v, pixel, row, column);
  const {kh, kw, few} = parts;
  const height = span(v, kh), width = span(v, kw);
  const onInput = few ? [at.top + v.top, at.left + v.left] : [at.top, at.left];
  parts.input.frame(...onInput, height, width);
  parts.output.frame(row, column);
  const taps = [];
  for (let i = 0; i < kh; i++) for (let j = 0; j < kw; j++) taps.push([i * v.dilation, j * v.dilation]);
  if (few) {
    parts.input.mark('tap', taps.map(([y, x]) => (onInput[0] + y) * parts.input.columns + onInput[1] + x));
    if (parts.relu) parts.relu.frame(row, column);
  } else {
    const reach = parts.reach, surface = parts.zoom;
    const y0 = at.top - Math.floor((reach - height) / 2), x0 = at.left - Math.floor((reach - width) / 2);
    const values = [], dim = [];
    for (let y = 0; y < reach; y++) for (let x = 0; x < reach; x++) {
      const seen = v.channel_weights.map((_, channel) => read(y0 + y, x0 + x, channel));
      values.push(seen.length > 1 ? seen.map((one) => one.value) : seen[0].value);
      dim.push(seen[0].outside);
    }
    surface.fill(values, {grey: v.grey, scale: v.input_scale, dim});
    surface.frame(at.top - y0, at.left - x0, height, width);
    surface.mark('tap', taps.map(([y, x]) => (at.top - y0 + y) * reach + at.left - x0 + x));
  }
  parts.output.reveal(walk.shown);
  if (parts.relu) parts.relu.reveal(walk.shown);
  parts.branches.forEach((surface) => surface.reveal(walk.shown === Infinity ? Infinity : 0));
  at.channels.forEach((channel, i) => {
    const line = parts.rows[i];
    line.patch.fill(channel.patch, {grey: v.grey, scale: v.input_scale, dim: channel.outside});
    line.kernel.fill(channel.kernel);
    line.products.fill(channel.products);
    line.sum.textContent = `Σ = ${show(channel.sum)}`;
  });
  const sums = at.channels.map((channel) => channel.sum);
  const over = v.divisor === 1 ? '' : ` ÷ ${show(v.divisor)}`;
  const bias = ` + bias ${show(v.bias)}`;
  if (v.per_channel) {
    parts.total.textContent = sums.map((sum, i) =>
      `${sums.length > 1 ? CHANNELS[i] + ': ' : ''}${show(sum)}${over}${bias} = ${show(finish(v, sum))}`).join('   ');
  } else {
    const sum = sums.reduce((a, b) => a + b, 0);
    parts.total.textContent = `${sums.map(show).join(' + ')}${sums.length > 1 ? ` = ${show(sum)};  ${show(sum)}` : ''}`
      + `${over}${bias} = ${show(finish(v, sum))}`;
  }
  walk.place.textContent = `row ${row + 1} of ${v.output_height}, column ${column + 1} of ${v.output_width}`;
};

const load = async () => {
  const mine = ++loads;
  v = props.value; parts = null;
  walk.pause();
  if (v && !v.message) {
    const source = !v.input_values
      ? await readPixels(v.input_src)
      : (row, column, channel) => v.input_values[(row * v.input_width + column) * v.channel_weights.length + channel];
    if (mine !== loads) return;
    pixel = source;
    walk.reset(v.output_height, v.output_width, v.start);
  }
  build();
  if (parts) paint();
};

element.addEventListener('keydown', (event) => { if (parts) walk.key(event); });
new ResizeObserver(fit).observe(element);
watch('value', load);
load();
