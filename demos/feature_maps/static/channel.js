// One map beside the picture: a place in the map, and the box of pixels that it sees. Point and
// click, or arrow keys and Enter on the map.
const number = (x) => (Math.abs(x) >= 100 ? x.toFixed(0) : x.toFixed(2)).replace('-', '−');
// A share 0 to 1 of a side as one of its cells; the edge and what lies beyond belong to the last.
const cellOf = (share, size) => Math.min(size - 1, Math.max(0, Math.floor(share * size)));

// How many pixels a box has, of an input of this size.
const madeFrom = ([top, bottom], [left, right], [height, width]) => (
  bottom - top === height && right - left === width ? `made from all ${width} × ${height} pixels`
    : `made from ${right - left} × ${bottom - top} pixels`);

// --- in the page ---------------------------------------------------------------------------
const root = element.querySelector('.channel');
const [mapFrame, pictureFrame] = root.querySelectorAll('.frame');
const note = root.querySelector('.note');
let fixed = null, pointed = null;  // the chosen place, and the one that is shown

const setBox = (mark, left, top, right, bottom, width, height) => {
  mark.style.left = `${100 * left / width}%`;
  mark.style.top = `${100 * top / height}%`;
  mark.style.width = `${100 * (right - left) / width}%`;
  mark.style.height = `${100 * (bottom - top) / height}%`;
};
const show = (place) => {
  const value = props.value;
  if (!place) return;
  const [row, column] = place;
  if (!value.rows[row] || !value.columns[column]) return;
  const [height, width] = value.map_hw, [inputHeight, inputWidth] = value.input_hw;
  const [top, bottom] = value.rows[row], [left, right] = value.columns[column];
  setBox(mapFrame.querySelector('i'), column, row, column + 1, row + 1, width, height);
  setBox(pictureFrame.querySelector('i'), left, top, right, bottom, inputWidth, inputHeight);
  pointed = place;
  note.textContent = `row ${row}, column ${column}: ${number(value.values[row * width + column])}, `
    + madeFrom([top, bottom], [left, right], value.input_hw);
};
const find = (event) => {
  const value = props.value, frame = event.target.closest('.frame');
  if (!frame || !value) return null;
  const box = frame.getBoundingClientRect(), [height, width] = value.map_hw;
  return [cellOf((event.clientY - box.top) / box.height, height),
    cellOf((event.clientX - box.left) / box.width, width)];
};
const choose = (place) => {
  if (!place) return;
  fixed = place;
  show(place);
  trigger('place', {row: place[0], column: place[1]});
};
// What the channel likes best stands beside the stage.
const drawAhead = (favourite) => {
  const figure = element.closest('.lesson-grid')?.querySelector('.lesson-rail .favourite');
  if (!figure) return;
  const image = figure.querySelector('img');
  image.hidden = !favourite;
  if (favourite) image.src = favourite;
  figure.querySelector('figcaption').textContent = favourite ? 'What it likes best, drawn ahead of time'
    : 'What it likes best: none drawn ahead for this layer; it can be drawn under “Likes best”.';
};
const draw = () => {
  const value = props.value;
  root.hidden = !(value && value.map);
  if (root.hidden) return;
  root.querySelector('h3').textContent = value.title;
  mapFrame.querySelector('img').src = value.map;
  pictureFrame.querySelector('img').src = value.overlay;
  const [mapHeight, mapWidth] = value.map_hw, [inputHeight, inputWidth] = value.input_hw;
  mapFrame.style.setProperty('--ratio', String(mapWidth / mapHeight));
  pictureFrame.style.setProperty('--ratio', String(inputWidth / inputHeight));
  drawAhead(value.favourite);
  root.querySelector('.facts').replaceChildren(...value.facts.flatMap(([name, text]) => [
    Object.assign(document.createElement('dt'), {textContent: name}),
    Object.assign(document.createElement('dd'), {textContent: text})]));
  const places = root.querySelector('.places');
  places.replaceChildren('strongest places: ');
  value.strongest.forEach(([row, column, x]) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = number(x);
    button.title = `row ${row}, column ${column}`;
    button.addEventListener('click', () => choose([row, column]));
    places.append(button);
  });
  fixed = value.place;
  show(fixed);
};
root.addEventListener('mousemove', (event) => { const place = find(event); if (place) show(place); });
root.addEventListener('mouseleave', () => show(fixed));
root.addEventListener('click', (event) => choose(find(event)));
mapFrame.addEventListener('keydown', (event) => {
  const value = props.value;
  const step = {ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0]}[event.key];
  if (!value || !pointed || !(step || event.key === 'Enter')) return;
  event.preventDefault();
  if (!step) { choose(pointed); return; }
  const [row, column] = [pointed[0] + step[0], pointed[1] + step[1]];
  if (value.rows[row] && value.columns[column]) show([row, column]);
});
mapFrame.addEventListener('blur', () => { if (props.value) show(fixed); });
watch('value', draw);
draw();
