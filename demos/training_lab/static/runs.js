// The runs that are kept, a row each: shown or not, renamed, looked at, saved, removed.
const body = element.querySelector('tbody'), empty = element.querySelector('.lab-none'), table = element.querySelector('table');
let saved = null;  // the file that was saved last
const make = (tag, text, attributes = {}) => {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};
const cell = (...parts) => { const node = make('td'); node.append(...parts); return node; };
const button = (does, words, run, extra = {}) =>
  make('button', words, {type: 'button', 'data-does': does, 'aria-label': `${words}: ${run.name}`, ...extra});

const draw = () => {
  const runs = props.value?.runs ?? [];
  empty.hidden = runs.length > 0;
  table.hidden = !runs.length;
  const typing = element.contains(document.activeElement) && document.activeElement.tagName === 'INPUT'
    ? document.activeElement.closest('tr')?.dataset.run : null;
  body.replaceChildren(...runs.flatMap((run) => {
    const row = make('tr', undefined, {'data-run': run.number});
    if (run.is_current) row.className = 'current';
    const box = make('input', undefined, {type: 'checkbox', 'aria-label': `In the curves: ${run.name}`, 'data-does': 'show'});
    box.checked = run.is_shown;
    const chip = make('i');
    chip.style.background = `var(--chart-${run.colour})`;
    const name = make('input', undefined, {type: 'text', value: run.name, maxlength: 40, 'aria-label': `Name of run ${run.number}`, 'data-does': 'rename'});
    const saves = [['csv', 'CSV'], ['events', 'TensorBoard'], ['checkpoint', 'Checkpoint']]
      .map(([kind, words]) => button('save', words, run, {'data-kind': kind, ...run.is_training ? {disabled: ''} : {}}));
    row.append(cell(box), cell(chip, name), ...run.cells.map((text) => cell(text)));
    const acts = make('tr', undefined, {class: `${row.className} acts`, 'data-run': run.number});
    const buttons = cell(button('look', 'Look at it', run, {'aria-pressed': String(run.is_current)}), ...saves,
      button('remove', 'Remove', run, run.is_training ? {disabled: ''} : {}));
    buttons.colSpan = 5;
    acts.append(make('td'), buttons);
    return [row, acts];
  }));
  if (typing) body.querySelector(`tr[data-run="${typing}"] input[type=text]`)?.focus();
  const file = props.value?.file;
  if (file && file.key !== saved && /^data:/.test(file.href)) {
    saved = file.key;
    const link = make('a', undefined, {href: file.href, download: file.filename});
    link.click();
  }
};

const tell = (target, name) => trigger('act', {does: target.dataset.does, kind: target.dataset.kind ?? '',
  run: Number(target.closest('tr').dataset.run), name});
element.addEventListener('click', (event) => {
  const target = /** @type {Element} */ (event.target).closest('button[data-does]');
  if (target) tell(target, '');
});
element.addEventListener('change', (event) => {
  const target = /** @type {HTMLInputElement} */ (event.target);
  if (target.dataset.does) tell(target, target.value);
});
element.addEventListener('keydown', (event) => {
  const target = /** @type {HTMLInputElement} */ (event.target);
  if (event.key === 'Enter' && target.type === 'text') target.blur();
});
watch('value', draw);
draw();
