// Six views of one picture's boxes. Text from the server is set as text, never as markup.

// The lesson's views, as the stage names them, and what is drawn in each.
const MODES = {result: 'result', 'before-nms': 'before', 'nms-steps': 'steps', grid: 'grid',
  objectness: 'objectness', truth: 'truth'};
const HINTS = {  // what the keyboard does on the picture
  result: 'Arrow keys choose a box.', before: 'Arrow keys choose a box.', grid: 'Arrow keys choose a box.',
  steps: 'Arrow keys go from turn to turn.', objectness: 'Arrow keys choose a cell.',
  truth: 'By keyboard, on the picture: Enter begins a box, arrow keys move it, with Shift they change its size, Delete takes it away.'};
const LONG_SIDE = 1280;  // canvas pixels
const MOST_LABELS = 12;  // on one picture: more hide what they name
const stage = element.closest('.lesson-grid');
const find = (name) => element.querySelector(name);
const inRail = (name) => stage.querySelector(`.lesson-rail ${name}`);
const canvas = find('canvas'), pen = canvas.getContext('2d');
const picture = new Image();
let mode = 'result', step = 0, chosen = null, gridNumber = 0, cellAt = null, timer = null;
let rows = [], maps = null, candidates = [], steps = [], truths = [], drag = null, source = null, seen = false;
let limits = {}, moved = -Infinity;  // the sliders, and when one last moved
let named = 0;  // labels written
let zoom = 1, unit = 1;  // canvas pixels a picture pixel, and a sixteenth of the page's type

/** Text, nodes or a list of them inside a node with these properties.
 * @param {any} text */
const make = (tag, text = '', set = {}) => {
  const node = Object.assign(document.createElement(tag), set);
  node.append(...[text].flat());
  return node;
};
const button = (text, act, set = {}) => {
  const node = make('button', text, {type: 'button', ...set});
  node.dataset.key = set.name || set.ariaLabel || text;
  node.addEventListener('click', act); return node;
};
const two = (x) => x.toFixed(2).replace('-', '−');
const nameOf = (row) => `${props.value.labels[row.id]} ${two(row.score)}`;
const colour = (id) => props.value.colours[id];

// --- drawing ---------------------------------------------------------------------------------
const outline = (box, style, width = 3, dash = []) => {
  pen.strokeStyle = style; pen.lineWidth = width * unit; pen.setLineDash(dash.map((length) => length * unit));
  pen.strokeRect(box[0] * zoom, box[1] * zoom, (box[2] - box[0]) * zoom, (box[3] - box[1]) * zoom);
  pen.setLineDash([]);
};
const setFont = () => { pen.font = `600 ${16 * unit}px system-ui, sans-serif`; };
const sizeOf = (text) => { setFont(); return [pen.measureText(text).width + 10 * unit, 21 * unit]; };
const writeAt = ([x, y], [wide, tall], text, back, ink) => {
  setFont(); pen.fillStyle = back; pen.fillRect(x, y, wide, tall);
  pen.fillStyle = ink; pen.fillText(text, x + 5 * unit, y + 16 * unit);
};
// [{box, text, back, ink}], the most important first: none hides another, and where many lie only some
// are written. Returns how many are.
const writeLabels = (labels) => {
  const boxes = labels.map(({box}) => box.map((value) => value * zoom)), sizes = labels.map(({text}) => sizeOf(text));
  const places = placeLabels(boxes, sizes, canvas.width, canvas.height, MOST_LABELS);
  places.forEach((place, i) => { if (place) writeAt(place, sizes[i], labels[i].text, labels[i].back, labels[i].ink || '#fff'); });
  return places.filter(Boolean).length;
};
const inkOn = (hex) => {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? '#000' : '#fff';
};
const labelOf = (row) => ({box: row.box, text: nameOf(row), back: colour(row.id), ink: inkOn(colour(row.id))});
const inPicture = (grid, row, column) => cellBox(props.value.letterbox, grid, row, column);
const drawLattice = (grid) => {
  pen.strokeStyle = '#ffffff66'; pen.lineWidth = unit; pen.beginPath();
  for (let row = 0; row <= grid.rows; row++) {
    const y = inPicture(grid, row, 0)[1] * zoom; pen.moveTo(0, y); pen.lineTo(canvas.width, y);
  }
  for (let column = 0; column <= grid.columns; column++) {
    const x = inPicture(grid, 0, column)[0] * zoom; pen.moveTo(x, 0); pen.lineTo(x, canvas.height);
  }
  pen.stroke();
};

