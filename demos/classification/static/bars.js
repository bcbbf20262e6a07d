// Probabilities as bars, and the "none of these" sign above them. Everything that comes from the
// server is set as text or as a number, never as markup.

const percent = (p) => `${(100 * p).toFixed(1)} %`;
const number = (x) => x.toFixed(1).replace('-', '−');
// The gauge's ends: zero and 15 are on it, and room above the score and its limit.
const gaugeEnds = (score, limit) =>
  [Math.min(0, score, limit), Math.max(15, 1.15 * score, 1.15 * limit)];
// What stands above the bars; a temperature other than 1 is told, as it moves every number.
const headingOf = ({heading, temperature}) => [
  heading, temperature !== undefined && temperature !== 1 ? `at temperature T = ${+temperature.toFixed(2)}` : '',
].filter(Boolean).join(', ').replace(/^at/, 'At');

// --- in the page ---------------------------------------------------------------------------
const make = (tag, name, text) => {
  const node = document.createElement(tag);
  node.className = name;
  if (text !== undefined) node.textContent = text;
  return node;
};

const drawSign = (sign, value) => {
  const verdict = value.none_of_these;
  sign.className = `sign ${verdict.is_none_of_these ? 'none' : 'known'}`;
  const [low, high] = gaugeEnds(verdict.score, verdict.limit);
  const at = (x) => `${100 * (x - low) / (high - low)}%`;
  const gauge = make('div', 'gauge');
  const fill = make('i', 'fill'); fill.style.width = at(verdict.score);
  const mark = make('i', 'mark'); mark.style.left = at(verdict.limit);
  gauge.append(fill, mark);
  const name = verdict.kind === 'energy' ? 'energy score' : 'greatest logit';
  const relation = verdict.is_none_of_these ? 'below' : 'above';
  sign.replaceChildren(
    make('strong', '', verdict.is_none_of_these ? 'None of these?' : 'A known class'),
    make('span', '', `${name} ${number(verdict.score)}, ${relation} the limit ${number(verdict.limit)}`),
    gauge,
  );
};

const drawRows = (list, value) => {
  const rows = value.confidences;
  while (list.children.length > rows.length) list.lastChild.remove();
  rows.forEach((row, place) => {
    let item = list.children[place];
    if (!item) {
      item = make('li', '');
      const track = make('div', 'track');
      track.append(make('i', 'fill'));
      item.append(make('span', 'name'), make('span', 'percent'), track);
      list.append(item);
    }
    const [name, figure, track] = item.children;
    name.textContent = row.shown;
    figure.textContent = percent(row.confidence);
    item.title = `class ${row.class_index}, logit ${row.logit.toFixed(2)}`;
    track.firstChild.style.width = `${100 * row.confidence}%`;
  });
};

const draw = () => {
  const root = element.querySelector('.bars');
  const value = props.value;
  if (!value) {
    root.querySelector('.rest').textContent = 'No answer yet.';
    root.querySelector('.heading').textContent = '';
    root.querySelector('.sign').hidden = true;
    root.querySelector('ol').replaceChildren();
    return;
  }
  root.dataset.label = value.label;
  root.querySelector('.heading').textContent = headingOf(value);
  const sign = root.querySelector('.sign');
  sign.hidden = !value.none_of_these;
  if (value.none_of_these) drawSign(sign, value);
  root.classList.toggle('doubted', Boolean(value.none_of_these && value.none_of_these.is_none_of_these));
  root.classList.toggle('many', value.confidences.length > value.roomy);
  root.style.setProperty('--rows', String(value.confidences.length));
  drawRows(root.querySelector('ol'), value);
  root.querySelector('.rest').textContent = value.rest_count > 0
    ? `the other ${value.rest_count} classes together: ${percent(value.rest).replace(" ", "\u00a0")}` : '';
};

watch('value', draw);
draw();
