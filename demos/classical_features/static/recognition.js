// A word of the codebook that is clicked, or one of the picture's patches: all places with it.
const board = element.querySelector('.recognition');
let chosen = null;
const mark = () => {
  board.classList.toggle('finding', chosen !== null);
  for (const one of board.querySelectorAll('[data-word]')) {
    const is = one.dataset.word === chosen;
    one.classList.toggle('found', is);
    if (one.tagName === 'BUTTON') one.setAttribute('aria-pressed', String(is));
  }
};
element.addEventListener('click', (event) => {
  const one = /** @type {Element} */ (event.target).closest('[data-word]');
  if (!one) return;
  chosen = chosen === one.dataset.word ? null : one.dataset.word;
  mark();
});
watch('value', () => { chosen = null; });