const kept = () => {
  const {max_boxes: most, width, height} = props.value;
  return steps.slice(0, most)
    .map(({kept: row}) => ({...row, box: clip(row.box, width, height)}));
};
const drawings = {
  result() {
    for (const row of [...kept()].reverse()) outline(row.box, colour(row.id));
    named = writeLabels(kept().map(labelOf));
  },
  before() { for (const row of [...candidates].reverse()) {
    pen.globalAlpha = 0.6 + 0.4 * row.score; outline(row.box, '#000', 6); outline(row.box, colour(row.id), 3.5); }
    pen.globalAlpha = 1; },
  steps: drawStep,
  grid() {
    const row = chosenRow();
    if (!row) return;
    const [number, y, x, a] = row.cell, grid = props.value.grids[number];
    pen.fillStyle = '#0005'; pen.fillRect(0, 0, canvas.width, canvas.height);
    drawLattice(grid);
    for (const other of kept()) if (other.index !== row.index) outline(other.box, '#ffffffbb', 2);
    const cell = inPicture(grid, y, x);
    pen.fillStyle = '#ffd60acc';
    pen.fillRect(cell[0] * zoom, cell[1] * zoom, (cell[2] - cell[0]) * zoom, (cell[3] - cell[1]) * zoom);
    if (grid.anchors.length) {
      outline(anchorBox(props.value.letterbox, grid, y, x, grid.anchors[a]), '#ffd60a', 3, [8, 6]);
    }
    outline(row.box, colour(row.id), 4); writeLabels([labelOf(row)]);
  },
  objectness() {
    const grid = props.value.grids[gridNumber], map = greatest(props.value.grids, maps, gridNumber);
    pen.fillStyle = '#000a'; pen.fillRect(0, 0, canvas.width, canvas.height);
    for (let row = 0; row < grid.rows; row++) for (let column = 0; column < grid.columns; column++) {
      const cell = inPicture(grid, row, column), value = map[row * grid.columns + column] / 255;
      pen.fillStyle = `rgba(255, ${Math.round(120 + 135 * value)}, ${Math.round(255 * value * value)}, ${0.85 * Math.sqrt(value)})`;
      pen.fillRect(cell[0] * zoom, cell[1] * zoom, (cell[2] - cell[0]) * zoom, (cell[3] - cell[1]) * zoom);
    }
    drawLattice(grid);
    if (cellAt) outline(inPicture(grid, cellAt[0], cellAt[1]), '#ffd60a', 4);
  },
  truth() {
    if (pair) { drawPair(); return; }
    const labels = [];
    for (const row of kept()) outline(row.box, colour(row.id), 2, [7, 5]);
    for (const truth of [...truths, ...(drag ? [drag] : [])]) {
      const box = boxOf(truth), best = bestFor(truth);
      outline(box, '#000', 6); outline(box, '#fff', 3);
      labels.push({box, text: `truth: ${truth.label}` + (best ? `, IoU ${two(best.overlap)}` : ''), back: '#fff', ink: '#000'});
    }
    writeLabels([...labels, ...kept().map(labelOf)]);
  },
};

// --- what the views speak of -------------------------------------------------------------------
const chosenRow = () => candidates.find((row) => row.index === chosen) || candidates[0];
const bestFor = (truth) => kept().map((row) => ({...row, overlap: iouOf(row.box, boxOf(truth))}))
  .filter((row) => row.overlap > 0).sort((a, b) => b.overlap - a.overlap)[0];

const table = (heads, lines) => make('table', [
  make('thead', make('tr', heads.map((head) => make('th', head)))),
  make('tbody', lines.map((cells) => make('tr', cells.map((cell) => make('td', cell)))))]);
