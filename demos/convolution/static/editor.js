// A table of numbers to type into or to draw on. Its value is {cells, ...settings}.

const PAINT = 14;         // more rows or columns than this are drawn on, not typed into
const LIMIT = 1e6;        // of a number, either way
// The number that a text means; null for what is none, or too large.
const number = (text) => {
  const clean = String(text).trim().replace('−', '-').replace(',', '.');
  return clean !== '' && Math.abs(Number(clean)) <= LIMIT ? Number(clean) : null;
};
const write = (value) => String(+value.toPrecision(6)).replace('-', '−');
// Why a text does not count, and what does.
const refuse = (name, text, old) => {
  const size = Math.abs(Number(text.trim().replace('−', '-').replace(',', '.')));
  if (text.trim() === '') return `${name}: an empty field is no number, so ${write(old)} stays.`;
  if (size > LIMIT) return `${name}: give a number from −1,000,000 to 1,000,000; ${write(old)} stays.`;
  return `${name}: “${text.trim().slice(0, 20)}” is no number, so ${write(old)} stays.`;
};

const resized = (cells, rows, columns, paper, centred) => {
  const top = centred ? Math.floor((rows - cells.length) / 2) : 0;
  const left = centred ? Math.floor((columns - cells[0].length) / 2) : 0;
  return Array.from({length: rows}, (_, y) => Array.from({length: columns}, (_, x) =>
    (cells[y - top] || [])[x - left] ?? paper));
};
const shifted = (cells, down, right, paper) => cells.map((row, y) => row.map((_, x) =>
  (cells[y - down] || [])[x - right] ?? paper));

// --- in the page ---------------------------------------------------------------------------
const root = () => element.querySelector('.editor');
let sent = null, pen = null;

const state = () => props.value || {cells: [[0]]};
const commit = (changes) => {
  const next = {...state(), ...changes};
  sent = JSON.stringify(next);
  props.value = next;
};

const button = (label, title, act) => {
  const node = make('button', '', label);
  node.type = 'button'; node.title = node.ariaLabel = title;
  node.addEventListener('click', act); return node;
};

const paintCell = (node, value) => {
  node.style.background = tint(value, largest(state().cells.flat()))[0];
  if (node.tagName === 'INPUT') node.value = write(value);
  else if (state().cells.length <= 9) node.textContent = write(value);
};

// A field for a number: what is none is refused beneath the table, and the old number stays.
const numberField = (name, old, take) => {
  const field = make('input');
  let entered = false;  // WebKit would set its cursor where a click ends; a second click does
  field.inputMode = 'decimal'; field.ariaLabel = name; field.value = write(old());
  field.addEventListener('focus', () => { entered = true; field.select(); });
  field.addEventListener('mouseup', (event) => { if (entered) event.preventDefault(); entered = false; });
  field.addEventListener('change', () => {
    const value = number(field.value), before = old();
    root().querySelector('.refused').textContent = value === null ? refuse(name, field.value, before) : '';
    if (value !== null) take(value);
    field.value = write(value ?? before);
  });
  return field;
};

// Drawing: a press turns ink to paper or back, and dragging goes on with the same.
const listenPen = (field) => {
  const draw = (event, press) => {
    const cells = state().cells;
    const area = field.getBoundingClientRect();
    const y = Math.floor((event.clientY - area.top) / area.height * cells.length);
    const x = Math.floor((event.clientX - area.left) / area.width * cells[0].length);
    if (!(y in cells) || !(x in cells[0])) return;
    if (press) pen = cells[y][x] === 1 ? state().paper : 1;
    if (cells[y][x] === pen) return;
    cells[y][x] = pen;
    paintCell(field.children[y * cells[0].length + x], pen);
  };
  field.addEventListener('pointerdown', (event) => {
    event.preventDefault(); field.setPointerCapture(event.pointerId); draw(event, true);
  });
  field.addEventListener('pointermove', (event) => { if (pen !== null) draw(event, false); });
  const stop = () => { if (pen !== null) { pen = null; commit({cells: state().cells.map((row) => [...row])}); } };
  field.addEventListener('pointerup', stop);
  field.addEventListener('pointercancel', stop);
};

