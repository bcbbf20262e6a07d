// A counting line and a zone, drawn over a frame on the stage: clicks set corners, which are dragged;
// the keyboard begins with a shape in the middle and moves its corners. All in shares of the frame.

const clamp = (share) => Math.min(Math.max(share, 0), 1);
// Within a twentieth of the frame's edge an end lies on it: feet that the frame cuts off lie there, too.
const snap = (share) => (share < 0.05 ? 0 : share > 0.95 ? 1 : share);
const toText = (points) => points.map(([x, y]) => `${x.toFixed(3)},${y.toFixed(3)}`).join(' ');
const fromText = (text) => (text || '').split(' ').filter(Boolean).map((pair) => pair.split(',').map(Number))
  .filter((point) => point.length === 2 && point.every((share) => share >= 0 && share <= 1));
// Whether two sides of a polygon cross each other.
const isLeft = ([ax, ay], [bx, by], [x, y]) => (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0;
const cut = (a, b, c, d) => isLeft(a, b, c) !== isLeft(a, b, d) && isLeft(c, d, a) !== isLeft(c, d, b);
const crossesItself = (points) => points.some((a, i) => points.some((c, j) => {
  const n = points.length, near = [0, 1, n - 1].includes((j - i + n) % n);
  return !near && cut(a, points[(i + 1) % n], c, points[(j + 1) % n]);
}));
// Where a picture lies in its element: left, top, width, height in pixels; `contain` as object-fit does.
const contentBox = (width, height, wide, high, fit) => {
  if (fit !== 'contain' || !wide || !high) return [0, 0, width, height];
  const scale = Math.min(width / wide, height / high);
  return [(width - wide * scale) / 2, (height - high * scale) / 2, wide * scale, high * scale];
};
// An arrow from the middle of a line to its right side, `long` pixels; both in pixels.
const arrowOf = ([[ax, ay], [bx, by]], long) => {
  const length = Math.hypot(bx - ax, by - ay) || 1, [x, y] = [(ax + bx) / 2, (ay + by) / 2];
  return [x, y, x - (by - ay) / length * long, y + (bx - ax) / length * long];
};

// --- in the page ---------------------------------------------------------------------------
const MOST = 30, LINE = [[0.15, 0.6], [0.85, 0.6]], ZONE = [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]];
const root = element.querySelector('.counting'), stage = element.closest('.lesson-grid');
const target = root.dataset.over, status = root.querySelector('[role=status]');
const shapes = {line: [], zone: []}, buttons = Object.fromEntries([...root.querySelectorAll('button')].map((node) => [node.dataset.does, node]));
const SVG = 'http://www.w3.org/2000/svg', sheet = document.createElementNS(SVG, 'svg');
let drawn = null, held = null, touched = -Infinity, telling = null, told = '', size = [0, 0], placed = '';
sheet.classList.add('counting-sheet'); sheet.setAttribute('role', 'group'); sheet.setAttribute('aria-label', 'Counting line and zone');
const image = () => stage.querySelector(target);  // a canvas, where this browser computes it