const dot = (id) => { const node = make('span', '', {className: 'dot'}); node.style.background = colour(id); return node; };

const panels = {
  result() {
    const counts = new Map();
    for (const row of kept()) counts.set(row.id, (counts.get(row.id) || 0) + 1);
    const chips = [...counts].sort((a, b) => b[1] - a[1]).map(([id, count]) =>
      make('span', [dot(id), `${props.value.labels[id]} `, make('b', String(count))]));
    const few = named < kept().length ? [make('p', `Named in the picture: ${named} of ${kept().length}, the surest first. All stand in the table.`)] : [];
    return [make('p', chips.length ? chips : ['Nothing is above the confidence limit: lower it, or try another input size.'], {className: 'chips'}), ...few,
      ...(chips.length ? [make('div', table(['object', 'sure', 'left, top', 'size'], kept().map((row) => {
        const [x1, y1, x2, y2] = row.box.map(Math.round);
        return [make('span', [dot(row.id), props.value.labels[row.id]]), two(row.score), `${x1}, ${y1}`, `${x2 - x1} x ${y2 - y1}`];
      })), {className: 'rows', tabIndex: 0})] : [])];
  },
  before: () => [make('p', `The network says the same object several times: from neighbouring cells${props.value.has_anchors ? ', anchors' : ''} and grids. Lower the confidence limit to see how many boxes there are; the paler a box, the less sure.`)],
  steps: tellStep,
  grid() {
    const row = chosenRow();
    if (!row) return [make('p', 'There is no box above the confidence limit.')];
    const [number, y, x, a] = row.cell, grid = props.value.grids[number], s = grid.stride, out = [];
    out.push(make('p', [`Click a box. This one comes from the `, make('b', `${grid.rows} x ${grid.columns} grid`),
      ` (${s} pixels a cell): row ${y}, column ${x}` + (grid.anchors.length ? `, anchor ${grid.anchors[a].join(' x ')} (dashed).` : '. This network has no anchors: the cell gives the box itself.')]));
    if (row.raw) {
      const [tx, ty, tw, th, to] = row.raw, [w, h] = grid.anchors[a];
      const box = decode(row.raw, s, y, x, [w, h]), pixels = (length) => `${length.toFixed(1)} px`;
      const lines = [['x', `(σ(${two(tx)}) + ${x}) · ${s}`, pixels(box.x)], ['y', `(σ(${two(ty)}) + ${y}) · ${s}`, pixels(box.y)],
        ['width', `${w} · exp(${two(tw)})`, pixels(box.width)], ['height', `${h} · exp(${two(th)})`, pixels(box.height)]];
      lines.push(['objectness', `σ(${two(to)})`, two(sigma(to))]);
      out.push(table(['number', 'how', 'in the input'], lines));
    }
    const objectness = row.raw ? sigma(row.raw[4]) : 1;
    out.push(table(['class', row.raw ? 'objectness x class' : '', 'score'], row.top.slice(0, 3).map(([id, score]) => {
      const bar = make('i', '', {className: 'bar'}); bar.style.width = `${(2 * score).toFixed(2)}rem`;
      return [make('span', [dot(id), props.value.labels[id]]), row.raw ? `${two(objectness)} x ${two(score / objectness)}` : '', make('span', [bar, ` ${two(score)}`])];
    })));
    return out;
  },
  objectness() {
    const grid = props.value.grids[gridNumber];
    const said = props.value.has_anchors ? 'The brighter a cell, the surer: how sure the network is that an object’s centre lies in this cell.'
      : 'This network has no objectness: shown is the greatest class score in each cell.';
    const out = [make('p', `${said} Click a cell.`)];
    if (cellAt) {
      const at = cellAt[0] * grid.columns + cellAt[1], cells = anchorMaps(props.value.grids, maps, gridNumber);
      out.push(make('p', [`Row ${cellAt[0]}, column ${cellAt[1]}: `, ...cells.flatMap((map, a) => [
        grid.anchors.length ? `anchor ${grid.anchors[a].join(' x ')}: ` : '', make('b', two(map[at] / 255)), '   '])]));
    }
    return out;
  },
  truth() {
    if (pair) return tellPair();
    if (!truths.length) return [make('p', 'Drag a box around an object, as exactly as you can: that is the truth. Each detection is then judged by it.'), make('p', HINTS.truth)];
    return truths.map((truth, number) => {
      const select = make('select', props.value.labels.map((label) => make('option', label)), {ariaLabel: 'class'});
      select.value = truth.label; select.dataset.key = `truth ${number}`;
      select.addEventListener('change', () => { truth.label = select.value; truth.isNamed = true; tell(); draw(); });
      const best = bestFor(truth);
      return make('p', [`Truth ${number + 1}: `, select, best ? ` IoU ${two(best.overlap)} with ${nameOf(best)}` : ' no detection touches it']);
    });
  },
};

