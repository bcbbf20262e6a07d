// The numbers of a code as bars that can be dragged, one or several in a stroke.
const PAUSE_MS = 60;

// The number that a place in a bar stands for, `share` of the way up from the low end.
const toNumber = (share, low, high) => low + Math.max(0, Math.min(1, share)) * (high - low);
const toShare = (number, low, high) => high > low ? Math.max(0, Math.min(1, (number - low) / (high - low))) : 0.5;

// --- in the page ---------------------------------------------------------------------------
const root = element.querySelector('.ae-code'), bars = root.querySelector('.bars');
let code = [], low = [], high = [], mean = [], dragged = null, waiting = null, focused = 0;

const send = () => {
  waiting ??= setTimeout(() => { waiting = null; trigger('drag', {code}); }, PAUSE_MS);
};
const show = (i) => {
  const bar = bars.children[i], zero = toShare(mean[i], low[i], high[i]), at = toShare(code[i], low[i], high[i]);
  const fill = bar.firstElementChild;
  fill.style.bottom = `${100 * Math.min(zero, at)}%`;
  fill.style.height = `${100 * Math.abs(at - zero)}%`;
  bar.style.setProperty('--mean', `${100 * zero}%`);
  bar.setAttribute('aria-valuenow', code[i].toFixed(2));
};
const set = (i, number) => {
  code[i] = number;
  show(i);
  root.querySelector('b').textContent = `Number ${i + 1} of ${code.length}: ${number.toFixed(2).replace('-', '−')}`;
  send();
};
const draw = () => {
  const value = props.value ?? {};
  root.hidden = !value.code?.length;
  if (root.hidden || dragged !== null) return;
  [code, low, high, mean] = ['code', 'low', 'high', 'mean'].map((name) => [...value[name]]);
  if (bars.children.length !== code.length) {
    focused = 0;
    bars.replaceChildren(...code.map((_, i) => {
      const bar = document.createElement('div');
      for (const [name, text] of Object.entries({role: 'slider', tabindex: i ? '-1' : '0', 'aria-orientation': 'vertical', 'aria-label': `Number ${i + 1}`})) bar.setAttribute(name, text);
      bar.append(document.createElement('i'));
      return bar;
    }));
  }
  code.forEach((_, i) => {
    bars.children[i].classList.toggle('off', i >= (value.keep ?? code.length));
    bars.children[i].setAttribute('aria-valuemin', low[i].toFixed(2));
    bars.children[i].setAttribute('aria-valuemax', high[i].toFixed(2));
    show(i);
  });
  root.querySelector('b').textContent = `The code: ${code.length} number${code.length > 1 ? 's' : ''}`;
};
const follow = (event) => {
  const box = bars.getBoundingClientRect();
  const i = Math.max(0, Math.min(code.length - 1, Math.floor((event.clientX - box.left) / box.width * code.length)));
  const bar = bars.children[i].getBoundingClientRect();
  set(i, toNumber((bar.bottom - event.clientY) / bar.height, low[i], high[i]));
};
bars.addEventListener('pointerdown', (event) => { dragged = event.pointerId; bars.setPointerCapture(dragged); follow(event); });
bars.addEventListener('pointermove', (event) => { if (dragged !== null) follow(event); });
for (const name of ['pointerup', 'pointercancel']) bars.addEventListener(name, () => { dragged = null; });
bars.addEventListener('focusin', (event) => { focused = [...bars.children].indexOf(event.target.closest('[role=slider]')); });
bars.addEventListener('keydown', (event) => {
  const next = {ArrowLeft: -1, ArrowRight: 1}[event.key], way = {ArrowUp: 1, ArrowDown: -1}[event.key];
  if (!next && !way) return;
  event.preventDefault();
  if (way) { set(focused, toNumber(toShare(code[focused], low[focused], high[focused]) + way / 20, low[focused], high[focused])); return; }
  const to = Math.max(0, Math.min(code.length - 1, focused + next));
  bars.children[focused].tabIndex = -1; bars.children[to].tabIndex = 0; bars.children[to].focus();
});
root.addEventListener('click', (event) => {
  const does = event.target.closest('button')?.dataset.does;
  if (does === 'restore') trigger('restore', {});
  if (does === 'mean') { code = [...mean]; code.forEach((_, i) => show(i)); send(); }
});
watch('value', draw);
draw();
