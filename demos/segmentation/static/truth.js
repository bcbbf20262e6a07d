// Mask against truth: numbers and colours follow the threshold that the mask's view draws with.

// What the formulas and the key say of a threshold (0 to 1), as text; `counts` has for each hundredth
// the pixels in both and in the mask, `truth` is how many are in the truth.
const toWords = (counts, truth, threshold) => {
  const [both, predicted] = counts[Math.round(100 * threshold)];
  const union = truth + predicted - both, sum = truth + predicted;
  const whole = (number) => number.toLocaleString('en-GB'), share = (a, b) => (b ? a / b : 1).toFixed(3);
  return {both: whole(both), twice: `2 · ${whole(both)}`, sum: `${whole(truth)} + ${whole(predicted)}`, union: whole(union),
    extra: whole(predicted - both), missed: whole(truth - both), dice: share(2 * both, sum), iou: share(both, union)};
};

// As the server draws it: a pixel in both masks, in the network's alone, in the truth's alone, in none.
const colourDisagreement = (data, pixels, planes, threshold, [agreed, extra, missed]) => {
  for (let j = 0; j < data.length; j += 4) {
    const isIn = planes[j] >= threshold * 255, isTrue = planes[j + 1] > 127;
    const colour = isIn ? (isTrue ? agreed : extra) : isTrue ? missed : null;
    for (let c = 0; c < 3; c++) data[j + c] = colour ? pixels[j + c] * 0.35 + colour[c] * 0.65 : pixels[j + c] * 0.6 + 51.2;
    data[j + 3] = 255;
  }
};

// The worked example: what its words say of so many cells in both, in P and in T.
const countCells = (cells) => {
  const inBoth = cells.filter(([t, p]) => t && p).length, predicted = cells.filter(([, p]) => p).length;
  return toWords([[inBoth, predicted]], cells.filter(([t]) => t).length, 0);
};

// --- in the page ---------------------------------------------------------------------------
const root = element.querySelector('.compared'), canvas = document.createElement('canvas');
const pen = canvas.getContext('2d', {willReadFrequently: true});
let threshold = null, pixels = null, planes = null, drawn = null;

const load = (src) => new Promise((done, fail) => {
  const image = new Image(); image.onload = () => done(image); image.onerror = fail; image.src = src;
});
const read = (image) => {
  canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
  pen.drawImage(image, 0, 0);
  return pen.getImageData(0, 0, canvas.width, canvas.height).data;
};
const draw = () => {
  const value = props.value, image = root.querySelector('figure img');
  if (!value?.counts || !image || threshold === null) return;
  const words = toWords(value.counts, value.truth, threshold);
  for (const place of root.querySelectorAll('[data-is]')) place.textContent = words[place.dataset.is];
  const isOther = pixels && Math.round(100 * threshold) !== Math.round(100 * value.threshold);
  image.hidden = isOther;
  canvas.hidden = !isOther;
  if (!isOther) return;
  const out = pen.createImageData(canvas.width, canvas.height);
  colourDisagreement(out.data, pixels, planes, threshold, value.colours);
  pen.putImageData(out, 0, 0);
};
// The worked example: a click, or Space, puts a cell into P or takes it out.
const playExample = () => {
  const board = root.querySelector('.example-cells'), cells = board ? [...board.children] : [];
  if (!board) return;
  let at = -1;
  const tell = () => {
    const words = countCells(cells.map((cell) => [cell.classList.contains('t'), cell.classList.contains('p')]));
    for (const place of root.querySelectorAll('[data-is]')) place.textContent = words[place.dataset.is];
  };
  const mark = (number) => { cells[at]?.classList.remove('at'); at = number; cells[at]?.classList.add('at'); };
  board.addEventListener('click', (event) => {
    const number = cells.indexOf(/** @type {Element} */ (event.target));
    if (number >= 0) { cells[number].classList.toggle('p'); tell(); }
  });
  board.addEventListener('keydown', (event) => {
    const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -9, ArrowDown: 9}[event.key];
    if (step !== undefined) {
      const next = at < 0 ? 40 : at + step;
      if (cells[next]) mark(next);
    } else if (event.key === ' ' && at >= 0) {
      cells[at].classList.toggle('p'); tell();
    } else return;
    event.preventDefault();
  });
};
const renew = async () => {
  const value = props.value;
  pixels = planes = null; drawn = value;
  root.innerHTML = value?.html || '';
  playExample();
  threshold ??= value?.threshold ?? null;
  draw();
  if (!value?.counts) return;
  const sources = await Promise.all([load(value.src), load(value.planes)]);
  if (drawn !== value) return;
  [pixels, planes] = sources.map(read);
  canvas.setAttribute('aria-label', 'Where mask and truth differ');
  root.querySelector('figure img').after(canvas);
  draw();
};
const follow = (event) => {
  if (!element.isConnected) { document.removeEventListener('glassbox-threshold', follow); return; }
  if (threshold !== event.detail) { threshold = event.detail; draw(); }
};
document.addEventListener('glassbox-threshold', follow);
watch('value', renew); renew();
