// Pictures of each class, on their way to the rows that show them.
const tell = () => document.querySelector(`#${props.rows} .rows`)?.dispatchEvent(
  new CustomEvent('counted', {detail: props.value, bubbles: true}));
watch('value', tell);
tell();
