// The network as a row of stages. Everything from the server is set as text, never as markup.

// Layers by their block, in order: [{title, layers}]; what is in no block lies before or after them.
const groupLayers = (layers) => {
  const groups = [];
  layers.forEach((layer) => {
    const last = groups[groups.length - 1];
    if (last && last.block === layer.block) last.layers.push(layer);
    else groups.push({block: layer.block, layers: [layer]});
  });
  return groups.map((group, i) => (
    {title: group.block || (i ? 'after the blocks' : 'before the blocks'), layers: group.layers}));
};

// --- in the page ---------------------------------------------------------------------------
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

const press = (node, current) => {
  node.setAttribute('aria-pressed', current);
  node.classList.toggle('current', current);
};

// A row of the stage's blocks, and a row of the layers in the one that is shown.
const drawLayers = (root, value) => {
  const groups = groupLayers(value.layers);
  const shown = groups.find((group) => group.layers.some((layer) => layer.name === value.layer));
  const named = make('p', 'named', value.title);
  named.append(make('small', '', value.layer));
  const blocks = make('div', 'chips blocks'), layers = make('div', 'chips');
  groups.forEach((group) => {
    const last = group.layers[group.layers.length - 1];
    const chip = button('chip block', last.name, `Show ${group.title}: ${group.layers.length} layers`);
    chip.textContent = last.number ? `block ${last.number}` : group.title;
    press(chip, group === shown);
    blocks.append(chip);
  });
  (shown ? shown.layers : []).forEach((layer) => {
    const chip = button(`chip ${layer.kind.replace(/[^a-z]+/g, '-')}`, layer.name,
      `${layer.name}: ${layer.kind}, ${layer.channels} channels`);
    chip.textContent = layer.kind === 'block' ? 'output of the block' : layer.kind;
    press(chip, layer.name === value.layer);
    layers.append(chip);
  });
  blocks.hidden = groups.length < 2;
  root.replaceChildren(named, blocks, layers);
};

const draw = () => {
  const value = props.value;
  if (!value || !value.stages) {  // without a picture: the stages, but no maps of the one before
    element.querySelectorAll('.stage img').forEach((image) => { image.style.visibility = 'hidden'; });
    return;
  }
  const root = element.querySelector('.stages');
  root.replaceChildren(...value.stages.map((stage, index) => drawStage(stage, index === value.stage)));
  drawLayers(element.querySelector('.layers'), value);
};

element.addEventListener('click', (event) => {
  const target = /** @type {Element} */ (event.target).closest('button');
  if (target) trigger('pick', {name: target.dataset.layer});
});
watch('value', draw);
draw();
