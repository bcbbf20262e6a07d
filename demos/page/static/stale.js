// As soon as there is another picture, every answer that is not its own is grey, and says so, until it is there.
const ANSWERS = ['html', 'markdown', 'json', 'code', 'image', 'video', 'gallery'];
const NEWS = ['change', 'upload', 'clear', 'select'];
const CALM_MS = 600;  // between two runs of a chain
const LARGE = 80;  // pixels: what is lower has no room for a sentence

const has = (component, name) => (component?.props.elem_classes ?? []).includes(name);

// Which picture a field holds, as text; empty for none.
export const toKey = (value) => {
  const address = value?.path ?? value?.src ?? value?.url ?? (typeof value === 'string' ? value : '');
  return address && JSON.stringify([address, value.face ?? null]);
};

// Of each picture input the parts that hang on it, by number: answers, and states that pass it on.
export const findHanging = ({components, dependencies}) => {
  const byId = new Map(components.map((one) => [one.id, one]));
  const written = new Set(dependencies.flatMap((one) => one.outputs));
  const isState = (id) => byId.get(id)?.type === 'state';
  // those that only callers of the API set off hang on a state that never changes, or on a part that is not there
  const isForCalls = ([id]) => (isState(id) && !written.has(id)) || byId.get(id)?.props.visible === false;
  const runs = dependencies.filter((one) => one.backend_fn && !one.targets.every(isForCalls));
  const isByHand = (run) => run.targets.every(([, name]) => name === 'click' || name === 'submit');
  const isAnswer = (id) => ANSWERS.includes(byId.get(id)?.type) && !['takes-picture', 'kept'].some((name) => has(byId.get(id), name));
  const hanging = new Map();
  for (const {id, props} of components) {
    if (!has(byId.get(id), 'takes-picture') || props.visible === false) continue;
    const found = new Set(), open = [id];
    while (open.length) {
      const part = open.pop();
      for (const run of runs) {
        if (!run.inputs.includes(part) || (isByHand(run) && part !== id)) continue;
        for (const one of run.outputs) {
          if (found.has(one) || !(isAnswer(one) || (isState(one) && !isByHand(run)))) continue;
          found.add(one);
          if (isState(one)) open.push(one);
        }
      }
    }
    hanging.set(id, found);
  }
  return hanging;
};

// Keeps account of what is whose; `now` counts pictures.
export const makeLedger = (config) => {
  const hanging = findHanging(config);
  // What the browser does alone to an answer makes it nobody's own.
  const outputs = new Map(config.dependencies.map((one) => [one.id, one.backend_fn ? one.outputs : []]));
  const shown = new Map(config.components.filter((one) => hanging.has(one.id)).map((one) => [one.id, toKey(one.props.value)]));
  const all = new Set([...hanging.values()].flatMap((ids) => [...ids]));
  const stale = new Set(), gone = new Set(), runs = new Map(), refused = new Set();
  let now = 0;
  const hide = (id) => {
    refused.add(id);
    for (const one of hanging.get(id) ?? []) if (stale.has(one)) gone.add(one);
  };
  // An answer to a picture that is shown no more, after that one's own: it is of the picture before again.
  const soil = (pictures, answered) => pictures.filter(([id, key]) => shown.get(id) !== key).flatMap(([id]) => answered
    .filter((one) => hanging.get(id).has(one) && !stale.has(one))
    .map((one) => { stale.add(one); if (refused.has(id)) gone.add(one); })).length > 0;
  return {
    stale, gone, hanging, refused, hide,
    isBusy: () => runs.size > 0,
    change(id, value) {
      const key = toKey(value);
      if (!hanging.has(id) || shown.get(id) === key) return false;
      shown.set(id, key);
      refused.delete(id);
      now += 1;
      for (const one of hanging.get(id)) stale.add(one);
      if (!key) hide(id);
      return true;
    },
    start(run, fn, inputs, data) {
      const pictures = inputs.flatMap((id, i) => hanging.has(id) ? [[id, toKey(data[i])]] : []);
      const carried = outputs.get(fn) ?? [];
      const isOwn = pictures.length > 0 || !inputs.some((id) => stale.has(id) && !carried.includes(id));
      // Also while nothing is stale: what a visitor clears is asked about before it is seen to be gone.
      if (carried.some((id) => all.has(id))) runs.set(run, {pictures, isOwn, begun: now});
    },
    answer(run, outputs, data) {
      const known = runs.get(run), before = now;
      // What the page itself clears is noted before anything is asked for because of it.
      const cleared = outputs.filter((id, i) => data[i] === null && this.change(id, null)).length > 0;
      if (!known) return cleared;
      const {pictures, isOwn, begun} = known;
      const answered = outputs.filter((id, i) => data[i] !== undefined && !(data[i]?.__type__ === 'update' && !('value' in data[i])));
      if (soil(pictures, answered)) return true;
      if (!isOwn || (pictures.length ? pictures.some(([id, key]) => shown.get(id) !== key) : begun !== before)) return cleared;
      for (const id of answered) { stale.delete(id); gone.delete(id); }
      return true;
    },
    end: (run) => runs.delete(run),
  };
};

