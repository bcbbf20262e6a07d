// Our films are H.264, which not every browser plays: it shows an empty box then, and this below it.
const SENTENCE = 'This browser cannot play films in H.264. Download the film to watch it in another ' +
  'player, or open this page in another browser.';

export const isH264 = (source) => /\.mp4$|^data:video\/mp4/.test(source);

const explain = () => {
  const films = [...document.querySelectorAll('video[src]')].filter((film) => isH264(film.src));
  const fields = new Set(films.map((film) => film.closest('.block') ?? film));
  for (const said of document.querySelectorAll('.no-film')) {
    if (!fields.delete(said.previousElementSibling)) said.remove();
  }
  for (const field of fields) {
    const said = document.createElement('p');
    said.className = 'no-film';
    said.setAttribute('role', 'status');
    said.textContent = SENTENCE;
    field.after(said);
  }
};

if (typeof document !== 'undefined' &&
    !document.createElement('video').canPlayType('video/mp4; codecs="avc1.42E01E"')) {
  new MutationObserver(explain).observe(document.documentElement,
    {childList: true, subtree: true, attributes: true, attributeFilter: ['src']});
}