const build = () => {
  const host = root(), {cells, paper} = state();
  const rows = cells.length, columns = cells[0].length;
  const drawing = paper !== undefined && (state().drawing || rows > PAINT || columns > PAINT);
  host.replaceChildren();
  const tools = make('div', 'tools');
  const sizer = (label, value, apply) => {
    const node = make('label'), select = make('select');
    select.ariaLabel = select.title = label;
    for (let i = 1; i <= props.limit; i++) select.append(new Option(String(i), String(i), false, i === value));
    select.addEventListener('change', () => apply(Number(select.value)));
    node.append(select); return node;
  };
  const resize = (r, c) => {
    commit({cells: resized(state().cells, r, c, paper ?? 0, props.centred)});
    build();
  };
  const size = make('span', 'group', 'Size ');
  size.append(sizer('Rows', rows, (value) => resize(value, columns)), ' × ',
              sizer('Columns', columns, (value) => resize(rows, value)));
  tools.append(size);
  if (paper !== undefined) {
    tools.append(button(drawing ? '✎ on' : '✎', 'Draw with the pointer instead of typing',
                        () => { commit({drawing: !state().drawing}); build(); }));
    const move = (down, right) => { commit({cells: shifted(state().cells, down, right, paper)}); build(); };
    const moves = make('span', 'group');
    moves.append(button('←', 'Shift left', () => move(0, -1)), button('↑', 'Shift up', () => move(-1, 0)),
                 button('↓', 'Shift down', () => move(1, 0)), button('→', 'Shift right', () => move(0, 1)));
    tools.append(moves, button('Clear', 'Set every cell to paper',
      () => { commit({cells: cells.map((row) => row.map(() => paper)), drawing: true}); build(); }));
  }
  const field = make('div', drawing ? 'field drawing' : 'field');
  field.style.gridTemplateColumns = `repeat(${columns}, minmax(0, ${drawing ? '1fr' : '44px'}))`;
  cells.forEach((row, y) => row.forEach((value, x) => {
    const cell = drawing ? make('span') : numberField(
      `Row ${y + 1}, column ${x + 1}`,
      () => state().cells[y][x],
      (typed) => {
        commit({cells: state().cells.map((line, i) => line.map((one, j) => (i === y && j === x ? typed : one)))});
        paintCell(cell, typed);
      },
    );
    paintCell(cell, value); field.append(cell);
  }));
  field.addEventListener('keydown', (event) => {
    const step = {ArrowUp: -columns, ArrowDown: columns, Enter: columns}[event.key];
    const next = step && field.children[[...field.children].indexOf(event.target) + step];
    if (next) { event.preventDefault(); next.focus(); }
  });
  if (drawing) listenPen(field);
  const refused = make('p', 'refused');
  refused.setAttribute('role', 'alert');
  host.append(tools, field, refused);
  if (state().divide_by !== undefined) host.append(divider());
};

const divider = () => {
  const line = make('div', 'tools'), label = make('label', '', 'Divide by '), select = make('select');
  select.ariaLabel = 'Divide by';
  for (const word of ['nothing', 'sum', 'count']) select.append(new Option(word, word, false, word === state().divide_by));
  select.addEventListener('change', () => commit({divide_by: select.value}));
  label.append(select);
  const bias = make('label', '', 'Bias ');
  bias.append(numberField('Bias', () => state().bias, (value) => commit({bias: value})));
  line.append(label, bias);
  if (!state().channels || element.closest('#convolution-kernel')) return line;  // a matrix has no depth
  const depth = make('details');
  depth.append(make('summary', '', 'Depth: R, G, B'));
  CHANNELS.forEach((_, i) => {
    const factor = make('label', '', `${CHANNELS[i]} × `);
    factor.title = 'Depth: this channel of the kernel is the kernel times this factor';
    factor.append(numberField(
      `Factor of ${CHANNELS[i]}`,
      () => state().channels[i],
      (value) => commit({channels: state().channels.map((old, j) => (i === j ? value : old))}),
    ));
    depth.append(factor);
  });
  line.append(depth);
  return line;
};

watch('value', () => { if (JSON.stringify(props.value) !== sent) build(); });
build();