const tools = {
  steps: stepTools,
  objectness: () => props.value.grids.map((grid, number) => selectable(`${grid.rows} x ${grid.columns}`, number === gridNumber,
    () => { gridNumber = number; cellAt = null; draw(); })),
  truth: () => [button('Remove all', () => { truths = []; tell(); draw(); }, {disabled: !truths.length || Boolean(pair)}),
    selectable('Two boxes', Boolean(pair), togglePair)],
};
const selectable = (text, on, act) => { const node = button(text, act); node.ariaPressed = on; return node; };
const nameTruth = (truth) => {
  const best = bestFor(truth);
  if (best && !truth.isNamed) truth.label = props.value.labels[best.id];
};
// The box that the views speak of; of one that stays the page is told its place in the result.
const pick = (row) => {
  chosen = row.index;
  const number = kept().findIndex((one) => one.index === chosen) + 1;
  if (number) trigger('choose', {number});
};
const tell = () => trigger('truth', {truths: truths.map((truth) => {
  const [x1, y1, x2, y2] = boxOf(truth); return {x1, y1, x2, y2, label: truth.label}; })});

// --- putting it together -----------------------------------------------------------------------
const draw = () => {
  const value = props.value;
  if (!value || !value.src || !picture.complete || !picture.naturalWidth) return;
  const started = performance.now();
  candidates = choose(rows, {...value, ...limits});
  steps = suppress(candidates, limits.iou, limits.method, limits.confidence);
  step = Math.max(0, Math.min(step, steps.length - 1));
  zoom = LONG_SIDE / Math.max(value.width, value.height);
  const wide = Math.max(1, Math.round(value.width * zoom)), high = Math.max(1, Math.round(value.height * zoom));
  if (canvas.width !== wide || canvas.height !== high) { canvas.width = wide; canvas.height = high; }
  canvas.style.setProperty('--ratio', String(wide / high));
  unit = (canvas.clientWidth ? wide / canvas.clientWidth : 1.5) * parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  pen.drawImage(picture, 0, 0, wide, high);
  drawings[mode]();
  canvas.setAttribute('aria-label', `The picture with its boxes. ${HINTS[mode]}`);
  const active = /** @type {HTMLElement} */ (document.activeElement);
  const says = inRail('.says');
  if (!says) { setTimeout(draw, 50); return; }  // the rail comes after the stage
  const key = says.contains(active) ? active.dataset.key : null;
  inRail('.says .tools').replaceChildren(...(tools[mode] ? tools[mode]() : []));
  const final = kept().length;
  inRail('.funnel').replaceChildren(make('b', `${value.proposed.toLocaleString('en')} → ${candidates.length} → ${final}`),
    ` boxes proposed · above ${two(limits.confidence)} · after ${limits.method}`);
  inRail('.says .panel').replaceChildren(...panels[mode]());
  if (key) {  // what had the keyboard was just made anew
    const again = [...says.querySelectorAll('[data-key]')].find((node) => node.dataset.key === key);
    (again && !again.disabled ? again : canvas).focus({preventScroll: true});
  }
  Object.assign(find('.detector').dataset, {mode, proposed: value.proposed, candidates: candidates.length, detections: final,
    step, steps: steps.length, ms: (performance.now() - started).toFixed(1)});
};
const load = () => {
  const value = props.value;
  if (!value || !value.src) {
    if (!inRail('.says')) { setTimeout(load, 50); return; }
    inRail('.funnel').textContent = seen ? 'There is no picture: upload one or click a sample.'
      : 'One moment: the first time on a computer the network is made ready, which takes about ten seconds.';
    canvas.width = canvas.height = 0; inRail('.says .panel').textContent = ''; source = null; return;
  }
  // While a slider moves, what the server sends about it is already old.
  const newer = performance.now() - moved > 500 ? {} : limits;
  limits = {confidence: value.confidence, iou: value.iou, ...newer, method: value.method || 'NMS'};
  if (value.boxes !== source) {
    seen = true; source = value.boxes; rows = unpack(value); maps = bytes(value.objectness);
    if (chosen !== null) trigger('choose', {number: 1});
    step = 0; chosen = null; cellAt = null; gridNumber = Math.min(gridNumber, value.grids.length - 1); pause();
    if (picture.src !== value.src) { pair = held = null; if (truths.length) { truths = []; tell(); } picture.src = value.src; return; }
  }
  draw();
};
picture.onload = draw;
// The stage says which of its views is open.
const show = (wanted) => {
  const view = Object.keys(MODES).find((key) => MODES[key] === wanted);
  stage.dispatchEvent(new CustomEvent('open-view', {detail: view}));
};
const follow = () => {
  const wanted = MODES[stage.dataset.view];
  if (wanted && wanted !== mode) { mode = wanted; pause(); }
  if (wanted) requestAnimationFrame(draw);  // it may have been hidden: the canvas has its size again
};
stage.addEventListener('stage-view', follow);
new ResizeObserver(() => { if (canvas.clientWidth) draw(); }).observe(element);  // labels keep their size

