// Two networks at play: D's answers as colours, real points, generated ones and which way each is pushed.

const MANY = 1000; // places run from 0 to 1000 along both sides of the plane
const TURN_MS = 120, TURNS = 3; // in which a state becomes the next, in so many pictures
const COLOURS = { // of D's answers: generated, cannot tell, real
  light: [[233, 128, 52], [250, 250, 250], [58, 132, 205]],
  dark: [[150, 72, 20], [20, 22, 28], [22, 88, 155]],
};
const HEAD = 0.35; // of an arrow, at most this share of it

const toBytes = (text) => Uint8Array.from(atob(text ?? ''), (letter) => letter.charCodeAt(0));
const toSigned = (text) => Int8Array.from(toBytes(text), (byte) => byte);
// The colour of an answer from 0 to 1.
const colourOf = (answer, ends) => {
  const [low, middle, high] = ends, share = Math.abs(2 * answer - 1), end = answer < 0.5 ? low : high;
  return middle.map((value, i) => Math.round(value + share * (end[i] - value)));
};
// Numbers on their way from one state to the next; where there are others, at once the next.
const between = (from, to, share) => (from?.length === to.length ? to.map((value, i) => from[i] + share * (value - from[i])) : to);
// An arrow's head, two points and its tip; none for what is hardly seen.
const headOf = (x, y, dx, dy, most) => {
  const length = Math.hypot(dx, dy);
  if (length < 2) return null;
  const size = Math.min(most, HEAD * length), ux = dx / length, uy = dy / length;
  const foot = [x + dx - size * ux, y + dy - size * uy], half = size / 2;
  return [[foot[0] - half * uy, foot[1] + half * ux], [x + dx, y + dy], [foot[0] + half * uy, foot[1] - half * ux]];
};
// A place of the plane that the pointer is at, or null outside.
const placeAt = (x, y, box) => {
  const place = [(x - box.left) / box.width, (y - box.top) / box.height].map((share) => Math.round(MANY * share));
  return place.every((value) => value >= 0 && value <= MANY) ? place : null;
};
// Points around a place that a stroke leaves: the place and two more near by.
const sprinkle = ([x, y], random) => [[0, 0], [1, 0], [0, 1]].flatMap(([near, far]) => [x, y].map((value) =>
  Math.max(0, Math.min(MANY, Math.round(value + (near || far ? 36 * (random() - 0.5) : 0))))));
// How many columns of pictures, and how wide each is with its words, in a room.
const gridOf = (wide, high, columns, rows, words) => Math.floor(Math.min(wide / columns, high / rows - words));

// --- in the page ---------------------------------------------------------------------------
const MOST = 2000; // points of one's own
const root = element.querySelector('.arena'), board = root.querySelector('.board'), canvas = root.querySelector('canvas');
const pen = canvas.getContext('2d'), small = document.createElement('canvas'), tools = root.querySelector('.own');
const isCalm = matchMedia('(prefers-reduced-motion: reduce)');
const shows = {field: true, real: true, samples: true, pushes: true, sheet: false};
let from = null, to = null, now = null, waiting = null;
let own = [], isDrawing = false, cursor = null, random = 1;

const isDark = () => document.body.classList.contains('dark');
const stops = () => COLOURS[isDark() ? 'dark' : 'light'];
const ink = (name) => getComputedStyle(root).getPropertyValue(name).trim();
const chance = () => (random = (random * 16807) % 2147483647) / 2147483647;

const read = (value) => ({
  kind: value.kind, field: value.field ? [...toBytes(value.field)] : [], real: value.real ?? [], samples: value.samples ?? [],
  pushes: value.pushes ?? [], sheet: value.sheet ?? [],
});
const mix = (a, b, share) => ({
  ...b, field: between(a?.field, b.field, share), samples: between(a?.samples, b.samples, share), pushes: between(a?.pushes, b.pushes, share),
  sheet: between(a?.sheet, b.sheet, share),
});