export const watch = (config) => {
  const ledger = makeLedger(config), sheet = document.head.appendChild(document.createElement('style'));
  const names = new Map(), labels = new Map();
  for (const {id, type, props} of config.components) {
    if (type === 'state') continue;
    names.set(id, props.elem_id || `component-${id}`);
    labels.set(id, props.label);
  }
  let isComputing = false, calm = null;
  const tall = new Set(); // the answers that had room for a sentence
  const isAwaited = (id) => tall.has(id) && ![...ledger.hanging].some(([picture, ids]) => ids.has(id) && ledger.refused.has(picture));
  const list = (ids) => ids.map((id) => `#${CSS.escape(names.get(id))}`).join(',');
  const listBeside = (ids) => ids.map((id) => `[data-with="${CSS.escape(names.get(id))}"]`).join(',');  // drawn by an answer's script
  const paint = () => {
    const stale = [...ledger.stale].filter((id) => names.has(id) && !ledger.gone.has(id));
    const gone = [...ledger.gone].filter((id) => names.has(id)), rules = [];
    const awaited = isComputing ? [...stale, ...gone].filter(isAwaited) : [];
    if (stale.length) rules.push(`:is(${listBeside(stale)}) { opacity: .18; filter: grayscale(1); }`, `:is(${list(stale)}) { position: relative; } :is(${list(stale)}) > :not([data-testid=status-tracker]) { opacity: .18; filter: grayscale(1); }`,
      `:is(${list(stale)}) a.download { pointer-events: none; }`);
    if (gone.length) rules.push(`:is(${list(gone)}, ${listBeside(gone)}) { visibility: hidden; }`);
    // What was emptied with a refused picture keeps room for the sentence while another one is worked on.
    if (awaited.length) rules.push(`:is(${list(awaited)}) { position: relative; min-height: ${LARGE}px; } :is(${list(awaited)})::after { visibility: visible; }`);
    for (const id of new Set([...stale, ...awaited])) {
      const block = document.getElementById(names.get(id));
      if (!block || (block.offsetHeight < LARGE && !awaited.includes(id))) continue;
      tall.add(id);
      const text = isComputing ? `Being computed for the new picture: ${labels.get(id) ?? 'answer'} …` : 'Of the picture before';
      rules.push(`#${CSS.escape(names.get(id))}::after { content: ${JSON.stringify(text)}; }`);
    }
    if (stale.length + awaited.length) rules.push(`:is(${list([...stale, ...awaited])})::after { position: absolute; z-index: 60; top: .4rem; left: .4rem;
      width: max-content; max-width: calc(100% - 11rem); padding: .35rem .9rem; border-radius: var(--radius-md); font-size: 1.15rem; font-weight: 600;
      color: var(--body-text-color); background: var(--background-fill-secondary); border: 1px solid var(--border-color-primary); }`);
    const text = rules.join('\n');
    if (sheet.textContent !== text) sheet.textContent = text; // not for each frame of a camera
  };
  const hear = (name, act) => document.addEventListener(`glassbox-${name}`, (event) => act(/** @type {CustomEvent} */ (event).detail));
  const compute = () => { isComputing = true; clearTimeout(calm); };
  const rest = () => {
    clearTimeout(calm);
    calm = setTimeout(() => { if (!ledger.isBusy()) { isComputing = false; paint(); } }, CALM_MS);
  };
  hear('event', async ({name, id, read}) => {
    if (!ledger.hanging.has(id) || !NEWS.includes(name)) return;
    if (!ledger.change(id, (await read(id))?.value)) return;
    compute(); rest(); paint();
  });
  hear('start', ({run, fn, inputs, data}) => {
    ledger.start(run, fn, inputs, data);
    if (ledger.stale.size) { compute(); rest(); }
  });
  hear('answer', ({run, outputs, data}) => { if (ledger.answer(run, outputs, data)) paint(); });
  hear('end', ({run}) => { if (ledger.end(run) && ledger.stale.size) rest(); });
  hear('message', ({title}) => {
    const id = /^refused (\S+)/.exec(title)?.[1];
    for (const picture of ledger.hanging.keys()) if (names.get(picture) === id) ledger.hide(picture);
    if (id) paint();
  });
  document.addEventListener('click', () => { if (ledger.stale.size) requestAnimationFrame(paint); });  // another tab is seen
};

if (typeof document !== 'undefined') watch(/** @type {any} */ (window).gradio_config);
