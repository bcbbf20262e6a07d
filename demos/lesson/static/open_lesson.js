// A link to a lesson opens its tab. One that names more in its address opens that view, too, and
// takes that sample, unless the visitor has put in a picture of their own.

// --- in the page ---------------------------------------------------------------------------
const PATIENCE = 5000;  // ms, for a lesson that is opened for the first time

const find = async (selector) => {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const found = document.querySelector(selector);
    if (found || performance.now() > end) return found;
    await new Promise((done) => setTimeout(done, 50));
  }
};

const takeSample = async (topic, name) => {
  const strip = await find(`#${topic}-stage .source-panel .samples button`);
  const names = [...strip?.parentElement.children ?? []].map((one) => one.dataset.name);
  const shown = document.querySelector(`#${topic}-stage .source-panel .image-frame img`)?.src ?? '';
  const isOwn = shown && !names.some((one) => shown.includes(`/${one}.`));
  if (!isOwn) strip?.parentElement.querySelector(`[data-name="${CSS.escape(name)}"]`)?.click();
};

element.addEventListener('click', async (event) => {
  const target = /** @type {Element} */ (event.target);
  const link = /** @type {HTMLAnchorElement | null} */ (target.closest('a[data-topic]'));
  const topic = link?.dataset.topic;
  const button = link && document.getElementById(`tab-${topic}-button`);
  if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  button.click();
  window.scrollTo(0, 0);
  const query = new URL(link.href).searchParams;
  if (query.has('picture')) await takeSample(topic, query.get('picture'));
  if (query.has('view')) (await find(`#${topic}-view-${query.get('view')}-button`))?.click();
});