// --- the plane
const paintField = (field) => {
  const side = Math.sqrt(field.length);
  small.width = small.height = side;
  const brush = small.getContext('2d'), image = brush.createImageData(side, side), ends = stops();
  field.forEach((value, i) => image.data.set([...colourOf(value / 255, ends), 255], 4 * i));
  brush.putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = true; pen.imageSmoothingQuality = 'high';
  pen.drawImage(small, 0, 0, canvas.width, canvas.height);
};
const paintPoints = (points, scale, radius, colour, isRound) => {
  pen.beginPath();
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i] * scale, y = points[i + 1] * scale;
    if (isRound) { pen.moveTo(x + radius, y); pen.arc(x, y, radius, 0, 7); } else pen.rect(x - radius, y - radius, 2 * radius, 2 * radius);
  }
  pen.fillStyle = colour; pen.strokeStyle = ink('--arena-rim'); pen.lineWidth = radius / 2.4;
  pen.stroke(); pen.fill();
};
const paintPushes = ({samples, pushes}, scale, unit) => {
  const shafts = new Path2D(), heads = new Path2D();
  for (let i = 0; i < pushes.length; i += 2) {
    const [x, y, dx, dy] = [samples[i], samples[i + 1], pushes[i], pushes[i + 1]].map((value) => value * scale);
    const head = headOf(x, y, dx, dy, 8 * unit);
    if (!head) continue;
    shafts.moveTo(x, y); shafts.lineTo(x + 0.9 * dx, y + 0.9 * dy);
    head.forEach(([a, b], j) => (j ? heads.lineTo(a, b) : heads.moveTo(a, b)));
  }
  pen.strokeStyle = pen.fillStyle = ink('--arena-push'); pen.lineWidth = 1.5 * unit; pen.globalAlpha = 0.7;
  pen.stroke(shafts); pen.fill(heads);
  pen.globalAlpha = 1;
};
const paintSheet = (sheet, scale, unit) => {
  const lines = new Path2D(), side = Math.sqrt(sheet.length / 2);
  for (const [near, far] of [[1, side], [side, 1]]) {
    for (let line = 0; line < side; line += 1) {
      for (let i = 0; i < side; i += 1) {
        const at = 2 * (line * far + i * near), [x, y] = [sheet[at] * scale, sheet[at + 1] * scale];
        if (i) lines.lineTo(x, y); else lines.moveTo(x, y);
      }
    }
  }
  pen.strokeStyle = ink('--arena-made'); pen.lineWidth = 1.2 * unit;
  pen.stroke(lines);
};
const paintPlane = () => {
  const scale = canvas.width / MANY, unit = canvas.width / canvas.clientWidth || 1;
  pen.fillStyle = `rgb(${stops()[1]})`; pen.fillRect(0, 0, canvas.width, canvas.height);
  if (shows.field && now.field.length) paintField(now.field);
  if (shows.sheet) paintSheet(now.sheet, scale, unit);
  if (shows.real) paintPoints(props.value.draws ? own : now.real, scale, 3 * unit, ink('--arena-real'), true);
  if (shows.pushes) paintPushes(now, scale, unit);
  if (shows.samples) paintPoints(now.samples, scale, 2.7 * unit, ink('--arena-made'), false);
  if (cursor) { pen.strokeStyle = ink('--body-text-color'); pen.lineWidth = 2 * unit; pen.strokeRect((cursor[0] - 15) * scale, (cursor[1] - 15) * scale, 30 * scale, 30 * scale); }
};

// --- pictures, a row of real ones, generated ones below, under the first of these how they are pushed
const paintPicture = (bytes, start, side, [x, y, size], toColour) => {
  small.width = small.height = side;
  const brush = small.getContext('2d'), image = brush.createImageData(side, side);
  for (let i = 0; i < side * side; i += 1) image.data.set([...toColour(bytes[start + i]), 255], 4 * i);
  brush.putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, x, y, size, size);
};
const paintPictures = () => {
  const {side, columns, real, samples, pushes, real_answers: realAnswers, answers} = props.value.pictures;
  const unit = canvas.width / canvas.clientWidth || 1, words = 19 * unit, ends = stops();
  const rows = [[real, realAnswers, 0], ...Array.from({length: answers.length / columns}, (_, i) => [samples, answers, i])];
  if (shows.pushes) rows.splice(2, 0, [pushes, null, 0]);
  const size = gridOf(canvas.width, canvas.height, columns, rows.length, words), left = (canvas.width - columns * size) / 2;
  pen.fillStyle = ink('--background-fill-primary'); pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.font = `${15 * unit}px system-ui, sans-serif`; pen.textAlign = 'center'; pen.textBaseline = 'middle';
  rows.forEach(([text, said, place], row) => {
    const bytes = said ? toBytes(text) : toSigned(text), y = row * (size + words);
    for (let column = 0; column < columns; column += 1) {
      const x = left + column * size, i = place * columns + column, rim = 3 * unit;
      if (said) { pen.fillStyle = `rgb(${colourOf(said[i] / 100, ends)})`; pen.fillRect(x + unit, y + unit, size - 2 * unit, size - 2 * unit); }
      paintPicture(bytes, i * side * side, side, [x + unit + rim, y + unit + rim, size - 2 * (unit + rim)],
        said ? (grey) => [grey, grey, grey] : (push) => colourOf(0.5 + push / 254, ends));
      pen.fillStyle = ink('--body-text-color');
      if (said) pen.fillText((said[i] / 100).toFixed(2), x + size / 2, y + size + words / 2);
    }
    pen.fillStyle = ink('--body-text-color');
    if (!said) pen.fillText('↑ pushed brighter (blue) or darker (orange)', canvas.width / 2, y + size + words / 2);
  });
};

