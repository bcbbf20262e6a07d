// The runs so far, each with its error and a button that takes it out of the list.
const list = element.querySelector('.ae-runs');
const make = (tag, text, attributes = {}) => {
  const node = document.createElement(tag);
  node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};
const draw = () => {
  const runs = props.value?.runs ?? [];
  list.hidden = !runs.length;
  list.replaceChildren(...runs.map((run) => {
    const row = make('li', ''), chip = make('i', '');
    chip.style.background = `var(--chart-${run.colour % 7})`;
    const remove = make('button', '✕', {type: 'button', 'data-run': run.number, 'aria-label': `Remove: ${run.name}`});
    remove.disabled = run.is_training;
    row.append(chip, make('span', run.name, {title: run.name}), make('b', run.error), remove);
    return row;
  }));
};
list.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button) trigger('remove', {run: Number(button.dataset.run)});
});
watch('value', draw);
draw();
