// Paths as films: every frame is one cell of a sprite, so that the slider answers at once.

const WAY = 900; // milliseconds a step of the film may take at most

// The next frame and the way it goes on: round and round, or to and fro.
const advance = (frame, step, count, loop) => {
  if (loop) return [(frame + 1) % count, step];
  const way = frame + step < 0 || frame + step >= count ? -step : step;
  return [frame + way, way];
};

// --- in the page ---------------------------------------------------------------------------
const make = (tag, text) => { const node = document.createElement(tag); if (text !== undefined) node.textContent = text; return node; };
let frame = 0, timer = null, shown = null, isInView = false;
let isWanted = !matchMedia('(prefers-reduced-motion: reduce)').matches;  // it plays by itself until a visitor stops it
const root = () => element.querySelector('.morph');
const tell = () => {
  const button = root().querySelector('.play');
  button.textContent = isWanted ? '❚❚' : '▶';
  button.ariaLabel = isWanted ? 'Pause' : 'Play';
};
const rest = () => { clearInterval(timer); timer = null; };
const stop = () => { isWanted = false; rest(); tell(); };

const show = () => {
  const value = props.value, count = value.sprite.columns;
  frame = Math.min(frame, count - 1);
  value.paths.forEach((path, row) => {
    const node = root().querySelectorAll('.frame')[row];
    node.style.backgroundPosition =
      `${count > 1 ? 100 * frame / (count - 1) : 0}% ${value.sprite.rows > 1 ? 100 * row / (value.sprite.rows - 1) : 0}%`;
    root().querySelectorAll('figcaption.now')[row].textContent =
      `length ${path.norms[frame].toFixed(1)} · D: ${path.logits[frame].toFixed(2).replace('-', '−')}`;
    root().querySelectorAll('.opinion .moving')[row]?.style.setProperty('--now', path.places[frame]);
  });
  root().querySelector('input').value = frame;
  root().querySelector('.bar output').textContent = `frame ${frame + 1} of ${count}`;
  root().querySelector('.plots').style.setProperty('--now', frame / Math.max(count - 1, 1));
};

const draw = () => {
  const value = props.value;
  root().hidden = !(value && value.sprite);
  if (root().hidden) { rest(); return; }
  if (value.key !== shown) { shown = value.key; frame = Math.floor(value.sprite.columns / 2); rest(); }
  root().querySelector('input').max = value.sprite.columns - 1;
  root().querySelector('.stage').replaceChildren(...value.paths.map((path) => {
    const box = make('figure'), picture = make('div'), name = make('figcaption'), now = make('figcaption');
    const cell = make('div');
    cell.className = 'cell'; picture.className = 'frame fit'; now.className = 'now';
    picture.style.backgroundImage = `url("${value.sprite.src}")`;
    picture.style.backgroundSize = `${value.sprite.columns * 100}% ${value.sprite.rows * 100}%`;
    name.append(make('i'), make('b', path.name)); cell.append(picture); box.append(name, cell, now);
    return box;
  }));
  root().querySelector('.plots').innerHTML = value.html;
  show();
  follow();
};

// It moves while it is wanted and seen: not in another view, lesson or tab of the browser.
const follow = () => {
  tell();
  const isSeen = isInView && !document.hidden && element.isConnected && props.value?.sprite;
  if (!isWanted || !isSeen) { rest(); return; }
  if (timer) return;
  const count = props.value.sprite.columns;
  let step = frame === count - 1 ? -1 : 1;
  timer = setInterval(() => {
    if (!element.isConnected || document.hidden) { rest(); return; }
    [frame, step] = advance(frame, step, count, props.value.loop);
    show();
  }, Math.min(WAY, 4000 / count));
};
new IntersectionObserver(([one]) => { isInView = one.isIntersecting; follow(); }).observe(root());
const wake = () => { if (element.isConnected) follow(); else document.removeEventListener('visibilitychange', wake); };
document.addEventListener('visibilitychange', wake);

root().querySelector('input').addEventListener('input', (event) => { stop(); frame = Number(event.target.value); show(); });
root().querySelector('.play').addEventListener('click', () => {
  isWanted = !isWanted;
  follow();
});
watch('value', draw);
draw();
