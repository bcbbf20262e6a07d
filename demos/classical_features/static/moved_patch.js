// A patch moved over its surroundings, and how much it then differs from itself: the sum of squared
// differences for each move, with the ellipse that the structure tensor draws of it.
const REACH = 6, CELLS = 2 * REACH + 1, MAP = 260;
const ARROWS = {ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1]};
// The move that a share 0 to 1 of the map's side stands for.
const moveOf = (share) => Math.min(REACH, Math.max(-REACH, Math.floor(share * CELLS) - REACH));
// White where nothing changes, dark where each pixel changes by a third of white or more: the same
// scale at every place, so that flat is white all over.
const LARGE = 0.1;  // the square of that
const shade = (value, pixels) => Math.round(255 - 215 * Math.sqrt(Math.min(1, value / pixels / LARGE)));
const words = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(2));
const signed = (move) => String(move).replace('-', '−');

// --- in the page ---------------------------------------------------------------------------
const root = element.querySelector('.moved'), around = root.querySelector('.around');
const map = root.querySelector('.map'), cells = map.querySelector('canvas'), drawn = map.querySelector('svg');
const said = root.querySelector('output'), picture = new Image();
let move = [3, 0];

const frame = (pen, left, top, side, colour, dash) => {
  for (const [wide, ink] of [[4, '#000'], [2.5, colour]]) {
    pen.lineWidth = wide; pen.strokeStyle = ink; pen.setLineDash(dash);
    pen.strokeRect(left, top, side, side);
  }
};
const drawAround = () => {
  const {window: side} = props.value, n = side + 2 * REACH, scale = MAP / n;
  around.width = around.height = MAP;
  const pen = around.getContext('2d');
  pen.imageSmoothingEnabled = false;
  pen.drawImage(picture, 0, 0, MAP, MAP);
  frame(pen, REACH * scale, REACH * scale, side * scale, '#ffb000', []);
  frame(pen, (REACH + move[0]) * scale, (REACH + move[1]) * scale, side * scale, '#fff', [6, 4]);
};
const drawMap = () => {
  const {ssd, radii, angle, window: side} = props.value;
  cells.width = cells.height = CELLS;
  const pen = cells.getContext('2d');
  ssd.forEach((row, y) => row.forEach((value, x) => {
    const grey = shade(value, side * side);
    pen.fillStyle = `rgb(${grey},${grey},255)`;
    pen.fillRect(x, y, 1, 1);
  }));
  drawn.setAttribute('viewBox', `${-REACH - 0.5} ${-REACH - 0.5} ${CELLS} ${CELLS}`);
  drawn.innerHTML = `<ellipse class="ellipse" rx="${radii[0]}" ry="${radii[1]}" transform="rotate(${angle})"/>`
    + `<rect class="move" x="${move[0] - 0.5}" y="${move[1] - 0.5}" width="1" height="1"/>`;
};
const show = () => {
  const {ssd, predicted} = props.value, [x, y] = move;
  drawAround();
  drawMap();
  said.textContent = `Moved by ${signed(x)}, ${signed(y)}: the squared differences add up to `
    + `${words(ssd[y + REACH][x + REACH])}; the eigenvalues predict ${words(predicted[y + REACH][x + REACH])}.`;
};
picture.addEventListener('load', () => { if (props.value?.src) show(); });
const draw = () => {
  root.hidden = !props.value?.src;
  if (!root.hidden) picture.src = props.value.src;
};
map.addEventListener('pointermove', (event) => {
  const box = map.getBoundingClientRect();
  move = [moveOf((event.clientX - box.left) / box.width), moveOf((event.clientY - box.top) / box.height)];
  show();
});
map.addEventListener('keydown', (event) => {
  const way = ARROWS[event.key];
  if (!way) return;
  event.preventDefault();
  move = move.map((one, i) => Math.min(REACH, Math.max(-REACH, one + way[i])));
  show();
});
watch('value', draw);
draw();
