// A cell of the matrix shows the pictures behind it; the keyboard stays where it was.
let open = '';
element.addEventListener('click', (event) => {
  const cell = /** @type {HTMLElement} */ (/** @type {Element} */ (event.target).closest('button[data-truth]'));
  if (!cell) return;
  const {truth, answer} = cell.dataset;
  open = `button[data-truth="${truth}"][data-answer="${answer}"]`;
  trigger('act', {truth: Number(truth), answer: Number(answer)});
});
watch('value', () => requestAnimationFrame(() => {
  if (open) /** @type {HTMLElement} */ (element.querySelector(open))?.focus();
  open = '';
}));