const paint = () => {
  if (!now) return;
  if (props.value.pictures) paintPictures(); else paintPlane();
};
const turn = (number, state) => {
  if (state !== to) return;  // a newer one has come
  const share = isCalm.matches ? 1 : number / TURNS;
  now = mix(from, to, share);
  paint();
  if (share < 1) waiting = setTimeout(() => requestAnimationFrame(() => turn(number + 1, state)), TURN_MS / TURNS);
};
const draw = () => {
  const value = props.value ?? {};
  root.hidden = !value.kind;
  if (root.hidden) return;
  canvas.setAttribute('aria-label', value.told ?? '');
  root.querySelector('.said').innerHTML = value.words ?? '';
  root.querySelector('.plots').innerHTML = value.html ?? '';
  root.dataset.kind = value.pictures ? 'pictures' : 'plane';
  board.classList.toggle('draws', Boolean(value.draws));
  tools.hidden = !value.draws;
  from = now?.kind === value.kind ? now : null;
  to = read(value);
  clearTimeout(waiting);
  turn(1, to);
};
const fit = () => {
  const ratio = Math.min(2, devicePixelRatio || 1), [wide, high] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * ratio));
  if (!wide || (canvas.width === wide && canvas.height === high)) return;
  canvas.width = wide; canvas.height = high;
  paint();
};

// --- one's own points
const tell = () => trigger('points', {points: own});
const add = (place) => { if (place && own.length < 2 * MOST - 6) { own = [...own, ...sprinkle(place, chance)]; paint(); } };
const stroke = (event) => add(placeAt(event.clientX, event.clientY, canvas.getBoundingClientRect()));
canvas.addEventListener('pointerdown', (event) => {
  if (!props.value?.draws) return;
  isDrawing = true; cursor = null; canvas.setPointerCapture(event.pointerId); stroke(event);
});
canvas.addEventListener('pointermove', (event) => { if (isDrawing) stroke(event); });
for (const name of ['pointerup', 'pointercancel']) canvas.addEventListener(name, () => { if (isDrawing) { isDrawing = false; tell(); } });
canvas.addEventListener('keydown', (event) => {
  if (!props.value?.draws) return;
  const way = {ArrowLeft: [-25, 0], ArrowRight: [25, 0], ArrowUp: [0, -25], ArrowDown: [0, 25]}[event.key];
  if (way) cursor = (cursor ?? [500, 500]).map((value, i) => Math.max(0, Math.min(MANY, value + way[i])));
  else if (event.key === ' ' && cursor) { add(cursor); tell(); } else return;
  event.preventDefault(); event.stopPropagation(); paint();
});
canvas.addEventListener('blur', () => { if (cursor) { cursor = null; paint(); } });
tools.querySelector('[data-does=clear]').addEventListener('click', () => { own = []; paint(); tell(); });
for (const button of root.querySelectorAll('[data-shows]')) {
  button.addEventListener('click', () => {
    shows[button.dataset.shows] = !shows[button.dataset.shows];
    button.setAttribute('aria-pressed', String(shows[button.dataset.shows]));
    paint();
  });
}
new ResizeObserver(fit).observe(canvas);
new MutationObserver(paint).observe(document.body, {attributes: true, attributeFilter: ['class']});
watch('value', draw);
draw();
