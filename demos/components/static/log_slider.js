// A slider on a log axis, for the number field beside it: the field alone is what counts.
const range = element.querySelector('input'), field = () => document.querySelector(`#${range.dataset.field} input`);
const show = () => {
  const rate = Number(props.value?.rate);
  if (!(rate > 0)) return;
  range.value = String(Math.log10(rate));
  range.setAttribute('aria-valuetext', String(rate));
};
const digits = (power) => Number((10 ** power).toPrecision(2));
range.addEventListener('input', () => {
  const number = field();
  if (!number) return;
  number.value = String(digits(Number(range.value)));
  range.setAttribute('aria-valuetext', number.value);
  number.dispatchEvent(new Event('input', {bubbles: true}));
});
watch('value', show);
show();
