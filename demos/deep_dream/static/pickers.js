// Pictures to choose from: a row of layers, or a sheet of channels (arrow keys and Enter too).

// A sheet of rows x columns with `count` pictures: one picture's frame, and which lies under a place.
const frameOf = ({columns, rows}, index) => ({
  left: `${100 * (index % columns) / columns}%`, top: `${100 * Math.floor(index / columns) / rows}%`,
  width: `${100 / columns}%`, height: `${100 / rows}%`,
});
const indexAt = ({columns, rows, count}, across, down) => {
  const column = Math.floor(across * columns), index = Math.floor(down * rows) * columns + column;
  return column >= 0 && column < columns && index >= 0 && index < count ? index : -1;
};

// --- in the page ---------------------------------------------------------------------------
const layers = element.querySelector('.layers'), channels = element.querySelector('.channels');
if (layers) {
  const mark = (name) => layers.querySelectorAll('button').forEach((button) =>
    button.setAttribute('aria-pressed', String(button.dataset.layer === name)));
  const draw = () => {
    const value = props.value;
    layers.replaceChildren(...(value?.items ?? []).map((item) => {
      const button = document.createElement('button'), image = document.createElement('img');
      const words = document.createElement('span');
      button.type = 'button';
      button.dataset.layer = item.layer;
      button.title = `${item.place}: ${item.words} (${item.layer})`;
      image.src = item.src;
      image.alt = '';
      words.textContent = item.words;
      button.append(image, words);
      return button;
    }));
    mark(value?.chosen);
  };
  layers.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    mark(button.dataset.layer);
    trigger('pick', {layer: button.dataset.layer});
  });
  watch('value', draw);
  draw();
} else {
  const image = channels.querySelector('img'), note = element.querySelector('.note');
  const over = channels.querySelector('.over'), chosen = channels.querySelector('.chosen');
  let cell = 0;
  const place = (frame, index) => {
    Object.assign(frame.style, frameOf(props.value, index));
    frame.hidden = false;
  };
  const say = (index) => {
    note.textContent = `channel ${index} of ${props.value.count}: what it likes best`;
  };
  const find = (event) => {
    const value = props.value, box = image.getBoundingClientRect();
    if (!value || !value.count || !box.width) return -1;
    return indexAt(value, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  const point = (index) => {
    if (index < 0) { over.hidden = true; say(props.value ? props.value.chosen : 0); return; }
    cell = index;
    place(over, index);
    say(index);
  };
  const pick = (index) => {
    if (index < 0) return;
    place(chosen, index);
    trigger('pick', {channel: index});
  };
  const draw = () => {
    const value = props.value;
    image.hidden = over.hidden = chosen.hidden = true;
    note.textContent = '';
    if (!value || !value.src) return;
    image.src = value.src;
    image.hidden = false;
    cell = value.chosen;
    place(chosen, cell);
    say(cell);
  };
  image.addEventListener('mousemove', (event) => point(find(event)));
  image.addEventListener('mouseleave', () => { if (props.value) point(-1); });
  image.addEventListener('click', (event) => pick(find(event)));
  channels.addEventListener('keydown', (event) => {
    const value = props.value;
    if (!value || !value.count) return;
    const step = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: value.columns,
      ArrowUp: -value.columns}[event.key];
    if (step && cell + step >= 0 && cell + step < value.count) {
      point(cell + step);
      event.preventDefault();
    }
    if (event.key === 'Enter') pick(cell);
  });
  watch('value', draw);
  draw();
}
