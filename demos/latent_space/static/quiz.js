// Digits to tell apart. Which ones were made is not in the page before the visitor has judged.

const root = element.querySelector('.quiz');
let chosen = new Set(), shown = null;
const make = (tag, text) => { const node = document.createElement(tag); if (text !== undefined) node.textContent = text; return node; };

const draw = () => {
  const value = props.value;
  root.hidden = !(value && value.sprite);
  if (root.hidden) return;
  if (value.key !== shown) { shown = value.key; chosen = new Set(value.guesses || []); }
  const {columns, rows, src, count} = value.sprite, truth = value.is_made;
  const cells = root.querySelector('.cells');
  cells.style.gridTemplateColumns = `repeat(${columns}, 1fr)`;
  cells.replaceChildren(...Array.from({length: count}, (_, i) => {
    const cell = make('button');
    cell.type = 'button';
    cell.dataset.place = i;
    cell.style.backgroundImage = `url("${src}")`;
    cell.style.backgroundSize = `${columns * 100}% ${rows * 100}%`;
    cell.style.backgroundPosition = `${100 * (i % columns) / (columns - 1)}% ${rows > 1 ? 100 * Math.floor(i / columns) / (rows - 1) : 0}%`;
    cell.setAttribute('aria-pressed', String(chosen.has(i + 1)));
    cell.setAttribute('aria-label', `Digit ${i + 1}`);
    if (chosen.has(i + 1)) { cell.style.borderColor = '#3f8fcc'; const sign = make('b', 'made?'); sign.style.background = '#3f8fcc'; cell.append(sign); }
    if (truth) {
      cell.classList.add(truth[i] ? 'quiz-made' : 'quiz-real');
      const words = make('small', `${truth[i] ? 'made' : 'real'}${chosen.has(i + 1) === truth[i] ? ' ✓' : ' ✗'} · D ${value.judged[i] === truth[i] ? '✓' : '✗'}`);
      cell.append(words);
    }
    return cell;
  }));
  root.querySelector('.judge').hidden = Boolean(truth);
  root.querySelector('output').textContent = value.verdict || `${chosen.size} of ${count / 2} chosen`;
};
element.addEventListener('click', (event) => {
  const target = /** @type {Element} */ (event.target), cell = target.closest('[data-place]');
  if (!props.value || props.value.is_made) return;
  if (target.closest('.judge')) { trigger('judge', {guesses: [...chosen]}); return; }
  if (!cell) return;
  const number = Number(cell.dataset.place) + 1;
  if (chosen.has(number)) chosen.delete(number); else chosen.add(number);
  draw();
});
watch('value', draw);
draw();
