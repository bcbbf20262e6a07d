// Numbered pictures in a grid; a click gives a picture to the letter that is pressed. Everything
// that comes from the server is set as text or as a number, never as markup.

const COLOURS = {A: '#3f8fcc', B: '#d9762b', C: '#2f9e6e', D: '#7c6bd6'};
let letter = 'A', several = false;
const make = (tag, text) => { const node = document.createElement(tag); if (text !== undefined) node.textContent = text; return node; };
const holders = (i) => Object.keys(COLOURS).filter((key) => ((props.value.letters || {})[key] || []).includes(i));

const place = (node, sprite, i) => {
  const {columns, rows} = sprite;
  node.style.backgroundImage = `url("${sprite.src}")`;
  node.style.backgroundSize = `${columns * 100}% ${rows * 100}%`;
  node.style.backgroundPosition =
    `${columns > 1 ? 100 * (i % columns) / (columns - 1) : 0}% ${rows > 1 ? 100 * Math.floor(i / columns) / (rows - 1) : 0}%`;
};

const drawLetters = () => {
  const bar = element.querySelector('.letters');
  const words = make('span', 'A click sets');
  const buttons = Object.entries(COLOURS).map(([key, colour]) => {
    const own = ((props.value && props.value.letters || {})[key] || []).includes(0);
    const button = make('button', own ? `${key} = yours` : key);
    button.type = 'button';
    button.dataset.letter = key;
    button.style.borderColor = colour;
    if (key === letter) button.style.background = colour;
    button.setAttribute('aria-pressed', String(key === letter));
    return button;
  });
  const label = make('label', ' several each');
  const box = make('input');
  box.type = 'checkbox'; box.checked = several;
  box.addEventListener('change', () => { several = box.checked; });
  label.prepend(box);
  bar.replaceChildren(words, ...buttons, label);
};

const draw = () => {
  const value = props.value;
  drawLetters();
  const cells = element.querySelector('.cells');
  if (!value || !value.sprite) return;
  const sprite = value.sprite;
  cells.style.gridTemplateColumns = `repeat(${sprite.columns}, 1fr)`;
  cells.replaceChildren(...Array.from({length: sprite.count}, (_, i) => {
    const cell = make('button');
    cell.type = 'button';
    cell.dataset.place = i;
    place(cell, sprite, i);
    cell.append(make('small', i + 1));
    const held = holders(i + 1);
    cell.setAttribute('aria-label', `Picture ${i + 1}${held.length ? ', ' + held.join(' and ') : ''}`);
    if (held.length) {
      cell.style.borderColor = COLOURS[held[0]];
      const sign = make('b', held.join(' '));
      sign.style.background = COLOURS[held[0]];
      cell.append(sign);
    }
    return cell;
  }));
};

element.addEventListener('click', (event) => {
  const key = event.target.closest('[data-letter]'), cell = event.target.closest('[data-place]');
  if (key) { letter = key.dataset.letter; drawLetters(); return; }
  if (!cell || !props.value) return;
  const number = Number(cell.dataset.place) + 1;
  const letters = {...props.value.letters};
  const held = letters[letter] || [];
  if (!several) letters[letter] = [number];
  else if (held.includes(number)) letters[letter] = held.length > 1 ? held.filter((n) => n !== number) : held;
  else letters[letter] = [...held, number].slice(-8);
  if (!several && letter === 'A') letter = 'B'; else if (!several && letter === 'B') letter = 'A';
  props.value = {...props.value, letters};
  draw();
  trigger('choose', {letters});
});
watch('value', draw);
draw();
