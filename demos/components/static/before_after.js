// A picture on the stage; with "Before | after" open, the photograph up to a line that is dragged, or
// moved by the arrow keys. What is said of it is written into the rail.
const stage = element.closest('.lesson-grid');
const find = (name) => element.querySelector(name);
const cut = find('.cut');

const draw = () => {
  const value = props.value ?? {};
  find('.frame').style.setProperty('--ratio', value.ratio ?? 1.5);
  find('.pictures').innerHTML = value.html ?? '';
  const panel = stage.querySelector(`.lesson-rail [data-with="${element.closest('.block').id}"]`);
  if (panel) panel.innerHTML = value.panel ?? '';
  compare();
};
const compare = () => {
  const isCompared = stage.dataset.view === 'before-after' && Boolean(find('.before'));
  find('.shown').classList.toggle('compared', isCompared);
  find('.frame').style.setProperty('--cut', isCompared ? `${cut.value}%` : '0%');
};
cut.addEventListener('input', compare);
stage.addEventListener('stage-view', compare);
watch('value', draw);
draw();
