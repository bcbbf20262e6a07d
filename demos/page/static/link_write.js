// The address of what is on the screen: only what differs from how the tab opens is named. Gradio gets it as text.
export const makeWrite = (plan) => (picture, ...values) => {
  const same = {__type__: 'update'};
  const listGiven = (value) => [value].flat().filter((one) => one !== null && one !== '');
  if (!plan.opening && !document.getElementById(`${plan.tab}-link`)?.offsetParent) return [same, same];
  const link = new URL(location.origin + location.pathname), query = link.searchParams, missing = [];
  query.set('tab', plan.tab);
  const word = new URLSearchParams(location.search).get('class');
  if (word) query.set('class', word);
  const sample = picture && plan.samples[(picture.path ?? '').split(/[/\\]/).slice(-2).join('/')];
  if (sample) query.set('picture', sample);
  else if (picture) missing.push('your own picture');
  const view = document.querySelector(`#tab-${plan.tab} [role=tab][aria-selected=true]`);
  const words = view && view.textContent.toLowerCase().match(/[a-z0-9]+/g);
  const name = words && words.slice(0, 5).join('-');
  if (name && plan.views.includes(name)) query.set('view', name);
  plan.keys.forEach((key, i) => {
    const [low, high] = plan.limits[i];
    if (JSON.stringify(values[i]) === JSON.stringify(plan.defaults[i])) return;
    const given = listGiven(values[i]);
    if (!given.length && listGiven(plan.defaults[i]).length) missing.push(plan.labels[i]);
    for (const one of given) {
      const value = one.src ? (/^sample:(.*)/.exec(one.src) ?? [])[1] : one;
      const isOut = typeof value === 'number' && ((low !== null && value < low) || (high !== null && value > high));
      if (value === undefined || isOut || String(value).length > plan.longest) missing.push(plan.labels[i]);
      else query.append(key, value);
    }
  });
  return [link.href, missing.length ? `**Not in the link:** ${missing.join(', ')}. Whoever opens it sees the tab's own.` : ''];
};
