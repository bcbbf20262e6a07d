// Our films are H.264, which not every browser plays: it gets a copy in WebM then, and is told so.
const H264 = 'video/mp4; codecs="avc1.42E01E"';
const CANNOT = 'This browser cannot play this film as it is (H.264)';
const MAKING = `${CANNOT}: a copy in WebM is being made …`;
const SHOWN = `${CANNOT}: this is a copy in WebM. `;
const SAVE = 'Save the copy';
const NEITHER = `${CANNOT}. Download it to watch it in another player, or open this page in another browser.`;
const KEPT = 4; // copies

export const isH264 = (source) => /\.mp4$|^data:video\/mp4/.test(source);

// What a film that could not be played is to be sent for: the codes of HTMLMediaElement.error that
// mean "not decoded" and "not supported", not those of a film that did not come.
export const isUnplayable = (code) => code === 3 || code === 4;

// The latest copies by their films' addresses; one that makes room for another is let go.
export const makeCopies = (convert, release, kept = KEPT) => {
  const copies = new Map();
  return (source) => {
    if (!copies.has(source)) {
      const copy = convert(source);
      copies.set(source, copy);
      copy.catch(() => copies.delete(source));
      const [oldest] = copies.keys();
      if (copies.size > kept) {
        copies.get(oldest).then(release, () => {});
        copies.delete(oldest);
      }
    }
    return copies.get(source);
  };
};

// in the page
const convert = async (source) => {
  const film = await (await fetch(source)).blob();
  const answer = await fetch('webm', {method: 'POST', body: film, headers: {'content-type': 'video/mp4'}});
  if (!answer.ok) throw new Error(await answer.text());
  return URL.createObjectURL(await answer.blob());
};
const copy = makeCopies(convert, (address) => URL.revokeObjectURL(address));
const told = new Map(); // of each film its sentence, and the addresses for which that stands

const say = (film, source, words, address = '') => {
  const said = told.get(film)?.said ?? document.createElement('p');
  said.className = 'no-film';
  said.setAttribute('role', 'status');
  said.textContent = words;
  if (address) {
    const save = document.createElement('a');
    Object.assign(save, {href: address, download: 'film.webm', textContent: SAVE});
    said.append(save);
  }
  told.set(film, {said, source, address});
  (film.closest('.block') ?? film).after(said);
};

const replace = async (film) => {
  const source = film.src;
  say(film, source, MAKING);
  const address = await copy(source).catch(() => '');
  if (film.src !== source || !film.isConnected) return; // another one by now
  say(film, source, address ? SHOWN : NEITHER, address);
  if (address) film.src = address;
};

const playsH264 = () => !!document.createElement('video').canPlayType(H264);

const look = () => {
  for (const [film, {said, source, address}] of told) {
    if (film.isConnected && [source, address].includes(film.src)) continue;
    said.remove();
    told.delete(film);
  }
  if (playsH264()) return;
  for (const film of document.querySelectorAll('video[src]')) {
    if (isH264(film.src) && told.get(film)?.source !== film.src) replace(film);
  }
};

if (typeof document !== 'undefined') {
  const watch = new MutationObserver(look);
  const begin = () => watch.observe(document.documentElement,
    {childList: true, subtree: true, attributes: true, attributeFilter: ['src']});
  if (!playsH264()) begin();
  document.addEventListener('error', ({target}) => { // it may have promised more than it can
    const fails = target instanceof HTMLVideoElement && isUnplayable(target.error?.code);
    if (!fails || !isH264(target.src) || told.get(target)?.source === target.src) return;
    begin();
    replace(target);
  }, {capture: true});
}
