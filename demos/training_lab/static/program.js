// Two programs side by side; the lines of the part that is pointed at are lit in both.
const root = element.querySelector('.lab-program'), chips = element.querySelector('.parts');
const said = element.querySelector('.says'), hint = said.textContent;
const sections = [...element.querySelectorAll('section')];
const chosen = ['pytorch', 'lightning'];
let kept = '';  // the part that was clicked
const TOKENS = /("""|'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(#.*$)|\b(?:(def|class|return|for|in|if|elif|else|with|import|from|as|while|not|and|or|is|lambda|yield|del|break|None|True|False|self)|(\d[\d_.]*(?:e-?\d+)?))\b/g;

// One line's words, coloured; `inside` is whether a text of several lines goes on.
const colour = (line, text, inside) => {
  const put = (words, kind) => {
    if (!words) return;
    const span = document.createElement('span');
    span.textContent = words;
    if (kind) span.className = kind;
    line.append(span);
  };
  let at = 0;
  if (inside) {
    at = text.indexOf('"""') + 3;
    if (at < 3) { put(text, 'text'); return true; }
    put(text.slice(0, at), 'text');
  }
  TOKENS.lastIndex = at;
  for (let found; (found = TOKENS.exec(text));) {
    put(text.slice(at, found.index));
    at = TOKENS.lastIndex;
    if (found[1] === '"""') {
      const end = text.indexOf('"""', at);
      put(text.slice(found.index, end < 0 ? undefined : end + 3), 'text');
      if (end < 0) return true;
      TOKENS.lastIndex = at = end + 3;
    } else put(found[0], found[1] ? 'text' : found[2] ? 'note' : found[3] ? 'word' : 'number');
  }
  put(text.slice(at));
  return false;
};

// A block is an unbroken stretch of one part; empty lines do not break it.
const fill = (section, program) => {
  const code = section.querySelector('.code');
  let inside = false, block = -1, part = null;
  const counts = {};
  code.replaceChildren(...program.lines.map(([text, own]) => {
    const line = document.createElement('div');
    if (own && own !== part) { block = counts[own] ?? 0; counts[own] = block + 1; }
    if (own || text) part = own;
    if (own) Object.assign(line.dataset, {part: own, block});
    line.style.setProperty('--indent', String(text.length - text.trimStart().length + 2));
    inside = colour(line, text, inside);
    if (!text) line.append(document.createElement('br'));
    return line;
  }));
};

const light = (part, block = 0, from = null) => {
  for (const section of sections) {
    const code = section.querySelector('.code');
    let first = null, count = -1;
    for (const line of code.querySelectorAll('div')) {
      line.classList.toggle('lit', Boolean(part) && line.dataset.part === part);
      if (part && line.dataset.part === part && Number(line.dataset.block) <= block && Number(line.dataset.block) > count) {
        first = line; count = Number(line.dataset.block);
      }
    }
    if (!first || section === from) continue;
    const top = first.offsetTop - code.offsetTop;
    if (top < code.scrollTop || top + 60 > code.scrollTop + code.clientHeight) code.scrollTop = Math.max(0, top - 28);
  }
  for (const chip of chips.children) chip.classList.toggle('lit', chip.dataset.part === part);
};
const keep = (part, block, from) => {
  kept = kept === part ? '' : part;
  for (const chip of chips.children) chip.setAttribute('aria-pressed', String(chip.dataset.part === kept));
  light(kept || part, block, from);
};

const draw = () => {
  const value = props.value ?? {};
  root.classList.toggle('refused', Boolean(value.refused));
  said.textContent = value.refused || value.note || hint;
  if (!value.programs) return;
  if (!value.parts[kept]) kept = '';
  chips.replaceChildren(...Object.entries(value.parts).map(([part, words]) => {
    const chip = document.createElement('button');
    chip.type = 'button';
    chip.textContent = words;
    chip.dataset.part = part;
    chip.setAttribute('aria-pressed', String(part === kept));
    return chip;
  }));
  sections.forEach((section, side) => {
    const select = section.querySelector('select');
    select.replaceChildren(...Object.entries(value.programs).map(([kind, {title}]) => new Option(title, kind, false, kind === chosen[side])));
    const code = section.querySelector('.code'), top = code.scrollTop;
    fill(section, value.programs[chosen[side]]);
    code.scrollTop = top;
  });
  if (kept) light(kept);
};

const save = (name, text, type) => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], {type}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};
const lineOf = (event) => /** @type {Element} */ (event.target).closest('.code > [data-part]');
const chipOf = (event) => /** @type {Element} */ (event.target).closest('.parts > button');
element.addEventListener('pointerover', (event) => {
  if (event.pointerType === 'touch') return;
  const line = lineOf(event), chip = chipOf(event);
  if (chip) light(chip.dataset.part);
  else if (line) { if (!kept) light(line.dataset.part, Number(line.dataset.block), line.closest('section')); }
  else light(kept);
});
root.addEventListener('pointerleave', () => light(kept));
element.addEventListener('focusin', (event) => { const chip = chipOf(event); if (chip) light(chip.dataset.part); });
element.addEventListener('click', (event) => {
  const line = lineOf(event), chip = chipOf(event), button = /** @type {Element} */ (event.target).closest('[data-save]');
  if (chip) keep(chip.dataset.part);
  else if (line && !getSelection().toString()) keep(line.dataset.part, Number(line.dataset.block), line.closest('section'));
  else if (button) {
    const one = props.value.programs?.[chosen[sections.indexOf(button.closest('section'))]];
    if (!one) return;
    if (button.dataset.save === 'py') save(one.file, one.lines.map(([text]) => `${text}\n`).join(''), 'text/x-python');
    else save(one.file.replace(/py$/, 'ipynb'), one.notebook, 'application/x-ipynb+json');
  }
});
element.addEventListener('change', (event) => {
  const select = /** @type {Element} */ (event.target).closest('select');
  if (!select) return;
  chosen[sections.indexOf(select.closest('section'))] = select.value;
  draw();
});
watch('value', draw);
draw();
