// A lesson's stage: which view is open, where the picture comes from, one panel of the foot at a time.
const grid = element.closest('.lesson-grid'), topic = grid.id.replace(/-stage$/, '');
const CLIPBOARD = 'This browser does not hand over its clipboard: press Ctrl+V (on a Mac ⌘V) instead.';
const SAID_MS = 6000;
const NO_PICTURE = 'There is no picture in the clipboard: copy one first.';
const isSeen = () => Boolean(grid.getClientRects().length);
const open = (key) => grid.querySelector(`[id="${topic}-view-${key}-button"]`)?.click();

// --- views -------------------------------------------------------------------------------------
// Which view is open stands at the grid, `data-view`, and is told by the event `stage-view`.
const keyOf = () => grid.querySelector('.lesson-views > .tab-wrapper [id][aria-selected=true]')?.id
  .slice(`${topic}-view-`.length, -'-button'.length) ?? '';
// A view that scrolls is reached by keyboard; Gradio's empty fields say what they show.
const describe = () => {
  for (const one of grid.querySelectorAll('.lesson-views > .tabitem, .lesson-main, .lesson-stage')) {
    if (one.scrollHeight > one.clientHeight + 1) one.tabIndex = 0; else one.removeAttribute('tabindex');
  }
  for (const one of grid.querySelectorAll('.upload-container[aria-label]')) one.removeAttribute('aria-label');
  for (const one of grid.querySelectorAll('.empty[aria-label]:not([role])')) one.setAttribute('role', 'img');
};
const follow = () => {
  const key = keyOf();
  for (const part of grid.querySelectorAll('.for-view')) part.hidden = !part.classList.contains(`for-${key}`);
  describe();
  if (grid.dataset.view === key) return;
  grid.dataset.view = key;
  for (const one of document.querySelectorAll('#topics > .tab-wrapper .selected, .lesson-views > .tab-wrapper .selected')) {
    if (isSeen() && one.parentElement.scrollWidth > one.parentElement.clientWidth) one.scrollIntoView({inline: 'center', block: 'nearest'});
  }
  grid.dispatchEvent(new CustomEvent('stage-view', {detail: key}));
};
let isAsked = false;
const followSoon = () => {
  if (isAsked) return;
  isAsked = true;
  queueMicrotask(() => { isAsked = false; follow(); });
};
// Where the views leave no room for words, the source buttons are icons.
const fit = () => {
  const row = grid.querySelector('.lesson-views > .tab-wrapper > .tab-container:not(.visually-hidden)');
  if (!row?.clientWidth) return;
  const steps = ['is-compact', 'is-tight'];  // as far as is needed
  grid.classList.remove(...steps);
  for (const one of steps) grid.classList.toggle(one, row.scrollWidth > row.clientWidth + 1);
};
new ResizeObserver(fit).observe(grid);
new MutationObserver(followSoon).observe(grid, {subtree: true, childList: true, attributes: true, attributeFilter: ['aria-selected']});
grid.addEventListener('open-view', (event) => open(/** @type {CustomEvent} */ (event).detail));
follow();

// --- sources -----------------------------------------------------------------------------------
const panel = grid.querySelector('.source-panel');
const input = () => panel?.querySelector('input[type=file]');
let silence = null;
const say = (text) => {
  const note = grid.querySelector('.source-note');
  note.textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => { note.textContent = ''; }, SAID_MS);
};
grid.addEventListener('say', (event) => say(/** @type {CustomEvent} */ (event).detail));
// What is dropped or pasted goes the way of a chosen file.
const take = (files) => {
  const field = input();
  if (!field || !files.length) return false;
  const one = new DataTransfer();
  one.items.add(files[0]);
  field.files = one.files;
  field.dispatchEvent(new Event('change', {bubbles: true}));
  leaveLive();
  return true;
};
grid.addEventListener('take-picture', (event) => take([/** @type {CustomEvent} */ (event).detail]));
// Another picture is not looked at in the webcam's view.
const leaveLive = () => {
  if (grid.dataset.view === 'live') grid.querySelector('.lesson-views > .tab-wrapper [id]:not([id*="-view-live-"])')?.click();
};
const fold = (isOpen) => {
  panel?.classList.toggle('open', isOpen);
  element.querySelector('[data-source=samples]')?.setAttribute('aria-expanded', String(isOpen));
};
const waitFor = (find, act, tries = 600) => {  // half a minute: a slow computer takes a while to open a view
  const found = find();
  if (found) act(found); else if (tries) setTimeout(() => waitFor(find, act, tries - 1), 50);
};
const acts = {
  upload: () => input().click(),
  webcam() {
    open('live');
    waitFor(() => grid.querySelector('.live-pair[data-ready] [data-does=start]'),  // once its script is there
      (button) => { if (button.textContent !== 'Stop') button.click(); });
  },
  samples: () => fold(!panel.classList.contains('open')),
  async paste() {
    let items;
    try { items = await navigator.clipboard.read(); } catch { say(CLIPBOARD); return; }
    for (const item of items) {
      const type = item.types.find((one) => one.startsWith('image/'));
      if (type) { take([new File([await item.getType(type)], `pasted.${type.slice(6)}`, {type})]); return; }
    }
    say(NO_PICTURE);
  },
  last() { panel.querySelector('.use-current')?.click(); leaveLive(); },
};
element.addEventListener('click', (event) => acts[/** @type {any} */ (event.target).closest('[data-source]')?.dataset.source]?.());
panel?.addEventListener('click', (event) => { if (event.target.closest('.samples button')) { fold(false); leaveLive(); } });
panel?.addEventListener('change', (event) => { if (event.target === input()) { fold(false); leaveLive(); } });
// A result that is dragged within the page is no new picture.
let isOwn = false;
grid.addEventListener('dragstart', () => { isOwn = true; });
grid.addEventListener('dragend', () => { isOwn = false; });
const isDrop = (event) => !isOwn && input() && event.dataTransfer.types.includes('Files')
  && !event.target.closest('input, [data-testid=file-upload], .source-panel');
grid.addEventListener('dragover', (event) => { if (isDrop(event)) event.preventDefault(); });
grid.addEventListener('drop', (event) => {
  if (isDrop(event) && take(event.dataTransfer.files)) { event.preventDefault(); event.stopPropagation(); }
});
const hear = (name, act) => {
  const heard = (event) => { if (!element.isConnected) document.removeEventListener(name, heard, true); else if (isSeen()) act(event); };
  document.addEventListener(name, heard, true);  // before the page's own keys
};
hear('paste', (event) => {
  if (take(event.clipboardData.files)) event.preventDefault();
});

// --- what lies over the stage --------------------------------------------------------------------
const folds = () => [...grid.querySelectorAll('.lesson-panels .label-wrap')];
const shut = (but) => { for (const one of folds()) if (one !== but && one.classList.contains('open')) one.click(); };
grid.querySelector('.lesson-panels')?.addEventListener('click', (event) => {
  const one = event.target.closest('.label-wrap');
  if (one) shut(one);
});
// Closes what is open, and what had opened it has the keyboard again.
hear('keydown', (event) => {
  const opener = panel?.classList.contains('open') ? element.querySelector('[data-source=samples]')
    : folds().find((one) => one.classList.contains('open'));
  if (event.key !== 'Escape' || !opener || event.target.closest('[aria-expanded=true][role=listbox]')) return;
  event.preventDefault();
  fold(false); shut(null);
  opener.focus();
});
hear('pointerdown', (event) => { if (!event.target.closest('.source-panel, .sources')) fold(false); });
