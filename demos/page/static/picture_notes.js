// What had to be assumed of a picture stands under it for as long as it is shown there.
const FIELDS = '.image-frame img:not(#current-picture *), .face-picture .frame img:not([hidden])';
const PICKED = 64;  // letters of a data address
const notes = new Map();

// How the server names a picture in its note: by the folder of its file, or by letters of its address.
export const toKey = (address) => {
  if (!address.startsWith('data:')) return address.split(/[/\\]|%5C/i).at(-2) ?? '';
  const step = address.length / PICKED;
  const letters = Array.from({length: PICKED}, (_, i) => address[Math.floor(i * step)]);
  return `${address.length}:${letters.join('')}`;
};

const show = () => {
  const shown = new Set();
  for (const image of document.querySelectorAll(FIELDS)) {
    const text = notes.get(toKey(image.getAttribute('src') ?? ''));
    if (!text) continue;
    const field = image.closest('.frame, .block');
    let note = field.nextElementSibling;
    if (!note?.matches('.picture-note')) {
      note = document.createElement('p');
      note.className = 'picture-note';
      note.setAttribute('role', 'status');
      field.after(note);
    }
    if (note.textContent !== text) note.textContent = text;
    shown.add(note);
  }
  for (const note of document.querySelectorAll('.picture-note')) if (!shown.has(note)) note.remove();
};

let isAsked = false;
const showSoon = () => {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => { isAsked = false; show(); });
};

if (typeof document !== 'undefined') {
  document.addEventListener('glassbox-message', (event) => {
    const {title, text} = /** @type {CustomEvent} */ (event).detail;
    if (!notes.size) {  // until there is one, nobody has to watch
      new MutationObserver(showSoon).observe(document.documentElement,
        {childList: true, subtree: true, attributes: true, attributeFilter: ['src', 'hidden']});
    }
    notes.set(title, text);
    showSoon();
  });
}
