// Numbered pictures in a grid; a click gives a picture to the letter that is pressed. Everything
// that comes from the server is set as text or as a number, never as markup.

const COLOURS = {A: '#3f8fcc', B: '#d9762b', C: '#2f9e6e', D: '#7c6bd6'};
const holdersOf = (letters, i) =>
  Object.keys(COLOURS).filter((key) => ((letters || {})[key] || []).includes(i));
// A picture of a sprite as a background: 0 % shows its first column or row, 100 % its last.
const spotOf = ({columns, rows}, i) => {
  const share = (place, count) => (count > 1 ? 100 * place / (count - 1) : 0);
  return `${share(i % columns, columns)}% ${share(Math.floor(i / columns), rows)}%`;
};
// Picture `number` given to a letter: alone, or with others, eight at most and one at least.
const give = (letters, letter, number, several) => {
  const held = letters[letter] || [];
  if (!several) return {...letters, [letter]: [number]};
  if (!held.includes(number)) return {...letters, [letter]: [...held, number].slice(-8)};
  return {...letters, [letter]: held.length > 1 ? held.filter((n) => n !== number) : held};
};

// --- in the page ---------------------------------------------------------------------------
let letter = 'A', several = false;
const make = (tag, text) => { const node = document.createElement(tag); if (text !== undefined) node.textContent = text; return node; };

const place = (node, sprite, i) => {
  const {columns, rows} = sprite;
  node.style.backgroundImage = `url("${sprite.src}")`;
  node.style.backgroundSize = `${columns * 100}% ${rows * 100}%`;
  node.style.backgroundPosition = spotOf(sprite, i);
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
  cells.replaceChildren(...Array.from({length: sprite.count}, (_, i) => {
    const cell = make('button');
    cell.type = 'button';
    cell.dataset.place = i;
    place(cell, sprite, i);
    cell.append(make('small', i + 1));
    const held = holdersOf(value.letters, i + 1);
    cell.setAttribute('aria-label', `Picture ${i + 1}${held.length ? ', ' + held.join(' ') : ''}`);
    if (held.length) {
      cell.style.borderColor = COLOURS[held[0]];
      const sign = make('b', held.join(' '));
      sign.style.background = COLOURS[held[0]];
      cell.append(' ', sign);  // read as the label is: a number, then letters
    }
    return cell;
  }));
};

element.addEventListener('click', (event) => {
  const target = /** @type {Element} */ (event.target);
  const key = target.closest('[data-letter]'), cell = target.closest('[data-place]');
  if (key) { letter = key.dataset.letter; drawLetters(); return; }
  if (!cell || !props.value) return;
  const number = Number(cell.dataset.place) + 1;
  const letters = give({...props.value.letters}, letter, number, several);
  if (!several && letter === 'A') letter = 'B'; else if (!several && letter === 'B') letter = 'A';
  props.value = {...props.value, letters};
  draw();
  trigger('choose', {letters});
});
watch('value', draw);
draw();
