// The network as a row of stages. Everything from the server is set as text, never as markup.
const make = (tag, name, text) => {
  const node = document.createElement(tag);
  node.className = name;
  if (text !== undefined) node.textContent = text;
  return node;
};
const button = (name, layer, label) => {
  const node = make('button', name);
  node.type = 'button';
  node.dataset.layer = layer;
  node.title = label;
  return node;
};

const drawStage = (stage, current) => {
  const card = button('stage', stage.layer, `Show the stage with maps of ${stage.size}`);
  card.classList.toggle('current', current);
  card.setAttribute('aria-pressed', current);
  const image = make('img', '');
  image.src = stage.src;
  image.alt = `Mean of the maps, ${stage.size}`;
  const text = make('span', 'text');
  text.append(make('b', '', stage.size), make('span', '', stage.channels), make('span', '', stage.layers));
  card.append(image, text);
  return card;
};

const drawLayers = (root, value) => {
  root.replaceChildren();
  let block = null, group = null;
  value.layers.forEach((layer) => {
    if (layer.block !== block) {
      block = layer.block;
      group = make('span', 'group');
      if (block) group.append(make('em', '', block));
      root.append(group);
    }
    const chip = button(`chip ${layer.kind.replace(/[^a-z]+/g, '-')}`, layer.name,
      `${layer.name}: ${layer.kind}, ${layer.channels} channels`);
    chip.textContent = layer.short;
    chip.setAttribute('aria-pressed', layer.name === value.layer);
    chip.classList.toggle('current', layer.name === value.layer);
    group.append(chip);
  });
  const current = root.querySelector('.current');
  if (current) root.scrollTop = Math.max(0, current.offsetTop - root.offsetTop - 40);
};

const draw = () => {
  const value = props.value;
  if (!value || !value.stages) return;
  const root = element.querySelector('.stages');
  root.replaceChildren(make('span', 'end', 'picture'));
  value.stages.forEach((stage, index) =>
    root.append(make('span', 'arrow', '→'), drawStage(stage, index === value.stage)));
  root.append(make('span', 'arrow', '→'), make('span', 'end', value.end));
  drawLayers(element.querySelector('.layers'), value);
};

element.addEventListener('click', (event) => {
  const target = /** @type {Element} */ (event.target).closest('button');
  if (target) trigger('pick', {name: target.dataset.layer});
});
watch('value', draw);
draw();
