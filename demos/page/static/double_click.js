// A button that is clicked twice quickly, or held with a key, runs once: else the second run would end the first, or
// put in twice what was to be put in once.
export const isAgain = (event) => (event.type === 'keydown' ? event.repeat && event.key === 'Enter' : event.detail > 1);

if (typeof document !== 'undefined') {
  for (const kind of ['click', 'keydown']) {
    document.addEventListener(kind, (event) => {
      const {target} = event;
      if (!isAgain(event) || !(target instanceof Element) || !target.closest('#topics button:is(.sm, .md, .lg)')) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    }, {capture: true});
  }
}
