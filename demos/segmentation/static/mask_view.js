// The picture with its mask, by the lesson's view: threshold and opacity redraw here, the network never runs for them.
// A truth can be drawn; it goes to the server when the pointer is lifted. One that is uploaded has
// a number of its own, so that the same file counts again.
const MODES = {mask: 'overlay', probability: 'probability', 'cut-out': 'cut', truth: 'brush', 'fine-tune': 'brush'};
const COLOURS = {overlay: [214, 39, 160], truth: [86, 180, 233]};

// The picture with what the view shows over it, RGBA into `data`; returns the mask's share of it.
// Probabilities and the truth are 0 to 255, the threshold too; a pixel at the threshold is inside.
const colourIn = (data, {pixels, chances, truth, width, threshold, opacity, mode}) => {
  const isIn = (i) => chances[i] >= threshold;
  let inside = 0;
  for (let i = 0; i < chances.length; i++) {
    const p = chances[i], hit = p >= threshold, j = 4 * i;
    let colour = null, share = opacity;
    if (hit) inside++;
    if (mode === 'probability') { colour = [p, p, p]; share = 1; }
    else if (mode === 'cut') {
      const light = (((i % width) >> 3) + ((i / width | 0) >> 3)) & 1 ? 235 : 205;
      if (!hit) { colour = [light, light, light]; share = 1; }
    } else if (mode === 'brush') {
      if (truth && truth[i] > 127) { colour = COLOURS.truth; share = 0.55; }
    } else if (hit) {
      colour = COLOURS.overlay;
      const column = i % width, edge = column === 0 || column === width - 1
        || !isIn(i - 1) || !isIn(i + 1) || !isIn(i - width) || !isIn(i + width);
      if (edge) share = 1;
    }
    for (let c = 0; c < 3; c++) data[j + c] = colour ? pixels[j + c] * (1 - share) + colour[c] * share : pixels[j + c];
    data[j + 3] = 255;
  }
  return inside / chances.length;
};

// --- in the page ---------------------------------------------------------------------------
const find = (name) => element.querySelector(name);
const stage = element.closest('.lesson-grid'), tools = find('.tools'), pen = canvas.getContext('2d', {willReadFrequently: true});
let mode = 'overlay', pointed = null, source = null;
let pixels = null, chances = null, truth = null;  // RGBA of the picture; probability and truth, 0 to 255
let uploaded = 0;

const make = (tag, text) => Object.assign(document.createElement(tag), {textContent: text});
const load = (src) => new Promise((done, fail) => {
  const image = new Image(); image.onload = () => done(image); image.onerror = fail; image.src = src;
});
const read = (image, channel) => {
  const copy = document.createElement('canvas'); copy.width = canvas.width; copy.height = canvas.height;
  const ink = copy.getContext('2d', {willReadFrequently: true});
  ink.drawImage(image, 0, 0, copy.width, copy.height);
  const data = ink.getImageData(0, 0, copy.width, copy.height).data;
  if (channel === undefined) return data;
  const plane = new Uint8Array(copy.width * copy.height);
  for (let i = 0; i < plane.length; i++) plane[i] = data[4 * i + channel];
  return plane;
};
const isData = (src) => /^data:image\//.test(src || '');
let ahead = null, moved = -Infinity;  // the threshold's slider, before the page tells of it; and when
const limit = () => (ahead ?? props.value.threshold ?? 0.5) * 255;

const draw = () => {
  if (!pixels) return;
  const out = pen.createImageData(canvas.width, canvas.height);
  const share = colourIn(out.data, {pixels, chances, truth, width: canvas.width, threshold: limit(),
    opacity: props.value.opacity ?? 0.5, mode});
  pen.putImageData(out, 0, 0);
  say(share);
  document.dispatchEvent(new CustomEvent('glassbox-threshold', {detail: limit() / 255}));
};
const say = (share) => {
  const words = find('.says'); words.replaceChildren();
  if (mode === 'brush' && !truth?.some(Boolean)) {
    words.append('Draw ground truth: paint what belongs to it.');
  } else if (pointed !== null && chances) {
    words.append('probability here ', make('b', (chances[pointed] / 255).toFixed(2)),
      chances[pointed] >= limit() ? ': inside' : ': outside');
  } else words.append('inside the mask: ', make('b', (100 * share).toFixed(1) + ' %'), ' of the picture');
};
const renew = async () => {
  const value = props.value;
  if (performance.now() - moved > 500 || value?.threshold === ahead) ahead = null;
  if (!value || !isData(value.src) || !isData(value.probability)) {
    pixels = chances = source = null; layer.width = 0;
    find('.says').replaceChildren(); pen.clearRect(0, 0, canvas.width, canvas.height);
    return;
  }
  if (source !== value.src + value.probability) {
    const sources = await Promise.all([load(value.src), load(value.probability)]);
    if (props.value !== value && props.value?.src !== value.src) return;
    const isOther = !source || !source.startsWith(value.src);
    source = value.src + value.probability;
    if (isOther) {
      startAnew(sources[0].naturalWidth, sources[0].naturalHeight);
      truth = null; uploaded = 0;
    }
    pixels = read(sources[0]); chances = read(sources[1], 0);
  }
  const number = value.truth_number ?? 0;
  const isNew = number && number !== uploaded;
  uploaded = number;
  if (isNew) {
    if (isData(value.truth)) fill(read(await load(value.truth), 0));
    else wipe();
    truth = read(layer, 3);
  }
  draw();
};
const fill = (plane) => {
  const image = ink.createImageData(layer.width, layer.height);
  for (let i = 0; i < plane.length; i++) if (plane[i] > 127) image.data.fill(255, 4 * i, 4 * i + 4);
  ink.putImageData(image, 0, 0);
};
brush.send = () => trigger('truth', {mask: (() => {
  const flat = document.createElement('canvas'); flat.width = layer.width; flat.height = layer.height;
  const flatInk = flat.getContext('2d'); flatInk.fillStyle = '#000'; flatInk.fillRect(0, 0, flat.width, flat.height);
  flatInk.drawImage(layer, 0, 0); return flat.toDataURL('image/png');
})()});
brush.show = () => { truth = read(layer, 3); draw(); };
brush.acts.copy = () => fill(chances.map((p) => p >= limit() ? 255 : 0));
const show = () => {
  brush.isOn = mode === 'brush';
  tools.hidden = !brush.isOn;
  canvas.toggleAttribute('data-draws', brush.isOn);
  canvas.setAttribute('aria-label', brush.isOn ? 'The picture; draw a truth with the pointer, or arrow keys and Space' : 'The picture with its mask');
  draw();
};
canvas.addEventListener('pointermove', (event) => {
  if (brush.isDrawing() || !chances) return;
  const [x, y] = at(event).map(Math.floor);
  pointed = x >= 0 && y >= 0 && x < canvas.width && y < canvas.height ? y * canvas.width + x : null;
  say(0);
});
canvas.addEventListener('pointerleave', () => { pointed = null; draw(); });
// The slider is followed directly: mask and share must not wait for the page's own events.
const follow = (event) => {
  if (!element.isConnected) { document.removeEventListener('input', follow); return; }
  const number = event.target.closest?.('#segmentation-threshold') ? Number(event.target.value) : NaN;
  if (!(number >= 0 && number <= 1) || !props.value) return;
  ahead = number; moved = performance.now(); draw();
};
document.addEventListener('input', follow);
const change = () => { mode = MODES[stage.dataset.view] ?? mode; show(); };
stage.addEventListener('stage-view', change);
watch('value', renew); change(); renew();
