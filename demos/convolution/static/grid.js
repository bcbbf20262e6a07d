// Shared by the canvases of the convolution tab: numbers in cells, pictures with a box on them.
// Plain functions; the component's script runs after this text, in the same scope.

const CHANNELS = ['R', 'G', 'B'];

const make = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};

// 3 -> "3", -0.111 -> "−0.11", 1234.5 -> "1235"; never "−0.00".
const show = (value) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) return '';
  const size = Math.abs(value);
  const digits = Math.abs(value - Math.round(value)) < 1e-9 || size >= 1000 ? 0 : size >= 100 ? 1 : 2;
  let text = value.toFixed(digits);
  if (Number(text) === 0) text = text.replace('-', '');
  return text.replace('-', '−');
};

// The same for a cell, in which a large number has no room: 1250000 -> "1.3e6".
const brief = (value) => (Math.abs(value) >= 99999.5
  ? value.toExponential(1).replace('.0e', 'e').replace('e+', 'e').replace('-', '−') : show(value));

// Red for positive, blue for negative, stronger with size; greys and colours as on a screen.
const tint = (value, scale, grey) => {
  if (Array.isArray(value)) return [`rgb(${value.join(',')})`, ''];
  if (grey) {
    const level = Math.max(0, Math.min(255, Math.round(value)));
    return [`rgb(${level},${level},${level})`, level > 117 ? '#000' : '#fff'];
  }
  const share = Math.round(Math.min(1, Math.abs(value) / (scale || 1)) * 55);
  return [`color-mix(in srgb, ${value < 0 ? '#2166ac' : '#b2182b'} ${share}%, transparent)`, ''];
};

// Width and height for a canvas: of the stage or, on a phone, which scrolls, of the width alone.
const roomFor = (host) => [(host.clientWidth || 700) - 5, innerWidth > 760 ? Math.max(host.clientHeight, 320) : 600];
const between = (low, value, high) => Math.max(low, Math.min(high, Math.floor(value)));
const largest = (values) => values.reduce((best, value) => Math.max(best, Math.abs(value) || 0), 0);

// A table of numbers or a picture, with one box drawn over it. (row, column) count from 0.
class Surface {
  constructor(rows, columns, {src = null, title = ''} = {}) {
    this.rows = rows; this.columns = columns; this.cells = [];
    this.node = make('figure', 'surface');
    this.node.append(make('figcaption', '', title));
    this.field = make('div', src ? 'field picture' : 'field cells');
    this.node.append(this.field);
    if (src) {
      const image = make('img'); image.src = src; image.alt = title; image.draggable = false;
      this.field.append(image);
      this.field.style.setProperty('--columns', columns);
      this.field.style.aspectRatio = `${columns} / ${rows}`;
    } else {
      this.field.style.gridTemplateColumns = `repeat(${columns}, var(--cell))`;
      for (let i = 0; i < rows * columns; i++) {
        const cell = make('span'); this.cells.push(cell); this.field.append(cell);
      }
    }
    this.box = make('div', 'box'); this.box.hidden = true; this.field.append(this.box);
    this.cover = make('div', 'cover'); this.cover.hidden = true; this.field.append(this.cover);
  }
  // Fill all cells; `grey` shades 0..255 as on a screen, else red and blue up to `scale`.
  fill(values, {scale = null, grey = false, dim = null} = {}) {
    scale = scale ?? largest(values);
    values.forEach((value, i) => {
      const cell = this.cells[i], [background, color] = tint(value, scale, grey);
      const text = brief(value);
      if (cell.textContent !== text) cell.textContent = text;
      cell.style.background = background; cell.style.color = color;
      cell.classList.toggle('long', text.length > 3);
      cell.classList.toggle('dim', Boolean(dim && dim[i]));
    });
  }
  // As large as fits into so many pixels, for a picture.
  fit(width, height) {
    this.node.style.width = `${Math.floor(Math.min(width, height * this.columns / this.rows))}px`;
  }
  frame(row, column, height = 1, width = 1) {
    this.box.hidden = false;
    Object.assign(this.box.style, {
      left: `${column / this.columns * 100}%`, top: `${row / this.rows * 100}%`,
      width: `${width / this.columns * 100}%`, height: `${height / this.rows * 100}%`,
    });
  }
  mark(className, indices) {
    const wanted = new Set(indices);
    this.cells.forEach((cell, i) => cell.classList.toggle(className, wanted.has(i)));
  }
  // Hide what lies after the first `count` places in reading order.
  reveal(count) {
    this.cells.forEach((cell, i) => cell.classList.toggle('hidden', i >= count));
    this.cover.hidden = this.cells.length > 0 || count >= this.rows * this.columns;
    this.cover.style.top = `${Math.min(100, Math.ceil(count / this.columns) / this.rows * 100)}%`;
  }
  at(event) {
    const area = this.field.getBoundingClientRect();
    return [between(0, (event.clientY - area.top) / area.height * this.rows, this.rows - 1),
            between(0, (event.clientX - area.left) / area.width * this.columns, this.columns - 1)];
  }
  // Pointing previews a place, clicking keeps it, leaving goes back to the place kept.
  listen({point, keep, leave}) {
    this.field.classList.add('live');
    this.field.addEventListener('pointermove', (event) => point(...this.at(event)));
    this.field.addEventListener('pointerdown', (event) => keep(...this.at(event)));
    this.field.addEventListener('pointerleave', leave);
  }
}

