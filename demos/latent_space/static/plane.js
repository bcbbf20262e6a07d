// A square of pictures between four corners; the one under the pointer is shown large.

// Shares of the corners A, B (above) and C, D (below) at a place of a square of `side` pictures.
const sharesAt = (x, y, side) => {
  const u = x / (side - 1), v = y / (side - 1);
  return [(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v];
};
const pictureAt = (share, side) => Math.max(0, Math.min(side - 1, Math.floor(share * side)));

// --- in the page ---------------------------------------------------------------------------
const root = element.querySelector('.plane'), board = root.querySelector('.board');
let x = null, y = null, dragging = false; // none chosen yet: the middle

const show = () => {
  const sprite = props.value.sprite, side = sprite.columns;
  const mark = board.querySelector('i');
  mark.style.left = `${100 * x / side}%`; mark.style.top = `${100 * y / side}%`;
  mark.style.width = mark.style.height = `${100 / side}%`;
  const view = root.querySelector('.view');
  view.style.backgroundImage = `url("${sprite.src}")`;
  view.style.backgroundSize = `${side * 100}% ${side * 100}%`;
  view.style.backgroundPosition = `${100 * x / (side - 1)}% ${100 * y / (side - 1)}%`;
  root.querySelector('output').textContent = sharesAt(x, y, side)
    .map((share, i) => `${'ABCD'[i]} ${Math.round(100 * share)} %`).join(', ');
};
const draw = () => {
  const value = props.value;
  root.hidden = !(value && value.sprite);
  if (root.hidden) return;
  board.querySelector('img').src = value.sprite.src;
  const last = value.sprite.columns - 1;
  x = Math.min(x ?? Math.floor(last / 2), last);
  y = Math.min(y ?? Math.floor(last / 2), last);
  show();
};
const follow = (event) => {
  const box = board.getBoundingClientRect(), side = props.value.sprite.columns;
  x = pictureAt((event.clientX - box.left) / box.width, side);
  y = pictureAt((event.clientY - box.top) / box.height, side);
  show();
};
board.addEventListener('pointerdown', (event) => { dragging = true; board.setPointerCapture(event.pointerId); follow(event); });
board.addEventListener('pointermove', (event) => { if (dragging) follow(event); });
board.addEventListener('pointerup', () => { dragging = false; });
board.addEventListener('keydown', (event) => {
  const way = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
  if (!way || !props.value) return;
  const last = props.value.sprite.columns - 1;
  x = Math.max(0, Math.min(last, x + way[0])); y = Math.max(0, Math.min(last, y + way[1]));
  event.preventDefault(); show();
});
watch('value', draw);
draw();
