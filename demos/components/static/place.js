// A picture with a drawing over it, in which a place is chosen: by a click, or by arrow keys and Enter.
const REST_MS = 120;
const LARGE = 10;  // times as far goes an arrow key with Shift
const ARROWS = {ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1]};
const within = (x, size) => Math.min(size - 1, Math.max(0, x));
// The middle of a pixel as shares of the picture's sides.
const toText = (place, width, height) => [(place[0] + 0.5) / width, (place[1] + 0.5) / height].map((share) => share.toFixed(5)).join(',');
// The number of the place that is nearest.
const nearestOf = (point, places) => places.reduce((best, place, i) => {
  const apart = (place[0] - point[0]) ** 2 + (place[1] - point[1]) ** 2;
  return apart < best[0] ? [apart, i] : best;
}, [Infinity, -1])[1];

// --- in the page ---------------------------------------------------------------------------
const root = element.querySelector('.place-view'), frame = root.querySelector('.frame');
const image = root.querySelector('img'), drawing = root.querySelector('svg');
const CHOOSE = frame.getAttribute('aria-label');
let pointed = null, resting = null, shown = -1;

const mark = (place) => {
  pointed = place;
  let cross = drawing.querySelector('.chosen-place');
  if (!place) { cross?.remove(); return; }
  if (!cross) {
    cross = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    cross.setAttribute('class', 'chosen-place');
    drawing.append(cross);
  }
  const arm = Math.max(props.value.width, props.value.height) / 40;
  const [x, y] = [place[0] + 0.5, place[1] + 0.5];
  cross.setAttribute('d', `M${x - arm} ${y}h${0.7 * arm}M${x + arm} ${y}h${-0.7 * arm}M${x} ${y - arm}v${0.7 * arm}M${x} ${y + arm}v${-0.7 * arm}`);
};
const choose = (place) => {
  const {width, height} = props.value;
  mark(place);
  root.dataset.place = toText(place, width, height);
  trigger('place', {});
};
const find = (event) => {
  const {width, height} = props.value, box = frame.getBoundingClientRect();
  return [within(Math.floor((event.clientX - box.left) / box.width * width), width),
    within(Math.floor((event.clientY - box.top) / box.height * height), height)];
};
// In a picture without a place there is none to choose.
const isOpen = () => Boolean(props.value?.src && props.value.place);
const draw = () => {
  const value = props.value;
  frame.hidden = !value?.src;
  if (frame.hidden) return;
  image.hidden = false;
  image.src = value.src; image.alt = value.alt;
  frame.style.setProperty('--ratio', String(value.width / value.height));
  frame.style.cursor = value.place ? '' : 'default';
  if (value.place) frame.tabIndex = 0; else frame.removeAttribute('tabindex');
  frame.setAttribute('role', value.place ? 'application' : 'group');
  frame.setAttribute('aria-label', value.place ? CHOOSE : value.alt);
  drawing.setAttribute('viewBox', `0 0 ${value.width} ${value.height}`);
  drawing.innerHTML = value.drawing;
  mark(value.place);
};
frame.addEventListener('click', (event) => { if (isOpen()) choose(find(event)); });
// Where there are places to choose from, pointing chooses, once the pointer rests for a moment.
frame.addEventListener('pointermove', (event) => {
  const near = props.value?.near;
  if (!near?.length || event.pointerType !== 'mouse') return;
  const place = find(event), number = nearestOf(place, near);
  clearTimeout(resting);
  if (number !== shown) resting = setTimeout(() => { shown = number; choose(place); }, REST_MS);
});
frame.addEventListener('pointerleave', () => clearTimeout(resting));
frame.addEventListener('keydown', (event) => {
  const way = ARROWS[event.key];
  if (!props.value || !pointed || !(way || event.key === 'Enter')) return;
  event.preventDefault();
  if (!way) { choose(pointed); return; }
  const step = props.value.step * (event.shiftKey ? LARGE : 1);
  mark([within(pointed[0] + step * way[0], props.value.width), within(pointed[1] + step * way[1], props.value.height)]);
});
watch('value', draw);
draw();