// Pixels of a picture, as the numbers 0..255: (row, column, channel) -> number.
const readPixels = (src) => new Promise((resolve, reject) => {
  const image = new Image();
  image.onerror = () => reject(new Error('The picture could not be drawn.'));
  image.onload = () => {
    const canvas = document.createElement('canvas');
    canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
    const context = canvas.getContext('2d', {willReadFrequently: true});
    context.drawImage(image, 0, 0);
    const {data, width} = context.getImageData(0, 0, canvas.width, canvas.height);
    resolve((row, column, channel) => data[(row * width + column) * 4 + channel]);
  };
  image.src = src;
});

// A place on a map of rows x columns that can be pointed at, stepped through, played and paused.
class Walk {
  constructor(draw) {
    this.draw = draw; this.rows = 1; this.columns = 1; this.index = 0; this.kept = null;
    this.shown = Infinity; this.timer = null; this.bar = this.buildBar();
  }
  reset(rows, columns, [row, column]) {
    this.pause();
    this.rows = rows; this.columns = columns; this.shown = Infinity;
    this.kept = null;
    this.index = Math.min(row, rows - 1) * columns + Math.min(column, columns - 1);
  }
  get total() { return this.rows * this.columns; }
  get row() { return Math.floor(this.index / this.columns); }
  get column() { return this.index % this.columns; }
  buildBar() {
    const bar = make('div', 'bar');
    const titles = {first: 'From the start', back: 'Step back', play: 'Play or pause',
                    step: 'Step on', all: 'Show all of the result'};
    const button = (name, label, act) => {
      const node = make('button', name, label);
      node.type = 'button'; node.title = node.ariaLabel = titles[name];
      node.addEventListener('click', act); bar.append(node); return node;
    };
    button('first', '|◀', () => { this.pause(); this.shown = 1; this.go(0, true); });
    button('back', '◀', () => { this.pause(); this.go(this.index - 1, true); });
    this.player = button('play', '▶ Play', () => (this.timer ? this.pause() : this.play()));
    button('step', '▶|', () => { this.pause(); this.go(this.index + 1, true); });
    button('all', 'Show all', () => { this.pause(); this.shown = Infinity; this.draw(); });
    const label = make('label', 'speed', 'Speed ');
    this.speed = make('input'); this.speed.type = 'range';
    this.speed.min = 0; this.speed.max = 5; this.speed.value = 1; this.speed.step = 1;
    this.speed.ariaLabel = 'Speed';
    this.speed.addEventListener('input', () => { if (this.timer) { this.pause(); this.play(); } });
    label.append(this.speed); bar.append(label);
    this.place = make('output', 'place'); bar.append(this.place);
    return bar;
  }
  go(index, keep = false) {
    this.index = Math.max(0, Math.min(this.total - 1, index));
    if (keep) this.kept = this.index;
    this.shown = Math.max(this.shown, this.index + 1);
    this.draw();
  }
  goTo(row, column, keep = false) {
    if (this.timer && !keep) return;      // while it plays, only a click moves the window
    this.go(between(0, row, this.rows - 1) * this.columns + between(0, column, this.columns - 1), keep);
  }
  // Pointing at a surface moves the window to the place that `find` names for it.
  follow(surface, find = (row, column) => [row, column]) {
    surface.listen({
      point: (row, column) => this.goTo(...find(row, column)),
      keep: (row, column) => this.goTo(...find(row, column), true),
      leave: () => this.back(),
    });
  }
  back() { if (!this.timer && this.kept !== null) this.go(this.kept); }
  play() {
    if (this.index >= this.total - 1 || this.shown === Infinity) { this.shown = 1; this.index = 0; this.draw(); }
    const perSecond = 2 ** Number(this.speed.value) * Math.max(1, this.total / 60);
    const wait = Math.max(50, 1000 / perSecond), stride = Math.max(1, Math.round(perSecond * wait / 1000));
    this.player.textContent = '❚❚ Pause';
    this.timer = setInterval(() => {
      if (!this.player.isConnected) return this.pause();
      if (this.index >= this.total - 1) { this.pause(); this.shown = Infinity; return this.draw(); }
      this.go(this.index + stride, true);
    }, wait);
  }
  pause() {
    clearInterval(this.timer); this.timer = null; this.player.textContent = '▶ Play';
  }
  key(event) {
    const moves = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns,
                   Home: -this.total, End: this.total};
    if (event.target.tagName === 'INPUT') return;
    if (event.key === ' ' && event.target.tagName !== 'BUTTON') { if (this.timer) this.pause(); else this.play(); }
    else if (event.key in moves) {
      this.pause();
      const next = this.index + moves[event.key];
      if (event.key.startsWith('Arrow') && (next < 0 || next >= this.total)) return event.preventDefault();
      this.go(next, true);
    } else return;
    event.preventDefault();
  }
}
