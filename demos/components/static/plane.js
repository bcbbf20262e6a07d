// A square of pictures; the one under the pointer is shown large. Points may be written over it.

// Ten colours on a dark ground, of as many classes.
const CLASSES = ['#7cc4ff', '#ffb454', '#5fe0a5', '#ff8fa3', '#d7b6ff', '#f6e05e', '#6ee7e7', '#ff9de2', '#c3d36b', '#e5e7eb'];
// Shares of the corners A, B (above) and C, D (below) at a place of a square of `side` pictures.
const sharesAt = (x, y, side) => {
  const u = x / (side - 1), v = y / (side - 1);
  return [(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v];
};
const pictureAt = (share, side) => Math.max(0, Math.min(side - 1, Math.floor(share * side)));
const toWords = (number) => number.toFixed(2).replace('-', '−');
// Where picture x, y stands: by the axes, [[name, numbers from the left], [name, numbers from above]],
// or by the corners.
const sayPlace = (x, y, side, axes, corners = ['A', 'B', 'C', 'D']) => {
  if (!axes) {
    return sharesAt(x, y, side).map((share, i) => `${corners[i]} ${Math.round(100 * share)} %`).join(', ');
  }
  const [[across, columns], [up, rows]] = axes;
  return `${across} = ${toWords(columns[x])}, ${up} = ${toWords(rows[y])}`;
};

// --- in the page ---------------------------------------------------------------------------
const root = element.querySelector('.plane'), board = root.querySelector('.board');
const canvas = root.querySelector('canvas');
let x = null, y = null, dragging = false; // none chosen yet: the middle

const show = () => {
  const {sprite, axes, corners} = props.value, side = sprite.columns;
  const mark = board.querySelector('i');
  mark.style.left = `${100 * x / side}%`; mark.style.top = `${100 * y / side}%`;
  mark.style.width = mark.style.height = `${100 / side}%`;
  const view = root.querySelector('.view');
  view.style.backgroundImage = `url("${sprite.src}")`;
  view.style.backgroundSize = `${side * 100}% ${side * 100}%`;
  view.style.backgroundPosition = `${100 * x / (side - 1)}% ${100 * y / (side - 1)}%`;
  root.querySelector('output').textContent = sayPlace(x, y, side, axes, corners);
};
const drawPoints = () => {
  const {points, ground} = props.value ?? {};
  board.classList.toggle('dark-ground', ground === 'dark');
  if (!canvas) return;
  const {width, height} = board.getBoundingClientRect(), scale = window.devicePixelRatio || 1;
  canvas.hidden = !points?.length || !width;
  if (canvas.hidden) return;
  canvas.width = Math.round(width * scale); canvas.height = Math.round(height * scale);
  const pen = canvas.getContext('2d'), size = Math.max(14, width / 26) * scale;
  pen.font = `700 ${size}px system-ui, sans-serif`;
  pen.textAlign = 'center'; pen.textBaseline = 'middle';
  pen.lineWidth = 3 * scale; pen.strokeStyle = '#10121c'; pen.lineJoin = 'round';
  for (const [u, v, word, colour] of points) {
    pen.fillStyle = CLASSES[(colour ?? 9) % 10];
    pen.strokeText(word, u * canvas.width, v * canvas.height);
    pen.fillText(word, u * canvas.width, v * canvas.height);
  }
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
  drawPoints();
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
new ResizeObserver(drawPoints).observe(board);
watch('value', draw);
draw();
