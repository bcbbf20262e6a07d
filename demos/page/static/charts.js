// Values of a chart under the pointer or by the arrow keys; one listener for all charts, also later ones.
const NS = 'http://www.w3.org/2000/svg';

const readPoints = (svg) => [...svg.querySelectorAll('.series')].flatMap((series) => {
  const colour = [...series.classList].find((name) => /^c\d$/.test(name));
  return JSON.parse(series.dataset.points).map(([x, y, at, value]) =>
    ({x, y, at, value, colour, name: series.dataset.name}));
});

// the series' points at one place: the nearest of each, if it stands at that place
export const findAt = (points, key, place, other) => {
  const off = (point) => Math.abs(point[key] - place);
  const least = Math.min(...points.map(off));
  const first = points.filter((point) => off(point) <= least + 0.05)
    .sort((a, b) => Math.abs(a[key === 'x' ? 'y' : 'x'] - other) - Math.abs(b[key === 'x' ? 'y' : 'x'] - other))[0];
  if (!first) return [];
  const names = new Set(), found = [];
  for (const point of [first, ...points]) {
    if (Math.abs(point[key] - first[key]) > 0.6 || point.at !== first.at || names.has(point.name)) continue;
    names.add(point.name);
    found.push(point);
  }
  return found.sort((a, b) => points.indexOf(a) - points.indexOf(b)).reverse();  // drawn last to first
};

const hide = (svg) => {
  svg.querySelector('.pointer')?.remove();
  svg.closest('.chart').querySelector('output')?.replaceChildren();
};

const element = (tag, attributes) => {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

const show = (svg, found) => {
  hide(svg);
  if (!found.length) return;
  const figure = svg.closest('.chart'), isAcross = svg.dataset.along === 'x';
  const [top, low] = svg.dataset.span.split(' ').map(Number);
  const pointer = element('g', {class: 'pointer'});
  if (isAcross) pointer.append(element('path', {d: `M${found[0].x} ${top}V${low}`, opacity: 0.5}));
  for (const {x, y} of found) pointer.append(element('circle', {cx: x, cy: y, r: 8}));
  svg.append(pointer);
  let box = figure.querySelector('output');
  if (!box) figure.append(box = document.createElement('output'));
  const head = document.createElement('b');
  head.textContent = found[0].at;
  box.replaceChildren(head, ...found.map(({name, value, colour}) => {
    const line = document.createElement('span'), chip = document.createElement('i');
    line.className = colour;
    line.append(chip, name ? `${name}: ${value}` : value);
    return line;
  }));
  const drawn = svg.getBoundingClientRect(), place = figure.getBoundingClientRect();
  const scale = drawn.width / svg.viewBox.baseVal.width, x = found[0].x * scale + drawn.left - place.left;
  const isLeft = x > place.width / 2;
  box.style.left = isLeft ? 'auto' : `${x + 14}px`;
  box.style.right = isLeft ? `${place.width - x + 14}px` : 'auto';
  const y = Math.min(...found.map((point) => point.y)) * scale + drawn.top - place.top;
  box.style.top = `${Math.max(Math.min(y, place.height - box.offsetHeight), 0)}px`;
};

const chartOf = (event) => event.target.closest?.('.chart > svg');
let current = null;

const move = (event) => {
  const svg = chartOf(event);
  if (current && current !== svg) hide(current);
  current = svg;
  if (!svg) return;
  const drawn = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / drawn.width;
  const at = {x: (event.clientX - drawn.left) * scale, y: (event.clientY - drawn.top) * scale};
  const key = svg.dataset.along;
  show(svg, findAt(readPoints(svg), key, at[key], at[key === 'x' ? 'y' : 'x']));
};

const step = (event) => {
  const svg = chartOf(event);
  if (!svg || !['ArrowLeft', 'ArrowRight', 'Home', 'End', 'Escape'].includes(event.key)) return;
  event.preventDefault();
  if (event.key === 'Escape') return hide(svg);
  const points = readPoints(svg), key = svg.dataset.along;
  const places = [...new Set(points.map((point) => point[key]))].sort((a, b) => a - b);
  const last = places.length - 1, now = places.indexOf(Number(svg.dataset.now));
  const next = {Home: 0, End: last, ArrowLeft: Math.max(now - 1, 0), ArrowRight: Math.min(now + 1, last)}[event.key];
  svg.dataset.now = places[next];
  show(svg, findAt(points, key, places[next], 0));
};

if (typeof document !== 'undefined') {
  document.addEventListener('pointermove', move, {passive: true});
  document.addEventListener('pointerdown', move, {passive: true});
  document.addEventListener('keydown', step);
  document.addEventListener('focusout', (event) => { const svg = chartOf(event); if (svg) hide(svg); });
}