const node = (name, attributes, parent = sheet) => {
  const one = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, String(value));
  parent.append(one); return one;
};
const inPixels = (points) => points.map(([x, y]) => [x * size[0], y * size[1]]);
const drawShape = (kind) => {
  const points = shapes[kind], pixels = inPixels(points), text = pixels.map((point) => point.join()).join(' ');
  if (!points.length) return;
  const isOpen = kind === 'line' || drawn === 'zone';
  for (const css of ['under', 'over']) node(isOpen ? 'polyline' : 'polygon', {points: text, class: `${kind} ${css}`});
  if (kind === 'line' && points.length === 2) {
    const [x1, y1, x2, y2] = arrowOf(/** @type {any} */ (pixels), 34), [dx, dy] = [(x2 - x1) / 34, (y2 - y1) / 34];
    for (const css of ['under', 'over']) {
      node('line', {x1, y1, x2, y2, class: `line ${css}`});
      node('polyline', {points: `${x2 - 10 * dx - 7 * dy},${y2 - 10 * dy + 7 * dx} ${x2},${y2} ${x2 - 10 * dx + 7 * dy},${y2 - 10 * dy - 7 * dx}`, class: `line ${css}`});
    }
  }
  pixels.forEach(([cx, cy], i) => {
    const handle = node('circle', {cx, cy, r: 9, class: `handle ${kind}`, tabindex: 0, role: 'button', 'data-kind': kind, 'data-at': i,
      'aria-label': `${kind === 'line' ? 'End' : 'Corner'} ${i + 1} of the ${kind}: arrow keys move it` + (kind === 'zone' ? ', Delete takes it away' : '')});
    handle.addEventListener('keydown', (event) => pressKey(event, kind, i));
  });
};
const say = () => {
  const {line, zone} = shapes;
  if (drawn === 'line') status.textContent = `Click on the picture where the line ${line.length ? 'ends' : 'begins'}.`;
  else if (drawn === 'zone') status.textContent = zone.length < 3 ? `Click corner ${zone.length + 1} of the zone on the picture; it needs at least three.` : 'Click the next corner, or the first one again to close the zone.';
  else if (!image() || !image().getClientRects().length) status.textContent = root.dataset.none;
  else if (!line.length && !zone.length) status.textContent = 'Press Line or Zone, then click on the picture. By keyboard: Enter on the button, then arrow keys at each corner.';
  else status.textContent = ['Drag a corner, or move it with the arrow keys.', line.length ? 'The arrow shows which way counts as “with”.' : '', crossesItself(zone) ? 'The zone’s sides cross: what is tinted is inside.' : ''].filter(Boolean).join(' ');
};
// Laid over the picture, wherever that is now.
const place = () => {
  const shown = image();
  if (!shown || !shown.getClientRects().length) { sheet.remove(); placed = ''; say(); return; }
  const host = shown.parentElement;
  if (getComputedStyle(host).position === 'static') host.style.position = 'relative';
  if (sheet.parentElement !== host) host.append(sheet);
  const box = shown.getBoundingClientRect(), outer = host.getBoundingClientRect();
  const [wide, high] = shown instanceof HTMLCanvasElement ? [shown.width, shown.height] : [shown.naturalWidth, shown.naturalHeight];
  const [left, top, width, height] = contentBox(box.width, box.height, wide, high, getComputedStyle(shown).objectFit);
  Object.assign(sheet.style, {left: `${box.left - outer.left + left + host.scrollLeft}px`, top: `${box.top - outer.top + top + host.scrollTop}px`, width: `${width}px`, height: `${height}px`});
  const now = [left, top, width, height, outer.width, outer.height].join();
  if (now !== placed) { placed = now; size = [width, height]; draw(); }
};
const draw = () => {
  const at = document.activeElement instanceof SVGElement && sheet.contains(document.activeElement) ? document.activeElement.dataset : null;
  sheet.setAttribute('viewBox', `0 0 ${Math.max(1, size[0])} ${Math.max(1, size[1])}`);
  sheet.replaceChildren();
  sheet.classList.toggle('draws', Boolean(drawn));
  drawShape('zone'); drawShape('line');
  if (at) focus(at.kind, at.at);
  for (const kind of ['line', 'zone']) buttons[kind].setAttribute('aria-pressed', String(drawn === kind));
  buttons.turn.disabled = shapes.line.length !== 2;
  buttons.remove.disabled = !shapes.line.length && !shapes.zone.length;
  root.dataset.line = toText(shapes.line); root.dataset.zone = toText(shapes.zone);
  say();
};
const focus = (kind, at) => sheet.querySelector(`[data-kind="${kind}"][data-at="${at}"]`)?.focus({preventScroll: true});
// The server hears of whole shapes only, and of a drag once it rests.
const tell = () => {
  touched = performance.now(); clearTimeout(telling);
  telling = setTimeout(() => {
    const {line, zone} = shapes;
    const now = {line: line.length === 2 ? toText(line) : '', zone: zone.length > 2 && drawn !== 'zone' ? toText(zone) : ''};
    if (told === JSON.stringify(now)) return;
    told = JSON.stringify(now); trigger('shape', now);
  }, 150);
};
const pressKey = (event, kind, i) => {
  const step = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
  if (step) {
    const [x, y] = shapes[kind][i];
    shapes[kind][i] = [clamp(x + step[0] * 0.02), clamp(y + step[1] * 0.02)];
  } else if (event.key === 'Delete' || event.key === 'Backspace') {
    if (kind === 'line' || shapes.zone.length <= 3) shapes[kind] = []; else shapes.zone.splice(i, 1);
  } else if (event.key === 'Enter' && kind === 'zone' && shapes.zone.length < MOST) {  // one more, half-way to the next
    const [a, b] = [shapes.zone[i], shapes.zone[(i + 1) % shapes.zone.length]];
    shapes.zone.splice(i + 1, 0, [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
  } else return;
  event.preventDefault(); draw(); tell();
};
const whereIs = (event) => {
  const box = sheet.getBoundingClientRect();
  return [snap((event.clientX - box.left) / box.width), snap((event.clientY - box.top) / box.height)];
};
sheet.addEventListener('pointerdown', (event) => {
  const handle = /** @type {HTMLElement} */ (/** @type {Element} */ (event.target).closest('.handle'));
  event.preventDefault();
  if (drawn) {
    const points = shapes[drawn];
    const isClosing = drawn === 'zone' && points.length > 2 && handle?.dataset.kind === 'zone' && handle.dataset.at === '0';
    if (!isClosing && points.length < MOST) points.push(whereIs(event));
    if (isClosing || (drawn === 'line' && points.length === 2) || points.length === MOST) drawn = null;
    draw(); tell();
  } else if (handle) {
    held = {kind: handle.dataset.kind, at: Number(handle.dataset.at)};
    sheet.setPointerCapture(event.pointerId);
  }
});
sheet.addEventListener('pointermove', (event) => {
  if (!held) return;
  shapes[held.kind][held.at] = whereIs(event); touched = performance.now(); draw();
});
for (const end of ['pointerup', 'pointercancel', 'lostpointercapture']) sheet.addEventListener(end, () => { if (held) { held = null; tell(); } });

root.addEventListener('click', (event) => {
  const does = /** @type {HTMLElement} */ (/** @type {Element} */ (event.target).closest('button'))?.dataset.does;
  if (does === 'line' || does === 'zone') {
    if (drawn === does) { drawn = null; if (shapes[does].length < (does === 'line' ? 2 : 3)) shapes[does] = []; }
    else if (!image()?.getClientRects().length && root.dataset.asks) { trigger('frame', {}); shapes[does] = structuredClone(does === 'line' ? LINE : ZONE); }
    else if (!event.detail || !image()?.getClientRects().length) { drawn = null; shapes[does] = structuredClone(does === 'line' ? LINE : ZONE); }
    else { drawn = does; shapes[does] = []; }
  } else if (does === 'turn') shapes.line.reverse();
  else if (does === 'remove') { drawn = null; shapes.line = []; shapes.zone = []; }
  else return;
  place(); draw(); tell();
  if (!event.detail && (does === 'line' || does === 'zone')) focus(does, 0);
});
// An address, or another visit's link, sets the shapes by the value.
const take = () => {
  if (drawn || held || performance.now() - touched < 1500) return;
  told = '';
  Object.assign(shapes, {line: fromText(props.value?.line), zone: fromText(props.value?.zone)});
  place(); draw();
};
// Redrawn when the picture comes, goes, or has another size.
const observer = new MutationObserver((changes) => {
  if (changes.some((change) => !sheet.contains(change.target) && ![...change.addedNodes, ...change.removedNodes].includes(sheet))) place();
});
const watchStage = () => {
  const host = stage.querySelector(root.dataset.within);
  if (!host) { setTimeout(watchStage, 100); return; }
  observer.observe(host, {childList: true, subtree: true, attributes: true, attributeFilter: ['src', 'hidden', 'width', 'height']});
  new ResizeObserver(place).observe(host);
  host.addEventListener('load', place, true);
  place();
};
stage.addEventListener('stage-view', () => requestAnimationFrame(place));
watch('value', take); take(); watchStage();
