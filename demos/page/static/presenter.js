// Presenter: the picture alone, larger type, everything else hidden until the mouse moves. Keys:
// P presenter, F full screen, 1 to 9 the inner views, 0 the last of them, arrow keys the lesson's main slider.
const HIDE_MS = 2500;
const TYPING = 'input:not([type=range]):not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]';

// What a key asks for; null for one that means nothing here, or that something on the page has a use for.
export const readKey = ({key, ctrlKey, altKey, metaKey}, isPresenting) => {
  if (ctrlKey || altKey || metaKey) return null;
  if (/^[pP]$/.test(key)) return {does: 'present'};
  if (/^[fF]$/.test(key)) return {does: 'full'};
  if (/^[0-9]$/.test(key)) return {does: 'view', number: Number(key) - 1};  // 0: the last
  if (isPresenting && /^Arrow(Left|Right)$/.test(key)) return {does: 'slide', way: key === 'ArrowRight' ? 1 : -1};
  if (isPresenting && key === 'Escape') return {does: 'present'};
  return null;
};

// --- in the page -----------------------------------------------------------------------------
const isSeen = (node) => Boolean(node.getClientRects().length);
const findStage = () => [...document.querySelectorAll('.lesson-grid')].find(isSeen);
const isPresenting = () => document.body.classList.contains('presenter');
let timer = null;

const rest = () => {
  clearTimeout(timer);
  document.body.classList.add('awake');
  timer = setTimeout(() => document.body.classList.remove('awake'), HIDE_MS);
};
const present = (isOn) => {
  document.body.classList.toggle('presenter', isOn);
  document.documentElement.classList.toggle('presenting', isOn);
  if (isOn) rest();
  window.dispatchEvent(new Event('resize'));
};
// The first that is seen, of those on the stage or else of the rail's; a brush is none.
const findSlider = (stage) => ['.lesson-main, .lesson-views > .tabitem', '.lesson-rail'].flatMap((place) =>
  [...stage.querySelectorAll(`:is(${place}) input[type=range]`)].filter((one) => isSeen(one) && !one.closest('.tools'))
    .sort((one, other) => one.getBoundingClientRect().top - other.getBoundingClientRect().top))[0];
const acts = {
  theme: () => document.body.classList.toggle('dark'),
  present: () => present(!isPresenting()),
  full() {
    if (document.fullscreenElement) { document.exitFullscreen(); return; }
    document.documentElement.requestFullscreen();  // the whole page: its messages are to be seen
    present(true);
  },
  view({number}) {
    const tabs = findStage()?.querySelectorAll('.lesson-views > .tab-wrapper > :not(.visually-hidden) > [role=tab]') ?? [];
    [...tabs].at(number)?.click();
  },
  slide({way}) {
    const range = findSlider(findStage());
    if (!range) return;
    range.stepUp(way);
    for (const name of ['input', 'change']) range.dispatchEvent(new Event(name, {bubbles: true}));
  },
};

if (typeof document !== 'undefined') {
  document.addEventListener('click', (event) => {
    acts[/** @type {Element} */ (event.target).closest('#page-buttons [data-does]')?.dataset.does]?.();
  });
  document.addEventListener('keydown', (event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.defaultPrevented || target.closest?.(TYPING)) return;
    if (event.key.startsWith('Arrow') && target.closest?.('input, canvas, [role=tab], [tabindex]:not(.tabitem, .lesson-main, .lesson-stage)')) return;
    const asked = readKey(event, isPresenting());
    if (!asked || (asked.does !== 'present' && !findStage())) return;
    event.preventDefault();
    acts[asked.does](asked);
  });
  for (const name of ['pointermove', 'pointerdown', 'focusin']) {
    document.addEventListener(name, () => { if (isPresenting()) rest(); });
  }
  document.addEventListener('fullscreenchange', () => { if (!document.fullscreenElement) present(false); });
}
