// A row of the table that is clicked is looked at.
element.addEventListener('click', (event) => {
  const row = /** @type {Element} */ (event.target).closest('[data-row]');
  if (row) trigger('choose', {row: row.dataset.row});
});