const at = (event) => {
  const frame = canvas.getBoundingClientRect();
  return [(event.clientX - frame.left) / frame.width * props.value.width, (event.clientY - frame.top) / frame.height * props.value.height];
};
canvas.addEventListener('pointerdown', (event) => {
  if (!props.value || !props.value.src) return;
  const [x, y] = at(event);
  if (mode === 'truth' && pair) {
    grabPair(x, y); if (held) canvas.setPointerCapture(event.pointerId); draw();
  } else if (mode === 'truth') {
    drag = {x1: x, y1: y, x2: x, y2: y, label: 'person'}; canvas.setPointerCapture(event.pointerId);
  } else if (mode === 'objectness') {
    cellAt = cellUnder(props.value.letterbox, props.value.grids[gridNumber], x, y); draw();
  } else {  // the smallest box under the pointer
    const under = smallestAt(mode === 'before' ? candidates : kept(), x, y);
    if (under) { pick(under); if (mode !== 'steps') show('grid'); draw(); }
  }
});
canvas.addEventListener('pointermove', (event) => {
  if (held) { dragPair(...at(event)); draw(); return; }
  if (!drag) return;
  const [x, y] = at(event), {width, height} = props.value;
  drag.x2 = within(x, 0, width); drag.y2 = within(y, 0, height);
  nameTruth(drag); draw();
});
for (const end of ['pointercancel', 'lostpointercapture'])
  canvas.addEventListener(end, () => { held = null; if (drag) { drag = null; draw(); } });
canvas.addEventListener('pointerup', () => {
  held = null;
  if (!drag) return;
  const done = drag, box = boxOf(drag); drag = null;
  if (area(box) * zoom * zoom > 60) { truths.push(done); tell(); }
  draw();
});

// The sliders are followed directly: a redraw must not wait for the page's own events.
const move = (event) => {
  if (!element.isConnected) { document.removeEventListener('input', move); return; }
  for (const limit of ['confidence', 'iou']) {
    const number = Number(event.target.value);
    if (!event.target.closest?.(`#detection-${limit}`) || !Number.isFinite(number)) continue;
    limits = {...limits, [limit]: within(number, 0.01, 1)};
    moved = performance.now(); draw();
  }
};
document.addEventListener('input', move);
watch('value', load); follow(); load();
