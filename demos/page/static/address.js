// The open tab stands in the address: reload and Back return to it.
const KEPT = ['class', '__theme', '__lang'];

// The address of a tab; of what is told of another tab in the address nothing is kept.
export const toAddress = (address, topic, first) => {
  const from = new URL(address), to = new URL(from.origin + from.pathname);
  if (topic !== first) to.searchParams.set('tab', topic);
  for (const key of KEPT) if (from.searchParams.has(key)) to.searchParams.set(key, from.searchParams.get(key));
  return to.href;
};

// --- in the page ---------------------------------------------------------------------------
if (typeof document !== 'undefined') {
  const panels = () => [...document.querySelectorAll('#topics > [role=tabpanel]')];
  const topicOf = (panel) => panel?.id.replace(/^tab-/, '');
  const button = (topic) => document.getElementById(`tab-${topic}-button`);
  const first = () => (button('start') ? 'start' : topicOf(panels()[0]));
  const named = () => new URLSearchParams(location.search).get('tab') ?? first();
  const note = () => {
    const open = topicOf(panels().find((one) => one.offsetParent));
    if (!open || open === named() || !document.documentElement.dataset.addressRead) return;
    history.pushState(null, '', toAddress(location.href, open, first()));
    document.querySelector('.unknown-tab')?.remove();
  };
  document.addEventListener('glassbox-tab', () => requestAnimationFrame(() => requestAnimationFrame(note)));
  window.addEventListener('popstate', () => button(named())?.click());
}
