// The visitor's classes: their names, and whose button is held. No answer of the server writes here:
// what it has counted comes as an event, so that no typing and no holding is lost.
const LEAST = 2, MOST = 5, LONGEST = 20;  // rows; letters of a name
const SETTLE_MS = 400;  // frames on their way still belong to the class

// The next name that no other class has.
const freeName = (names) => {
  let number = names.length + 1;
  while (names.includes(`Class ${number}`)) number += 1;
  return `Class ${number}`;
};
const nextNumber = (classes) => Math.max(0, ...classes.map(([number]) => number)) + 1;
const say = (count, most) => (count >= most ? `${count}, full` : String(count ?? 0));

// --- in the page ---------------------------------------------------------------------------
const rows = element.querySelector('.rows'), add = element.querySelector('.add');
let {classes, seen} = {seen: 0, ...props.value};  // classes: number and name of each
let newest = nextNumber(classes) - 1, held = 0, waiting = null, counts = {};

const make = (tag, attributes = {}, text = '') => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = text;
  return node;
};
const tell = () => { props.value = {classes, hold: held, seen}; };
const camera = () => document.getElementById(props.camera);
const settle = () => {
  tell();
  clearTimeout(waiting);
  waiting = setTimeout(() => trigger('settle', {}), SETTLE_MS);
};
const find = (number) => rows.querySelector(`[data-class="${number}"]`);

// What is said of a row hangs on its name, its place and its pictures.
const label = () => {
  classes.forEach(([number, name], place) => {
    const row = find(number), shown = name || `Class ${place + 1}`, count = counts[number] ?? 0;
    const isGone = !count && classes.length > LEAST;
    row.style.setProperty('--own', `var(--chart-${place})`);
    row.querySelector('input').setAttribute('aria-label', `Name of class ${place + 1}`);
    row.querySelector('input').placeholder = `Class ${place + 1}`;
    row.querySelector('.hold').setAttribute('aria-label', `Hold to record ${shown}`);
    const clear = row.querySelector('.clear');
    clear.setAttribute('aria-label', `${isGone ? 'Remove' : 'Clear'} ${shown}`);
    clear.title = isGone ? 'Remove this class' : 'Clear its pictures';
    clear.disabled = !count && !isGone;
  });
  add.disabled = classes.length >= MOST;
};
const build = ([number, name]) => {
  const row = make('section', {'data-class': number});
  const head = make('div', {class: 'head'}), take = make('div', {class: 'take'});
  const field = make('input', {type: 'text', maxlength: LONGEST, autocomplete: 'off', spellcheck: 'false'});
  field.value = name;
  const clear = make('button', {type: 'button', class: 'clear', 'data-does': 'clear'}, '✕');
  const holder = make('button', {type: 'button', class: 'hold', 'aria-pressed': 'false'}, 'Hold to record');
  head.append(field, make('output', {}, '0'), clear);
  take.append(holder, make('span', {class: 'thumbs'}));
  row.append(head, take);
  rows.append(row);
};

// --- a button is held
const hold = (button) => {
  const number = Number(button.closest('[data-class]').dataset.class);
  if (held === number) return;
  if (held) release();
  clearTimeout(waiting);
  held = number;
  button.setAttribute('aria-pressed', 'true');
  tell();
  camera().dispatchEvent(new Event('renew'));
  const start = camera().querySelector('[data-does=start]');
  if (start.textContent !== 'Stop' && !start.disabled) start.click();
};
const release = () => {
  if (!held) return;
  find(held)?.querySelector('.hold').setAttribute('aria-pressed', 'false');
  held = 0;
  settle();
  camera().dispatchEvent(new Event('renew'));
};
const toButton = (event) => /** @type {Element} */ (event.target).closest('.hold');
const isHeld = (button) => Boolean(button) && Number(button.closest('[data-class]').dataset.class) === held;
const isHoldKey = (event) => event.key === ' ' || event.key === 'Enter';

element.addEventListener('pointerdown', (event) => {
  const button = toButton(event);
  if (!button || event.button) return;
  button.setPointerCapture(event.pointerId);
  hold(button);
});
for (const name of ['pointerup', 'pointercancel', 'lostpointercapture', 'focusout']) {
  element.addEventListener(name, (event) => { if (isHeld(toButton(event))) release(); });
}
element.addEventListener('contextmenu', (event) => { if (toButton(event)) event.preventDefault(); });
element.addEventListener('keydown', (event) => {
  const button = toButton(event);
  if (!button || !isHoldKey(event)) return;
  event.preventDefault();
  if (!event.repeat) hold(button);
});
element.addEventListener('keyup', (event) => {
  if (!toButton(event) || !isHoldKey(event)) return;
  event.preventDefault();
  if (isHeld(toButton(event))) release();
});
window.addEventListener('blur', release);

// --- rows come, go, and are named
const acts = {
  add() {
    if (classes.length >= MOST) return;
    newest += 1;
    classes = [...classes, [newest, freeName(classes.map(([, name]) => name))]];
    build(classes.at(-1));
    settle();
  },
  clear(row) {
    const number = Number(row.dataset.class);
    if (!counts[number] && classes.length > LEAST) {
      classes = classes.filter(([one]) => one !== number);
      row.remove();
    } else {
      newest += 1;  // under another number it has no pictures
      classes = classes.map((one) => (one[0] === number ? [newest, one[1]] : one));
      row.dataset.class = newest;
      row.querySelector('output').textContent = '0';
      row.querySelector('.thumbs').replaceChildren();
    }
    settle();
  },
};
element.addEventListener('click', (event) => {
  const target = /** @type {Element} */ (event.target).closest('[data-does]');
  if (!target) return;
  acts[target.dataset.does](target.closest('[data-class]'));
  label();
});
element.addEventListener('focusin', (event) => {
  const field = /** @type {HTMLInputElement} */ (event.target);
  if (field.type === 'text') field.select();
});
element.addEventListener('change', (event) => {
  const field = /** @type {HTMLInputElement} */ (event.target), row = field.closest('[data-class]');
  if (!row) return;
  const number = Number(row.dataset.class), name = field.value.trim();
  classes = classes.map((one) => (one[0] === number ? [number, name] : one));
  label();
  settle();
});
element.addEventListener('keydown', (event) => {
  const field = /** @type {HTMLInputElement} */ (event.target);
  if (event.key === 'Enter' && field.type === 'text') field.blur();
});

// --- what the server has counted
element.addEventListener('counted', (event) => {
  const told = /** @type {CustomEvent} */ (event).detail;
  if (!told?.counts) return;
  counts = told.counts;
  for (const row of rows.children) {
    const number = /** @type {HTMLElement} */ (row).dataset.class, thumbs = told.thumbs?.[number];
    row.querySelector('output').textContent = say(counts[number], told.most);
    if (thumbs) row.querySelector('.thumbs').replaceChildren(...thumbs.map((src) => make('img', {src, alt: ''})));
  }
  label();
  if (told.thumbs && seen !== told.version) { seen = told.version; tell(); }
});
classes.forEach(build);
label();
