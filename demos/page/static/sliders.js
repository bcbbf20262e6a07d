// Every slider acts alike on drag, on keys and on a typed number. Gradio's own tells of a release by
// the mouse alone, takes a number half typed, and runs anew when its number is only left or clicked.
const RANGE = 'input[data-testid="range-input"]', NUMBER = 'input[data-testid="number-input"]';
const KEYS = new Set(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End']);

const digits = (number) => (String(number).split('.')[1] ?? '').length;

// The place of a slider nearest to a number: within its range, whole steps from its lower end.
export const snap = (number, {min, max, step}) => {
  const steps = Math.round((Math.min(Math.max(number, min), max) - min) / step);
  const last = Math.floor((max - min) / step + 1e-9);
  return Number((min + Math.min(steps, last) * step).toFixed(Math.max(digits(step), digits(min))));
};

// Whether what is typed is a place of the slider already: then it acts at once.
export const fits = (text, limits) =>
  text.trim() !== '' && Math.abs(snap(Number(text), limits) - Number(text)) < 1e-9;

// PageUp and PageDown, which browsers round differently: a tenth of the range, at least a step.
export const page = (number, {min, max, step}, way) =>
  snap(number + way * Math.max(step, Math.round((max - min) / 10 / step) * step), {min, max, step});

// --- in the page ---------------------------------------------------------------------------------
const limitsOf = (field) => ({min: Number(field.min), max: Number(field.max), step: Number(field.step)});
const rangeOf = (field) => field.closest('.block')?.querySelector(RANGE);
const isNumber = (node) => node instanceof HTMLInputElement && node.matches(NUMBER) && Boolean(rangeOf(node));
const isRange = (node) => node instanceof HTMLInputElement && node.matches(RANGE);
const moved = new WeakSet();  // fields with a new value whose release is not told yet
let held = null;  // the field in which a key is down

const put = (field, value) => {
  field.value = String(value);
  field.dispatchEvent(new Event('input', {bubbles: true}));
};

const settle = (field) => {
  if (!moved.has(field)) return;
  if (isNumber(field) && !fits(field.value, limitsOf(field))) {
    put(field, field.value === '' ? rangeOf(field).value : snap(Number(field.value), limitsOf(field)));
  }
  moved.delete(field);
  field.dispatchEvent(new PointerEvent('pointerup', {bubbles: true}));
};

const hear = {
  input(field, event) {
    moved.add(field);
    if (isNumber(field) && !fits(field.value, limitsOf(field))) event.stopImmediatePropagation();
  },
  change(field) { if (field !== held) settle(field); },
  keydown(field, event) {
    if (KEYS.has(event.key)) held = field;
    if (event.key === 'Enter') settle(field);
    if (!event.key.startsWith('Page') || field.disabled) return;
    event.preventDefault();
    const now = Number((isRange(field) ? field : rangeOf(field)).value);
    put(field, page(now, limitsOf(field), event.key === 'PageUp' ? 1 : -1));
  },
  keyup(field) {
    if (field !== held) return;  // a digit, of a number not typed to its end
    held = null;
    settle(field);
  },
  blur(field, event) {
    held = null;
    settle(field);
    if (isNumber(field)) event.stopImmediatePropagation();
  },
  pointerup(field, event) { if (event.isTrusted) event.stopImmediatePropagation(); },
};

// Set back to its default, Gradio's slider tells of no input.
const tellOfReset = (event) => {
  const range = event.target.closest?.('[data-testid="reset-button"]') && rangeOf(event.target);
  if (range) setTimeout(() => range.dispatchEvent(new Event('input', {bubbles: true})));
};

if (typeof document !== 'undefined') {
  document.addEventListener('click', tellOfReset);
  for (const [name, act] of Object.entries(hear)) {
    document.addEventListener(name, (event) => {
      if (isRange(event.target) || isNumber(event.target)) act(event.target, event);
    }, {capture: true});
  }
}
