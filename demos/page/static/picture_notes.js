// What had to be assumed of a picture, or why nothing could be made of it, stands under it for as long as it is
// shown there.
const FIELDS = '.image-frame img, .face-picture .frame img:not([hidden])';
const PICKED = 64;  // letters of a data address
const notes = new Map(), refusals = new Map();  // by picture; by field: which picture, and why

// How the server names a picture in its note: by the folder of its file, or by letters of its address.
export const toKey = (address) => {
  if (!address.startsWith('data:')) return address.split(/[/\\]|%5C/i).at(-2) ?? '';
  const step = address.length / PICKED;
  const letters = Array.from({length: PICKED}, (_, i) => address[Math.floor(i * step)]);
  return `${address.length}:${letters.join('')}`;
};

// Of a picture behind the stage's source buttons it stands over the stage.
const write = (field, text, kind) => {
  const place = field.closest('.source-panel') && field.closest('.lesson-grid').querySelector('.lesson-notes');
  let note = place ? place.querySelector('.picture-note') : field.nextElementSibling;
  if (!note?.matches('.picture-note')) {
    note = document.createElement('p');
    note.setAttribute('role', 'status');
    if (place) place.append(note); else field.after(note);
  }
  note.className = `picture-note ${kind}`;
  if (note.textContent !== text) note.textContent = text;
  return note;
};

// "refused FIELD KEY": which picture of which field is refused; without a key it has none.
export const readRefusal = (title) => {
  const [kind, id, ...key] = title.split(' ');
  return kind === 'refused' && id ? {id, key: key.join(' ')} : null;
};

// What no browser can show, of which a torn picture and a file's name are left.
export const isTorn = (image) => Boolean(image?.complete && !image.naturalWidth);

const findShown = (block) => block.querySelector('.image-frame img, .face-picture .frame img:not([hidden])');

const show = () => {
  const shown = new Set();
  for (const image of document.querySelectorAll(FIELDS)) {
    const text = notes.get(toKey(image.getAttribute('src') ?? ''));
    if (text) shown.add(write(image.closest('.frame, .block'), text, ''));
  }
  for (const [id, {key, text}] of refusals) {
    const block = document.getElementById(id), image = block && findShown(block);
    if (!block || toKey(image?.getAttribute('src') ?? '') !== key) { refusals.delete(id); continue; }
    shown.add(write(block.querySelector('.face-picture .frame') ?? block, text, 'refused'));
    block.classList.toggle('is-torn', isTorn(image));
  }
  for (const block of document.querySelectorAll('.is-torn')) if (!refusals.has(block.id)) block.classList.remove('is-torn');
  for (const note of document.querySelectorAll('.picture-note')) if (!shown.has(note)) note.remove();
};

let isAsked = false, isWatching = false;
const showSoon = () => {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => { isAsked = false; show(); });
};

if (typeof document !== 'undefined') {
  document.addEventListener('glassbox-message', (event) => {
    const {title, text} = /** @type {CustomEvent} */ (event).detail;
    const refusal = readRefusal(title);
    if (!isWatching) {  // until there is one, nobody has to watch
      new MutationObserver(showSoon).observe(document.documentElement,
        {childList: true, subtree: true, attributes: true, attributeFilter: ['src', 'hidden']});
      document.addEventListener('error', showSoon, {capture: true});  // a picture is torn once it is loaded
      isWatching = true;
    }
    if (refusal) refusals.set(refusal.id, {key: refusal.key, text});
    else notes.set(title, text);
    showSoon();
  });
}
