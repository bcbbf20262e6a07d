// The matrix over one's own pictures: a cell's number shows what stands behind it. The rail's words and
// the scrolled place stay while the server draws it anew.
const root = element.querySelector('.own-set');
let chosen = '', place = [0, 0];
const draw = () => {
  const scrolled = root.querySelector('.matrix');
  if (scrolled) place = [scrolled.scrollLeft, scrolled.scrollTop];
  root.innerHTML = props.value?.html || '';
  const again = root.querySelector('.matrix');
  if (again) [again.scrollLeft, again.scrollTop] = place;
  if (chosen) root.querySelector(chosen)?.focus({preventScroll: true});
  chosen = '';
};
root.addEventListener('click', (event) => {
  const cell = /** @type {HTMLElement} */ (/** @type {Element} */ (event.target).closest('button[data-truth]'));
  if (!cell) return;
  const {truth, said} = cell.dataset;
  chosen = `button[data-truth="${truth}"][data-said="${said}"]`;
  trigger('act', {truth: Number(truth), said: Number(said)});
});
watch('value', draw); draw();
